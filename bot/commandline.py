"""The command line ``verbatim``: reads the words typed, prints, sets the exit code."""

import asyncio
import io
import json
import os
import sys
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from bot import terminal, texts
from bot.answering import DEFAULT_QUOTES, MOST_QUOTES, Answerer, Outcome, is_question, outcome_of
from bot.conversation import Conversations
from bot.errors import BotError
from bot.jsonform import check_fields, document_fields, generation_fields, reply_fields
from bot.liveanswerer import LiveAnswerer
from bot.settings import Settings, telegram_token
from bot.translation import translator
from corpus import CorpusError
from embeddings import EmbeddingsError, Filter, Progress, RefreshRunning, iso_range, known_filter

EXIT_ANSWERED = 0
EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_NOTHING_FOUND = 3
EXIT_REFRESH_RUNNING = 4

_MAX_STDIN_CHARACTERS = 100_000
_MOST_DIGITS = 9

app = typer.Typer(
    name="verbatim",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "Answers questions about official statements, only in the statements' own words.\n\n"
        'Example: verbatim ask "How many members does the Coalition have?"\n\n'
        "Settings: VERBATIM_HOME moves the data directory, VERBATIM_CORPUS names a directory of "
        "statements, VERBATIM_MODEL a sentence-transformers model and VERBATIM_RERANKER "
        "a cross-encoder that puts the best passages in order (hub name or folder each), "
        "VERBATIM_LANGUAGE the language of replies (en, fr; else the locale's). "
        "Exit codes: 0 answered, 3 nothing found, 2 usage, 1 failure, 4 a refresh is running."
    ),
)

out = Console(highlight=False, markup=False)
err = Console(stderr=True, highlight=False, markup=False)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
TopOption = Annotated[
    int, typer.Option("--top", min=1, max=MOST_QUOTES, help="The most quotes to show.")
]


def _days(text: str) -> tuple[date, date]:
    """The first and the last day of what was typed for a date."""
    days = iso_range(text)
    if days is None:
        raise typer.BadParameter(
            f'"{text}" is not a date. Type a day, a month or a year, such as 2021-03-12, 2021-03 '
            "or 2021."
        )
    return days


DocumentOption = Annotated[
    list[str] | None,
    typer.Option("--document", metavar="DOC", help="Search this document; may be repeated."),
]
PublisherOption = Annotated[
    list[str] | None,
    typer.Option("--publisher", metavar="NAME", help="Search this publisher; may be repeated."),
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="DATE",
        help="Search what was published since then, such as 2021-03.",
    ),
]
UntilOption = Annotated[
    str | None,
    typer.Option("--until", metavar="DATE", help="Search what was published until the end of it."),
]


@app.command()
def ask(
    question: Annotated[
        str | None, typer.Argument(help='The question; "-" or none reads standard input.')
    ] = None,
    as_json: JsonOption = False,
    top: TopOption = DEFAULT_QUOTES,
    batch: Annotated[
        Path | None,
        typer.Option("--batch", help="A file with a question a line; prints JSON Lines."),
    ] = None,
    document: DocumentOption = None,
    publisher: PublisherOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
) -> None:
    """Answer a question with quotes and their citations.

    Example: verbatim ask "Where did the ministers meet?" --top 1 --since 2022-05
    """
    dates = _published(since, until)
    if batch is not None:
        if question is not None:
            raise typer.BadParameter("give a question or --batch FILE, not both")
        questions = _questions_of(batch)
        answerer = _open_answerer()
        only = _filter(answerer, document, publisher, dates)
        _ask_batch(questions, answerer, top=top, only=only)
        return
    if question is None or question == "-":
        if question is None and _at_terminal():
            raise typer.BadParameter('type a question: verbatim ask "Where did they meet?"')
        question = _typed()
    question = _decodable(question).strip()
    if not question:
        raise typer.BadParameter('the question is empty: verbatim ask "Where did they meet?"')
    answerer = _open_answerer()
    only = _filter(answerer, document, publisher, dates)
    reply = answerer.answer(question, top=top, only=only, language=_settings().language)
    if as_json:
        print(json.dumps(reply_fields(reply), ensure_ascii=False, indent=2))
    else:
        terminal.print_reply(reply, out)
    answered = outcome_of(reply) is Outcome.ANSWER
    raise typer.Exit(EXIT_ANSWERED if answered else EXIT_NOTHING_FOUND)


