"""Defines the actions of the bot in a chat as values, without any chat library."""

from dataclasses import dataclass

from bot.chat.messages import Message
from corpus import Corpus


@dataclass(frozen=True, slots=True)
class Button:
    """A button: pressing it sends ``data`` (at most 64 bytes), opens ``url``, or copies ``copies``
    (at most 256 UTF-16 units) for the person to paste.

    In a private chat ``app`` is the address of a Mini App that it opens. ``shares`` is an inline
    question that it asks in a chat which the person chooses.
    """

    label: str
    data: str | None = None
    url: str | None = None
    copies: str | None = None
    app: str | None = None
    shares: str | None = None


Buttons = tuple[tuple[Button, ...], ...]
"""Rows of buttons; ``()`` for none."""


@dataclass(frozen=True, slots=True)
class Typing:
    """The sign that an answer is being made."""


@dataclass(frozen=True, slots=True)
class Later:
    """The sign that a question waits for its turn, and is answered after ``wait_s`` seconds.

    It is then an event that has ``waited``.
    """

    wait_s: float


@dataclass(frozen=True, slots=True)
class Notice:
    """A message about several messages of a person, of which ``to`` is the first.

    It is said once. Each later one for the same ``to`` takes its place, in a moment: of those that
    come meanwhile only the last is shown.
    """

    message: Message
    to: int


@dataclass(frozen=True, slots=True)
class Say:
    """Messages in answer to the message ``to``, in order, with the buttons under the last one.

    For an edited question the earlier answer is edited instead: missing messages are sent, surplus
    ones deleted. For a pressed button, ``to`` is the message that the button's answer was for, and
    these messages count as part of that answer. Only one Say per edited message is done. The quotes
    are compared with ``corpus`` once more as they are sent.
    """

    messages: tuple[Message, ...]
    to: int
    buttons: Buttons = ()
    corpus: Corpus | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Another text and other buttons for a message of the bot.

    ``message_id`` None is the last message about the event. If that is not known any more, after a
    crash, the text is said anew.
    """

    message_id: int | None
    message: Message
    buttons: Buttons = ()
    corpus: Corpus | None = None


@dataclass(frozen=True, slots=True)
class Toast:
    """A text that is shown for a moment to the person who pressed a button; None only ends the
    waiting.

    An ``alert`` stays until the person closes it.
    """

    text: str | None = None
    alert: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A quote that can be put into any chat: ``title`` and ``description`` are of its entry.

    ``buttons`` stand under the message there.
    """

    id: str
    title: str
    description: str
    message: Message
    buttons: Buttons = ()


@dataclass(frozen=True, slots=True)
class Offers:
    """The quotes that are offered for an inline question."""

    offers: tuple[Offer, ...]
    corpus: Corpus | None = None


@dataclass(frozen=True, slots=True)
class GuestAnswer:
    """The one message in answer to a question in a chat of which the bot is no member."""

    message: Message
    corpus: Corpus | None = None
    buttons: Buttons = ()


Act = Typing | Later | Notice | Say | Change | Toast | Offers | GuestAnswer
