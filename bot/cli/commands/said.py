"""Says whether words were said: ``said``."""

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.answering.answerer import DEFAULT_QUOTES
from bot.cli import terminal
from bot.cli.commands.questions import open_answerer
from bot.cli.options import (
    DocumentOption,
    GroupsOption,
    JsonOption,
    PublisherOption,
    SinceOption,
    TopOption,
    UntilOption,
    bytes_of,
    decodable,
    publication_days,
    typed_filter,
    typed_text,
)
from bot.cli.output import (
    EXIT_ANSWERED,
    EXIT_NOTHING_FOUND,
    out,
    read_settings,
    warn_of_changes,
)
from bot.jsonforms.answerfields import answer_fields


def said(
    words: Annotated[
        list[str] | None,
        typer.Argument(help='The words. "-", or no words, reads standard input.'),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="A file with the words, such as a post.")
    ] = None,
    as_json: JsonOption = False,
    top: TopOption = DEFAULT_QUOTES,
    document: DocumentOption = None,
    publisher: PublisherOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    groups: GroupsOption = None,
) -> None:
    """Say whether words were said: exactly, almost, until a day, or not.

    It searches the statements and earlier texts of them. Quotation marks, dashes, white space,
    capitals and Unicode forms make no difference; an ellipsis stands for any words of a paragraph.
    One other number, name or "not" is almost, never exactly, with just those words marked. The exit
    code is 0 if the words were said, exactly or almost, and 3 if they were not found.

    Example: verbatim said "must be upheld under all circumstances"
    """
    if words and file is not None:
        raise typer.BadParameter("give the words or --file FILE, not both")
    text = " ".join(words or ())
    if file is not None:
        text = bytes_of(file).decode("utf-8-sig", "replace")
    elif text in {"", "-"}:
        text = typed_text()
    text = decodable(text).strip()
    if not any(character.isalnum() for character in text):
        raise typer.BadParameter(
            'there are no words: verbatim said "must be upheld under all circumstances"'
        )
    dates = publication_days(since, until)
    answerer = open_answerer(groups)
    warn_of_changes()
    only = typed_filter(answerer, document, publisher, dates)
    language = read_settings().language
    reply = answerer.said(text, top=top, only=only, language=language)
    if as_json:
        print(json.dumps(answer_fields(reply), ensure_ascii=False, indent=2))
    else:
        terminal.print_answer(reply, out)
    raise typer.Exit(EXIT_ANSWERED if reply.outcome.helps else EXIT_NOTHING_FOUND)
