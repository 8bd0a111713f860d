"""Asks every system every question of a set, and collects the outcomes."""

import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.evaluation.sets.questionsets import EvaluationQuestion, PassageKey, QuestionSet
from bot.evaluation.systems import Baselines, System
from bot.operations.refresher import ProgressBar
from embeddings import (
    Embedder,
    Generation,
    GenerationStore,
    Hit,
    ModelIdentity,
    Progress,
    Query,
    Retriever,
    best_hits,
    refresh,
    search_form,
)
from embeddings.arrays import FloatMatrix
from embeddings.models.embedder import TextVectors
from embeddings.search.ranking import learned_from

ENCODINGS_TIMED = 100
"""How many questions are encoded anew to measure it; the others' vectors may come from a file."""


@dataclass(frozen=True, slots=True)
class JudgedHits:
    """Our hits: passages best first, and the first Hit's score (0 without a Hit).

    ``evidence_right`` is whether an answer's text lies in the first Hit's evidence sentence; None
    if the first Hit does not answer or has no such text.
    """

    keys: tuple[PassageKey, ...]
    score: float
    evidence_right: bool | None


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one question.

    ``rankings`` are of the question alone, system by system. Where we were asked, ``ours`` is what
    we found for it, ``in_context`` with what was asked before (None for a question without a
    history), ``rewritten`` for a person's rewrite of it (None without one or without a history).
    """

    question: EvaluationQuestion
    language: str
    rankings: dict[System, tuple[PassageKey, ...]]
    ours: JudgedHits | None = None
    in_context: JudgedHits | None = None
    rewritten: JudgedHits | None = None


@dataclass(frozen=True, slots=True)
class SetOutcomes:
    """All outcomes of a set in the order of its questions, and the facts of its corpus.

    ``search_s`` are seconds of our search for each question without encoding it, ``encoding_s``
    those of encoding some of them. ``learned_from`` says that the shipped weights were fitted to
    a set of this corpus and so many questions.
    """

    name: str
    model: str
    language: str
    documents: int
    passages: int
    unjudged: int
    learned_from: bool
    results: tuple[Result, ...]
    search_s: tuple[float, ...]
    encoding_s: tuple[float, ...]


def ask_set(
    questions: QuestionSet,
    *,
    embedder: Embedder,
    encoder: Embedder,
    systems: Sequence[System],
    top: int,
    limit: int | None,
    progress_bar: ProgressBar,
) -> SetOutcomes:
    """Build the index of a set in a temporary directory and ask its first ``limit`` questions.

    ``embedder`` may remember vectors; ``encoder``, which does not, is the one that is timed.

    Raises:
        EmbeddingsError: if the index cannot be built.
    """
    with tempfile.TemporaryDirectory(prefix="verbatim-eval-") as folder:
        store = GenerationStore(Path(folder))
        with progress_bar(f"{questions.name}: embedding") as progress:
            refresh(questions.corpus, store=store, embedder=embedder, progress=progress)
        generation = store.open_current()
    asked = questions.questions[:limit]
    with progress_bar(f"{questions.name}: asking") as progress:
        asker = _Asker(generation, embedder, systems=systems, top=top)
        results = []
        for count, question in enumerate(asked, start=1):
            results.append(asker.ask(question))
            progress(count, len(asked))
    identity = (questions.corpus.digest, len(questions.questions))
    languages = Counter(d.language for d in questions.corpus.documents for _ in d.quotable)
    ours = System.OURS in systems
    return SetOutcomes(
        name=questions.name,
        model=embedder.identity.name,
        language=languages.most_common(1)[0][0],
        documents=len(questions.corpus.documents),
        passages=len(generation.passages),
        unjudged=questions.unjudged,
        learned_from=ours and identity in learned_from(),
        results=tuple(results),
        search_s=tuple(asker.search_s),
        encoding_s=_encoding_times(encoder, asked) if ours else (),
    )


class _Asker:
    """Asks the systems, and times our search without the encoding."""

    def __init__(
        self, generation: Generation, embedder: Embedder, *, systems: Sequence[System], top: int
    ) -> None:
        self._generation = generation
        self._systems = systems
        self._top = top
        self._timed = _TimedEmbedder(embedder)
        self._retriever = Retriever(generation, self._timed)
        self._baselines = Baselines(generation, embedder)
        self.search_s: list[float] = []
        if System.OURS in systems:
            # what is computed once is not search
            best_hits(self._retriever, Query("warm"), top=top)

    def ask(self, question: EvaluationQuestion) -> Result:
        alone = self._baselines.rankings(question.text, top=self._top)
        rankings = {s: ranking.keys for s, ranking in alone.items() if s in self._systems}
        language = self._language(question)
        if System.OURS not in self._systems:
            return Result(question, language, rankings)
        started, self._timed.seconds = time.perf_counter(), 0.0
        hits, _ = best_hits(self._retriever, Query(question.text), top=self._top)
        self.search_s.append(time.perf_counter() - started - self._timed.seconds)
        ours = _judged(hits, question)
        in_context = rewritten = None
        if question.history:
            in_context = self._read(question, question.text, question.history)
            if question.rewrite:
                rewritten = self._read(question, question.rewrite, ())
        rankings[System.OURS] = ours.keys
        return Result(question, language, rankings, ours, in_context, rewritten)

    def _read(
        self, question: EvaluationQuestion, text: str, earlier: tuple[str, ...]
    ) -> JudgedHits:
        hits, _ = best_hits(self._retriever, Query(text, earlier), top=self._top)
        return _judged(hits, question)

    def _language(self, question: EvaluationQuestion) -> str:
        if not question.answers:
            return ""
        return self._generation.corpus.document(min(question.answers)[0]).language


def _judged(hits: Sequence[Hit], question: EvaluationQuestion) -> JudgedHits:
    keys = tuple(_key(hit, question) for hit in hits)
    if not hits:
        return JudgedHits((), 0.0, None)
    first = hits[0]
    inside = [text for text in question.answer_texts if _holds(first.passage.text, text)]
    evidence_right = None
    if keys[0] in question.answers and inside:
        evidence_right = any(_holds(first.evidence.text, text) for text in inside)
    return JudgedHits(keys, first.score, evidence_right)


def _key(hit: Hit, question: EvaluationQuestion) -> tuple[str, int]:
    """Return the place of the Hit that is judged to answer, else its first place."""
    places = [(each.document_id, each.number) for each in (hit.passage, *hit.also)]
    return next((place for place in places if place in question.answers), places[0])


def _holds(text: str, part: str) -> bool:
    """Return whether ``part`` stands in ``text``, apart from case and white space."""
    return " ".join(part.split()).casefold() in " ".join(text.split()).casefold()


def _encoding_times(encoder: Embedder, asked: Sequence[EvaluationQuestion]) -> tuple[float, ...]:
    times = []
    encoder.read_query("warm")
    for question in asked[:ENCODINGS_TIMED]:
        started = time.perf_counter()
        encoder.read_query(search_form(question.text))
        times.append(time.perf_counter() - started)
    return tuple(times)


@dataclass(slots=True)
class _TimedEmbedder:
    """An embedder that adds up the seconds that questions take."""

    embedder: Embedder
    seconds: float = field(default=0.0)

    @property
    def identity(self) -> ModelIdentity:
        return self.embedder.identity

    @property
    def runtime(self) -> str:
        return self.embedder.runtime

    @property
    def dimension(self) -> int:
        return self.embedder.dimension

    def embed_passages(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> FloatMatrix:
        return self.embedder.embed_passages(texts, progress=progress)

    def read_passages(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> Iterator[TextVectors]:
        return self.embedder.read_passages(texts, progress=progress)

    def read_query(self, text: str) -> TextVectors:
        started = time.perf_counter()
        reading = self.embedder.read_query(text)
        self.seconds += time.perf_counter() - started
        return reading

    def knows_word(self, word: str) -> bool:
        return self.embedder.knows_word(word)
