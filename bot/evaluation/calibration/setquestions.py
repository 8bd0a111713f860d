"""Reads the questions of an evaluation set and their candidates, to fit a calibration on them."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.evaluation.calibration.calibrationfit import FIT_ON, FOLDS
from bot.evaluation.outcomes import generation_of
from bot.evaluation.sets.deletions import deletions
from bot.evaluation.sets.questionsets import EvaluationQuestion, QuestionSet
from bot.evaluation.sets.sampling import sampled
from bot.operations.refresher import ProgressBar
from corpus import Corpus
from embeddings import Embedder, PassageReading, Query, Reader, Retriever
from embeddings.search.cascade import ToJudge, rows_of, to_judge
from embeddings.search.thresholds import FloatArray


@dataclass(frozen=True, slots=True)
class SetQuestion:
    """A question of a set with its candidates; see ``ReadQuestion``.

    ``group`` names its document or conversation.
    """

    case: str
    answerable: bool
    group: str
    to_judge: ToJudge
    right: NDArray[np.bool_]
    readings: tuple[PassageReading, ...]
    rows: FloatArray
    fold: int = 0


def questions_of(
    asked: QuestionSet,
    *,
    embedder: Embedder,
    reader: Reader,
    limit: int | None,
    deleted: int,
    seed: int,
    progress_bar: ProgressBar,
) -> list[SetQuestion]:
    """Return ``limit`` questions of a set, drawn by the seed, read with what was asked before.

    Small talk and questions without a candidate are left out. ``deleted`` more questions are asked
    about their document alone, before and after its answer was taken out.

    Raises:
        EmbeddingsError: if the index of the set cannot be built.
    """
    name, first = asked.name, sampled(asked.questions, most=limit, seed=seed)
    group_of = {question.id: question.group for question in asked.questions}
    found: list[SetQuestion | None] = []
    with progress_bar(f"{name}: embedding") as progress:
        retriever = Retriever(generation_of(asked.corpus, embedder, progress), embedder)
    with progress_bar(f"{name}: reading with candidates") as progress:
        for count, question in enumerate(first, start=1):
            if not question.is_chat:
                kind = "answerable" if question.answers else "without an answer"
                group = group_of.get(question.twin_of or "", question.group)
                # a few follow-ups would count as much as all other questions in a case of their own
                case = f"{name}: {kind}"
                found.append(_read(question, retriever, reader, case=case, group=group))
            progress(count, len(first))
    chosen = deletions(asked, most=deleted, seed=seed) if deleted else ()
    with progress_bar(f"{name}: before and after") as progress:
        for count, each in enumerate(chosen, start=1):
            for corpus, case in ((each.before, "alone"), (each.after, "alone, answer taken out")):
                question = each.question if case == "alone" else _without_answer(each.question)
                found.append(
                    _read(
                        question,
                        _retriever(corpus, embedder),
                        reader,
                        case=f"{name}: {case}",
                        group=question.group,
                    )
                )
            progress(count, len(chosen))
    return [each for each in found if each is not None]


def in_folds(found: Iterable[SetQuestion]) -> list[SetQuestion]:
    """Return the questions with their folds: those of a document or conversation are together."""
    every = list(found)
    groups = sorted({e.group for e in every}, key=lambda g: hashlib.sha256(g.encode()).digest())
    fold = {group: number % FOLDS for number, group in enumerate(groups)}
    return [replace(e, fold=fold[e.group]) for e in every]


def _retriever(corpus: Corpus, embedder: Embedder) -> Retriever:
    return Retriever(generation_of(corpus, embedder), embedder)


def _without_answer(question: EvaluationQuestion) -> EvaluationQuestion:
    return replace(question, answers=frozenset())


def _read(
    question: EvaluationQuestion, retriever: Retriever, reader: Reader, *, case: str, group: str
) -> SetQuestion | None:
    history: Sequence[str] = question.history
    shortlist = retriever.shortlist(Query(question.text, tuple(history)))
    if shortlist is None:
        return None
    listed = to_judge(
        retriever.generation, shortlist, question=question.text, history=tuple(history)
    )
    places = [retriever.places_of(int(row)) for row in shortlist.rows]
    right = [any((p.document_id, p.number) in question.answers for p in same) for same in places]
    texts = [listed.text_of(i) for i in range(min(FIT_ON, len(places)))]
    readings = tuple(reader.read(question.text, question.history, texts))
    return SetQuestion(
        case=case,
        answerable=bool(question.answers),
        group=group,
        to_judge=listed,
        right=np.array(right, bool),
        readings=readings,
        rows=rows_of(listed, readings),
    )
