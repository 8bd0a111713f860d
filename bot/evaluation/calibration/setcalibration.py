"""Runs ``verbatim eval --calibrate``: fits a reader's probabilities on sets, and keeps them."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.errors import EvaluationFailed
from bot.evaluation import plot
from bot.evaluation.calibration.calibrationfit import (
    FOLDS,
    Outcome,
    fields_of,
    held_out,
)
from bot.evaluation.calibration.rememberingreader import RememberingReader
from bot.evaluation.calibration.setquestions import SetQuestion, in_folds, questions_of
from bot.evaluation.figures import Refusals
from bot.evaluation.judgement import refusals_of
from bot.evaluation.report import heading, number_text, plain_fields, refusal_lines, table
from bot.evaluation.sets.questionsets import read_question_set
from bot.operations.refresher import ProgressBar
from corpus import ReadFile
from embeddings import Calibration, Caution, Embedder, Reader
from embeddings.search.calibrationfile import keep_calibration, own_calibration

LEAST_QUESTIONS = 20
"""A calibration is fitted on so many questions with an answer at least."""


@dataclass(frozen=True, slots=True)
class CalibrationFigures:
    """The figures of a new calibration, of cross-validation by document or conversation.

    ``questions`` counts those of each case. ``refusals`` are at the usual caution; ``answered`` has
    for each caution the threshold, and the shares of questions with and without an answer that are
    answered, None where there is none. ``file`` keeps the calibration of the ``reader``.
    """

    reader: str
    digest: str
    file: str
    groups: int
    questions: dict[str, int]
    weights: dict[str, float]
    refusals: Refusals
    answered: dict[str, tuple[float, float | None, float | None]]


def calibrate(
    folders: Sequence[Path],
    *,
    reader: Reader | None,
    kept: Path,
    open_embedders: Callable[[], tuple[Embedder, Embedder]],
    corpus: Path | None,
    read: ReadFile,
    language: str | None,
    limit: int | None,
    deleted: int,
    seed: int,
    plot_file: Path | None,
    progress_bar: ProgressBar,
) -> CalibrationFigures:
    """Fit what the reader's scores mean on the sets in ``folders``, and keep it in ``kept``.

    Raises:
        CorpusError: if a set cannot be read.
        EmbeddingsError: if the model or the reader cannot be used.
        EvaluationFailed: if there is nothing to calibrate or not enough to learn from, or the file
            or the drawing cannot be written.
    """
    if reader is None:
        raise EvaluationFailed(
            "There is no reader to calibrate. Set VERBATIM_READER to the name or folder of one."
        )
    if own_calibration(reader) is not None:
        raise EvaluationFailed(
            f"The reader {reader.name} comes with a calibration of its own, which is kept. Set "
            "VERBATIM_READER to another one to calibrate that."
        )
    drawing = plot.empty_confidence() if plot_file else None
    remembering = RememberingReader(reader)
    sets = []
    for folder in folders:
        with progress_bar(f"{folder.name}: reading"):
            sets.append(read_question_set(folder, corpus, language=language, read=read))
    _, embedder = open_embedders()
    found = in_folds(
        each
        for asked in sets
        for each in questions_of(
            asked,
            embedder=embedder,
            reader=remembering,
            limit=limit,
            deleted=deleted,
            seed=seed,
            progress_bar=progress_bar,
        )
    )
    _check_enough(found)
    outcomes = _cross_validated(found, remembering)
    fields = fields_of(found, outcomes, digest=reader.digest)
    try:
        file = keep_calibration(fields, kept)
    except OSError as error:
        raise EvaluationFailed(
            f"The calibration cannot be written into {kept}: {error.strerror}."
        ) from error
    figures = _figures(found, outcomes, fields, name=reader.name, file=file, seed=seed)
    if drawing is not None and plot_file is not None:
        plot.draw_confidence(drawing, figures.refusals, plot_file)
    return figures


def _check_enough(found: Sequence[SetQuestion]) -> None:
    able = sum(each.answerable for each in found)
    folds = len({each.fold for each in found})
    firsts = {bool(each.right[0]) for each in found}
    if able < LEAST_QUESTIONS or folds < FOLDS or len(firsts) < 2:  # noqa: PLR2004 (right, wrong)
        raise EvaluationFailed(
            f"{able} questions with an answer are not enough to calibrate: it takes "
            f"{LEAST_QUESTIONS} about {FOLDS} documents or conversations, of which some are hard. "
            "Name more sets."
        )


def _cross_validated(found: Sequence[SetQuestion], reader: Reader) -> list[Outcome]:
    """Return what a person gets for each question, by weights of other documents."""
    got: dict[int, Outcome] = {}
    for places, judge in held_out(found, reader):
        for i in places:
            judged = judge.judge(found[i].to_judge)
            first = int(np.argmax(judged.probabilities))
            got[i] = Outcome(
                float(judged.probabilities[first]), bool(found[i].right[first]), found[i].answerable
            )
    return [got[i] for i in range(len(found))]


def _figures(
    found: Sequence[SetQuestion],
    got: Sequence[Outcome],
    fields: dict[str, Any],
    *,
    name: str,
    file: Path,
    seed: int,
) -> CalibrationFigures:
    calibration = Calibration.from_fields(fields)
    scores = np.array([o.probability for o in got])
    able = np.array([o.answerable for o in got])
    answered: dict[str, tuple[float, float | None, float | None]] = {}
    for caution in Caution:
        least = calibration.at(caution).thresholds.answer
        shares = [
            float(np.mean(scores[which] >= least)) if which.any() else None
            for which in (able, ~able)
        ]
        answered[caution] = (least, shares[0], shares[1])
    return CalibrationFigures(
        reader=name,
        digest=calibration.digest,
        file=str(file),
        groups=len({each.group for each in found}),
        questions=dict(Counter(each.case for each in found)),
        weights=fields["weights"],
        refusals=refusals_of(
            scores=scores,
            able=able,
            right=np.array([o.is_right for o in got], np.float64),
            groups=[each.group for each in found],
            threshold=calibration.thresholds.answer,
            seed=seed,
        ),
        answered=answered,
    )


def calibration_lines(figures: CalibrationFigures) -> Iterable[str]:
    """Yield the report of a calibration."""
    yield from heading(f"The calibration of {figures.reader}")
    for case, count in figures.questions.items():
        yield f"{case}: {count:,}"
    yield (
        f"Cross-validated over {figures.groups:,} documents or conversations; kept in "
        f"{figures.file}"
    )
    yield ""
    yield from refusal_lines(figures.refusals)
    yield ""
    yield "Answered, by VERBATIM_CAUTION"
    yield from table(
        ("caution", "least probability", "of the answerable", "of the others"),
        [
            (name, f"{least:.3f}", number_text(able), number_text(other))
            for name, (least, able, other) in figures.answered.items()
        ],
    )


def calibration_fields(figures: CalibrationFigures) -> dict[str, Any]:
    """Return the fields of a calibration's figures; NaN becomes null."""
    fields: dict[str, Any] = plain_fields(asdict(figures))
    fields["answered"] = {
        name: {"threshold": least, "answerable": able, "unanswerable": other}
        for name, (least, able, other) in figures.answered.items()
    }
    return fields
