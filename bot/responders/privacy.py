"""Shows a person's data after /privacy, and deletes it after /delete_me."""

from collections.abc import Callable, Iterator, Sequence

from bot.chat.actions import Act
from bot.chat.dialogue import say
from bot.chat.events import Event, TextMessage
from bot.language import texts
from bot.language.translation import Translator
from bot.responders import peopletexts
from bot.state.people import People
from bot.state.peoplevalues import PersonData

Forget = Callable[[int], bool]
"""Forgets a person, by id, in memory; returns whether there was anything."""

Erase = Callable[[int], bool]
"""Erases the waiting updates of a person, by id; returns whether no trace is left."""

SealCommand = Callable[[TextMessage, Sequence[str]], bool]
"""Seals a waiting command, so that it can be done again after a crash and names nobody.

It keeps the names of the data deleted so far, too; returns whether that worked."""


class Privacy:
    """Names the data about a person, and deletes it everywhere.

    The person hears that nothing is kept once no byte of it is left on the disk, not even of the
    message that asked for it. Only where to send the answer stays until then, sealed. If the
    process is killed meanwhile, it goes on, and answers, at its next start.
    """

    def __init__(
        self,
        people: People,
        *,
        forget: Sequence[Forget],
        seal_command: SealCommand = lambda _, __: True,
        erase: Erase = lambda _: True,
        beyond_reach: Callable[[], Sequence[str]] = lambda: (),
    ) -> None:
        """Take the stores of people; ``forget`` clears everything that remembers persons in memory.

        ``beyond_reach`` names what may hold data of a person and cannot be deleted from.
        """
        self._people = people
        self._forget = tuple(forget)
        self._seal_command = seal_command
        self._erase = erase
        self._beyond_reach = beyond_reach

    def respond(self, event: Event, words: Translator) -> Iterator[Act] | None:
        """See ``Responder.respond``."""
        match event:
            case TextMessage(command="privacy", edited=False, addressed=True):
                return self._privacy(event, words)
            case TextMessage(command="delete_me", edited=False, addressed=True):
                return self._delete(event, words)
        return None

    def _privacy(self, event: TextMessage, words: Translator) -> Iterator[Act]:
        kept = list(_named(self._people.kept_about(event.person.id), words))
        if kept:
            what = words.say(peopletexts.WRITTEN_DOWN, what=_listed(kept, words))
        else:
            what = words.say(peopletexts.NOTHING_WRITTEN_DOWN)
        yield say(event, f"{what}\n\n{words.say(peopletexts.PRIVACY)}")

    def _delete(self, event: TextMessage, words: Translator) -> Iterator[Act]:
        forgotten = [forget(event.person.id) for forget in self._forget]
        found = list(_named(self._people.kept_about(event.person.id), words))
        if any(forgotten):
            found.append(words.say(peopletexts.REMEMBERED))
        deleted = [*event.done_before, *(each for each in found if each not in event.done_before)]
        sealed = self._seal_command(event, deleted)
        kept = self._people.delete(event.person.id)
        erased = self._erase(event.person.id)
        said = self._deletion(deleted, words, whole=sealed and erased and not kept.traces)
        if words.say(peopletexts.KEPT_INVITATION) in deleted:
            said = f"{said} {words.say(peopletexts.NEW_INVITATION_NEEDED)}"
        yield say(event, said)

    def _deletion(self, deleted: Sequence[str], words: Translator, *, whole: bool) -> str:
        """Return the report of a deletion; ``whole`` if nothing is left within reach."""
        if not whole:
            return words.say(peopletexts.TRACES_ARE_LEFT)
        named = [words.say(name) for name in self._beyond_reach()]
        if named:
            what = _listed(deleted, words) if deleted else words.say(peopletexts.NOTHING_DELETED)
            where = _listed(named, words)
            return words.say(peopletexts.DELETED_WITHIN_REACH, what=what, where=where)
        if deleted:
            return words.say(peopletexts.DELETED, what=_listed(deleted, words))
        return words.say(peopletexts.NOTHING_TO_DELETE)


def _named(kept: PersonData, words: Translator) -> Iterator[str]:
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
