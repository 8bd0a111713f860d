"""Does the work of administrators in private: refresh, add, remove, roll back and status.

Events of other people, and forwarded messages, are left to the next responder, which treats them
as an unknown command.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.answering.liveanswerer import LiveAnswerer
from bot.chat.actions import Act, Button, Change, Say, Toast, Typing
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
from bot.errors import BotError
from bot.language.bidiisolation import isolated
from bot.language.translation import Translator
from bot.monitoring.memory import resident_bytes
from bot.monitoring.troubles import Troubles
from bot.operations.background import Background
from bot.operations.refresher import ProgressBar
from bot.operations.submissions import MOST_BYTES, Submission, Submissions
from bot.responders import admintexts
from corpus import CorpusError, ExtractorClosed, LeftOut, UnknownDocument
from corpus.directory.corpusdirectory import CorpusDirectory
from embeddings import EmbeddingsError, Generation, RefreshReport

FetchFile = Callable[[str], bytes]
"""The bytes of a file that a person sent, by its id; raises ``FileNotFetched``."""

_DATA = re.compile(r"admin:(?P<what>publish|discard|remove|leave):(?P<key>[0-9a-f]{16})")
_ADDS = re.compile(r"/add(?:@\w+)?(?:\s|$)", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,9}")
_MB = 1_000_000

Command = Callable[[TextMessage, Translator], Iterator[Act]]
_Failures = (BotError, CorpusError, EmbeddingsError)


@dataclass(frozen=True, slots=True)
class Operations:
    """The functions and values that administrators work with.

    ``refresh`` shows its progress with the bar that it gets. ``changed`` returns whether the corpus
    directory has changed since the generation in use was built, ``left_out`` the files that were
    not read then, ``passed_over`` the files of kinds that are not read, ``waiting`` the number of
    messages that wait, and ``troubles`` the recent faults.
    """

    answerers: LiveAnswerer
    refresh: Callable[[ProgressBar], RefreshReport]
    rollback: Callable[[int | None], Generation]
    open_directory: Callable[[], CorpusDirectory]
    submissions: Submissions
    changed: Callable[[], bool]
    left_out: Callable[[], Sequence[LeftOut]] = tuple
    passed_over: Callable[[], Sequence[LeftOut]] = tuple
    fetch_file: FetchFile | None = None
    troubles: Callable[[], Troubles] = Troubles
    waiting: Callable[[], int] | None = None


class Administration:
    """Does the work that administrators ask for; events of others are not for it."""

    def __init__(
        self,
        operations: Operations,
        *,
        administrators: frozenset[int],
        progress_every_s: float = 1.0,
    ) -> None:
        """Take the numeric ids of the administrators: a name can change hands."""
        self._do = operations
        self._administrators = administrators
        self._progress_every_s = progress_every_s
        self._since_s = time.monotonic()
        self._commands: dict[str, Command] = {
            "status": self._status,
            "refresh": self._refresh,
            "add": self._add,
            "remove": self._remove,
            "rollback": self._rollback,
        }

    def respond(self, event: Event, words: Translator) -> Iterator[Act] | None:
        """See ``Responder.respond``."""
        if not self._is_administrators(event):
            return None
        match event:
            case TextMessage(edited=False, forwarded=False, command=str(name)):
                command = self._commands.get(name)
                return None if command is None else self._tried(event, command(event, words), words)
            case FileMessage(forwarded=False, caption=caption) if _ADDS.match(caption):
                return self._tried(event, self._add_file(event, words), words)
            case ButtonPress() if pressed := _DATA.fullmatch(event.data):
                acts = self._pressed(event, pressed["what"], pressed["key"], words)
                return self._tried(event, acts, words)
        return None

    def _is_administrators(self, event: Event) -> bool:
        if isinstance(event, InlineQuestion | GuestQuestion):
            return False
        if event.place.kind is not PlaceKind.PRIVATE:
            return False
        person = event.person.id
        return person in self._administrators and event.place.chat_id == person

    def _tried(
        self, event: TextMessage | FileMessage | ButtonPress, acts: Iterator[Act], words: Translator
    ) -> Iterator[Act]:
        """Yield the acts; if one fails, the reason."""
        try:
            yield from acts
        except ExtractorClosed:
            raise  # the next start does it
        except _Failures as error:
            number = self._do.answerers.everything.generation
            text = admintexts.failed(error, number, words)
            yield Say((Message(text),), event.message_id)

    def _status(self, event: TextMessage, words: Translator) -> Iterator[Act]:
        answerer, waiting, memory = (
            self._do.answerers.everything,
            self._do.waiting,
            resident_bytes(),
        )
        text = words.say(
            admintexts.STATUS,
            number=str(answerer.generation),
            documents=words.number(len(answerer.corpus.documents)),
            paragraphs=words.number(sum(len(d.passages) for d in answerer.corpus.documents)),
            waiting=admintexts.UNKNOWN if waiting is None else words.number(waiting()),
            uptime=admintexts.duration(time.monotonic() - self._since_s),
            memory=admintexts.UNKNOWN if memory is None else words.number(memory / _MB),
        )
        if self._do.changed():
            text = admintexts.joined(text, words.say(admintexts.CHANGED_SINCE))
        if left_out := self._do.left_out():
            text = admintexts.joined(text, admintexts.not_read(left_out, words))
        if passed_over := self._do.passed_over():
            text = admintexts.joined(text, admintexts.passed_over(passed_over, words))
        if troubles := admintexts.troubles(self._do.troubles(), words):
            text = admintexts.joined(text, troubles)
        yield say(event, text)

    def _refresh(self, event: TextMessage, words: Translator) -> Iterator[Act]:
        yield say(event, words.say(admintexts.REFRESH_BEGINS))
        yield from self._refreshed(None, (), words)

    def _refreshed(
        self, message_id: int | None, before: tuple[str, ...], words: Translator
    ) -> Iterator[Act]:
        """Yield a refresh, with its progress in the message; ``before`` stays above it."""
        running = Background(self._do.refresh, every_s=self._progress_every_s)

        def changed_to(text: str) -> Change:
            return Change(message_id, Message(admintexts.joined(*before, text)))

        for step in running.steps():
            yield Typing() if step is None else changed_to(admintexts.progress(step, words))
        try:
            report = running.result()
        except ExtractorClosed:
            raise
        except _Failures as error:
            number = self._do.answerers.everything.generation
            yield changed_to(admintexts.failed(error, number, words))
            return
        self._do.answerers.look()
        yield changed_to(admintexts.refreshed(report, words))

    def _rollback(self, event: TextMessage, words: Translator) -> Iterator[Act]:
        if event.text and not _NUMBER.fullmatch(event.text):
            yield say(event, words.say(admintexts.NO_GENERATION))
            return
        yield Typing()
        now = self._do.rollback(int(event.text) if event.text else None)
        self._do.answerers.look()
        yield say(event, admintexts.rolled_back(now, words))

    def _add(self, event: TextMessage, words: Translator) -> Iterator[Act]:
        if not event.text:
            yield say(event, words.say(admintexts.ADD_WHAT))
            return
        yield Typing()
        yield self._preview(event, self._do.submissions.read_address(event.text), words)

    def _add_file(self, event: FileMessage, words: Translator) -> Iterator[Act]:
        if event.file_id is None:
            yield say(event, words.say(admintexts.NO_FILE))
        elif self._do.fetch_file is None:
            yield say(event, words.say(admintexts.FILES_ARE_OFF))
        elif (event.size_bytes or 0) > MOST_BYTES:
            most = words.number(MOST_BYTES / _MB)
            yield say(event, words.say(admintexts.TOO_LARGE, most=most))
        else:
            yield Typing()
            content = self._do.fetch_file(event.file_id)
            found = self._do.submissions.read_file(content, name=event.file_name)
            yield self._preview(event, found, words)

    @staticmethod
    def _preview(event: TextMessage | FileMessage, found: Submission, words: Translator) -> Say:
        labels = [("discard", admintexts.DISCARD)]
        if found.added.state != "unchanged":
            labels.insert(0, ("publish", admintexts.PUBLISH))
        row = tuple(Button(words.say(text), f"admin:{what}:{found.key}") for what, text in labels)
        text = admintexts.joined(admintexts.preview(found, words))
        return Say((Message(text),), event.message_id, (row,))

    def _remove(self, event: TextMessage, words: Translator) -> Iterator[Act]:
        if not event.text:
            yield say(event, words.say(admintexts.REMOVE_WHAT))
            return
        document_id = self._do.open_directory().find(event.text)
        labels = (("remove", admintexts.REMOVE), ("leave", admintexts.LEAVE))
        key = _key_of(document_id)
        row = tuple(Button(words.say(text), f"admin:{what}:{key}") for what, text in labels)
        documents = self._do.answerers.everything.corpus.documents
        title = next((isolated(d.title) for d in documents if d.id == document_id), "")
        text = words.say(admintexts.REMOVE_REALLY, id=document_id, title=title).strip()
        yield Say((Message(admintexts.joined(text)),), event.message_id, (row,))

    def _pressed(self, event: ButtonPress, what: str, key: str, words: Translator) -> Iterator[Act]:
        yield Toast()
        match what:
            case "publish":
                yield from self._publish(event, key, words)
            case "discard":
                gone = not self._do.submissions.discard(key)
                text = admintexts.GONE if gone else admintexts.DISCARDED
                yield Change(event.message_id, Message(words.say(text)))
            case _:
                yield from self._removed(event, key, words, really=what == "remove")

    def _publish(self, event: ButtonPress, key: str, words: Translator) -> Iterator[Act]:
        added = self._do.submissions.publish(key)
        if added is None:
            yield Change(event.message_id, Message(words.say(admintexts.GONE)))
            return
        published = words.say(admintexts.PUBLISHED, id=added.document.id)
        yield from self._refreshed(event.message_id, (published,), words)

    def _removed(
        self, event: ButtonPress, key: str, words: Translator, *, really: bool
    ) -> Iterator[Act]:
        directory = self._do.open_directory()
        found = [each for each in directory.ids if _key_of(each) == key]
        if not found:
            raise UnknownDocument("This document is not in the corpus directory any more.")
        document_id = found[0]
        if not really or len(directory.ids) == 1:
            text = admintexts.LAST_ONE if really else admintexts.LEFT
            yield Change(event.message_id, Message(words.say(text, id=document_id)))
            return
        directory.remove(document_id)
        removed = words.say(admintexts.REMOVED, id=document_id)
        yield from self._refreshed(event.message_id, (removed,), words)


def _key_of(document_id: str) -> str:
    """Return a short name of a document for a button, whose data has no room for a long id."""
    return hashlib.sha256(document_id.encode("utf-8")).hexdigest()[:16]
