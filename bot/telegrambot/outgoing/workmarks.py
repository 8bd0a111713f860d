"""Defines the marks by which the process that watches learns what this one works on."""

from typing import Protocol


class Marks(Protocol):
    """Notes which update is in work, for the process that may find this one dead; see
    ``bot.supervisor.lifeline.Lifeline``.
    """

    def making(self, update_id: int) -> None:
        """Note that the answer to an update is being made."""
        ...

    def sending(self, update_id: int) -> None:
        """Note that the answer is being sent."""
        ...

    def left(self, update_id: int) -> None:
        """Note that nothing is done about an update at the moment."""
        ...


class NoMarks:
    """Notes nothing."""

    def making(self, update_id: int) -> None:
        """Do nothing."""

    def sending(self, update_id: int) -> None:
        """Do nothing."""

    def left(self, update_id: int) -> None:
        """Do nothing."""
