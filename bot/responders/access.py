"""Decides who may ask, and how fast, before all other responders."""

import math
import re
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from threading import Lock

from bot.answering.smalltalk import small_talk
from bot.chat.accessrules import AccessKind, AccessRules
from bot.chat.actions import Act, GuestAnswer, Later, Notice, Offers, Toast
from bot.chat.addresses import is_bare_address
from bot.chat.dialogue import say
from bot.chat.events import (
    ButtonPress,
    Event,
    FileMessage,
    GuestQuestion,
    InlineQuestion,
    PlaceKind,
    TextMessage,
)
from bot.chat.messages import Message
from bot.language import texts
from bot.language.translation import Translator
from bot.responders import peopletexts
from bot.responders.peopletexts import ALWAYS_ANSWERED
from bot.state.pace import MOST_AHEAD, Paces, Verdict
from bot.state.people import INVITATION_PAYLOAD, People

LIGHT = 1 / 6
"""The part of a question's token that a pressed button or a letter typed inline takes."""

FREE = 1 / 60
"""The part of a token of their own that a command and small talk take in private.

Nobody reaches this limit by hand. In a group, where others wait, they take ``LIGHT``.
"""

_MOST_NOTICES = 10_000

SEARCHING = frozenset({"ask", "said"})
"""The commands that search the statements for the text after them."""

_COMMANDS = frozenset(name for name, _ in texts.COMMANDS)
_INVITED = re.compile(rf"{INVITATION_PAYLOAD}(?P<code>[A-Za-z0-9_-]+)")


class Access:
    """Takes the events of persons who may not ask, or not yet again, and leaves all others.

    Everybody may ask for their own data and delete it, at a pace of its own, as have commands and
    small talk. ``MOST_AHEAD`` questions over the pace wait for their turn. Of those beyond, one
    notice names the number, until the person has slowed down; see ``TokenBuckets``. One person may
    write in the names of many channels: those of one group share one pace. Safe to call from
    several threads.
    """

    def __init__(self, people: People, *, rules: AccessRules, buckets: Paces | None = None) -> None:
        """Take the rules; without ``buckets`` everybody may go as fast as they like."""
        self._people = people
        self._rules = rules
        self._buckets = buckets
        self._notices: OrderedDict[Hashable, tuple[int, int]] = OrderedDict()
        self._noticing = Lock()

    def respond(self, event: Event, words: Translator) -> Iterator[Act] | None:
        """See ``Responder.respond``."""
        if event.person.id in self._rules.administrators or not _is_for_the_bot(event):
            return None
        always = isinstance(event, TextMessage) and event.command in ALWAYS_ANSWERED
        wait_s = 0.0
        if self._buckets is not None and not _has_waited(event):
            for key, tokens, ahead in _takes(event, always=always):
                verdict = self._buckets.take(key, tokens, ahead=ahead)
                if not (verdict.allowed or verdict.reserved):
                    return self._too_fast(event, verdict, words)
                wait_s = max(wait_s, verdict.wait_s)
        if always or self._may_ask(event):
            return None if not wait_s else iter([Later(wait_s)])
        invited = self._rules.kind is AccessKind.INVITED
        if invited and (code := _invitation(event)) is not None:
            return self._accept(event, code, words)
        why = peopletexts.NOT_INVITED if invited else peopletexts.NOT_LISTED
        return _refused(event, words.say(why))

    def _may_ask(self, event: Event) -> bool:
        rules = self._rules
        if not isinstance(event, InlineQuestion | GuestQuestion):
            chat = event.place.chat_id
            if chat in rules.allowed or self._people.came_from(chat) in rules.allowed:
                return True
        return rules.admits(event.person.id, is_let_in=self._people.is_let_in)

    def _too_fast(self, event: Event, verdict: Verdict, words: Translator) -> Iterator[Act]:
        if not isinstance(event, TextMessage):
            text = _too_many(1, verdict.wait_s, words) if verdict.say_so else None
            yield from _refused(event, text)
        elif (notice := self._noticed(event, begins=verdict.say_so)) is not None:
            first, count = notice
            yield Notice(Message(_too_many(count, verdict.wait_s, words)), first)

    def _noticed(self, event: TextMessage, *, begins: bool) -> tuple[int, int] | None:
        """Return the first message that a notice is about, and how many it is about now.

        None if another process said it.
        """
        with self._noticing:
            before = None if begins else self._notices.get(event.talks)
            if before is None and not begins:
                return None
            first, count = before or (event.message_id, 0)
            self._notices[event.talks] = now = first, count + 1
            self._notices.move_to_end(event.talks)
            while len(self._notices) > _MOST_NOTICES:
                self._notices.popitem(last=False)
            return now

    def _accept(self, event: Event, code: str, words: Translator) -> Iterator[Act]:
        accepted = self._people.accept(code, event.person.id)
        said = peopletexts.LET_IN if accepted else peopletexts.INVITATION_SPENT
        yield from _refused(event, words.say(said))


