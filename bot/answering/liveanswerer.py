"""Answers from the published generation while refreshes and rollbacks go on."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.answering.answerer import Answerer
from bot.errors import UnfaithfulQuote
from embeddings import Generation, GenerationError, ModelError, PassageIndex

log = logging.getLogger(__name__)

LOOK_S = 1.0
RETRY_S = 60.0
_JOIN_S = 5.0

OpenAnswerer = Callable[[Generation], Answerer]
"""Makes an Answerer of a generation.

Raises a ``GenerationError`` for one that cannot be used, by another model say.
"""


class LiveAnswerer:
    """Holds the Answerer in use, and replaces it when another generation is published.

    Three doors lead to it, and their names say who may see the answers: ``public`` for anybody,
    ``seen_by`` for members of groups, and ``everything`` for those who keep the statements. A chat
    uses only the first two.

    Take an Answerer once for each question and keep it to the end: the answer and the corpus that
    it is compared with are then of one generation. The generation before stays in memory until the
    last question that took it is answered.
    """

    def __init__(
        self,
        answerer: Answerer,
        index: PassageIndex,
        open_answerer: OpenAnswerer,
        *,
        refused: int | None = None,
        warn: Callable[[str], None] = log.warning,
    ) -> None:
        """Begin with an Answerer of all documents.

        ``refused`` is the published generation if that is damaged, so that an earlier one answers.
        """
        self._current = answerer
        self._index = index
        self._open_answerer = open_answerer
        self._warn = warn
        self._last_warning: str | None = None
        self._refused = refused
        self._looking = threading.Lock()
        self._retry_at = time.monotonic() + RETRY_S

    @property
    def public(self) -> Answerer:
        """The Answerer of the public documents: anybody may see its answers."""
        return self._current.seen_by(frozenset())

    def seen_by(self, groups: frozenset[str]) -> Answerer:
        """Return the Answerer of the public documents and of those for members of the groups."""
        return self._current.seen_by(groups)

    @property
    def everything(self) -> Answerer:
        """The Answerer of all documents, restricted ones too: only for those who keep them."""
        return self._current

    def look(self) -> None:
        """Replace the Answerer if another generation than the one in use is published.

        It is opened, checked and asked once before it is put in place. One that cannot be used
        leaves the one in use answering. A warning says so once, and it is tried again after
        ``RETRY_S``.
        """
        with self._looking:
            self._look()

    def _look(self) -> None:
        try:
            number = self._index.current_number()
            in_use = number == self._current.generation and self._index.holds(
                self._current.manifest
            )
        except GenerationError as error:
            self._tell(str(error))
            return
        if number is None:
            return
        if in_use:
            self._last_warning = self._refused = None
            return
        if number == self._refused and time.monotonic() < self._retry_at:
            return
        started = time.monotonic()
        try:
            answerer = self._open_answerer(self._index.open(number))
            _warm_up(answerer)
        except (GenerationError, ModelError, UnfaithfulQuote) as error:
            self._refused, self._retry_at = number, time.monotonic() + RETRY_S
            self._tell(str(error))
            return
        self._current = answerer
        self._last_warning = self._refused = None
        log.info("generation %d answers now, after %.2f s", number, time.monotonic() - started)

    @contextmanager
    def watching(self, *, every_s: float = LOOK_S) -> Iterator[None]:
        """Look at intervals, in a thread of its own, until the block ends."""
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(every_s):
                try:
                    self.look()
                except Exception:
                    log.exception("the published generation could not be opened")

        watcher = threading.Thread(target=watch, name="generations", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join(_JOIN_S)

    def _tell(self, problem: str) -> None:
        if problem != self._last_warning:
            self._last_warning = problem
            self._warn(f"{problem} Generation {self._current.generation} goes on answering.")


def _warm_up(answerer: Answerer) -> None:
    """Compute now what the first question would have to wait for."""
    titles = [document.title for document in answerer.corpus.documents[:1]]
    answerer.answer(titles[0] if titles else "warm")
    public = answerer.seen_by(frozenset())
    if public is not answerer:
        public.answer("warm")
