"""A reply on a terminal. The only module that draws with ``rich``, with the progress bar.

Where the output is no terminal, texts are written past ``rich``, which would expand tabs.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from bot import texts
from bot.answering import NoAnswer, Outcome, Quote, Reply, outcome_of
from bot.explanation import explanation
from bot.translation import Translator, translator
from bot.verification import Verdict, Verification
from bot.worddiff import Change, Piece, marked
from corpus import Corpus, Document, Passage
from corpus.adding import SourceOutcome
from embeddings import Progress as ProgressCallback
from embeddings import RefreshReport, StoreCheck

_VERDICT_STYLES = {
    Verdict.INTACT: "green",
    Verdict.MOVED: "green",
    Verdict.CHANGED: "yellow",
    Verdict.GONE: "red",
    Verdict.MISQUOTED: "red",
    Verdict.UNKNOWN: "yellow",
}


def print_reply(reply: Reply, console: Console) -> None:
    """Prints the quotes, evidence in bold, each with its citation; or says that there is none."""
    words = translator(reply.language)
    for notice in reply.notices:
        _print_line(Text(notice, style="yellow"), console)
    if isinstance(reply, NoAnswer):
        _print_line(Text(reply.message or words.say(texts.NOTHING)), console)
        return
    if outcome_of(reply) is Outcome.RELATED:
        _print_line(Text(words.say(texts.RELATED), style="yellow"), console)
    for position, quote in enumerate(reply.quotes):
        if position:
            console.print()
        _print_quote(quote, words, console, generation=reply.generation)


def _print_quote(quote: Quote, words: Translator, console: Console, *, generation: int) -> None:
    citation = quote.citation
    start = quote.evidence.start - citation.start
    text = Text(quote.text)
    text.stylize("bold", start, start + len(quote.evidence))
    _print_indented(text, console)
    if not console.is_terminal:
        evidence = words.say(texts.EVIDENCE, sentence=quote.evidence_text)
        _print_line(Text(f"  {evidence}"), console)
    parts = [citation.title, citation.publisher]
    parts.append(citation.published.isoformat() if citation.published else None)
    parts.append(citation.label)
    _print_line(Text("— " + " · ".join(part for part in parts if part), style="cyan"), console)
    if citation.link:
        _print_line(Text(f"  {citation.link}", style="dim"), console)
    if quote.also:
        _print_line(Text(f"  {_also(quote, words)}", style="cyan"), console)
    score = words.say(texts.SCORE, score=words.number(quote.score, decimals=2))
    facts = f"  {citation.reference} · {score}"
    facts += f" · {words.say(texts.GENERATION, number=str(generation))}"
    _print_line(Text(facts, style="dim"), console)


def _also(quote: Quote, words: Translator) -> str:
    named = [f"{c.title} ({c.when_and_where})" for c in quote.also[: texts.MOST_ALSO]]
    places = words.say(texts.BETWEEN_PLACES).join(named)
    rest = len(quote.also) - len(named)
    return words.say(texts.ALSO_IN, places=texts.and_more(places, rest, words))


def print_outcome(outcome: SourceOutcome, console: Console, errors: Console) -> None:
    """Prints a line for a source: what was added, or on ``errors`` why nothing was."""
    source = outcome.source.label
    if outcome.added is None:
        reason = _printable(f"{source}: {outcome.reason}")
        _print_line(Text(" ".join(reason.split()), style="red"), errors)
        return
    document, state = outcome.added.document, outcome.added.state
    fields = [f"{state:9}", document.id, f"{len(document.passages)} ¶", *outcome.notes]
    if state == "added" and source != outcome.added.path.name:
        fields.append(f"({source})")
    _print_line(Text("  ".join(fields)), console)


def print_added(
    outcomes: Sequence[SourceOutcome], console: Console, *, refresh_follows: bool
) -> None:
    """Prints how many sources were added, and what to type next."""
    states = [outcome.added.state if outcome.added else "not read" for outcome in outcomes]
    counts = [f"{states.count(s):,} {s}" for s in dict.fromkeys(states)]
    changed = any(state in {"added", "updated"} for state in states)
    following = ' Type "verbatim refresh" to have them quoted.'
    end = following if changed and not refresh_follows else ""
    _print_line(Text(f"{', '.join(counts)}.{end}"), console)


def print_refresh(report: RefreshReport, console: Console, *, dry_run: bool) -> None:
    """Prints what a refresh did, or with ``dry_run`` would do."""
    if dry_run:
        head = f"Generation {report.generation} is current; a refresh would bring"
        tail = f"; {report.embedded:,} texts to embed."
    else:
        state = "published" if report.published else "already up to date"
        head = f"Generation {report.generation} {state}:"
        tail = f"; {report.embedded:,} texts embedded in {report.seconds:.1f} s."
    counts = (
        f" {report.documents:,} documents, {report.added:,} passages added, {report.kept:,} kept, "
        f"{report.moved:,} moved, {report.removed:,} removed"
    )
    _print_line(Text(head + counts + tail), console)


def print_verifications(verifications: Sequence[Verification], console: Console) -> None:
    """Prints each verdict with what changed, ``[-removed-]{+added+}``, and their counts."""
    for verification in verifications:
        line = Text(verification.verdict.value, style=_VERDICT_STYLES[verification.verdict])
        line.append(f"  {_printable(verification.cited.reference)}", style="cyan")
        line.append(f"\n  {_printable(explanation(verification))}")
        _print_line(line, console)
        if verification.pieces:
            _print_indented(_differences(verification.pieces), console)
    if len(verifications) > 1:
        counts = Counter(verification.verdict for verification in verifications)
        found = ", ".join(
            f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict]
        )
        _print_line(Text(f"{len(verifications)} citations: {found}."), console)


def _differences(pieces: Sequence[Piece]) -> Text:
    styles = {Change.REMOVED: "red", Change.ADDED: "green", Change.KEPT: ""}
    text = Text()
    for form, change in marked(pieces):
        text.append(_printable(form), style=styles[change])
    return text


def _printable(text: str) -> str:
    """Without the control characters that a citation from elsewhere may hold."""
    return "".join(
        c if c.isprintable() or c in " \n\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def print_documents(corpus: Corpus, console: Console) -> None:
    """Prints a table of the documents; elsewhere than on a terminal, a line each, tabs between."""
    if not console.is_terminal:
        for document in corpus.documents:
            fields = (
                document.id,
                document.published.isoformat() if document.published else "–",
                f"{len(document.passages)} ¶",
                document.publisher or "–",
                document.title,
            )
            _print_line(Text("\t".join(fields)), console)
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("document", overflow="fold", min_width=24)
    table.add_column("date", no_wrap=True)
    table.add_column("¶", justify="right")
    table.add_column("publisher")
    table.add_column("title", overflow="fold")
    for document in corpus.documents:
        table.add_row(
            Text(document.id),
            document.published.isoformat() if document.published else "–",
            str(len(document.passages)),
            Text(document.publisher or "–"),
            Text(document.title),
        )
    console.print(table)


def print_passages(document: Document, passages: tuple[Passage, ...], console: Console) -> None:
    """Prints passages of a document under its title, each with its number and offsets."""
    _print_line(Text(document.title, style="bold"), console)
    for passage in passages:
        where = f"{passage.label} [{passage.span.start}:{passage.span.end}]"
        console.print()
        _print_line(Text(where, style="cyan"), console)
        _print_indented(Text(passage.text), console)


def print_check(found: StoreCheck, console: Console) -> None:
    """Prints a line for each generation, and a line for each problem and each unknown file."""
    for each in found.generations:
        state = "intact" if each.intact else "damaged"
        parts = [
            f"Generation {each.generation}{', current' if each.current else ''}: {state}",
            f"{each.files} files",
            f"{each.size_bytes:,} bytes",
            f"{each.passages:,} passages",
            f"{each.sentences:,} sentences",
        ]
        if each.citations is not None:
            parts.append(f"{each.citations:,} citations compared")
        _print_line(Text(", ".join(parts), style="green" if each.intact else "red"), console)
        for problem in each.problems:
            _print_line(Text(f"  {problem}", style="red"), console)
        for name in each.unknown:
            _print_line(Text(f"  unknown file {_printable(name)}", style="yellow"), console)
    for problem in found.problems:
        _print_line(Text(problem, style="red"), console)
    for name in found.unknown:
        _print_line(Text(f"Unknown: {_printable(name)}", style="yellow"), console)


def _print_line(text: Text, console: Console) -> None:
    """One line: styled and not wrapped on a terminal, elsewhere the characters as they are."""
    if console.is_terminal:
        console.print(text, soft_wrap=True)
    else:
        console.file.write(f"{text.plain}\n")


def _print_indented(text: Text, console: Console) -> None:
    """On a terminal wrapped under an indent; elsewhere the words as they are, to be copied."""
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, 2)))
    else:
        _print_line(text, console)


@contextmanager
def progress_bar(console: Console, description: str) -> Iterator[ProgressCallback]:
    """A progress bar on a terminal, nothing elsewhere; yields what to tell (done, in all)."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(description, total=None)

        def tell(done: int, in_all: int) -> None:
            bar.update(task, completed=done, total=in_all)

        yield tell
