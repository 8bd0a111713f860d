"""Swaps generations under a steady load of questions, and tells what went wrong."""

import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from pathlib import Path

import numpy as np
from fakes import LetterEmbedder, open_index

from bot.answering.answerer import Answerer
from bot.answering.liveanswerer import LiveAnswerer
from bot.chat.messages import EntityKind
from bot.replies.rendering import render
from corpus import Corpus, document_from_text
from embeddings import Generation, PassageIndex, Retriever, check_model, refresh

QUESTIONS = (
    "Do zebras zigzag in place aaaa?",
    "What is published in hall 7?",
    "They met for which day 4?",
    "What do the ministers say of day 5?",
)
UNANSWERED = "quel est le meilleur fromage de la région"
LOOK_S = 0.02
WAIT_S = 60.0
ROLLBACK_EVERY = 10
_NAMES = ("one", "two", "three", "four", "five", "six", "seven")


def edition(number: int, *, documents: int) -> Corpus:
    """Statements that name their edition in every paragraph: no two editions share one."""
    return Corpus(
        tuple(
            document_from_text(text, document_id=f"d{at:05}", title=f"Title {at}")
            for at, text in enumerate(_texts(number, documents))
        )
    )


def _texts(number: int, documents: int) -> Iterator[str]:
    name = f"{_NAMES[number % len(_NAMES)]} {'x' * (number // len(_NAMES))}".strip()
    for at in range(documents):
        yield (
            f"Zebras zigzag in edition {name} of place {'abcdefghij'[at % 10] * (at % 7 + 1)}.\n\n"
            f"The ministers of edition {name} say that zoos buzz. They met for day {at}.\n\n"
            f"What is published is edition {name}, and nothing else, in hall {at}."
        )


@dataclass(slots=True)
class SwapFigures:
    """The results of swaps under load; ``failed`` and ``mixed`` must be empty.

    Times of answers are in milliseconds, ``idle`` those without swaps under the same load.
    ``longest_ms`` is the longest while swapping.
    """

    swaps: int = 0
    answers: int = 0
    generations: int = 0
    failed: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    idle_p50_ms: float = 0.0
    idle_p99_ms: float = 0.0
    longest_ms: float = 0.0


class Load:
    """People who ask a running program at a steady pace, each answer looked through."""

    def __init__(self, answerers: LiveAnswerer, *, threads: int, pause_s: float) -> None:
        self._answerers = answerers
        self._threads = threads
        self._pause_s = pause_s
        self.took_s: list[float] = []
        self.generations: set[int] = set()
        self.failed: list[str] = []
        self.mixed: list[str] = []
        self.texts: dict[int, str] = {}
        """Generation → all that it may quote."""

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Asks as long as the block lasts."""
        ended = threading.Event()
        threads = [
            threading.Thread(target=self._ask, args=(at, ended)) for at in range(self._threads)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            ended.set()
            for thread in threads:
                thread.join()

    def _ask(self, first: int, ended: threading.Event) -> None:
        for number in itertools.count(first):
            if ended.wait(self._pause_s):
                return
            started = time.perf_counter()
            try:
                answerer = self._answerers.public
                reply = answerer.answer(QUESTIONS[number % len(QUESTIONS)])
                messages = render(reply, answerer.corpus, opens=True)
            except Exception as error:  # noqa: BLE001 (whatever it is, it is a failed answer)
                self.failed.append(repr(error))
                continue
            self.took_s.append(time.perf_counter() - started)
            self.generations.add(reply.generation)
            self._look_through(
                reply.generation,
                [quote.text for quote in reply.quotes],
                [each.url for each in messages[-1].entities if each.kind is EntityKind.OPENS],
            )

    def _look_through(
        self, generation: int, quotes: list[str], opens: Sequence[str | None]
    ) -> None:
        """True if every quote is of the edition that the named generation was built from, which
        each link to a paragraph names, too.
        """
        texts = self.texts[generation]
        if not quotes:
            self.failed.append(f"generation {generation} gave no quote")
        for quote in quotes:
            if quote not in texts:
                self.mixed.append(f"generation {generation} quoted: {quote}")
        named = f"p{generation}-"
        if not opens or not all(each is not None and each.startswith(named) for each in opens):
            self.mixed.append(f"generation {generation} was not named: {opens}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an index of so many documents is: a directory, or a database by its address."""

    directory: Path
    documents: int
    postgres: str = ""


