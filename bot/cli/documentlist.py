"""Prints the documents as a table of one line each."""

from collections.abc import Sequence
from enum import StrEnum

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli.terminal import print_line
from bot.cli.weblinks import link_to
from bot.language.bidiisolation import isolated
from corpus import Document
from corpus.provenance.publishernames import publisher_name

_UNKNOWN = "–"
_HEADS = ("document", "date", "¶", "publisher", "title")
_BETWEEN = 2
_ID_SHARE = 0.4
_PUBLISHER_SHARE = 0.25


class DocumentOrder(StrEnum):
    """The orders of a list of documents."""

    DOCUMENT = "document"
    DATE = "date"
    PUBLISHER = "publisher"
    TITLE = "title"


def in_order(documents: Sequence[Document], order: DocumentOrder) -> list[Document]:
    """Return the documents by id, by title or by publisher from A to Z, or by date, the newest
    first.

    Equal ones are in the order of their ids; those without a date or a publisher come last.
    """
    found = sorted(documents, key=lambda document: document.id)
    match order:
        case DocumentOrder.DATE:
            dated = [document for document in found if document.published]
            dated.sort(key=lambda d: d.published.toordinal() if d.published else 0, reverse=True)
            return [*dated, *(document for document in found if not document.published)]
        case DocumentOrder.PUBLISHER:
            found.sort(key=lambda d: (not publisher_name(d), (publisher_name(d) or "").casefold()))
        case DocumentOrder.TITLE:
            found.sort(key=lambda document: document.title.casefold())
    return found


def print_documents(documents: Sequence[Document], console: Console) -> None:
    """Print a line a document: id, date, number of paragraphs, publisher and title.

    On a terminal they are columns, cut to its width, and a title leads to its web address.
    Elsewhere tabs stand between the whole fields.
    """
    rows = [_row(document) for document in documents]
    if not console.is_terminal:
        for document_id, day, count, publisher, title in rows:
            fields = (document_id, day, f"{count} ¶", isolated(publisher), isolated(title))
            print_line(Text("\t".join(fields)), console)
        return
    widths = _widths([_HEADS, *rows], console.width)
    table = Table(box=None, pad_edge=False, padding=(0, _BETWEEN, 0, 0))
    for head, width in zip(_HEADS, widths, strict=True):
        table.add_column(
            _cut(head, width),
            width=width,
            no_wrap=True,
            justify="right" if head == "¶" else "left",
        )
    for document, row in zip(documents, rows, strict=True):
        cells = [_cut(text, width) for text, width in zip(row, widths, strict=True)]
        cells[3:] = map(isolated, cells[3:])
        address = document.url or document.fetched or ""
        table.add_row(*map(Text, cells[:-1]), Text(cells[-1], style=link_to(address)))
    console.print(table)


def _row(document: Document) -> tuple[str, str, str, str, str]:
    return (
        document.id,
        document.published.isoformat() if document.published else _UNKNOWN,
        str(len(document.passages)),
        " ".join((publisher_name(document) or _UNKNOWN).split()),
        " ".join(document.title.split()),
    )


def _widths(rows: Sequence[tuple[str, ...]], room: int) -> tuple[int, ...]:
    """Return the widths of the columns, in all at most ``room`` where that is possible.

    Date and number are whole. If the others have no room, id and publisher get at most a share of
    it, and the title has the rest.
    """
    whole = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    document, day, count, publisher, title = whole
    left = max(room - day - count - _BETWEEN * len(_HEADS), len(_HEADS))
    if document + publisher + title > left:
        publisher = min(publisher, max(int(_PUBLISHER_SHARE * left), 1))
        document = min(document, max(int(_ID_SHARE * left), left - publisher - title, 1))
        title = max(left - publisher - document, 1)
    return document, day, count, publisher, title


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else f"{set_cell_size(text, width - 1).rstrip()}…"
