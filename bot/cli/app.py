"""Runs the command line ``verbatim``: its commands, its help, its exit codes."""

import errno
import io
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.commands import (
    evaluation,
    explanation,
    index,
    mcp,
    questions,
    reread,
    said,
    service,
    statements,
    verification,
    web,
)
from bot.cli.output import EXIT_FAILURE, EXIT_REFRESH_RUNNING, fail, notice_long_work
from bot.errors import BotError
from bot.settings import debugging
from corpus import CorpusError
from embeddings import EmbeddingsError, RefreshRunning

if TYPE_CHECKING:  # slow to import
    from corpus.extraction.extractor import Extractor

app = typer.Typer(
    name="verbatim",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "Answers questions about official statements, only in the statements' own words.\n\n"
        'Example: verbatim ask "How many members does the Coalition have?"\n\n'
        "Settings: VERBATIM_HOME moves the data directory. VERBATIM_CORPUS names a directory of "
        "statements. VERBATIM_MODEL names a sentence-transformers model, and VERBATIM_READER the "
        "model that reads passages, or off (a hub name or a folder each). "
        "VERBATIM_LANGUAGE is the language of replies (en or fr; else the locale's).\n\n"
        "Exit codes: 0 answered or done, 1 failure, 2 wrong usage, 3 nothing found, 4 another "
        "refresh is running, 5 some files or sources could not be read, 6 a citation does not "
        "hold, 7 a citation describes its document otherwise, 8 a statement would change."
    ),
)


feedback_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Export the votes of people on answers."
)
app.add_typer(feedback_app, name="feedback")


app.command("ask")(questions.ask)
app.command("explain")(explanation.explain)
app.command("chat")(questions.chat)
app.command("add")(statements.add)
app.command("reread")(reread.reread)
app.command("remove")(statements.remove)
app.command("refresh")(index.refresh)
app.command("rollback")(index.rollback)
app.command("check")(index.check)
app.command("doctor")(service.doctor)
app.command("list")(statements.list_documents)
app.command("show")(statements.show)
app.command("said")(said.said)
app.command("verify")(verification.verify)
app.command("cite")(verification.cite)
app.command("serve")(service.serve)
app.command("web")(web.web)
app.command("mcp")(mcp.mcp)
app.command("health")(service.health)
app.command("invite")(service.invite)
app.command("eval")(evaluation.evaluate_sets)
feedback_app.command("export")(evaluation.export_feedback_set)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # slow to import

        print(f"verbatim {version('verbatim-bot')}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    show_version: Annotated[  # noqa: ARG001 (its callback acts)
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Read the options that stand before a command."""
    if context.invoked_subcommand not in {"mcp", "serve", "web"}:  # which configure the log
        notice_long_work()


def run(extractor: "Extractor | None" = None) -> None:
    """Run the command line; print one clear line if something fails, and exit.

    ``extractor`` serves the command that needs one; without it the command opens its own.

    Raises:
        KeyboardInterrupt: if the user interrupts it.
    """
    _speak_utf8()
    try:
        _run_command(extractor)
    except RefreshRunning as error:
        fail(str(error), EXIT_REFRESH_RUNNING)
    except (BotError, CorpusError, EmbeddingsError) as error:
        fail(str(error), EXIT_FAILURE)
    except BrokenPipeError:
        _drop_output()
        sys.exit(EXIT_FAILURE)
    except _OutputFailed as error:
        _drop_output()
        fail(f"standard output cannot be written: {error}.", EXIT_FAILURE)
    except Exception as error:
        if debugging():
            raise
        reason = f"{type(error).__name__}: {error}"[:300]
        fail(f"unexpected failure ({reason}). VERBATIM_DEBUG=1 shows where.", EXIT_FAILURE)


_UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


class _OutputFailed(Exception):
    """Standard output cannot be written; its disk is full, for example."""


def _run_command(extractor: "Extractor | None") -> None:
    """Run the command that was typed, until all that it printed is written.

    Raises:
        BrokenPipeError: if nobody reads standard output any more.
        _OutputFailed: if standard output cannot be written.
    """
    try:
        try:
            app(obj=extractor)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # files that a command names say so in the error; standard output has no name
        if error.filename is None and error.errno in _UNWRITABLE:
            raise _OutputFailed(error.strerror or str(error)) from error
        raise


def _drop_output() -> None:
    """Let the rest of what was printed go nowhere, so that the end of the process is quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _speak_utf8() -> None:
    """Read and write UTF-8 whatever the locale says; other bytes become "�"."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
