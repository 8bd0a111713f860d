"""Keeps votes, and the questions of persons who allow it."""

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Lock

from bot.chat.actions import Act, Button, Change, Say, Toast
from bot.chat.dialogue import Responder
from bot.chat.events import ButtonPress, Event, PlaceKind
from bot.chat.messages import Message
from bot.chat.votes import Vote
from bot.language.translation import Translator
from bot.responders import peopletexts
from bot.state.people import People
from bot.state.peoplevalues import KeptVote

_DATA = re.compile(r"consent:(?P<said>yes|no)")
_MOST_WAITING = 1_000


@dataclass(slots=True)
class _Waiting:
    """The last votes of persons who were not asked yet, or did not answer, and the persons to ask
    now.
    """

    votes: OrderedDict[int, KeptVote] = field(default_factory=OrderedDict)
    to_ask: set[int] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)


class Feedback:
    """Keeps votes, and asks once, after a person's first vote, whether their questions may be kept.

    It asks in private only. Until the person agrees, the question is in memory alone. Safe to call
    from several threads.
    """

    def __init__(self, people: People) -> None:
        self._people = people
        self._waiting = _Waiting()

    def keep(self, vote: Vote) -> None:
        """Keep a vote; see ``bot.chat.votes.KeepVote``."""
        person = vote.person.id
        kept = KeptVote(
            *(person, vote.place.chat_id, vote.message_id, vote.generation, vote.passages),
            good=vote.good,
            question=vote.question,
            earlier=vote.earlier,
        )
        undecided = self._people.consent(person) is None
        first = not self._people.kept_about(person).votes
        self._people.keep_vote(kept)
        if not undecided or vote.question is None or vote.place.kind is not PlaceKind.PRIVATE:
            return
        with self._waiting.lock:
            self._waiting.votes[person] = kept
            self._waiting.votes.move_to_end(person)
            if first:
                self._waiting.to_ask.add(person)
            while len(self._waiting.votes) > _MOST_WAITING:
                gone, _ = self._waiting.votes.popitem(last=False)
                self._waiting.to_ask.discard(gone)

    def consent_question(self, event: ButtonPress, words: Translator) -> Iterator[Act]:
        """Yield the question for a person who has just voted for the first time; nothing for
        others.
        """
        with self._waiting.lock:
            asked = event.person.id in self._waiting.to_ask
            self._waiting.to_ask.discard(event.person.id)
        if asked:
            buttons = tuple(
                (Button(words.say(label), f"consent:{said}"),)
                for said, label in (("yes", peopletexts.YES_KEEP), ("no", peopletexts.NO_KEEP))
            )
            message = Message(words.say(peopletexts.MAY_QUESTIONS_BE_KEPT))
            yield Say((message,), event.message_id, buttons)

    def respond(self, event: Event, words: Translator) -> Iterator[Act] | None:
        """See ``Responder.respond``: takes the person's answer to the question."""
        if not isinstance(event, ButtonPress) or not (said := _DATA.fullmatch(event.data)):
            return None
        return self._said(event, said["said"] == "yes", words)

    def forget_person(self, person_id: int) -> bool:
        """Forget a person in memory, and return whether there was anything."""
        with self._waiting.lock:
            self._waiting.to_ask.discard(person_id)
            return self._waiting.votes.pop(person_id, None) is not None

    def forget_all(self) -> None:
        """Forget everybody in memory."""
        with self._waiting.lock:
            self._waiting.to_ask.clear()
            self._waiting.votes.clear()

    def _said(self, event: ButtonPress, yes: bool, words: Translator) -> Iterator[Act]:
        yield Toast()
        self._people.set_consent(event.person.id, yes)
        with self._waiting.lock:
            last = self._waiting.votes.pop(event.person.id, None)
        if yes and last is not None:
            self._people.keep_question(last)
        said = peopletexts.QUESTIONS_ARE_KEPT if yes else peopletexts.QUESTIONS_ARE_NOT_KEPT
        yield Change(event.message_id, Message(words.say(said)))


class ConsentAfterVote:
    """Has votes taken by another responder, and asks then whether the questions may be kept."""

    def __init__(self, takes_votes: Responder, feedback: Feedback) -> None:
        self._takes_votes = takes_votes
        self._feedback = feedback

    def respond(self, event: Event, words: Translator) -> Iterator[Act] | None:
        """See ``Responder.respond``."""
        acts = self._takes_votes.respond(event, words)
        if acts is None or not isinstance(event, ButtonPress):
            return acts
        return self._and_ask(acts, event, words)

    def _and_ask(self, acts: Iterator[Act], event: ButtonPress, words: Translator) -> Iterator[Act]:
        yield from acts
        yield from self._feedback.consent_question(event, words)
