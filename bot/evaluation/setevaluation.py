"""Runs ``verbatim eval``: reads, asks and judges one set after another."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bot.evaluation import measures, plot
from bot.evaluation.figures import SetFigures
from bot.evaluation.judgement import figures_of
from bot.evaluation.outcomes import ask_set
from bot.evaluation.sets.questionsets import QuestionSet, read_question_set
from bot.evaluation.systems import System
from bot.operations.refresher import ProgressBar
from corpus import ReadFile
from embeddings import Caution, Embedder, Reader


def evaluate(
    folders: Sequence[Path],
    *,
    open_embedders: Callable[[], tuple[Embedder, Embedder]],
    corpus: Path | None,
    read: ReadFile,
    language: str | None,
    systems: Sequence[System],
    compare: tuple[System, System] | None,
    top: int,
    limit: int | None,
    seed: int,
    plot_file: Path | None,
    progress_bar: ProgressBar,
    reader: Reader | None = None,
    kept: Path | None = None,
    caution: Caution = Caution.USUAL,
    deleted: int = 0,
) -> list[SetFigures]:
    """Return the figures of each folder's set, in order; draw them, too, if ``plot_file`` is
    given.

    Every set is read before the embedders are opened: the one that is timed, and the one that may
    remember vectors. ``compare`` names the pair of systems that is tested; None tests ours against
    each other one. ``kept`` is the folder of calibrations. Of each set ``deleted`` questions are
    asked about their document alone, before and after its answer was taken out.

    Raises:
        CorpusError: if a set cannot be read.
        EmbeddingsError: if the model cannot be used.
        EvaluationFailed: if a library is missing, or the drawing cannot be written.
    """
    measures.ranking_values((), ())  # a missing library is said before long work
    drawing = plot.empty_figure(len(folders)) if plot_file else None
    sets = []
    for folder in folders:
        with progress_bar(f"{folder.name}: reading"):
            sets.append(read_question_set(folder, corpus, language=language, read=read))
    encoder, embedder = open_embedders()
    pairs = [compare] if compare else _ours_against_others(systems)
    found = []
    for questions in _with_names_apart(sets, folders):
        outcomes = ask_set(
            questions,
            embedder=embedder,
            encoder=encoder,
            systems=systems,
            top=top,
            limit=limit,
            progress_bar=progress_bar,
            reader=reader,
            kept=kept,
            caution=caution,
            deleted=deleted,
            seed=seed,
        )
        found.append(figures_of(outcomes, compare=pairs, seed=seed))
    if drawing is not None and plot_file is not None:
        plot.draw(drawing, found, plot_file)
    return found


def _ours_against_others(systems: Sequence[System]) -> list[tuple[System, System]]:
    if System.OURS not in systems:
        return []
    return [(System.OURS, other) for other in systems if other is not System.OURS]


def _with_names_apart(
    sets: Sequence[QuestionSet], folders: Sequence[Path]
) -> Sequence[QuestionSet]:
    """Return the sets; two of the same name are named by their whole paths."""
    names = [questions.name for questions in sets]
    return [
        replace(questions, name=str(folder)) if names.count(questions.name) > 1 else questions
        for questions, folder in zip(sets, folders, strict=True)
    ]
