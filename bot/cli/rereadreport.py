"""Reports what ``verbatim reread`` found, on a terminal and as JSON."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from bot.citations.citation import pages_label
from bot.cli.terminal import print_line, printable
from bot.jsonforms.verificationfields import verification_fields
from bot.verification.changedquotes import QuoteChanges
from bot.verification.explanation import explanation
from bot.verification.verification import Verdict, Verification
from bot.verification.worddiff import Change, Piece, marked

if TYPE_CHECKING:
    from corpus.directory.rereading import Reread

_SHOWN_QUOTES = 20
_SHOWN_PIECES = 20
_WORDS_BESIDE = 5
_STYLES = {"unchanged": "green", "differs": "yellow", "not kept": "yellow", "refused": "red"}


def reread_fields(reread: "Reread", changes: QuoteChanges | None) -> dict[str, Any]:
    """Return the fields of a document whose original was read again."""
    return {
        "document": reread.document_id,
        "state": reread.state.value,
        "reason": reread.reason,
        "edited": reread.edited,
        "written": reread.written,
        "digest": reread.before.digest if reread.before else None,
        "digest_today": reread.after.digest if reread.after else None,
        "quotes": changes.quotes if changes else None,
        "quotes_changed": changes.count if changes else 0,
        "quotes_new": changes.new if changes else 0,
        "changed": [_quote_fields(each) for each in changes.compared] if changes else [],
        "changed_elsewhere": [_piece_fields(each) for each in changes.elsewhere] if changes else [],
    }


def _quote_fields(found: Verification) -> dict[str, Any]:
    fields = verification_fields(found)
    names = ("reference", "verdict", "now", "changes")
    return {"paragraph": found.cited.paragraph, **{name: fields[name] for name in names}}


def _piece_fields(piece: Piece) -> dict[str, str]:
    return {"change": piece.change.value, "text": piece.text}


def print_reread(reread: "Reread", changes: QuoteChanges | None, console: Console) -> None:
    """Print a line for a document, and a line for each quote whose words would change."""
    state = "written" if reread.written else reread.state.value
    line = Text(f"{state:9}", style=_STYLES.get(reread.state.value, ""))
    line.append(f"  {reread.document_id}", style="cyan")
    if reread.reason:
        line.append(f"  {printable(' '.join(reread.reason.split()))}")
    if changes is not None:
        line.append(f"  {_summary(changes)}")
    if reread.edited and not reread.written:
        line.append("  (edited by hand: name it with --write to replace the edited text)")
    if _pages_come(reread):
        line.append("  (its pages become known)")
    print_line(line, console)
    if changes is None:
        return
    others = [each for each in changes.compared if each.verdict is not Verdict.MOVED]
    for found in others[:_SHOWN_QUOTES]:
        _print_quote(found, reread, console)
    rest = len(others) - _SHOWN_QUOTES
    if rest > 0:
        print_line(Text(f"{'':11}and {rest:,} more quotes; --json names them"), console)
    if changes.elsewhere:
        print_line(
            Text(f"{'':11}{_marked(changes.elsewhere[:_SHOWN_PIECES], between=' … ')}"), console
        )


def _pages_come(reread: "Reread") -> bool:
    before, after = reread.before, reread.after
    return bool(before and after and after.pages and before.pages != after.pages)


def _summary(changes: QuoteChanges) -> str:
    if not changes.count and not changes.new:
        return f"none of {changes.quotes:,} quotes would change"
    verdicts = ((v, changes.of(v)) for v in (Verdict.MOVED, Verdict.CHANGED, Verdict.GONE))
    counts = [f"{count:,} {verdict.value}" for verdict, count in verdicts if count]
    if changes.more:
        counts.append(f"{changes.more:,} not compared")
    if changes.new:
        counts.append(f"{changes.new:,} new")
    return f"{changes.count:,} of {changes.quotes:,} quotes would change: {', '.join(counts)}"


def _print_quote(found: Verification, reread: "Reread", console: Console) -> None:
    pages = reread.before.pages_of(found.cited.span) if reread.before else None
    where = f"{pages_label(pages)}, " if pages else ""
    label = "dateline" if found.cited.paragraph == 0 else f"¶ {found.cited.paragraph}"
    head = f"{'':11}{found.verdict.value:8} {where}{label}  {found.cited.reference}"
    print_line(Text(f"{head}: {printable(explanation(found))}"), console)
    if found.pieces:
        print_line(Text(f"{'':13}{_marked(_near_changes(found.pieces))}"), console)


def _near_changes(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces; unchanged ones keep a few words beside each change."""
    near = []
    for place, piece in enumerate(pieces):
        words = piece.text.split()
        if piece.change is not Change.UNCHANGED or len(words) <= 2 * _WORDS_BESIDE:
            near.append(piece)
            continue
        before = words[:_WORDS_BESIDE] if place else []
        behind = words[-_WORDS_BESIDE:] if place + 1 < len(pieces) else []
        near.append(Piece(Change.UNCHANGED, " ".join([*before, "…", *behind])))
    return near


def _marked(pieces: Sequence[Piece], *, between: str = "") -> str:
    if between:
        return between.join(
            "".join(form for form, _ in marked([piece])) for piece in map(_printable, pieces)
        )
    return printable("".join(form for form, _ in marked(pieces)))


def _printable(piece: Piece) -> Piece:
    return Piece(piece.change, printable(piece.text))


class RereadSummary:
    """Counts the documents that were read again, and their quotes that change."""

    def __init__(self) -> None:
        self._states: Counter[str] = Counter()
        self._quotes = 0
        self._would_write = 0

    def count(self, reread: "Reread", changes: QuoteChanges | None) -> None:
        """Count a document."""
        self._states["written" if reread.written else reread.state.value] += 1
        self._quotes += changes.count if changes else 0
        self._would_write += not reread.written and (changes is not None or _pages_come(reread))

    @property
    def unread(self) -> int:
        """The number of documents whose original is not stored, or cannot be read today."""
        return self._states["not kept"] + self._states["refused"]

    @property
    def would_change(self) -> bool:
        """True if a document would get another text if it were read today."""
        return self._would_write > 0

    @property
    def written(self) -> bool:
        """True if a document was written."""
        return self._states["written"] > 0

    def print(self, console: Console, *, write: bool) -> None:
        """Print the number of documents and quotes of each kind, and what to type next."""
        counts = ", ".join(f"{count:,} {state}" for state, count in self._states.items())
        quotes = "1 quote" if self._quotes == 1 else f"{self._quotes:,} quotes"
        would = "changed" if write else "would change"
        line = f"{counts or 'No document'}. {quotes} {would}."
        if self.written:
            line += ' Type "verbatim refresh" to quote the new texts.'
        elif self.would_change and not write:
            line += ' Nothing was written. Type "verbatim reread --write" to write.'
        print_line(Text(line), console)
