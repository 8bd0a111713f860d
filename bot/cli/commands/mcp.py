"""Serves other programs by the Model Context Protocol: ``mcp``."""

import sys
from typing import Annotated

import typer

from bot.cli.options import decodable
from bot.cli.output import read_settings, say
from corpus.frontmatter.frontmatter import checked_group


def mcp(
    group: Annotated[
        list[str] | None,
        typer.Option(
            "--group",
            metavar="NAME",
            help="Show the program documents of this group, too; may be repeated.",
        ),
    ] = None,
) -> None:
    """Serve a program by the Model Context Protocol, on standard input and output.

    The program starts this command itself; docs/mcp.md shows how to name it there. Its tools are
    ask, show, verify, said and list, and each statement is a resource. It sees public documents
    alone, unless --group names groups. Nothing but the protocol goes to standard output; the log
    goes to standard error. The command ends when standard input is closed.

    Example: verbatim mcp
    """
    from bot.composition.mcp import run_mcp
    from bot.monitoring.logs import configure_logging

    try:
        groups = frozenset(checked_group(decodable(each)) for each in group or ())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    settings = read_settings()
    level = settings.log_level
    try:
        configure_logging(level=level, secrets=settings.secrets, as_json=settings.log_as_json())
    except ValueError as error:
        raise typer.BadParameter(f"VERBATIM_LOG_LEVEL={level} is not a log level") from error
    if sys.stdin is not None and sys.stdin.isatty():
        say("a program speaks to this command, not a person. Ctrl-D ends it.", style="yellow")
    run_mcp(settings, groups=groups)
