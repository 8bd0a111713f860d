"""What people say of an answer with its two buttons."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.chat.events import Person, Place
from bot.citations.citation import CitedQuote


@dataclass(frozen=True, slots=True)
class Vote:
    """A person found an answer ``good``, or not.

    ``passages`` are those it quoted, none where it said that nothing answers. ``question`` is what
    the person had asked, None where that is forgotten or another person's; ``earlier`` what they
    had asked before, oldest first. Both are to be kept only with the person's consent.
    ``message_id`` is that of the message voted on: a later vote of the person on it replaces this.
    """

    person: Person
    place: Place
    message_id: int
    good: bool
    generation: int
    passages: tuple[CitedQuote, ...]
    question: str | None = None
    earlier: tuple[str, ...] = ()


KeepVote = Callable[[Vote], None]
"""Keeps a vote, or does not; called from several threads."""
