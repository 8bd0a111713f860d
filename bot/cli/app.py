"""The command line ``verbatim``: reads the words typed, prints, sets the exit code."""

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from bot.answering.answerer import DEFAULT_QUOTES, MOST_QUOTES, Answerer
from bot.answering.answers import Outcome, is_question, outcome_of
from bot.answering.conversation import Conversations
from bot.answering.liveanswerer import LiveAnswerer
from bot.chat.accessrules import AccessKind
from bot.cli import reports, terminal
from bot.cli.jsonoutput import (
    check_fields,
    document_fields,
    finding_fields,
    generation_fields,
    outcome_fields,
    reply_fields,
    verification_fields,
)
from bot.errors import BotError, MalformedCitation, SettingsError
from bot.language import texts
from bot.language.translation import translator
from bot.operations.doctorservers import Finding
from bot.operations.privatehome import close_home
from bot.settings import (
    EngineKind,
    Settings,
    log_as_json,
    ray_address,
    telegram_token,
    webhook_settings,
)
from corpus import CorpusError, Span
from corpus.frontmatter.frontmatter import (
    Provenance,
    checked_access,
    checked_date,
    checked_group,
    checked_language,
    checked_url,
)
from embeddings import (
    EmbeddingsError,
    Filter,
    Progress,
    RefreshReport,
    RefreshRunning,
    iso_range,
    known_filter,
)

if TYPE_CHECKING:  # slow to import
    from corpus.extraction.extractor import Extractor

EXIT_ANSWERED = 0
EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_NOTHING_FOUND = 3
EXIT_REFRESH_RUNNING = 4
EXIT_PARTLY = 5
EXIT_NOT_AS_CITED = 6
EXIT_DESCRIBED_OTHERWISE = 7
EXIT_WOULD_CHANGE = 8

_MAX_STDIN_CHARACTERS = 100_000
_MAX_REASON = 1_000
_HEALTH_TIMEOUT_S = 5.0
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
        "Exit codes: 0 answered, 3 nothing found, 2 usage, 1 failure, 4 a refresh is running, "
        "5 some files or sources could not be read, 6 a citation does not hold, 7 it describes its "
        "document otherwise, 8 a statement would change."
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
    groups: Annotated[
        str | None,
        typer.Option(
            "--groups",
            help='Answer as readers of these groups see it, with commas between; "" is the public.',
        ),
    ] = None,
) -> None:
    """Answer a question with quotes and their citations.

    Example: verbatim ask "Where did the ministers meet?" --top 1 --since 2022-05
    """
    dates = _published(since, until)
    if batch is not None:
        if question is not None:
            raise typer.BadParameter("give a question or --batch FILE, not both")
        questions = _questions_of(batch)
        answerer = _open_answerer(groups)
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
    answerer = _open_answerer(groups)
    _warn_of_changes()
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
    content = _bytes_of(batch).decode("utf-8-sig", "replace")
    return content.removesuffix("\n").split("\n") if content else []


