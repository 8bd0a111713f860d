"""Measures the program and exports votes: ``eval`` and ``feedback export``."""

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.options import JsonOption, typed_groups
from bot.cli.output import out, progress_bar, read_settings, warn


def export_feedback_set(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The folder to write; it must be new or empty.")
    ],
    groups: Annotated[
        str,
        typer.Option(
            "--groups", help="Include documents of these groups, too; commas between names."
        ),
    ] = "",
) -> None:
    """Write the votes in Telegram as a set for "verbatim eval".

    The set is in BEIR's layout. It has only questions that their authors agreed to keep, and names
    no person. A passage is judged 1 if more votes on its answers were good than bad, else 0. A
    judgement is lost if its passage is gone. Documents that only some people may read are left out.

    Example: verbatim feedback export votes && verbatim eval votes
    """
    from bot.composition.chat import export_votes

    found = export_votes(read_settings(), folder, groups=typed_groups(groups), warn=warn)
    out.print(
        f"{folder}: questions {found.questions:,}, with an answer {found.answered:,}, judgements "
        f"{found.judgements:,}, lost {found.lost:,}",
        soft_wrap=True,
    )


def evaluate_sets(
    datasets: Annotated[
        list[Path],
        typer.Argument(
            metavar="DATASET",
            exists=True,
            file_okay=False,
            help="Folders in BEIR's layout (corpus.jsonl, queries.jsonl, qrels/test.tsv), or with "
            "questions.jsonl, unanswerable.jsonl or followups.jsonl.",
        ),
    ],
    corpus: Annotated[
        Path | None,
        typer.Option(
            "--corpus",
            exists=True,
            file_okay=False,
            help="The corpus of question files: the BEIR folder that has their ids, or a directory "
            "of statements. Default: the shipped statements.",
        ),
    ] = None,
    as_json: JsonOption = False,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE.png", help="Draw the curves into this file."),
    ] = None,
    systems: Annotated[
        str,
        typer.Option(
            "--systems", metavar="NAMES", help="The systems to compare; commas between names."
        ),
    ] = "passage,sentence,bm25,rrf,ours",
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--compare",
            metavar="ONE OTHER",
            help="Test this pair. Default: ours against each other system.",
        ),
    ] = None,
    top: Annotated[
        int, typer.Option("--top", min=1, max=100, help="The most passages a system may return.")
    ] = 10,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", min=1, help="Ask only this many questions, drawn from all documents."
        ),
    ] = None,
    calibrate: Annotated[
        bool,
        typer.Option(
            "--calibrate",
            help="Fit the probabilities of the reader that VERBATIM_READER names on these sets, "
            "and keep them for it.",
        ),
    ] = False,
    deleted: Annotated[
        int,
        typer.Option(
            "--deleted",
            min=0,
            help="Ask this many questions about their document alone, before and after the "
            "sentence that answers was taken out of it.",
        ),
    ] = 0,
    language: Annotated[
        str | None,
        typer.Option(
            "--language",
            help="Language of BEIR passages. Default: the folder's name if it is a code, else en.",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="The seed of intervals, tests and samples.")
    ] = 0,
    cache: Annotated[
        Path | None,
        typer.Option(
            "--cache",
            dir_okay=False,
            help="A file that keeps vectors. Default: one in VERBATIM_HOME.",
        ),
    ] = None,
) -> None:
    """Measure ranking, refusals, follow-ups and speed.

    It asks the questions of each evaluation set, and compares Verbatim with simpler systems. With
    --calibrate it learns instead what the scores of a cross-encoder mean; sets with questions that
    nothing answers are best, or --deleted, which makes some.

    Example: verbatim eval xquad/en mtrag-un --plot curves.png
    """
    from bot.composition.evaluation import open_evaluation_embedders
    from bot.composition.extractor import open_extractor
    from bot.composition.index import open_settings_reader
    from bot.evaluation.calibration.setcalibration import (
        calibrate as calibrate_on_sets,
    )
    from bot.evaluation.calibration.setcalibration import calibration_fields, calibration_lines
    from bot.evaluation.report import report_fields, report_lines
    from bot.evaluation.setevaluation import evaluate
    from bot.evaluation.systems import chosen_systems

    try:
        chosen = chosen_systems(systems.split(","))
        pair = chosen_systems(compare, among=chosen) if compare else None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if plot is not None and not (plot.suffix.lower() == ".png" and plot.parent.is_dir()):
        raise typer.BadParameter(f"--plot {plot}: name a .png file in a folder that exists")
    settings = read_settings()
    if calibrate:
        fitted = calibrate_on_sets(
            datasets,
            reader=open_settings_reader(settings),
            kept=settings.calibrations_directory,
            open_embedders=lambda: open_evaluation_embedders(settings, cache),
            corpus=corpus,
            read=open_extractor().document,
            language=language,
            limit=limit,
            deleted=deleted,
            seed=seed,
            plot_file=plot,
            progress_bar=progress_bar,
        )
        if as_json:
            print(json.dumps({"seed": seed, "calibration": calibration_fields(fitted)}))
        else:
            print("\n".join(calibration_lines(fitted)))
        return
    figures = evaluate(
        datasets,
        open_embedders=lambda: open_evaluation_embedders(settings, cache),
        corpus=corpus,
        read=open_extractor().document,
        language=language,
        systems=chosen,
        compare=(pair[0], pair[1]) if pair else None,
        top=top,
        limit=limit,
        seed=seed,
        plot_file=plot,
        progress_bar=progress_bar,
        reader=open_settings_reader(settings),
        kept=settings.calibrations_directory,
        caution=settings.caution,
        deleted=deleted,
    )
    if as_json:
        print(json.dumps({"seed": seed, "sets": report_fields(figures)}, ensure_ascii=False))
    else:
        print("\n".join(report_lines(figures)))
