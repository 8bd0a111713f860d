"""Prints reports on a terminal: what was added, refreshed, verified and checked."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from bot.citations.origin import claims
from bot.citations.quotelines import without_line_ends
from bot.cli.terminal import print_indented, print_line, printable
from bot.language.bidiisolation import isolated
from bot.operations.doctorservers import Finding
from bot.verification.explanation import ORIGINAL_IS_NOT_STORED, differences, explanation
from bot.verification.verification import Verdict, Verification
from bot.verification.worddiff import Change, Piece, marked
from corpus import LeftOut
from corpus.extraction.extract import Deviation, counted
from embeddings import IndexCheck, RefreshReport

if TYPE_CHECKING:
    from corpus.directory.additions import SourceOutcome

_MOST_NAMED = 5
_VERDICT_STYLES = {
    Verdict.INTACT: "green",
    Verdict.DESCRIBED_OTHERWISE: "yellow",
    Verdict.MOVED: "green",
    Verdict.CHANGED: "yellow",
    Verdict.GONE: "red",
    Verdict.MISQUOTED: "red",
    Verdict.UNKNOWN: "yellow",
}


def print_outcome(outcome: "SourceOutcome", console: Console, errors: Console) -> None:
    """Print a line for a source that was added, or on ``errors`` the reason why it was not."""
    source = outcome.source.label
    if outcome.added is None:
        reason = printable(f"{source}: {outcome.reason}")
        print_line(Text(" ".join(reason.split()), style="red"), errors)
        return
    document, state = outcome.added.document, outcome.added.state
    fields = [f"{state:9}", document.id, f"{document.passage_count} ¶", *outcome.notes]
    if state == "added" and source != outcome.added.path.name:
        fields.append(f"({isolated(source)})")
    print_line(Text("  ".join(fields)), console)
    if outcome.added.deviations:
        print_line(
            Text(f"{'':11}not as in the source: {counted(outcome.added.deviations)}"), console
        )
    for line in claims(document, outcome.fetched):
        print_line(Text(f"{'':11}{line}"), console)


def print_added(
    outcomes: Sequence["SourceOutcome"], console: Console, *, refresh_follows: bool
) -> None:
    """Print how many sources were added, and what to type next."""
    states = [outcome.added.state if outcome.added else "not read" for outcome in outcomes]
    counts = [f"{states.count(s):,} {s}" for s in dict.fromkeys(states)]
    changed = any(state in {"added", "updated"} for state in states)
    following = ' Type "verbatim refresh" to have them quoted.'
    end = following if changed and not refresh_follows else ""
    print_line(Text(f"{', '.join(counts)}.{end}"), console)


def print_refresh(report: RefreshReport, console: Console, *, dry_run: bool) -> None:
    """Print the counts of a refresh, or with ``dry_run`` of what it would do."""
    texts = _counted(report.embedded, "text")
    if dry_run:
        head = f"Generation {report.generation} is current; a refresh would bring"
        tail = f"; {texts} to embed."
    else:
        state = "published" if report.published else "already up to date"
        head = f"Generation {report.generation} {state}:"
        tail = f"; {texts} embedded in {report.seconds:.1f} s."
    counts = (
        f" {_counted(report.documents, 'document')}, {_counted(report.added, 'passage')} added, "
        f"{report.kept:,} kept, {report.moved:,} moved, {report.removed:,} removed"
    )
    if report.left_out:
        tail += f" {_counted(len(report.left_out), 'file')} not read."
    print_line(Text(head + counts + tail), console)


def print_left_out(left_out: Sequence[LeftOut], errors: Console) -> None:
    """Print a line for each file that could not be read, with the reason."""
    for each in left_out:
        line = printable(f"not read {each.file}: {each.reason}")
        print_line(Text(" ".join(line.split()), style="red"), errors)


def print_passed_over(files: Sequence[LeftOut], errors: Console) -> None:
    """Print one line that names files of kinds that are not read, if there are any."""
    if not files:
        return
    named = ", ".join(each.file for each in files[:_MOST_NAMED])
    more = f" and {len(files) - _MOST_NAMED:,} more" if len(files) > _MOST_NAMED else ""
    kinds = "a kind that is" if len(files) == 1 else "kinds that are"
    line = printable(
        f"passed over {_counted(len(files), 'file')} of {kinds} not read: {named}{more}. "
        'Type "verbatim doctor" to see what to do.'
    )
    print_line(Text(" ".join(line.split()), style="yellow"), errors)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def print_verifications(verifications: Sequence[Verification], console: Console) -> None:
    """Print each verdict with the words as they stand now, or the changes ``[-removed-]{+added+}``.

    Several verdicts are counted at the end.
    """
    for verification in verifications:
        line = Text(verification.verdict.value, style=_VERDICT_STYLES[verification.verdict])
        line.append(f"  {printable(verification.cited.reference)}", style="cyan")
        line.append(f"\n  {printable(explanation(verification))}")
        for difference in differences(verification):
            line.append(f"\n  {printable(difference)}")
        if verification.original_is_stored is False:
            line.append(f"\n  {ORIGINAL_IS_NOT_STORED}", style="yellow")
        print_line(line, console)
        if verification.pieces:
            print_indented(_differences(verification.pieces), console)
        elif verification.now is not None:
            print_indented(Text(printable(without_line_ends(verification.now.words))), console)
    if len(verifications) > 1:
        counts = Counter(verification.verdict for verification in verifications)
        found = ", ".join(
            f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict]
        )
        print_line(Text(f"{len(verifications)} citations: {found}."), console)


def _differences(pieces: Sequence[Piece]) -> Text:
    styles = {Change.REMOVED: "red", Change.ADDED: "green", Change.UNCHANGED: ""}
    text = Text()
    for form, change in marked(pieces):
        text.append(printable(form), style=styles[change])
    return text


def print_check(found: IndexCheck, console: Console) -> None:
    """Print a line for each generation, and a line for each problem and each unknown file."""
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
        print_line(Text(", ".join(parts), style="green" if each.intact else "red"), console)
        for problem in each.problems:
            print_line(Text(f"  {problem}", style="red"), console)
        for name in each.unknown:
            print_line(Text(f"  unknown file {printable(name)}", style="yellow"), console)
    for problem in found.problems:
        print_line(Text(problem, style="red"), console)
    for name in found.unknown:
        print_line(Text(f"Unknown: {printable(name)}", style="yellow"), console)


def print_finding(finding: Finding, console: Console) -> None:
    """Print one finding of ``verbatim doctor`` on one line."""
    line = Text("ok  " if finding.well else "FAIL", style="green" if finding.well else "red")
    line.append(f"  {finding.name:11}  ", style="cyan")
    line.append(" ".join(printable(finding.text).split()), style="")
    print_line(line, console)


def print_deviations(documents: Mapping[str, tuple[Deviation, ...]], console: Console) -> None:
    """Print a line for each document whose stored text deviates from its source."""
    for document_id, deviations in documents.items():
        print_line(Text(f"  {document_id}: not as in the source: {counted(deviations)}"), console)
    if documents:
        following = 'Type "verbatim show DOC --beside" to read them.'
        print_line(Text(f"{_counted(len(documents), 'document')}. {following}"), console)


def print_lost_originals(lost: Sequence[str], console: Console) -> None:
    """Print the documents whose originals are not stored, and the checks that this rules out."""
    if not lost:
        return
    named = ", ".join(lost[:_MOST_NAMED])
    rest = len(lost) - _MOST_NAMED
    more = f" and {rest:,} more" if rest > 0 else ""
    line = (
        f"{_counted(len(lost), 'document')} without the bytes of the source "
        f"(VERBATIM_KEEP_ORIGINALS_MB): {named}{more}. Quotes are compared with the stored text "
        'alone, and "verbatim reread" cannot read these again.'
    )
    print_line(Text(line, style="yellow"), console)
