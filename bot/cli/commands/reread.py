"""Reads the originals of statements again: ``reread``."""

import json
from typing import Annotated

import typer

from bot.cli.commands.index import refresh_once
from bot.cli.options import JsonOption, decodable
from bot.cli.output import EXIT_PARTLY, EXIT_WOULD_CHANGE, err, out, progress_bar, read_settings


def reread(
    context: typer.Context,
    documents: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[DOC…]", help="Ids of documents, or their beginnings. Default: all."
        ),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Store the new texts in place of the earlier ones.")
    ] = False,
    then_refresh: Annotated[
        bool, typer.Option("--refresh", help="Refresh the index afterwards; needs --write.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Read originals again, and report quotes that would change.

    Nothing is written without --write. With it the front matter stays as it is, and earlier texts
    are kept: their citations are verified as moved or changed because the source was read again. A
    text that was edited by hand is replaced only if you name its document.

    The exit code is 0 if no text would change, or all were written. It is 8 if some would change,
    and 5 if an original is missing or cannot be read today.

    Example: verbatim reread --write --refresh
    """
    from bot.composition.extractor import open_extractor

    if then_refresh and not write:
        raise typer.BadParameter("--refresh needs --write")
    settings = read_settings()
    fields = []
    with context.obj or open_extractor() as extractor:
        from bot.cli.rereadreport import RereadSummary, print_reread, reread_fields
        from bot.composition.statements import reread_documents
        from bot.verification.changedquotes import changed_quotes

        summary = RereadSummary()
        with progress_bar("Reading") as progress:
            for found in reread_documents(
                settings,
                [decodable(each) for each in documents or ()],
                write=write,
                extractor=extractor,
                progress=progress,
            ):
                before, after = found.before, found.after
                changes = None
                if before and after and before.text != after.text:
                    changes = changed_quotes(before, after)
                summary.count(found, changes)
                if as_json:
                    fields.append(reread_fields(found, changes))
                else:
                    print_reread(found, changes, out)
    if as_json:
        print(json.dumps(fields, ensure_ascii=False, indent=2))
    else:
        summary.print(out, write=write)
    whole = True
    if then_refresh and summary.written:
        whole = refresh_once(settings, as_json=False, console=err if as_json else out)
    if summary.unread or not whole:
        raise typer.Exit(EXIT_PARTLY)
    if summary.would_change:
        raise typer.Exit(EXIT_WOULD_CHANGE)
