"""Defines a system call by its name and its numbers on the known processors."""

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.confinement.bpf import Check


@dataclass(frozen=True, slots=True)
class SystemCall:
    """A system call; a number is None if a processor does not have it.

    A filter matches it if all ``checks`` of its arguments hold.
    """

    name: str
    x86_64: int | None
    aarch64: int | None
    checks: Sequence[Check] = ()

    def number(self, processor: str) -> int | None:
        """Return the number on "x86_64" or "aarch64"."""
        return self.x86_64 if processor == "x86_64" else self.aarch64
