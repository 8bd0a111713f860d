"""Shows two texts beside each other: two of one document, or two statements."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bot.answering.answerer import Answerer
from bot.language import webtexts
from bot.verification.worddiff import Change, Piece
from bot.web.asked import Asked, Refused
from bot.web.catalogue import Catalogue
from bot.web.documentpages import DocumentPages
from bot.web.templates import Shown
from bot.web.values.addresses import Addresses
from bot.web.values.alignment import Row, aligned
from bot.web.values.pieces import direction, in_lines, language_tag
from bot.web.values.shownquotes import title_of
from corpus import Document, Passage

MOST_OFFERED = 500

Words = Sequence[tuple[str, str]]
"""The change of some words, "kept", "removed" or "added", and the words."""


@dataclass(frozen=True, slots=True)
class Side:
    """A paragraph in a row: its label, its address, its words with their changes."""

    label: str
    link: str
    words: Words
    direction: str


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of a page; ``kind`` is "kept", "changed", "removed" or "added"."""

    kind: str
    left: Side | None
    right: Side | None
    both: Words


@dataclass(frozen=True, slots=True)
class ComparisonPages:
    """Makes the pages that compare. Safe to call from several threads."""

    documents: DocumentPages
    catalogue: Catalogue

    def changes(self, asked: Asked, answerer: Answerer) -> Shown:
        """Return the page of what changed between two texts of a document.

        Without parameters these are today's text and the one before it.

        Raises:
            Refused: if there is no such document or text, or no earlier text.
        """
        now = asked.known_document(answerer, asked.path["document"])
        versions = self.documents.texts.versions(now, answerer, asked.groups)
        digests = [each.digest for each in versions if not each.is_current]
        given_old, given_new = asked.text("from"), asked.text("to")
        if not given_old and not digests:
            raise Refused(404, webtexts.NO_EARLIER_TEXT)
        old, new = (
            self.documents.text_called(asked, answerer, f"{now.id}@{digest}")
            for digest in (given_old or digests[-1], given_new or now.digest)
        )
        rows = [*_shown(aligned(old.quotable, new.quotable), old, new, asked.links)]
        values = _values(old, new, rows, asked)
        days = {each.digest: each.since.isoformat() for each in versions}
        values |= {
            "left_day": days.get(old.digest, ""),
            "right_day": days.get(new.digest, ""),
            "document_link": asked.links.document(now.id),
            "groups": [(kept, [*some]) for kept, some in groupby(rows, lambda r: r.kind == "kept")],
        }
        return Shown("changes.html", values)

    def compare(self, asked: Asked, answerer: Answerer) -> Shown:
        """Return the page of two statements side by side, paragraphs that are alike in one row.

        Raises:
            Refused: if there is no such document or text.
        """
        names = asked.text("a") or "", asked.text("b") or ""
        known = self.catalogue.of(answerer, asked.groups).documents[:MOST_OFFERED]
        values: dict[str, Any] = {
            "a": names[0],
            "b": names[1],
            "offered": [(each.id, title_of(each.title)) for each in known],
            "rows": None,
        }
        if not all(names):
            for name in filter(None, names):
                self.documents.text_called(asked, answerer, name)
            return Shown("compare.html", values)
        left, right = (self.documents.text_called(asked, answerer, name) for name in names)
        rows = [*_shown(aligned(left.quotable, right.quotable), left, right, asked.links)]
        return Shown("compare.html", values | _values(left, right, rows, asked))


def _values(
    left: Document, right: Document, rows: Sequence[ShownRow], asked: Asked
) -> dict[str, Any]:
    kinds = [row.kind for row in rows]
    return {
        "rows": rows,
        "left_title": title_of(left.title),
        "right_title": title_of(right.title),
        "left_link": asked.links.version(left.id, left.digest),
        "right_link": asked.links.version(right.id, right.digest),
        "left_language": language_tag(left.language),
        "right_language": language_tag(right.language),
        "counts": {kind: kinds.count(kind) for kind in ("kept", "changed", "removed", "added")},
    }


def _shown(
    rows: Sequence[Row], left: Document, right: Document, links: Addresses
) -> Iterator[ShownRow]:
    for row in rows:
        if row.left is not None and row.right is not None:
            kind = "kept" if row.is_equal else "changed"
        else:
            kind = "added" if row.left is None else "removed"
        yield ShownRow(
            kind,
            _side(row.left, left, row.pieces, Change.ADDED, links),
            _side(row.right, right, row.pieces, Change.REMOVED, links),
            [(each.change.value, each.text) for each in row.pieces],
        )


def _side(
    passage: Passage | None,
    document: Document,
    pieces: Sequence[Piece],
    absent: Change,
    links: Addresses,
) -> Side | None:
    """Return one side of a row, without the words that only the other side has; None without it."""
    if passage is None:
        return None
    words = [(p.change.value, p.text) for p in pieces if p.change is not absent]
    text = in_lines(passage.text)
    return Side(
        passage.label,
        links.passage(document, passage),
        words or [(Change.UNCHANGED.value, text)],
        direction(text, document.language),
    )
