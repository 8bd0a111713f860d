"""Verifies citations, and writes them in the formats that people paste: ``verify``, ``cite``."""

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.answering.answerer import MOST_QUOTES
from bot.citations.citation import Citation, CitedQuote, parse_reference
from bot.citations.formats.formats import FORMATS
from bot.citations.quotelines import without_line_ends
from bot.cli import reports
from bot.cli.options import (
    FullOption,
    JsonOption,
    bytes_of,
    decodable,
    joined,
    typed_question,
    typed_text,
)
from bot.cli.output import (
    EXIT_DESCRIBED_OTHERWISE,
    EXIT_NOT_AS_CITED,
    EXIT_NOTHING_FOUND,
    fail,
    out,
    read_settings,
    warn,
    warn_of_changes,
)
from bot.errors import MalformedCitation
from bot.jsonforms.answerfields import citation_fields
from bot.jsonforms.verificationfields import verification_fields


def verify(
    citation: Annotated[
        str | None,
        typer.Argument(
            metavar="[CITATION]",
            help='A reference as an answer shows it, its JSON, or a copied quote. "-" reads '
            "standard input.",
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            help="A file of references, of the JSON that ask --json printed, or of copied quotes.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check old citations against their source.

    The verdict is intact, moved, changed, gone, misquoted or unknown. It comes with the words and
    the place where they stand now. The exit code is 0 if every citation is intact or moved. It is 7
    if one of these describes its document otherwise (title, publisher, date, address), else 6.

    Quotes that were copied as text, Markdown, HTML, BibTeX, RIS or CSL-JSON are verified, too.

    Example: verbatim ask "Where did they meet?" --json > reply.json, later
    verbatim verify --file reply.json
    """
    from bot.citations.citationparser import read_citations
    from bot.composition.statements import open_verifier

    if (citation is None) == (file is None):
        raise typer.BadParameter("give a citation, or --file FILE: verbatim verify --file r.json")
    given = citation if citation is not None else str(file)
    if file is not None or citation == "-":
        given = bytes_of(Path(given)).decode("utf-8-sig", "replace")
    try:
        cited = read_citations(decodable(given))
    except MalformedCitation as error:
        raise typer.BadParameter(str(error)) from error
    verifier = open_verifier(read_settings(), warn=warn)
    found = [verifier(each) for each in cited]
    if as_json:
        fields = [verification_fields(each) for each in found]
        print(json.dumps(fields, ensure_ascii=False, indent=2))
    else:
        reports.print_verifications(found, out)
    if not all(each.verdict.as_cited for each in found):
        raise typer.Exit(EXIT_NOT_AS_CITED)
    if any(each.mismatches for each in found):
        raise typer.Exit(EXIT_DESCRIBED_OTHERWISE)


def cite(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[REFERENCE|QUESTION]…",
            help='References of quotes, or a question. "-", or nothing, reads standard input.',
        ),
    ] = None,
    name: Annotated[
        str,
        typer.Option(
            "--format", metavar="NAME", help=f"The format: {', '.join(FORMATS)}.", show_default=True
        ),
    ] = "text",
    top: Annotated[
        int, typer.Option("--top", min=1, max=MOST_QUOTES, help="The most quotes of an answer.")
    ] = 1,
    full: FullOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print a quote with its citation, to paste it: as text, BibTeX and others.

    A reference is verified first; the citation is the one of today. The exit code is 6 if the words
    do not stand as cited, and 3 if nothing answers the question. "verbatim verify -" reads what is
    printed.

    Example: verbatim cite "How many members does the Coalition have?" --format bibtex
    """
    written = FORMATS.get(name)
    if written is None:
        raise typer.BadParameter(
            f'"{name}" is not a format: {", ".join(FORMATS)}', param_hint="--format"
        )
    typed = joined(words)
    if typed is None or typed == "-":
        typed = typed_text()
    asked = typed_question(typed, command="cite")
    try:
        references = [parse_reference(each) for each in asked.split()]
    except MalformedCitation:
        found = _answering(asked, top=top, full=full)
    else:
        found = [_cited(each) for each in references]
    copies = [written(*each) for each in found]
    if as_json:
        fields = [
            {"format": name, "text": text, "quote": quote, "citation": citation_fields(citation)}
            for text, (citation, quote) in zip(copies, found, strict=True)
        ]
        print(json.dumps(fields, ensure_ascii=False, indent=2))
    else:
        print("\n\n".join(copies))


def _cited(reference: CitedQuote) -> tuple[Citation, str]:
    """Return the citation of today of the words that a reference names, and the words."""
    from bot.composition.statements import cited_today

    found, citable = cited_today(read_settings(), reference, warn=warn)
    if citable is None:
        fail(
            f'{reference.reference} cannot be cited: {found.verdict.value}. Type "verbatim verify '
            f'{reference.reference}" to see what stands there now.',
            EXIT_NOT_AS_CITED,
        )
    return citable


def _answering(question: str, *, top: int, full: bool) -> list[tuple[Citation, str]]:
    """Return the citations of the quotes that answer a question, each with its words."""
    from bot.cli.commands.questions import open_answerer

    answerer = open_answerer(None)
    warn_of_changes()
    reply = answerer.answer(question, top=top, language=read_settings().language)
    if not reply.outcome.helps or not reply.quotes:
        fail(
            "no quote answers the question, so there is nothing to cite. Type "
            '"verbatim ask" with the question to see what was found.',
            EXIT_NOTHING_FOUND,
        )
    return [
        (each.citation, without_line_ends(each.text)) if full else (each.cited, each.cited_text)
        for each in reply.quotes
    ]