def _bytes_of(file: Path) -> bytes:
    """What the file holds; "-" stands for standard input."""
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except (OSError, AttributeError) as error:
        reason = getattr(error, "strerror", None) or "no standard input"
        raise typer.BadParameter(f"{file} cannot be read: {reason}") from error


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
    only = _filter(answerers.everything, document, publisher, dates)
    if _at_terminal():
        out.print(texts.chat_greeting(answerers.everything.corpus, translator(language)))
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
            reply = answerers.everything.answer(
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
def add(
    context: typer.Context,
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|FOLDER|URL…", help="What to add; a folder with all its files."
        ),
    ],
    title: Annotated[str | None, typer.Option("--title", help="Its title.")] = None,
    publisher: Annotated[str | None, typer.Option("--publisher", help="Who published it.")] = None,
    published: Annotated[
        str | None, typer.Option("--date", metavar="DAY", help="When, such as 2022-05-12.")
    ] = None,
    place: Annotated[str | None, typer.Option("--place", help="Where it was made.")] = None,
    url: Annotated[str | None, typer.Option("--url", help="Its address, for the links.")] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="Its language, such as fr.")
    ] = None,
    access: Annotated[
        list[str] | None,
        typer.Option(
            "--access",
            metavar="GROUP",
            help="Only for this group of readers (VERBATIM_GROUPS), or public; may be repeated.",
        ),
    ] = None,
    then_refresh: Annotated[
        bool, typer.Option("--refresh", help="Refresh the index afterwards.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Add statements: text, Markdown, HTML, PDF and Word files, folders of them, web addresses.

    Title, publisher, date, place, language and address are found where a source states them; the
    options correct them. A source that is added again is brought to what it is now. What cannot be
    read is named with the reason; the rest is added, and the exit code is 5.

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
                f"--title, --date and --url are for one statement, these are {len(found)}"
            )
        settings = _settings()
        with _progress_bar("Adding") as progress:
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
        whole = _refresh_once(settings, as_json=False, console=err if as_json else out)
    if bad or not whole:
        raise typer.Exit(EXIT_FAILURE if bad == len(outcomes) else EXIT_PARTLY)


@app.command()
def reread(
    context: typer.Context,
    documents: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DOC…]", help="Ids of documents, or their starts; else all."),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Store today's texts in place of the earlier ones.")
    ] = False,
    then_refresh: Annotated[
        bool, typer.Option("--refresh", help="Refresh the index afterwards, with --write.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Read the kept originals of statements again, and tell which quotes would change.

    Nothing is written without --write. With it the front matter stays as it is, earlier texts are
    kept, and their citations are verified as moved or changed because the source was read anew. A
    text that was edited by hand is replaced only where its document is named.

    Ends with 0 if all are as they are read today, or were written, with 8 if some would change, and
    with 5 if an original is not kept or cannot be read today.

    Example: verbatim reread --write --refresh
    """
    from bot.composition.extractor import open_extractor

    if then_refresh and not write:
        raise typer.BadParameter("--refresh needs --write")
    settings = _settings()
    fields = []
    with context.obj or open_extractor() as extractor:
        from bot.cli.rereadreport import RereadSummary, print_reread, reread_fields
        from bot.composition.statements import reread_documents
        from bot.verification.changedquotes import changed_quotes

        summary = RereadSummary()
        with _progress_bar("Reading") as progress:
            for found in reread_documents(
                settings,
                [_decodable(each) for each in documents or ()],
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
        whole = _refresh_once(settings, as_json=False, console=err if as_json else out)
    if summary.unread or not whole:
        raise typer.Exit(EXIT_PARTLY)
    if summary.would_change:
        raise typer.Exit(EXIT_WOULD_CHANGE)


@app.command()
def remove(
    documents: Annotated[
        list[str], typer.Argument(metavar="DOC…", help="Ids of documents, or their starts.")
    ],
    then_refresh: Annotated[
        bool, typer.Option("--refresh", help="Refresh the index afterwards.")
    ] = False,
) -> None:
    """Remove statements from the corpus directory; after a refresh they are quoted no more.

    What was read stays as a snapshot, so that old citations can still be checked.

    Example: verbatim remove 2022-05-12 --refresh
    """
    from bot.composition.statements import open_directory

    settings = _settings()
    directory = open_directory(settings)
    for document in documents:
        out.print(f"removed  {directory.remove(_decodable(document))}", soft_wrap=True)
    if then_refresh:
        if not _refresh_once(settings, as_json=False, console=out):
            raise typer.Exit(EXIT_PARTLY)
    else:
        out.print('Type "verbatim refresh" to stop quoting from it.')


@app.command()
def refresh(
    full: Annotated[bool, typer.Option("--full", help="Embed every text anew.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay, and refresh whenever a file changes.")
    ] = False,
    engine: Annotated[
        EngineKind,
        typer.Option("--engine", help="Embed in this process, or on the processors of Ray."),
    ] = EngineKind.LOCAL,
    address: Annotated[
        str | None,
        typer.Option(
            "--ray-address",
            metavar="HOST:PORT",
            help="The Ray cluster that this machine belongs to (else VERBATIM_RAY_ADDRESS, else "
            "this machine alone).",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Build the index, or bring it to the corpus directory.

    A file that cannot be read is left out and named with the reason, with what was quoted from it
    before; the exit code is then 5. --full tries it again although it has not changed. Files of
    kinds that are not read, such as pictures, are named in one line.

    Example: verbatim refresh --dry-run
    """
    if watch and dry_run:
        raise typer.BadParameter("give --watch or --dry-run, not both")
    settings = _settings()
    if address is not None:
        if engine is not EngineKind.RAY:
            raise typer.BadParameter("--ray-address needs --engine ray")
        try:
            given = ray_address(address, source="--ray-address")
        except SettingsError as error:
            raise typer.BadParameter(str(error)) from error
        settings = replace(settings, ray_address=given)
    if watch:
        _watch(settings, engine=engine, full=full, as_json=as_json)
    elif not _refresh_once(
        settings, engine=engine, full=full, dry_run=dry_run, as_json=as_json, console=out
    ):
        raise typer.Exit(EXIT_PARTLY)


def _refresh_once(
    settings: Settings,
    *,
    engine: EngineKind = EngineKind.LOCAL,
    full: bool = False,
    dry_run: bool = False,
    as_json: bool,
    console: Console,
) -> bool:
    """Refreshes, and prints what was done; whether every file was read."""
    from bot.composition.serving import open_refresher

    refresher = open_refresher(settings, progress_bar=_progress_bar, engine=engine)
    report = refresher.plan(full=full) if dry_run else refresher.refresh(full=full)
    _print_report(report, as_json=as_json, dry_run=dry_run, console=console)
    return not report.left_out


def _watch(settings: Settings, *, engine: EngineKind, full: bool, as_json: bool) -> None:
    """Refreshes now and at every change; a failure is said and the next change awaited."""
    from bot.composition.serving import open_refresher
    from bot.operations.filewatch import changes

    refresher = open_refresher(settings, progress_bar=_progress_bar, engine=engine)
    seen = changes(settings.corpus_directory)
    while True:
        try:
            report = refresher.refresh(full=full)
            _print_report(report, as_json=as_json, dry_run=False, console=out)
            sys.stdout.flush()
        except (CorpusError, EmbeddingsError) as error:
            _tell(str(error), style="red")
        full = False
        next(seen)


def _print_report(report: RefreshReport, *, as_json: bool, dry_run: bool, console: Console) -> None:
    if as_json:
        print(json.dumps({**asdict(report), "dry_run": dry_run}))
    else:
        reports.print_refresh(report, console, dry_run=dry_run)
    reports.print_left_out(report.left_out, err)
    reports.print_passed_over(report.passed_over, err)


def _provenance(
    title: str | None,
    publisher: str | None,
    published: str | None,
    place: str | None,
    url: str | None,
    language: str | None,
    access: list[str] | None,
) -> Provenance:
    """What the options of ``add`` say."""
    texts_given = (title, publisher, place)
    one_line = [" ".join(_decodable(t).split()) if t else None for t in texts_given]
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
    from bot.composition.index import rollback_index

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
            "--citations",
            help="Compare each stored passage and sentence with its source, too, and say where "
            "the texts deviate from their sources.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Read every byte of every generation kept, and tell what is damaged or makes no sense.

    Exit code 1 tells of a problem. Nothing is changed: "verbatim refresh" builds an index anew,
    "verbatim rollback" goes back to an earlier one.

    Example: verbatim check --citations
    """
    from bot.composition.index import check_index
    from bot.composition.statements import known_deviations, lost_originals, served_corpus

    settings = _settings()
    found = check_index(settings, progress_bar=_progress_bar, citations=citations)
    deviating = {}
    lost: tuple[str, ...] = ()
    if citations and found.intact:
        served = served_corpus(settings, warn=_warn)
        deviating = known_deviations(settings, served.documents)
        lost = lost_originals(settings, served)
    if as_json:
        print(json.dumps(check_fields(found, deviating, lost), ensure_ascii=False, indent=2))
    else:
        reports.print_check(found, out)
        reports.print_deviations(deviating, out)
        reports.print_lost_originals(lost, out)
    raise typer.Exit(0 if found.intact else EXIT_FAILURE)


@app.command()
def doctor(
    online: Annotated[
        bool, typer.Option("--online", help="Ask Telegram whose the token is, too.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Tell whether model, statements, disk, index, database and token are as they should be.

    Each is a line; exit code 1 tells that one is not well. Nothing is changed, and of an index
    in PostgreSQL each server that VERBATIM_INDEX names is looked at, with its standbys.

    Example: verbatim doctor --online
    """
    found = []
    for finding in _examined(online=online):
        found.append(finding)
        if not as_json:
            reports.print_finding(finding, out)
    if as_json:
        print(json.dumps(finding_fields(found), ensure_ascii=False, indent=2))
    raise typer.Exit(0 if all(finding.well for finding in found) else EXIT_FAILURE)


def _examined(*, online: bool) -> Iterator[Finding]:
    """What is found; settings that cannot be read are all of it."""
    from bot.composition.setup import examine_setup

    try:
        settings = _settings(changes_nothing=True)
    except SettingsError as error:
        yield Finding("settings", False, str(error))
        return
    yield from examine_setup(settings, os.environ, online=online)


@app.command("list")
def list_documents(as_json: JsonOption = False) -> None:
    """List the documents that are quoted from.

    Example: verbatim list --json
    """
    from bot.composition.statements import served_corpus

    corpus = served_corpus(_settings(), warn=_warn)
    _warn_of_changes()
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
    beside: Annotated[
        bool,
        typer.Option(
            "--beside", help="Print what was left out, guessed or repaired beside the stored text."
        ),
    ] = False,
) -> None:
    """Show a document, or one paragraph of it, as it is stored.

    With --raw the output is the text that offsets count in and whose SHA-256 is the digest. With
    --beside each piece of the source that the text has otherwise stands where it stood.

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
    settings = _settings()
    found = served_corpus(settings, warn=_warn).find(_decodable(document))
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


@app.command()
def verify(
    citation: Annotated[
        str | None,
        typer.Argument(
            metavar="[CITATION]",
            help='A reference as an answer shows it, or its JSON; "-" reads standard input.',
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="A file of references or of what ask --json printed."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Hold old citations against their source: intact, moved, changed, gone or misquoted.

    Prints the words and where they stand. Ends with 0 if every citation is intact or moved, with 7
    if one of these describes its document otherwise (title, publisher, date, address), else with 6.

    Example: verbatim ask "Where did they meet?" --json > reply.json, later
    verbatim verify --file reply.json
    """
    from bot.citations.citationparser import read_citations
    from bot.composition.statements import open_verifier

    if (citation is None) == (file is None):
        raise typer.BadParameter("give a citation, or --file FILE: verbatim verify --file r.json")
    given = citation if citation is not None else str(file)
    if file is not None or citation == "-":
        given = _bytes_of(Path(given)).decode("utf-8-sig", "replace")
    try:
        cited = read_citations(_decodable(given))
    except MalformedCitation as error:
        raise typer.BadParameter(str(error)) from error
    verifier = open_verifier(_settings(), warn=_warn)
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


@app.command()
def serve(
    webhook: Annotated[
        str | None,
        typer.Option(
            "--webhook",
            metavar="URL",
            envvar="VERBATIM_WEBHOOK",
            help="Have Telegram call this https address instead of asking it for messages.",
        ),
    ] = None,
    listen: Annotated[
        str,
        typer.Option(
            "--listen",
            metavar="HOST:PORT",
            envvar="VERBATIM_LISTEN",
            help="Where calls of the webhook arrive, from the proxy that ends TLS.",
        ),
    ] = "127.0.0.1:8081",
) -> None:
    """Answer in Telegram until stopped.

    A refresh or a rollback takes effect within seconds, without a restart. What was asked while
    the bot was stopped, or killed, is answered at the next start.

    The token comes from TELEGRAM_BOT_TOKEN, or from the file that TELEGRAM_BOT_TOKEN_FILE names.

    Example: TELEGRAM_BOT_TOKEN=123456:ABC verbatim serve
    """
    from bot.monitoring.logs import configure_logging

    settings = _settings()
    token = telegram_token(os.environ)
    called = None
    if webhook is not None:
        called = webhook_settings(webhook, listen=listen, environment=os.environ)
    level = os.environ.get("VERBATIM_LOG_LEVEL") or "INFO"
    try:
        configure_logging(
            level=level,
            secrets=[token, *([called.secret] if called else []), *settings.secrets],
            as_json=log_as_json(os.environ),
        )
    except ValueError as error:
        raise typer.BadParameter(f"VERBATIM_LOG_LEVEL={level} is not a log level") from error
    from bot.composition.chat import open_dialogue, open_shared, watched

    # before anything that has threads, or is large
    lifeline = watched(settings, token)
    from bot.monitoring.troubles import troubles_of
    from bot.supervisor.lifeline import leave
    from bot.telegrambot import Connection, TelegramBot

    async def run() -> None:
        bot = TelegramBot(
            dialogue,
            token=token,
            settings=settings,
            connection=connection,
            webhook=called,
            shared=shared,
            generation=lambda: served.answerers.everything.generation,
            lifeline=lifeline,
            on_stop=served.extractor.close,
        )
        await bot.run()

    from bot.composition.serving import open_served

    shared = open_shared(settings)
    served = open_served(settings, progress_bar=_progress_bar)
    connection = Connection()
    dialogue = open_dialogue(
        served,
        settings,
        fetch_file=connection.fetch_file,
        waiting=connection.waiting,
        troubles=lambda: troubles_of(settings.bot_directory(token), connection.set_aside),
        came_from=connection.came_from,
        seal_command=connection.seal_command,
        erase=connection.erase_updates_of,
        shared=shared,
    )
    with served.answerers.watching():
        import asyncio  # slow to import

        asyncio.run(run())
    leave()


@app.command()
def health(
    ready: Annotated[
        bool, typer.Option("--ready", help="Ask whether questions are taken and answered, too.")
    ] = False,
) -> None:
    """Ask the running bot how it is: exit code 0 if it does without a restart, else 1.

    Needs VERBATIM_HEALTH_PORT, the same as the bot's.

    Example: VERBATIM_HEALTH_PORT=8080 verbatim health --ready
    """
    from urllib.error import HTTPError
    from urllib.request import ProxyHandler, build_opener

    port = _settings(changes_nothing=True).health_port
    if port is None:
        raise SettingsError(
            "VERBATIM_HEALTH_PORT is not set. Set it to the same port here and for verbatim serve."
        )
    try:
        # without the proxies of the environment: this machine is asked
        opener = build_opener(ProxyHandler({}))
        path = "readyz" if ready else "healthz"
        with opener.open(f"http://127.0.0.1:{port}/{path}", timeout=_HEALTH_TIMEOUT_S) as reply:
            print(reply.read(_MAX_REASON).decode("utf-8").strip())
    except HTTPError as error:
        _fail(error.read(_MAX_REASON).decode("utf-8", "replace"), EXIT_FAILURE)
    except OSError as error:
        _fail(f"no bot answers on port {port} ({error}).", EXIT_FAILURE)


@app.command()
def invite() -> None:
    """Print an invitation: whoever first opens the link may ask the bot from then on.

    It is for VERBATIM_ACCESS=invited, holds for one person and seven days, and is kept as a digest.
    Where no token is set, or Telegram cannot be reached, what to send to the bot is printed alone.

    Example: verbatim invite
    """
    from bot.composition.chat import open_people
    from bot.state.people import INVITATION_PAYLOAD

    settings = _settings()
    name = None
    if any(os.environ.get(v) for v in ("TELEGRAM_BOT_TOKEN", "TELEGRAM_BOT_TOKEN_FILE")):
        from bot.telegrambot.identity import telegram_name

        name = telegram_name(settings, telegram_token(os.environ))
    payload = f"{INVITATION_PAYLOAD}{open_people(settings).invite()}"
    if name is not None:
        out.print(f"https://t.me/{name}?start={payload}", soft_wrap=True)
    out.print(f"/start {payload}", soft_wrap=True)
    if settings.access.kind is not AccessKind.INVITED:
        _warn("everybody or only who is listed may ask: set VERBATIM_ACCESS=invited to invite.")


feedback_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What people found good and bad."
)
app.add_typer(feedback_app, name="feedback")


