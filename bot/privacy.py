"""/privacy and /delete_me: what is kept about a person, and its end."""

from collections.abc import Callable, Iterator, Sequence

from bot import peopletexts, texts
from bot.acts import Act
from bot.dialogue import say
from bot.events import Event, Written
from bot.people import Kept, People
from bot.translation import Translator

ALWAYS_ANSWERED = frozenset({"privacy", "delete_me"})
"""The commands that everybody may give: what is kept of a person is theirs, let in or not."""

Forget = Callable[[int], bool]
"""Forgets what is in memory about a person, by id; whether there was anything."""


class Privacy:
    """Says what is kept about a person, and deletes it everywhere."""

    def __init__(self, people: People, *, forget: Sequence[Forget]) -> None:
        """``forget`` reaches everything that remembers persons in memory."""
        self._people = people
        self._forget = tuple(forget)

    def respond(self, event: Event, words: Translator) -> Iterator[Act] | None:
        """See ``Responder.respond``."""
        match event:
            case Written(command="privacy", edited=False, addressed=True):
                return self._privacy(event, words)
            case Written(command="delete_me", edited=False, addressed=True):
                return self._delete(event, words)
        return None

    def _privacy(self, event: Written, words: Translator) -> Iterator[Act]:
        kept = list(_named(self._people.kept_about(event.person.id), words))
        if kept:
            what = words.say(peopletexts.WRITTEN_DOWN, what=_listed(kept, words))
        else:
            what = words.say(peopletexts.NOTHING_WRITTEN_DOWN)
        yield say(event, f"{what}\n\n{words.say(peopletexts.PRIVACY)}")

    def _delete(self, event: Written, words: Translator) -> Iterator[Act]:
        forgotten = [forget(event.person.id) for forget in self._forget]
        kept = self._people.delete(event.person.id)
        deleted = list(_named(kept, words))
        if any(forgotten):
            deleted.append(words.say(peopletexts.REMEMBERED))
        if not deleted:
            yield say(event, words.say(peopletexts.NOTHING_TO_DELETE))
            return
        said = words.say(peopletexts.DELETED, what=_listed(deleted, words))
        if kept.let_in:
            said = f"{said} {words.say(peopletexts.NEW_INVITATION_NEEDED)}"
        yield say(event, said)


def _named(kept: Kept, words: Translator) -> Iterator[str]:
    if kept.preferences:
        yield words.say(peopletexts.KEPT_SETTINGS)
    if kept.votes:
        yield words.plural("1 vote on an answer", "{count} votes on answers", kept.votes)
    if kept.questions:
        yield words.plural(
            "1 question that you voted on", "{count} questions that you voted on", kept.questions
        )
    if kept.consent is not None:
        said = peopletexts.KEPT_CONSENT if kept.consent else peopletexts.KEPT_REFUSAL
        yield words.say(said)
    if kept.let_in:
        yield words.say(peopletexts.KEPT_INVITATION)


def _listed(names: Sequence[str], words: Translator) -> str:
    return words.say(texts.BETWEEN_PLACES).join(names)
