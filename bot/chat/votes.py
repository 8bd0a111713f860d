"""Defines a vote on an answer, by one of the two buttons under it."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.chat.events import Person, Place
from bot.citations.citation import CitedQuote


@dataclass(frozen=True, slots=True)
class Vote:
    """A vote of a person who found an answer ``good``, or not.

    ``passages`` are those that the answer quoted, none if it found nothing. ``question`` is the
    person's question, None if it is forgotten or another person's; ``earlier`` are their earlier
    questions, oldest first. Both may be kept only with the person's consent. ``message_id`` is that
    of the answer: a later vote of the person on it replaces this one.
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
