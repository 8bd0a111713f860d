"""What a process remembers of people for a while, as the others see it: they make it forget."""

from collections.abc import Hashable
from typing import Protocol


class RemembersPeople(Protocol):
    """Remembers something about persons. Safe to call from several threads."""

    def forget_person(self, person_id: int) -> bool:
        """Keeps nothing of a person; whether there was anything."""
        ...

    def forget_all(self) -> None:
        """Keeps nothing of anybody."""
        ...


class RemembersTalks(RemembersPeople, Protocol):
    """Remembers what was asked, so that a follow-up is read with it."""

    def forget_talks(self, talks: Hashable) -> None:
        """Keeps nothing of what one person asked in one place; see ``Written.talks``."""
        ...

    def forget_chat(self, chat_id: int, thread_id: int | None) -> None:
        """Reads no follow-up in a chat or a topic with what was asked before."""
        ...
