"""Bounds the cost of reading one source."""

from dataclasses import dataclass

_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one source: its bytes, its text, and the resources of its parser.

    ``memory_mb`` is address space beyond the source and the memory that the extractor process has
    before it sees the source. ``wall_s`` also bounds a parser that waits and uses no CPU.
    """

    source_mb: int = 50
    text_mb: int = 20
    memory_mb: int = 1024
    cpu_s: int = 30
    wall_s: int = 30

    @property
    def source_bytes(self) -> int:
        """The most bytes of a source."""
        return self.source_mb * _MB

    @property
    def text_bytes(self) -> int:
        """The most bytes of text in UTF-8 that a source may give."""
        return self.text_mb * _MB

    @property
    def memory_bytes(self) -> int:
        """The most bytes of memory for its parser."""
        return self.memory_mb * _MB


CHAT_LIMITS = Limits(source_mb=20, memory_mb=512)
"""The limits of a bot: two sources at once beside the bot and its model fit into 2 GB of memory."""