def _published(since: str | None, until: str | None) -> tuple[date | None, date | None]:
    """The first and the last day of publication."""
    first = _days(since)[0] if since is not None else None
    last = _days(until)[1] if until is not None else None
    if first and last and first > last:
        raise typer.BadParameter(f"nothing lies between --since {since} and --until {until}")
    return first, last


def _filter(
    answerer: Answerer,
    documents: list[str] | None,
    publishers: list[str] | None,
    dates: tuple[date | None, date | None],
) -> Filter | None:
    return known_filter(
        answerer.corpus,
        documents=map(_decodable, documents or ()),
        publishers=map(_decodable, publishers or ()),
        since=dates[0],
        until=dates[1],
    )


def _questions_of(batch: Path) -> list[str]:
    try:
        raw = sys.stdin.buffer.read() if str(batch) == "-" else batch.read_bytes()
        content = raw.decode("utf-8-sig", "replace")
    except (OSError, AttributeError) as error:
        reason = getattr(error, "strerror", None) or "no standard input"
        raise typer.BadParameter(f"{batch} cannot be read: {reason}") from error
    return content.removesuffix("\n").split("\n") if content else []


def _ask_batch(questions: list[str], answerer: Answerer, *, top: int, only: Filter | None) -> None:
    language = _settings().language
    with _progress_bar("Answering") as progress:
        for count, question in enumerate(questions, start=1):
            asked = question.removesuffix("\r")
            reply = answerer.answer(asked, top=top, only=only, language=language)
            print(json.dumps(reply_fields(reply), ensure_ascii=False), flush=True)
            progress(count, len(questions))


@app.command()
def chat(
    top: TopOption = DEFAULT_QUOTES,
    document: DocumentOption = None,
    publisher: PublisherOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
) -> None:
    """Ask question after question, follow-ups too; /new forgets what was asked, /quit ends.

    An empty line or Ctrl-D ends, too.

    A question asked after a refresh or a rollback is answered from what is published then.

    Example: verbatim chat --since 2022
    """
    dates = _published(since, until)
    answerers, language = _open_live_answerer(), _settings().language
    only = _filter(answerers.current, document, publisher, dates)
    if _at_terminal():
        out.print(texts.chat_greeting(answerers.current.corpus, translator(language)))
    conversations = Conversations()
    while True:
        try:
            question = _decodable(input("\n> " if _at_terminal() else "")).strip()
        except EOFError:
            return
        if question in {"/quit", "/exit"} or (not question and _at_terminal()):
            return
        if question == "/new":
            conversations.forget(None)
            out.print(translator(language).say(texts.FORGOTTEN))
        elif question:
            answerers.look()
            reply = answerers.current.answer(
                question,
                top=top,
                only=only,
                language=language,
                earlier=conversations.earlier(None),
            )
            terminal.print_reply(reply, out)
            if is_question(reply):
                conversations.remember(None, question)


