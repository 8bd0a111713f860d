"""Adds, removes, lists and shows statements: ``add``, ``remove``, ``list`` and ``show``."""

import json
import sys
from typing import Annotated

import typer

from bot.cli import reports, terminal
from bot.cli.commands.index import refresh_once
from bot.cli.documentlist import DocumentOrder, in_order, print_documents
from bot.cli.jsonoutput import outcome_fields
from bot.cli.options import JsonOption, decodable, publication_days
from bot.cli.output import (
    EXIT_FAILURE,
    EXIT_PARTLY,
    err,
    out,
    progress_bar,
    read_settings,
    warn,
    warn_of_changes,
)
from bot.jsonforms.documentfields import document_fields
from corpus import Span
from corpus.frontmatter.frontmatter import (
    Provenance,
    checked_access,
    checked_date,
    checked_language,
    checked_url,
)
from embeddings import known_filter

_MOST_DIGITS = 9


def add(
    context: typer.Context,
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|FOLDER|URL…", help="Sources to add; a folder adds all its files."
        ),
    ],
    title: Annotated[str | None, typer.Option("--title", help="The title.")] = None,
    publisher: Annotated[str | None, typer.Option("--publisher", help="The publisher.")] = None,
    published: Annotated[
        str | None,
        typer.Option("--date", metavar="DAY", help="The day of publication, such as 2022-05-12."),
    ] = None,
    place: Annotated[
        str | None, typer.Option("--place", help="The place where it was made.")
    ] = None,
    url: Annotated[str | None, typer.Option("--url", help="The web address, for links.")] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="The language, such as fr.")
    ] = None,
    access: Annotated[
        list[str] | None,
        typer.Option(
            "--access",
            metavar="GROUP",
            help="The group that may read it (VERBATIM_GROUPS), or public; may be repeated.",
        ),
    ] = None,
    then_refresh: Annotated[
        bool,
        typer.Option(
            "--refresh/--no-refresh",
            help="Refresh the index afterwards, so that answers quote what was added.",
        ),
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Add statements from files, folders and web addresses, and refresh the index.

    It reads text, Markdown, HTML, PDF, Word, OpenDocument and e-mails.

    Title, publisher, date, place, language and address are taken from the source, if it states
    them; the options correct them. If you add a source again, its document is updated. A source
    that cannot be read is reported with the reason; the rest is added, and the exit code is 5.

    Example: verbatim add statement.pdf --publisher "Global Affairs Canada" --date 2022-05-12
    """
    from bot.composition.extractor import open_extractor

    given = _provenance(title, publisher, published, place, url, language, access)
    outcomes = []
    with context.obj or open_extractor() as extractor:
        from bot.composition.statements import added_sources
        from corpus.directory.additions import find_sources

        found = find_sources(sources)
        if len(found) > 1 and (title or published or url):
            raise typer.BadParameter(
                f"--title, --date and --url are for one statement, but there are {len(found)}"
            )
        settings = read_settings()
        with progress_bar("Adding") as progress:
            for outcome in added_sources(settings, found, extractor=extractor, given=given):
                outcomes.append(outcome)
                if not as_json:
                    reports.print_outcome(outcome, out, err)
                progress(len(outcomes), len(found))
    bad = sum(outcome.added is None for outcome in outcomes)
    if as_json:
        print(json.dumps([outcome_fields(o) for o in outcomes], ensure_ascii=False, indent=2))
    else:
        reports.print_added(outcomes, out, refresh_follows=then_refresh)
    whole = True
    if then_refresh and bad < len(outcomes):
        whole = refresh_once(settings, as_json=False, console=err if as_json else out)
    if bad or not whole:
        raise typer.Exit(EXIT_FAILURE if bad == len(outcomes) else EXIT_PARTLY)


def remove(
    documents: Annotated[
        list[str], typer.Argument(metavar="DOC…", help="Ids of documents, or their beginnings.")
    ],
    then_refresh: Annotated[
        bool, typer.Option("--refresh", help="Refresh the index afterwards.")
    ] = False,
) -> None:
    """Remove statements from the corpus directory.

    After a refresh they are no longer quoted. Their texts stay as snapshots, so that old citations
    can still be verified.

    Example: verbatim remove 2022-05-12 --refresh
    """
    from bot.composition.statements import open_directory

    settings = read_settings()
    directory = open_directory(settings)
    for document in documents:
        out.print(f"removed  {directory.remove(decodable(document))}", soft_wrap=True)
    if then_refresh:
        if not refresh_once(settings, as_json=False, console=out):
            raise typer.Exit(EXIT_PARTLY)
    else:
        out.print('Type "verbatim refresh" to stop quoting from it.')


def _provenance(
    title: str | None,
    publisher: str | None,
    published: str | None,
    place: str | None,
    url: str | None,
    language: str | None,
    access: list[str] | None,
) -> Provenance:
    """Return the provenance that the options of ``add`` give."""
    texts_given = (title, publisher, place)
    one_line = [" ".join(decodable(t).split()) if t else None for t in texts_given]
    try:
        return Provenance(
            title=one_line[0],
            publisher=one_line[1],
            published=checked_date(published) if published else None,
            place=one_line[2],
            url=checked_url(url) if url else None,
            language=checked_language(language) if language else None,
            access=checked_access(access) if access else None,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def list_documents(
    as_json: JsonOption = False,
    sort: Annotated[
        DocumentOrder,
        typer.Option("--sort", help="The order; by date the newest comes first."),
    ] = DocumentOrder.DOCUMENT,
    publisher: Annotated[
        list[str] | None,
        typer.Option(
            "--publisher", metavar="NAME", help="List only this publisher; may be repeated."
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="DATE",
            help="List only documents published since then, such as 2021-03.",
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            metavar="DATE",
            help="List only documents published until then, the whole month or year included.",
        ),
    ] = None,
) -> None:
    """List the documents that answers quote, one a line.

    On a terminal the titles are links. If the publisher is unknown, the host of the web address
    stands for it, also in --publisher.

    Example: verbatim list --sort date --since 2022
    """
    from bot.composition.statements import served_corpus

    dates = publication_days(since, until)
    corpus = served_corpus(read_settings(), warn=warn)
    warn_of_changes()
    only = known_filter(
        corpus, publishers=map(decodable, publisher or ()), since=dates[0], until=dates[1]
    )
    listed = in_order([d for d in corpus.documents if only is None or only.matches(d)], sort)
    if as_json:
        fields = [document_fields(document) for document in listed]
        print(json.dumps(fields, ensure_ascii=False, indent=2))
    elif listed:
        print_documents(listed, out)
    else:
        out.print("No document fits.")


def show(
    document: Annotated[
        str, typer.Argument(metavar="DOC", help="A document's id or its beginning.")
    ],
    paragraph: Annotated[
        str | None, typer.Argument(metavar="[¶]", help="A paragraph's number, such as 7.")
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Print only the stored text, byte for byte.")
    ] = False,
    beside: Annotated[
        bool,
        typer.Option(
            "--beside", help="Print beside the text what was left out, guessed or repaired."
        ),
    ] = False,
) -> None:
    """Show a document, or one of its paragraphs, as it is stored.

    --raw prints the very text that offsets count in and that the digest is of. --beside shows each
    piece of the source that the stored text lacks or changes, in its place.

    Example: verbatim show 2022-05-12 7
    """
    from bot.composition.statements import known_deviations, served_corpus

    if raw and beside:
        raise typer.BadParameter("give --raw or --beside, not both")
    number: int | None = None
    if paragraph is not None:
        digits = paragraph.strip().removeprefix("¶").strip()
        if not (digits.isdecimal() and len(digits) <= _MOST_DIGITS):
            raise typer.BadParameter(f'"{paragraph}" is not a paragraph\'s number, such as 7')
        number = int(digits)
    settings = read_settings()
    found = served_corpus(settings, warn=warn).find(decodable(document))
    if beside:
        deviations = known_deviations(settings, [found]).get(found.id, ())
        span = Span(0, len(found.text)) if number is None else found.passage(number).span
        terminal.print_beside(found, span, deviations, out)
        return
    if raw:
        text = found.text if number is None else found.passage(number).text
        sys.stdout.buffer.write(text.encode("utf-8"))
        return
    passages = found.quotable if number is None else (found.passage(number),)
    terminal.print_passages(found, passages, out)
