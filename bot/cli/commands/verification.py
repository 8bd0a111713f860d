"""Verifies citations: ``verify``."""

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import reports
from bot.cli.options import JsonOption, bytes_of, decodable
from bot.cli.output import EXIT_DESCRIBED_OTHERWISE, EXIT_NOT_AS_CITED, out, read_settings, warn
from bot.errors import MalformedCitation
from bot.jsonforms.verificationfields import verification_fields


def verify(
    citation: Annotated[
        str | None,
        typer.Argument(
            metavar="[CITATION]",
            help='A reference as an answer shows it, or its JSON. "-" reads standard input.',
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", help="A file of references, or of the JSON that ask --json printed."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check old citations against their source.

    The verdict is intact, moved, changed, gone, misquoted or unknown. It comes with the words and
    the place where they stand now. The exit code is 0 if every citation is intact or moved. It is 7
    if one of these describes its document otherwise (title, publisher, date, address), else 6.

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
