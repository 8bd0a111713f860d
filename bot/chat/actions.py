"""What the bot does in a chat, as values: no chat library is known here."""

from dataclasses import dataclass

from bot.chat.messages import Message
from corpus import Corpus


@dataclass(frozen=True, slots=True)
class Button:
    """A button: pressing it sends ``data`` (at most 64 bytes), or opens ``url``."""

    label: str
    data: str | None = None
    url: str | None = None


Buttons = tuple[tuple[Button, ...], ...]
"""Rows of buttons; ``()`` for none."""


@dataclass(frozen=True, slots=True)
class Typing:
    """Shows that an answer is being made."""


@dataclass(frozen=True, slots=True)
class Say:
    """Messages in answer to the message ``to``, in order, the buttons under the last one.

    About an edited message, the earlier answer to it is edited to this one: message by message,
    missing ones sent, those left over deleted. About a pressed button, ``to`` is the message that
    the button's answer was for, and these are counted to that answer. One Say is done about an
    edited message. ``corpus`` is what the quotes are compared with once more as they are sent.
    """

    messages: tuple[Message, ...]
    to: int
    buttons: Buttons = ()
    corpus: Corpus | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Puts another text and other buttons in place of a message of the bot.

    ``message_id`` None is the last message that was said about the event; where that is not known
    any more, after a crash, the text is said anew.
    """

    message_id: int | None
    message: Message
    buttons: Buttons = ()
    corpus: Corpus | None = None


@dataclass(frozen=True, slots=True)
class Toast:
    """What is shown for a moment to who pressed a button; None only ends the waiting.

    ``alert`` has to be put away by hand.
    """

    text: str | None = None
    alert: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A quote that can be put into any chat: ``title`` and ``description`` are of its entry."""

    id: str
    title: str
    description: str
    message: Message


@dataclass(frozen=True, slots=True)
class Offers:
    """The answer to a question that was typed inline."""

    offers: tuple[Offer, ...]
    corpus: Corpus | None = None


Act = Typing | Say | Change | Toast | Offers
