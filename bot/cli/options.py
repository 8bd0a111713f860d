"""Defines the options that several commands share, and parses what was typed."""

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from bot.answering.answerer import MOST_QUOTES, Answerer
from corpus.frontmatter.frontmatter import checked_group
from embeddings import Filter, iso_range, known_filter

_MAX_STDIN_CHARACTERS = 100_000

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
TopOption = Annotated[
    int, typer.Option("--top", min=1, max=MOST_QUOTES, help="The most quotes to show.")
]
FullOption = Annotated[
    bool, typer.Option("--full", help="Print whole paragraphs, not the evidence alone.")
]


def _days(text: str) -> tuple[date, date]:
    """Return the first and the last day of a typed date."""
    days = iso_range(text)
    if days is None:
        raise typer.BadParameter(
            f'"{text}" is not a date. Type a day, a month or a year, such as 2021-03-12, 2021-03 '
            "or 2021."
        )
    return days


DocumentOption = Annotated[
    list[str] | None,
    typer.Option("--document", metavar="DOC", help="Search only this document; may be repeated."),
]
PublisherOption = Annotated[
    list[str] | None,
    typer.Option(
        "--publisher", metavar="NAME", help="Search only this publisher; may be repeated."
    ),
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="DATE",
        help="Search only documents published since then, such as 2021-03.",
    ),
]
UntilOption = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="DATE",
        help="Search only documents published until then, the whole month or year included.",
    ),
]


GroupsOption = Annotated[
    str | None,
    typer.Option(
        "--groups",
        help='Answer as members of these groups see it; commas between; "" for everybody.',
    ),
]


def publication_days(since: str | None, until: str | None) -> tuple[date | None, date | None]:
    """Return the first and the last day of publication."""
    first = _days(since)[0] if since is not None else None
    last = _days(until)[1] if until is not None else None
    if first and last and first > last:
        raise typer.BadParameter(f"nothing lies between --since {since} and --until {until}")
    return first, last


def typed_filter(
    answerer: Answerer,
    documents: list[str] | None,
    publishers: list[str] | None,
    dates: tuple[date | None, date | None],
) -> Filter | None:
    """Return the Filter that the options of a search give; None without any."""
    return known_filter(
        answerer.corpus,
        documents=map(decodable, documents or ()),
        publishers=map(decodable, publishers or ()),
        since=dates[0],
        until=dates[1],
    )


def bytes_of(file: Path) -> bytes:
    """Return the bytes of a file; "-" stands for standard input."""
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except (OSError, AttributeError) as error:
        reason = getattr(error, "strerror", None) or "no standard input"
        raise typer.BadParameter(f"{file} cannot be read: {reason}") from error


def joined(words: list[str] | None) -> str | None:
    """Return the question that stands in the words of a command line, quoted or not; None for
    none.
    """
    return " ".join(words) if words else None


def typed_text() -> str:
    """Return the text on standard input, cut after ``_MAX_STDIN_CHARACTERS``."""
    return "" if sys.stdin is None else sys.stdin.read(_MAX_STDIN_CHARACTERS)


def typed_groups(names: str) -> frozenset[str]:
    """Return the groups in a text with commas between them."""
    try:
        return frozenset(checked_group(each) for each in names.split(",") if each.strip())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def decodable(text: str) -> str:
    """Return the text without the surrogates that stand for bytes that were not UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def typed_question(text: str, *, command: str) -> str:
    """Return a question without the white space around it.

    Raises:
        typer.BadParameter: if nothing is left; the hint names the ``command``.
    """
    question = decodable(text).strip()
    if not question:
        raise typer.BadParameter(
            f'the question is empty: verbatim {command} "Where did they meet?"'
        )
    return question