def swap_under_load(
    place: Place, *, count: int, threads: int = 3, pause_s: float = 0.05
) -> SwapFigures:
    """Publishes ``count`` generations one by one while questions are asked.

    Another process publishes them, as a refresh does. Every tenth is a rollback.
    """
    with open_index(place.directory, place.postgres) as store:
        return _swapped(place, store, count=count, threads=threads, pause_s=pause_s)


def _swapped(
    place: Place, store: PassageIndex, *, count: int, threads: int, pause_s: float
) -> SwapFigures:
    embedder = LetterEmbedder()
    documents = place.documents
    refresh(edition(0, documents=documents), index=store, embedder=embedder)

    def open_answerer(generation: Generation) -> Answerer:
        check_model(generation, embedder.identity)
        return Answerer(Retriever(generation, embedder))

    answerers = LiveAnswerer(open_answerer(store.open_current()), store, open_answerer)
    answerers.public.answer(UNANSWERED)  # loads what tells languages, once for a process
    load = Load(answerers, threads=threads, pause_s=pause_s)
    load.texts[1] = "\n".join(_texts(0, documents))
    figures = SwapFigures()
    with (
        _publisher(place, store, load.texts) as publish,
        answerers.watching(every_s=LOOK_S),
    ):
        with load.asking():
            while len(load.took_s) < max(200, count * 10):  # warms up, and measures without swaps
                time.sleep(0.1)
        idle = load.took_s[len(load.took_s) // 4 :]
        load.took_s = []
        with load.asking():
            for number in range(1, count + 1):
                generation = publish(number)
                published = time.monotonic()
                while answerers.public.generation != generation:
                    if time.monotonic() - published > WAIT_S:
                        load.failed.append(f"generation {generation} never answered")
                        break
                    time.sleep(0.002)
                else:
                    figures.swaps += 1
                time.sleep(2 * pause_s)
    figures.answers = len(load.took_s)
    figures.generations = len(load.generations)
    figures.failed, figures.mixed = load.failed, load.mixed
    figures.p50_ms, figures.p99_ms = _percentiles(load.took_s)
    figures.idle_p50_ms, figures.idle_p99_ms = _percentiles(idle)
    figures.longest_ms = max(load.took_s) * 1_000
    return figures


def _percentiles(took_s: list[float]) -> tuple[float, float]:
    """The median and the 99th percentile, in milliseconds."""
    middle, high = np.percentile(np.array(took_s) * 1_000, (50, 99))
    return float(middle), float(high)


@contextmanager
def _publisher(
    place: Place, store: PassageIndex, texts: dict[int, str]
) -> Iterator[Callable[[int], int]]:
    """Publishes an edition in another process and tells its generation.

    What the generation may quote is in ``texts`` before it is published.
    """
    process = subprocess.Popen(  # noqa: S603 (this very file)
        [sys.executable, __file__, *map(str, astuple(place))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )

    def publish(number: int) -> int:
        if number % ROLLBACK_EVERY:
            texts[store.numbers()[-1] + 1] = "\n".join(_texts(number, place.documents))
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{number}\n")
        process.stdin.flush()
        return int(process.stdout.readline())

    try:
        yield publish
    finally:
        process.communicate(timeout=60)


def _publish_as_told(place: Place) -> None:
    """Publishes the editions whose numbers come on standard input, and prints the generations."""
    os.nice(10)  # what a refresh costs is another question than what a swap does
    embedder = LetterEmbedder()
    with open_index(place.directory, place.postgres) as store:
        for line in sys.stdin:
            number = int(line)
            if number % ROLLBACK_EVERY:
                corpus = edition(number, documents=place.documents)
                generation = refresh(corpus, index=store, embedder=embedder).generation
            else:
                generation = store.rollback().number
            print(generation, flush=True)


if __name__ == "__main__":
    _publish_as_told(Place(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