def _paces(event: Event) -> Iterator[tuple[Hashable, ...]]:
    """Yield the pace of the author, and for a channel also that of all channels in the group.

    Who writes in the group's own name is one of its administrators: that is no channel.
    """
    yield (event.person.id,)
    if isinstance(event, InlineQuestion | GuestQuestion) or not event.person.is_chat:
        return
    if event.person.id != event.place.chat_id:
        yield "channels", event.place.chat_id


def _takes(event: Event, *, always: bool) -> Iterator[tuple[Hashable, float, float]]:
    """Yield the buckets of an event, each with its tokens and how many may be reserved."""
    for pace in _paces(event):
        if always:
            yield (*pace, True), 1.0, 0.0
        elif isinstance(event, ButtonPress | InlineQuestion):
            yield (*pace, "light"), LIGHT, 0.0
        elif isinstance(event, GuestQuestion):
            yield (*pace, False), 1.0, 0.0
        elif _asks(event):
            yield (*pace, False), 1.0, float(MOST_AHEAD)
        else:
            private = event.place.kind is PlaceKind.PRIVATE
            yield (*pace, "free"), FREE if private else LIGHT, 0.0


def _asks(event: TextMessage | FileMessage) -> bool:
    """Return whether something is searched for an event."""
    if not isinstance(event, TextMessage) or not event.text.strip():
        return False
    if event.command is not None:
        return event.command in SEARCHING
    return small_talk(event.text) is None and not is_bare_address(event.text)


def _has_waited(event: Event) -> bool:
    return isinstance(event, TextMessage) and event.waited


def _is_for_the_bot(event: Event) -> bool:
    """Return whether an event would be answered; the talk of a group costs nobody anything."""
    match event:
        case TextMessage():
            return event.addressed and _is_answered(event)
        case FileMessage():
            return event.place.kind is PlaceKind.PRIVATE
    return True


def _is_answered(event: TextMessage) -> bool:
    """Return whether a bot open to all would answer; a command in a group may be another bot's."""
    if event.command is None:
        return True
    if event.edited:
        return event.command == "ask"
    in_private = event.place.kind is PlaceKind.PRIVATE
    return in_private or event.named or event.command in _COMMANDS


def _invitation(event: Event) -> str | None:
    """Return the code of an invitation that is opened in private."""
    if not isinstance(event, TextMessage) or event.command != "start" or event.edited:
        return None
    opened = _INVITED.fullmatch(event.text.strip())
    return opened["code"] if opened and event.place.kind is PlaceKind.PRIVATE else None


def _too_many(count: int, wait_s: float, words: Translator) -> str:
    left_out = words.plural(
        "That is faster than I can answer everyone: I leave out 1 message.",
        "That is faster than I can answer everyone: I leave out {count} messages.",
        count,
    )
    again = words.plural(
        "Please ask again in 1 second.", "Please ask again in {count} seconds.", math.ceil(wait_s)
    )
    return f"{left_out} {again}"


def _refused(event: Event, text: str | None) -> Iterator[Act]:
    """Yield the text, if any, in the form that ends the waiting of the person."""
    match event:
        case TextMessage() | FileMessage():
            if text is not None:
                yield say(event, text)
        case ButtonPress():
            yield Toast(text, alert=text is not None)
        case InlineQuestion():
            yield Offers(())
        case GuestQuestion():
            if text is not None:
                yield GuestAnswer(Message(text))