@feedback_app.command("export")
def export_feedback_set(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")],
    groups: Annotated[
        str,
        typer.Option("--groups", help="Documents of these groups, too, with commas between."),
    ] = "",
) -> None:
    """Write the votes in Telegram as an evaluation set in BEIR's layout, for "verbatim eval".

    It has the questions that may be kept, and no person. A passage is judged by all votes on the
    answers that quoted it: 1 where more were good than bad, else 0. Lost are judgements of
    passages that are gone. Documents that not everybody may read are left out.

    Example: verbatim feedback export votes && verbatim eval votes
    """
    from bot.composition.chat import export_votes

    found = export_votes(_settings(), folder, groups=_groups(groups), warn=_warn)
    out.print(
        f"{folder}: questions {found.questions:,}, with an answer {found.answered:,}, judgements "
        f"{found.judgements:,}, lost {found.lost:,}",
        soft_wrap=True,
    )


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
    from bot.composition.evaluation import open_evaluation_embedders
    from bot.composition.extractor import open_extractor
    from bot.evaluation.report import report_fields, report_lines
    from bot.evaluation.setevaluation import evaluate
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
        read=open_extractor().document,
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
        from importlib.metadata import version  # slow to import

        print(f"verbatim {version('verbatim-bot')}")
        raise typer.Exit


