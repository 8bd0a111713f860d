"""Explains an answer on the terminal: ``explain``."""

import json
from typing import Annotated

import typer

from bot.answering.answerer import DEFAULT_QUOTES
from bot.cli.commands.questions import open_answerer
from bot.cli.explanationoutput import explanation_fields, explanation_lines
from bot.cli.options import (
    DocumentOption,
    GroupsOption,
    JsonOption,
    PublisherOption,
    SinceOption,
    TopOption,
    UntilOption,
    decodable,
    joined,
    publication_days,
    typed_filter,
    typed_question,
)
from bot.cli.output import out, read_settings, warn_of_changes
from bot.cli.terminal import print_line

_MOST_CANDIDATES = 50
_CANDIDATES = 5


def explain(
    words: Annotated[
        list[str],
        typer.Argument(metavar="QUESTION…", help="The question, with or without quotation marks."),
    ],
    as_json: JsonOption = False,
    candidates: Annotated[
        int,
        typer.Option(
            "--candidates", min=1, max=_MOST_CANDIDATES, help="The most passages to explain."
        ),
    ] = _CANDIDATES,
    earlier: Annotated[
        list[str] | None,
        typer.Option(
            "--earlier", metavar="QUESTION", help="A question asked before; may be repeated."
        ),
    ] = None,
    top: TopOption = DEFAULT_QUOTES,
    document: DocumentOption = None,
    publisher: PublisherOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    groups: GroupsOption = None,
) -> None:
    """Explain an answer: why this passage, and why not another one.

    It shows how the question was read, the passages that were considered in order, how probable
    each is, what became of it, and the words and sentences that counted.

    Example: verbatim explain "Where did the ministers meet?" --candidates 3
    """
    question = typed_question(joined(words) or "", command="explain")
    dates = publication_days(since, until)
    answerer = open_answerer(groups)
    warn_of_changes()
    found = answerer.explain(
        question,
        candidates=candidates,
        top=top,
        only=typed_filter(answerer, document, publisher, dates),
        language=read_settings().language,
        earlier=tuple(map(decodable, earlier or ())),
    )
    if as_json:
        print(json.dumps(explanation_fields(found), ensure_ascii=False, indent=2))
        return
    for line in explanation_lines(found, answerer.corpus):
        print_line(line, out)
