"""How long a server of the shared state may say nothing."""

from dataclasses import dataclass

from embeddings.storage.postgres.connection import ImpatientConnection

SILENCE_S = 25.0
"""Longer than the server lets a statement take: it would have said so by then."""


@dataclass(slots=True)
class Patience:
    """So long a server may say nothing about a statement; less of it reaches those that wait."""

    silence_s: float = SILENCE_S


class PatientConnection(ImpatientConnection):
    """A connection that is closed when its server says nothing for as long as ``patience``."""

    patience = Patience()

    @property
    def longest_s(self) -> float:
        """See ``ImpatientConnection.longest_s``."""
        return self.patience.silence_s
