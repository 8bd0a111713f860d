"""Builds, checks and rolls back the index: ``refresh``, ``rollback`` and ``check``."""

import json
import sys
from dataclasses import asdict, replace
from typing import Annotated

import typer
from rich.console import Console

from bot.cli import reports
from bot.cli.jsonoutput import check_fields, generation_fields
from bot.cli.options import JsonOption
from bot.cli.output import (
    EXIT_FAILURE,
    EXIT_PARTLY,
    err,
    out,
    progress_bar,
    read_settings,
    say,
    warn,
)
from bot.errors import SettingsError
from bot.settings import EngineKind, Settings, ray_address
from corpus import CorpusError
from embeddings import EmbeddingsError, RefreshReport


def refresh(
    full: Annotated[bool, typer.Option("--full", help="Embed every text again.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Report what a refresh would do, and change nothing.")
    ] = False,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Keep running, and refresh after every change of a file."),
    ] = False,
    engine: Annotated[
        EngineKind,
        typer.Option("--engine", help="Embed in this process, or on a Ray cluster."),
    ] = EngineKind.LOCAL,
    address: Annotated[
        str | None,
        typer.Option(
            "--ray-address",
            metavar="HOST:PORT",
            help="The Ray cluster of this machine. Default: VERBATIM_RAY_ADDRESS, else this "
            "machine alone.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Build the index, or bring it up to date.

    The index then has the texts of the corpus directory as they are now.

    A file that cannot be read is left out and reported with the reason; quotes from it end, and
    the exit code is 5. --full tries it again even if it has not changed. Files of other kinds,
    such as pictures, are listed in one line.

    Example: verbatim refresh --dry-run
    """
    if watch and dry_run:
        raise typer.BadParameter("give --watch or --dry-run, not both")
    settings = read_settings()
    if address is not None:
        if engine is not EngineKind.RAY:
            raise typer.BadParameter("--ray-address needs --engine ray")
        try:
            given = ray_address(address, source="--ray-address")
        except SettingsError as error:
            raise typer.BadParameter(str(error)) from error
        settings = replace(settings, ray_address=given)
    if watch:
        _watch(settings, engine=engine, full=full, as_json=as_json)
    elif not refresh_once(
        settings, engine=engine, full=full, dry_run=dry_run, as_json=as_json, console=out
    ):
        raise typer.Exit(EXIT_PARTLY)


def refresh_once(
    settings: Settings,
    *,
    engine: EngineKind = EngineKind.LOCAL,
    full: bool = False,
    dry_run: bool = False,
    as_json: bool,
    console: Console,
) -> bool:
    """Refresh, print a report, and return whether every file was read."""
    from bot.composition.serving import open_refresher

    refresher = open_refresher(settings, progress_bar=progress_bar, engine=engine)
    report = refresher.plan(full=full) if dry_run else refresher.refresh(full=full)
    _print_report(report, as_json=as_json, dry_run=dry_run, console=console)
    return not report.left_out


def _watch(settings: Settings, *, engine: EngineKind, full: bool, as_json: bool) -> None:
    """Refresh now and after every change; report a failure and wait for the next change."""
    from bot.composition.serving import open_refresher
    from bot.operations.filewatch import changes

    refresher = open_refresher(settings, progress_bar=progress_bar, engine=engine)
    seen = changes(settings.corpus_directory)
    while True:
        try:
            report = refresher.refresh(full=full)
            _print_report(report, as_json=as_json, dry_run=False, console=out)
            sys.stdout.flush()
        except (CorpusError, EmbeddingsError) as error:
            say(str(error), style="red")
        full = False
        next(seen)


def _print_report(report: RefreshReport, *, as_json: bool, dry_run: bool, console: Console) -> None:
    if as_json:
        print(json.dumps({**asdict(report), "dry_run": dry_run}))
    else:
        reports.print_refresh(report, console, dry_run=dry_run)
    reports.print_left_out(report.left_out, err)
    reports.print_passed_over(report.passed_over, err)


def rollback(
    generation: Annotated[
        int | None,
        typer.Argument(
            metavar="[N]", min=1, help="The generation. Default: the one before the current one."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Go back to an earlier generation of the index.

    It answers until the next refresh. Nothing is built and nothing is lost. The corpus directory
    stays as it is: the next refresh brings its state back.

    Example: verbatim rollback
    """
    from bot.composition.index import rollback_index

    before, now = rollback_index(read_settings(), generation)
    if as_json:
        print(json.dumps(generation_fields(now.manifest, before=before)))
        return
    out.print(
        f"Generation {now.number} answers {'as before' if now.number == before else 'now'}: "
        f"{now.manifest.documents:,} documents, {now.manifest.passages:,} passages, built "
        f'{now.manifest.created}. The next "verbatim refresh" brings the state of the corpus '
        "directory again.",
        soft_wrap=True,
    )


def check(
    citations: Annotated[
        bool,
        typer.Option(
            "--citations",
            help="Compare each stored passage and sentence with its source, too, and report where "
            "texts deviate from their sources.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Read every byte of every generation, and report damage.

    The exit code is 1 if there is a problem. Nothing is changed: "verbatim refresh" builds the
    index again, "verbatim rollback" goes back to an earlier one.

    Example: verbatim check --citations
    """
    from bot.composition.index import check_index
    from bot.composition.statements import known_deviations, lost_originals, served_corpus

    settings = read_settings()
    found = check_index(settings, progress_bar=progress_bar, citations=citations)
    deviating = {}
    lost: tuple[str, ...] = ()
    if citations and found.intact:
        served = served_corpus(settings, warn=warn)
        deviating = known_deviations(settings, served.documents)
        lost = lost_originals(settings, served)
    if as_json:
        print(json.dumps(check_fields(found, deviating, lost), ensure_ascii=False, indent=2))
    else:
        reports.print_check(found, out)
        reports.print_deviations(deviating, out)
        reports.print_lost_originals(lost, out)
    raise typer.Exit(0 if found.intact else EXIT_FAILURE)
