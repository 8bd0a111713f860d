"""Decides who may ask, and how fast, before all other responders."""

import math
import re
from collections.abc import Hashable, Iterator

from bot.chat.accessrules import AccessKind, AccessRules
from bot.chat.actions import Act, Offers, Toast
from bot.chat.dialogue import say
from bot.chat.events import ButtonPress, Event, FileMessage, InlineQuestion, PlaceKind, TextMessage
from bot.language import texts
from bot.language.translation import Translator
from bot.responders import peopletexts
from bot.responders.peopletexts import ALWAYS_ANSWERED
from bot.state.pace import Paces
from bot.state.people import INVITATION_PAYLOAD, People

LIGHT = 1 / 6
"""The part of a question's token that a pressed button or a letter typed inline takes."""

_COMMANDS = frozenset(name for name, _ in texts.COMMANDS)
_INVITED = re.compile(rf"{INVITATION_PAYLOAD}(?P<code>[A-Za-z0-9_-]+)")


class Access:
    """Takes the events of persons who may not ask, or not yet again, and leaves all others.

    Everybody may ask for their own data and delete it, at a pace of its own. A refusal for haste is
    said once, then nothing until the person has slowed down; see ``TokenBuckets``. One person may
    write in the names of many channels: those of one group share one pace. Safe to call from
    several threads.
    """

    def __init__(self, people: People, *, rules: AccessRules, buckets: Paces | None = None) -> None:
        """Take the rules; without ``buckets`` everybody may go as fast as they like."""
        self._people = people
        self._rules = rules
        self._buckets = buckets

    def respond(self, event: Event, words: Translator) -> Iterator[Act] | None:
        """See ``Responder.respond``."""
        if event.person.id in self._rules.administrators or not _is_for_the_bot(event):
            return None
        always = isinstance(event, TextMessage) and event.command in ALWAYS_ANSWERED
        if self._buckets is not None:
            light = isinstance(event, ButtonPress | InlineQuestion)
            for pace in _paces(event):
                verdict = self._buckets.take((*pace, always), LIGHT if light else 1.0)
                if not verdict.allowed:
                    return _too_fast(event, verdict.wait_s, verdict.say_so, words)
        if always or self._may_ask(event):
            return None
        invited = self._rules.kind is AccessKind.INVITED
        if invited and (code := _invitation(event)) is not None:
            return self._accept(event, code, words)
        why = peopletexts.NOT_INVITED if invited else peopletexts.NOT_LISTED
        return _refused(event, words.say(why))

    def _may_ask(self, event: Event) -> bool:
        rules = self._rules
        if rules.kind is AccessKind.OPEN or event.person.id in rules.allowed:
            return True
        if not isinstance(event, InlineQuestion):
            chat = event.place.chat_id
            if chat in rules.allowed or self._people.came_from(chat) in rules.allowed:
                return True
        return rules.kind is AccessKind.INVITED and self._people.is_let_in(event.person.id)

    def _accept(self, event: Event, code: str, words: Translator) -> Iterator[Act]:
        accepted = self._people.accept(code, event.person.id)
        said = peopletexts.LET_IN if accepted else peopletexts.INVITATION_SPENT
        yield from _refused(event, words.say(said))


def _paces(event: Event) -> Iterator[tuple[Hashable, ...]]:
    """Yield the pace of the author, and for a channel also that of all channels in the group.

    Who writes in the group's own name is one of its administrators: that is no channel.
    """
    yield (event.person.id,)
    if isinstance(event, InlineQuestion) or not event.person.is_chat:
        return
    if event.person.id != event.place.chat_id:
        yield "channels", event.place.chat_id


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


def _too_fast(event: Event, wait_s: float, say_so: bool, words: Translator) -> Iterator[Act]:
    text = None
    if say_so:
        text = words.plural(
            "That is faster than I can answer everyone. Please ask again in 1 second.",
            "That is faster than I can answer everyone. Please ask again in {count} seconds.",
            math.ceil(wait_s),
        )
    return _refused(event, text)


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
