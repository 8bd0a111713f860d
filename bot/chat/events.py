"""Defines the events in a chat as values, without any chat library."""

import enum
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from bot.verification.verification import SourceText


class PlaceKind(enum.Enum):
    """The kinds of place in which people write."""

    PRIVATE = "private"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Person:
    """A person who acts: a numeric id, and the language of their chat program, if it gives one.

    The id is negative if somebody writes in the name of a channel or of the group: it is that
    chat's.
    """

    id: int
    language_code: str | None = None

    @property
    def is_chat(self) -> bool:
        """True if somebody writes in a chat's name."""
        return self.id < 0


@dataclass(frozen=True, slots=True)
class Place:
    """A chat, and the topic of a forum in it."""

    chat_id: int
    kind: PlaceKind
    thread_id: int | None = None


@dataclass(frozen=True, slots=True)
class TextMessage:
    """A text message, new or ``edited``.

    ``command`` is the word after "/" of a command for this bot, and ``text`` then what follows it;
    else ``text`` is all that was written, without mentions of the bot. ``addressed`` means that the
    bot is meant: in private, by a command, a mention, or as a reply to a message of its own;
    ``named`` that the command names it (``/help@bot``). A ``forwarded`` text is not the person's
    own. ``done_before`` names what was done about it before the process ended. One that has
    ``waited`` is allowed by the pace of its person already.
    """

    person: Person
    place: Place
    message_id: int
    text: str
    command: str | None = None
    addressed: bool = True
    edited: bool = False
    named: bool = False
    forwarded: bool = False
    done_before: tuple[str, ...] = ()
    waited: bool = False

    @property
    def talks(self) -> Hashable:
        """The person and the place, as a key: nobody's question leans on another person's."""
        return _talks(self.place, self.person)


@dataclass(frozen=True, slots=True)
class FileMessage:
    """A message that is no text; with ``file_name`` and ``size_bytes`` if it is a document."""

    person: Person
    place: Place
    message_id: int
    caption: str = ""
    file_id: str | None = None
    file_name: str | None = None
    size_bytes: int | None = None
    forwarded: bool = False


@dataclass(frozen=True, slots=True)
class ButtonPress:
    """A press of a button under a message of the bot, with the data of the button.

    ``opens`` are the deep links in the message, in order: the text that each sends after /start.
    """

    person: Person
    place: Place
    message_id: int
    data: str
    opens: tuple[str, ...] = ()

    @property
    def talks(self) -> Hashable:
        """The person and the place, as of ``TextMessage``."""
        return _talks(self.place, self.person)


@dataclass(frozen=True, slots=True)
class InlineQuestion:
    """A question typed after the bot's name in any chat."""

    person: Person
    text: str


@dataclass(frozen=True, slots=True)
class GuestQuestion:
    """A message that mentions the bot in a chat of which it is no member.

    It is answered there once, and nothing else can be sent to that chat. ``command`` and ``text``
    are those of a ``TextMessage``.
    """

    person: Person
    text: str
    command: str | None = None


def _talks(place: Place, person: Person) -> Hashable:
    return place.chat_id, place.thread_id, person.id


Event = TextMessage | FileMessage | ButtonPress | InlineQuestion | GuestQuestion


SourceTextFor = Callable[[Event], SourceText]
"""The stored texts that an event's person may read, in the place of the event."""