@app.command()
def refresh(
    full: Annotated[bool, typer.Option("--full", help="Embed every text anew.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Build the index, or bring it to the corpus directory.

    Example: verbatim refresh
    """
    from bot.composition import refresh_index

    settings = _settings()
    report = refresh_index(settings, progress_bar=_progress_bar, full=full)
    if as_json:
        print(json.dumps(asdict(report)))
        return
    state = "published" if report.published else "already up to date"
    out.print(
        f"Generation {report.generation} {state}: {report.documents:,} documents, "
        f"{report.added:,} passages added, {report.kept:,} kept, {report.moved:,} moved, "
        f"{report.removed:,} removed; {report.embedded:,} texts embedded in "
        f"{report.seconds:.1f} s.",
        soft_wrap=True,
    )


@app.command()
def rollback(
    generation: Annotated[
        int | None,
        typer.Argument(
            metavar="[N]", min=1, help="The generation; else the one before the current one."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Answer from an earlier generation of the index again, until the next refresh.

    Nothing is built and nothing is lost. The corpus directory stays as it is, so that the next
    refresh brings its state again.

    Example: verbatim rollback
    """
    from bot.composition import rollback_index

    before, now = rollback_index(_settings(), generation)
    if as_json:
        print(json.dumps(generation_fields(now.manifest, before=before)))
        return
    out.print(
        f"Generation {now.number} answers {'as before' if now.number == before else 'now'}: "
        f"{now.manifest.documents:,} documents, {now.manifest.passages:,} passages, built "
        f'{now.manifest.created}. The next "verbatim refresh" brings the state of the corpus '
        "directory again.",
        soft_wrap=True,
    )


@app.command()
def check(
    citations: Annotated[
        bool,
        typer.Option(
            "--citations", help="Compare each stored passage and sentence with its source, too."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Read every byte of every generation kept, and tell what is damaged or makes no sense.

    Exit code 1 tells of a problem. Nothing is changed: "verbatim refresh" builds an index anew,
    "verbatim rollback" goes back to an earlier one.

    Example: verbatim check --citations
    """
    from bot.composition import check_index

    found = check_index(_settings(), progress_bar=_progress_bar, citations=citations)
    if as_json:
        print(json.dumps(check_fields(found), ensure_ascii=False, indent=2))
    else:
        terminal.print_check(found, out)
    raise typer.Exit(0 if found.intact else EXIT_FAILURE)


@app.command("list")
def list_documents(as_json: JsonOption = False) -> None:
    """List the documents that are quoted from.

    Example: verbatim list --json
    """
    from bot.composition import served_corpus

    corpus = served_corpus(_settings(), warn=_warn)
    if as_json:
        fields = [document_fields(document) for document in corpus.documents]
        print(json.dumps(fields, ensure_ascii=False, indent=2))
    else:
        terminal.print_documents(corpus, out)


@app.command()
def show(
    document: Annotated[str, typer.Argument(metavar="DOC", help="A document's id or its start.")],
    paragraph: Annotated[
        str | None, typer.Argument(metavar="[¶]", help="A paragraph's number, such as 7.")
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Print the stored text alone, byte for byte.")
    ] = False,
) -> None:
    """Show a document, or one paragraph of it, as it is stored.

    With --raw the output is the text that offsets count in and whose SHA-256 is the digest.

    Example: verbatim show 2022-05-12 7
    """
    from bot.composition import served_corpus

    number: int | None = None
    if paragraph is not None:
        digits = paragraph.strip().removeprefix("¶").strip()
        if not (digits.isdecimal() and len(digits) <= _MOST_DIGITS):
            raise typer.BadParameter(f'"{paragraph}" is not a paragraph\'s number, such as 7')
        number = int(digits)
    found = served_corpus(_settings(), warn=_warn).find(_decodable(document))
    if raw:
        text = found.text if number is None else found.passage(number).text
        sys.stdout.buffer.write(text.encode("utf-8"))
        return
    passages = found.quotable if number is None else (found.passage(number),)
    terminal.print_passages(found, passages, out)


@app.command()
def serve() -> None:
    """Answer in Telegram until stopped.

    A refresh or a rollback takes effect within seconds, without a restart.

    The token comes from TELEGRAM_BOT_TOKEN, or from the file that TELEGRAM_BOT_TOKEN_FILE names.

    Example: TELEGRAM_BOT_TOKEN=123456:ABC verbatim serve
    """
    from bot.logs import configure_logging

    settings = _settings()
    token = telegram_token(os.environ)
    level = os.environ.get("VERBATIM_LOG_LEVEL") or "INFO"
    try:
        configure_logging(level=level, secrets=[token])
    except ValueError as error:
        raise typer.BadParameter(f"VERBATIM_LOG_LEVEL={level} is not a log level") from error
    from bot.telegrambot import TelegramBot

    async def run() -> None:
        await TelegramBot(answerers, token=token, settings=settings).run()

    from bot.composition import open_live_answerer

    answerers = open_live_answerer(settings, progress_bar=_progress_bar)
    with answerers.watching():
        asyncio.run(run())


@app.command("eval")
def evaluate_sets(
    datasets: Annotated[
        list[Path],
        typer.Argument(
            metavar="DATASET",
            exists=True,
            file_okay=False,
            help="Folders of BEIR's layout (corpus.jsonl, queries.jsonl, qrels/test.tsv) or of "
            "questions.jsonl, unanswerable.jsonl, followups.jsonl.",
        ),
    ],
    corpus: Annotated[
        Path | None,
        typer.Option(
            "--corpus",
            exists=True,
            file_okay=False,
            help="What question files ask about: the BEIR folder that their ids point into, or a "
            "directory of statements. Else the shipped statements.",
        ),
    ] = None,
    as_json: JsonOption = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE.png", help="Draw the curves.")
    ] = None,
    systems: Annotated[
        str,
        typer.Option("--systems", metavar="NAMES", help="Which to run, with commas between."),
    ] = "passage,sentence,bm25,rrf,ours",
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--compare", metavar="ONE OTHER", help="Test this pair; else ours against each."
        ),
    ] = None,
    top: Annotated[
        int, typer.Option("--top", min=1, max=100, help="The most passages a system may return.")
    ] = 10,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Ask the first so many questions only.")
    ] = None,
    language: Annotated[
        str | None,
        typer.Option("--language", help="Language code of BEIR passages; else the folder tells."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of intervals and tests.")] = 0,
    cache: Annotated[
        Path | None,
        typer.Option("--cache", dir_okay=False, help="File of vectors; else in VERBATIM_HOME."),
    ] = None,
) -> None:
    """Measure ranking, refusals, follow-ups and speed on evaluation sets.

    Example: verbatim eval xquad/en mtrag-un --plot curves.png
    """
    from bot.composition import open_evaluation_embedders
    from bot.evaluation.command import evaluate
    from bot.evaluation.report import report_fields, report_lines
    from bot.evaluation.systems import chosen_systems

    try:
        chosen = chosen_systems(systems.split(","))
        pair = chosen_systems(compare, among=chosen) if compare else None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if plot is not None and not (plot.suffix.lower() == ".png" and plot.parent.is_dir()):
        raise typer.BadParameter(f"--plot {plot}: name a .png file in a folder that exists")
    settings = _settings()
    figures = evaluate(
        datasets,
        open_embedders=lambda: open_evaluation_embedders(settings, cache),
        corpus=corpus,
        language=language,
        systems=chosen,
        compare=(pair[0], pair[1]) if pair else None,
        top=top,
        limit=limit,
        seed=seed,
        plot_file=plot,
        progress_bar=_progress_bar,
    )
    if as_json:
        print(json.dumps({"seed": seed, "sets": report_fields(figures)}, ensure_ascii=False))
    else:
        print("\n".join(report_lines(figures)))


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"verbatim {version('verbatim-bot')}")
        raise typer.Exit


@app.callback()
def options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Version.")
    ] = False,
) -> None:
    """Options of every command."""


def run() -> None:
    """Runs the command line: prints one clear line where something fails, and exits.

    Raises:
        KeyboardInterrupt: if the user interrupts it.
    """
    _speak_utf8()
    try:
        app()
    except RefreshRunning as error:
        _fail(str(error), EXIT_REFRESH_RUNNING)
    except (BotError, CorpusError, EmbeddingsError) as error:
        _fail(str(error), EXIT_FAILURE)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_FAILURE)
    except Exception as error:
        if os.environ.get("VERBATIM_DEBUG"):
            raise
        reason = f"{type(error).__name__}: {error}"[:300]
        _fail(f"unexpected failure ({reason}). VERBATIM_DEBUG=1 shows where.", EXIT_FAILURE)


def _speak_utf8() -> None:
    """Reads and writes UTF-8 whatever the locale says; bytes that are not become "�"."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _fail(message: str, code: int) -> NoReturn:
    """Prints the message and exits."""
    _tell(message, style="red")
    sys.exit(code)


def _warn(message: str) -> None:
    """Prints what is wrong but does not stop the command."""
    _tell(f"warning: {message}", style="yellow")


def _tell(message: str, *, style: str) -> None:
    """Prints the message on one line, without characters that steer a terminal."""
    line = "".join(c if c.isprintable() else " " for c in " ".join(message.split()))
    err.print(Text(f"verbatim: {line}", style=style), soft_wrap=True)


def _at_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _typed() -> str:
    """What comes on standard input, at most so much."""
    return "" if sys.stdin is None else sys.stdin.read(_MAX_STDIN_CHARACTERS)


def _settings() -> Settings:
    return Settings.from_environment(os.environ)


def _open_answerer() -> Answerer:
    return _open_live_answerer().current


def _open_live_answerer() -> LiveAnswerer:
    from bot.composition import open_live_answerer

    return open_live_answerer(_settings(), progress_bar=_progress_bar, warn=_warn)


def _progress_bar(description: str) -> AbstractContextManager[Progress]:
    return terminal.progress_bar(err, description)


def _decodable(text: str) -> str:
    """``text`` without the surrogates that stand for bytes that were not UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")