@app.callback()
def options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Version.")
    ] = False,
) -> None:
    """Options of every command."""


def run(extractor: "Extractor | None" = None) -> None:
    """Runs the command line: prints one clear line where something fails, and exits.

    The ``extractor`` is for the command that needs one, which else opens its own.

    Raises:
        KeyboardInterrupt: if the user interrupts it.
    """
    _speak_utf8()
    try:
        app(obj=extractor)
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


def _warn_of_changes() -> None:
    """Says so if statements were added, edited or removed that no refresh has brought yet."""
    from bot.composition.index import changed_since

    generation = changed_since(_settings())
    if generation is not None:
        _warn(
            f"the corpus directory has changed since generation {generation} was built. "
            'Type "verbatim refresh" to have it answer from what is there now.'
        )


def _tell(message: str, *, style: str) -> None:
    """Prints the message on one line, without characters that steer a terminal."""
    line = "".join(c if c.isprintable() else " " for c in " ".join(message.split()))
    err.print(Text(f"verbatim: {line}", style=style), soft_wrap=True)


def _at_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _typed() -> str:
    """What comes on standard input, at most so much."""
    return "" if sys.stdin is None else sys.stdin.read(_MAX_STDIN_CHARACTERS)


def _settings(*, changes_nothing: bool = False) -> Settings:
    """The settings of the environment; others are shut out of their data directory."""
    settings = Settings.from_environment(os.environ)
    if not changes_nothing:
        close_home(settings)
    return settings


def _open_answerer(groups: str | None = None) -> Answerer:
    """The Answerer of everything, or of what members of the groups, with commas between, see."""
    answerer = _open_live_answerer().everything
    return answerer if groups is None else answerer.seen_by(_groups(groups))


def _groups(names: str) -> frozenset[str]:
    try:
        return frozenset(checked_group(each) for each in names.split(",") if each.strip())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _open_live_answerer() -> LiveAnswerer:
    from bot.composition.serving import open_live_answerer

    return open_live_answerer(_settings(), progress_bar=_progress_bar, warn=_warn)


def _progress_bar(description: str) -> AbstractContextManager[Progress]:
    return terminal.progress_bar(err, description)


def _decodable(text: str) -> str:
    """``text`` without the surrogates that stand for bytes that were not UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")
