"""Answers questions on the terminal: ``ask`` and ``chat``."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.answering.answerer import DEFAULT_QUOTES, Answerer
from bot.answering.conversation import Conversations
from bot.answering.liveanswerer import LiveAnswerer
from bot.cli import terminal
from bot.cli.options import (
    DocumentOption,
    FullOption,
    GroupsOption,
    JsonOption,
    PublisherOption,
    SinceOption,
    TopOption,
    UntilOption,
    bytes_of,
    decodable,
    joined,
    publication_days,
    typed_filter,
    typed_groups,
    typed_question,
    typed_text,
)
from bot.cli.output import (
    EXIT_ANSWERED,
    EXIT_NOTHING_FOUND,
    out,
    progress_bar,
    read_settings,
    warn,
    warn_of_changes,
)
from bot.jsonforms.answerfields import answer_fields
from bot.language import texts
from bot.language.translation import translator
from embeddings import Filter


def ask(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[QUESTION]…",
            help='The question, with or without quotation marks. "-", or no question, reads '
            "standard input.",
        ),
    ] = None,
    as_json: JsonOption = False,
    top: TopOption = DEFAULT_QUOTES,
    batch: Annotated[
        Path | None,
        typer.Option("--batch", help="Answer a file of questions, one a line; print JSON Lines."),
    ] = None,
    document: DocumentOption = None,
    publisher: PublisherOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    groups: GroupsOption = None,
    full: FullOption = False,
) -> None:
    """Answer a question with quotes and their citations.

    The exit code is 0 for an answer, and 3 if nothing was found or only related passages were.

    Example: verbatim ask "Where did the ministers meet?" --top 1 --since 2022-05
    """
    question = joined(words)
    dates = publication_days(since, until)
    if batch is not None:
        if question is not None:
            raise typer.BadParameter("give a question or --batch FILE, not both")
        questions = _questions_of(batch)
        answerer = open_answerer(groups)
        only = typed_filter(answerer, document, publisher, dates)
        _ask_batch(questions, answerer, top=top, only=only)
        return
    if question is None or question == "-":
        if question is None and _at_terminal():
            raise typer.BadParameter('type a question: verbatim ask "Where did they meet?"')
        question = typed_text()
    question = typed_question(question, command="ask")
    answerer = open_answerer(groups)
    warn_of_changes()
    only = typed_filter(answerer, document, publisher, dates)
    reply = answerer.answer(
        question, top=top, only=only, language=read_settings().language, listed=True
    )
    if as_json:
        print(json.dumps(answer_fields(reply), ensure_ascii=False, indent=2))
    else:
        terminal.print_answer(reply, out, full=full)
    raise typer.Exit(EXIT_ANSWERED if reply.outcome.helps else EXIT_NOTHING_FOUND)


def _questions_of(batch: Path) -> list[str]:
    content = bytes_of(batch).decode("utf-8-sig", "replace")
    return content.removesuffix("\n").split("\n") if content else []


def _ask_batch(questions: list[str], answerer: Answerer, *, top: int, only: Filter | None) -> None:
    language = read_settings().language
    with progress_bar("Answering") as progress:
        for count, question in enumerate(questions, start=1):
            asked = question.removesuffix("\r")
            reply = answerer.answer(asked, top=top, only=only, language=language, listed=True)
            print(json.dumps(answer_fields(reply), ensure_ascii=False), flush=True)
            progress(count, len(questions))


def chat(
    top: TopOption = DEFAULT_QUOTES,
    document: DocumentOption = None,
    publisher: PublisherOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    full: FullOption = False,
) -> None:
    """Answer one question after another, follow-ups too.

    /new forgets the earlier questions. /quit, an empty line or Ctrl-D ends the chat. After a
    refresh or a rollback the next answer comes from the new generation.

    Example: verbatim chat --since 2022
    """
    dates = publication_days(since, until)
    answerers, language = _open_answerers(), read_settings().language
    only = typed_filter(answerers.everything, document, publisher, dates)
    if _at_terminal():
        out.print(texts.chat_greeting(answerers.everything.corpus, translator(language)))
    conversations = Conversations()
    while True:
        try:
            question = decodable(input("\n> " if _at_terminal() else "")).strip()
        except EOFError:
            return
        if question in {"/quit", "/exit"} or (not question and _at_terminal()):
            return
        if question == "/new":
            conversations.forget(None)
            out.print(translator(language).say(texts.FORGOTTEN))
        elif question:
            answerers.look()
            reply = answerers.everything.answer(
                question,
                top=top,
                only=only,
                language=language,
                earlier=conversations.earlier(None),
            )
            terminal.print_answer(reply, out, full=full)
            if answerers.everything.leads_on(reply):
                conversations.remember(None, question)


def _at_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def open_answerer(groups: str | None) -> Answerer:
    """Return the Answerer of all documents, or of those that members of ``groups`` see.

    ``groups`` are names with commas between.
    """
    answerers = _open_answerers()
    return answerers.everything if groups is None else answerers.seen_by(typed_groups(groups))


def _open_answerers() -> LiveAnswerer:
    from bot.composition.serving import open_served

    return open_served(read_settings(), progress_bar=progress_bar, warn=warn).answerers
