"""Asks every system every question of a set, and collects the outcomes."""

import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.answering.answerer import Answerer
from bot.evaluation import spans
from bot.evaluation.sets.deletions import Deletion, deletions
from bot.evaluation.sets.questionsets import EvaluationQuestion, PassageKey, QuestionSet
from bot.evaluation.sets.sampling import sampled
from bot.evaluation.systems import Baselines, System
from bot.operations.refresher import ProgressBar
from corpus import Corpus, Document, Span
from embeddings import (
    Caution,
    Embedder,
    FolderIndex,
    Generation,
    Hit,
    ModelIdentity,
    Progress,
    Query,
    Reader,
    Retriever,
    best_hits,
    calibration_of,
    passage_text,
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

    ``evidence_right`` is whether an answer's text lies in the first Hit's evidence sentence, and
    ``evidence_touched`` whether a part of it does; None if the first Hit does not answer or has no
    such text. ``evidence_words`` and ``evidence_part`` are the evidence's number of words and its
    share of the passage's characters. ``short`` is what the reader read in the first Hit, None
    without a reader and where ``evidence_right`` is None.
    """

    keys: tuple[PassageKey, ...]
    score: float
    evidence_right: bool | None
    evidence_touched: bool | None = None
    evidence_words: int = 0
    evidence_part: float = 0.0
    short: "ShortAnswer | None" = None


@dataclass(frozen=True, slots=True)
class ShortAnswer:
    """The best sentence and the short answer that a reader finds in a passage that answers.

    ``best_sentence`` is whether the sentence that it scores highest has a part of the answer, None
    where it cannot tell sentences apart. ``exact`` and ``f1`` compare its short answer with those
    of the set, 0 where it finds none; None if the set has no short one.
    """

    best_sentence: bool | None
    exact: float | None
    f1: float | None


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
    a set of this corpus and so many questions. ``deleted`` are the first Hit's scores of questions
    about their document alone, before and after the answer was taken out of it. ``threshold`` is
    the least score of an answer. ``reader`` is the name of the reader that read for us, None for
    none, and ``calibrated`` says that its probabilities are its own.
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
    threshold: float
    reader: str | None = None
    calibrated: bool = False
    deleted: tuple[tuple[EvaluationQuestion, float, float], ...] = ()


def ask_set(
    questions: QuestionSet,
    *,
    embedder: Embedder,
    encoder: Embedder,
    systems: Sequence[System],
    top: int,
    limit: int | None,
    progress_bar: ProgressBar,
    reader: Reader | None = None,
    kept: Path | None = None,
    caution: Caution = Caution.USUAL,
    deleted: int = 0,
    seed: int = 0,
) -> SetOutcomes:
    """Build the index of a set in a temporary directory and ask ``limit`` of its questions, drawn
    by the seed from as many documents as possible.

    ``embedder`` may remember vectors; ``encoder``, which does not, is the one that is timed.
    ``kept`` is the folder of calibrations. ``deleted`` questions, chosen by the seed, are asked
    before and after their answer was taken out.

    Raises:
        EmbeddingsError: if the index cannot be built.
    """
    with progress_bar(f"{questions.name}: embedding") as progress:
        generation = generation_of(questions.corpus, embedder, progress)
    asked = sampled(questions.questions, most=limit, seed=seed)
    with progress_bar(f"{questions.name}: asking") as progress:
        asker = _Asker(generation, embedder, reader, kept, caution, systems=systems, top=top)
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
        threshold=asker.threshold,
        reader=None if reader is None or not ours else reader.name,
        calibrated=calibration_of(reader, kept=kept) is not None,
        deleted=_ask_deleted(questions, embedder, reader, kept, deleted, seed, progress_bar)
        if ours and deleted
        else (),
    )


def opened(
    generation: Generation,
    embedder: Embedder,
    reader: Reader | None,
    kept: Path | None = None,
    *,
    caution: Caution = Caution.USUAL,
) -> Retriever:
    """Return the retriever that is measured: the one that answers questions.

    ``kept`` is the folder of the calibrations of readers that brought none.
    """
    calibration = calibration_of(reader, kept=kept)
    return Retriever(generation, embedder, reader=reader, calibration=calibration, caution=caution)


def answer_threshold(retriever: Retriever) -> float:
    """Return the least probability of the first Hit that the retriever's answers need."""
    return Answerer(retriever).thresholds.answer


def ask_deletion(
    deletion: Deletion,
    embedder: Embedder,
    reader: Reader | None,
    kept: Path | None = None,
) -> tuple[float, float]:
    """Return the first Hit's score before and after the answer was taken out; 0 without a Hit."""
    before, after = (
        best_hits(
            opened(generation_of(corpus, embedder), embedder, reader, kept),
            Query(deletion.question.text),
            top=1,
        )[0]
        for corpus in (deletion.before, deletion.after)
    )
    return _first_score(before), _first_score(after)


def _ask_deleted(
    questions: QuestionSet,
    embedder: Embedder,
    reader: Reader | None,
    kept: Path | None,
    most: int,
    seed: int,
    progress_bar: ProgressBar,
) -> tuple[tuple[EvaluationQuestion, float, float], ...]:
    chosen = deletions(questions, most=most, seed=seed)
    found = []
    with progress_bar(f"{questions.name}: before and after") as progress:
        for count, deletion in enumerate(chosen, start=1):
            found.append((deletion.question, *ask_deletion(deletion, embedder, reader, kept)))
            progress(count, len(chosen))
    return tuple(found)


def _first_score(hits: Sequence[Hit]) -> float:
    return hits[0].score if hits else 0.0


def generation_of(
    corpus: Corpus, embedder: Embedder, progress: Progress | None = None
) -> Generation:
    """Return the index of a corpus, built in a folder that is deleted."""
    with tempfile.TemporaryDirectory(prefix="verbatim-eval-") as folder:
        index = FolderIndex(Path(folder))
        refresh(corpus, index=index, embedder=embedder, progress=progress)
        return index.open_current()


class _Asker:
    """Asks the systems, and times our search without the encoding."""

    def __init__(
        self,
        generation: Generation,
        embedder: Embedder,
        reader: Reader | None,
        kept: Path | None,
        caution: Caution,
        *,
        systems: Sequence[System],
        top: int,
    ) -> None:
        self._generation = generation
        self._systems = systems
        self._top = top
        self._timed = _TimedEmbedder(embedder)
        self._retriever = opened(generation, self._timed, reader, kept, caution=caution)
        self._reader = reader
        self.threshold = answer_threshold(self._retriever)
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
        ours = judged_hits(hits, question)
        if self._reader is not None and ours.evidence_right is not None:
            document = self._generation.document_of(hits[0].passage)
            ours = replace(ours, short=short_answer(self._reader, hits[0], document, question))
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
        return judged_hits(hits, question)

    def _language(self, question: EvaluationQuestion) -> str:
        if not question.answers:
            return ""
        return self._generation.corpus.document(min(question.answers)[0]).language


def judged_hits(hits: Sequence[Hit], question: EvaluationQuestion) -> JudgedHits:
    """Return the places of Hits, and what the evidence of the first one holds."""
    keys = tuple(_key(hit, question) for hit in hits)
    if not hits:
        return JudgedHits((), 0.0, None)
    first = hits[0]
    inside = [text for text in question.answer_texts if _holds(first.passage.text, text)]
    right = touched = None
    if keys[0] in question.answers and inside:
        right = any(_holds(first.evidence.text, text) for text in inside)
        touched = right or any(_touches(first, text) for text in inside)
    return JudgedHits(
        keys,
        first.score,
        right,
        touched,
        len(first.evidence.text.split()),
        len(first.evidence.text) / max(len(first.passage.text), 1),
    )


def short_answer(
    reader: Reader, hit: Hit, document: Document, question: EvaluationQuestion
) -> ShortAnswer:
    """Return what the reader reads in a Hit that answers the question, which is read alone."""
    passage = hit.passage
    text = passage_text(passage, title=document.title, published=document.published)
    (reading,) = reader.read(question.text, (), [text])
    best = None
    if any(reading.sentence_scores):
        scores = reading.sentence_scores
        sentence = passage.sentences[max(range(len(scores)), key=scores.__getitem__)]
        chosen = replace(hit, evidence=sentence)
        best = any(_touches(chosen, answer) for answer in question.answer_texts)
    wanted = question.short_answers
    found = "" if reading.answer is None else reading.answer.of(passage.text)
    if not wanted:
        return ShortAnswer(best, None, None)
    return ShortAnswer(best, spans.exact(found, wanted), spans.f1(found, wanted))


def _touches(hit: Hit, text: str) -> bool:
    """Return whether a part of a text of the passage lies in the evidence."""
    start = hit.passage.text.find(text)
    if start < 0:
        return False
    begin = hit.passage.span.start + start
    whole = Span(begin, begin + len(text))
    return hit.evidence.span.start < whole.end and whole.start < hit.evidence.span.end


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
