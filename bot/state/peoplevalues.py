"""Defines the values that are stored about people: preferences and votes."""

from dataclasses import dataclass

from bot.answering.linkstyle import LinkStyle
from bot.citations.citation import CitedQuote


@dataclass(frozen=True, slots=True)
class Preferences:
    """The settings of a chat; None for what is as usual: the language that of the person's chat
    program, the number of quotes the bot's own.
    """

    language: str | None = None
    quotes: int | None = None
    links: LinkStyle = LinkStyle.WORDS


@dataclass(frozen=True, slots=True)
class KeptVote:
    """A vote of a person on the answer in a message.

    ``passages`` are those that it quoted. ``question`` is what was asked, None where that was not
    to be kept; ``earlier`` what the person had asked before, oldest first.
    """

    person: int
    chat: int
    message_id: int
    generation: int
    passages: tuple[CitedQuote, ...]
    good: bool
    question: str | None = None
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonData:
    """The data kept about a person; ``consent`` is None if they were not asked or did not say.

    Of what was deleted there may be ``traces`` in the files, where those could not be written anew.
    """

    preferences: bool = False
    consent: bool | None = None
    votes: int = 0
    questions: int = 0
    let_in: bool = False
    traces: bool = False

    def __bool__(self) -> bool:
        return self != PersonData()
