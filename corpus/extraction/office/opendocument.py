"""Reads an OpenDocument text (.odt) into paragraphs, with all changes accepted."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from corpus.errors import UnreadableSource
from corpus.extraction.extract import Deviation, DeviationKind, DeviationName, Extract
from corpus.extraction.office.doctype import check_doctype
from corpus.extraction.office.inlinepieces import text_of_pieces, tidy
from corpus.extraction.office.opendocumentlists import ListNumbers
from corpus.extraction.office.opendocumentstyles import STYLE, TEXT, OpenDocumentStyles, number_in
from corpus.extraction.office.ziplimits import check_zip
from corpus.extraction.omissions import LeftOut, without_marks
from corpus.extraction.text import markup
from corpus.extraction.text.blocks import list_blocks, table_block

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_PARAGRAPHS = {f"{TEXT}p", f"{TEXT}h"}
_NOT_READ = {
    f"{TEXT}tracked-changes",
    f"{TEXT}ruby-text",
    f"{TEXT}note-citation",
    f"{TEXT}index-title-template",
    f"{_OFFICE}annotation",
    f"{_OFFICE}forms",
    f"{_DRAW}glue-point",
    "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}title",
    "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}desc",
}
_CHANGES = {f"{TEXT}change", f"{TEXT}change-start"}
_ROWS = {f"{_TABLE}{name}" for name in ("table-header-rows", "table-rows", "table-row-group")}
_MOST_SPACES = 100
_MOST_CELLS = 200
_LONG_CELL_WORDS = 30


def load() -> None:
    """Import the library, so that a fork of this process has it."""
    markup.load()


def read_open_document(data: bytes) -> Extract:
    """Return the text of an OpenDocument text and its facts about itself.

    It has the layout of a Word file's text: see ``read_word_document``. Headers and footers,
    struck-out, hidden and deleted text and the marks of notes are left out, and noted as
    deviations. Its date is not taken: it is the day on which the file was begun.

    Raises:
        UnreadableSource: if it is encrypted, damaged or truncated, unpacks to too much, has a
            document type definition (DTD) in a part, is no text, or holds none.
    """
    check_zip(data)
    try:
        check_doctype(data)
        parts = _parts(data)
        walk = _DocumentWalk(parts)
        body = parts["content.xml"].find(f"{_OFFICE}body/{_OFFICE}text")
        if body is None:
            raise UnreadableSource("an OpenDocument file that is no text. Save it as .pdf.")
        blocks = [*walk.blocks(body), *walk.notes()]
    except (MemoryError, RecursionError, UnreadableSource):
        raise
    except Exception as error:  # zipfile and lxml raise many
        raise UnreadableSource(
            f"damaged: it cannot be read as an OpenDocument text ({type(error).__name__}). "
            "Get a good copy of it."
        ) from error
    if not blocks:
        raise UnreadableSource("no text: it holds pictures at most. Add the text as .txt.")
    title, language = _stated(parts.get("meta.xml"))
    text, deviations = walk.left_out.placed("\n\n".join(blocks) + "\n")
    return Extract(
        text=text,
        title=without_marks(title or walk.title or "") or None,
        language=language,
        deviations=(
            *_margins(parts, "header", DeviationName.RUNNING_HEAD, 0),
            *deviations,
            *_margins(parts, "footer", DeviationName.FOOT_LINE, len(text)),
        ),
    )


def _parts(data: bytes) -> dict[str, Any]:
    """Return the roots of the parts that are read, by name."""
    found: dict[str, Any] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        if "META-INF/manifest.xml" in names:
            manifest = archive.read("META-INF/manifest.xml")
            if b"encryption-data" in manifest:
                raise UnreadableSource("encrypted: it needs a password. Save it without one.")
        for name in ("content.xml", "styles.xml", "meta.xml"):
            if name in names:
                found[name] = markup.xml_root(archive.read(name))
    if "content.xml" not in found:
        raise UnreadableSource("damaged: its text is missing. Get a good copy of it.")
    return found


def _stated(meta: Any | None) -> tuple[str | None, str | None]:
    """Return the title and the language that a file says it has."""
    if meta is None:
        return None, None
    title = next(meta.iter(f"{_DC}title"), None)
    language = next(meta.iter(f"{_DC}language"), None)
    return (
        None if title is None else _plain(title) or None,
        None if language is None else language.text,
    )


def _margins(
    parts: dict[str, Any], kind: str, name: DeviationName, position: int
) -> Iterator[Deviation]:
    """Yield the lines of headers or footers, each once."""
    styles = parts.get("styles.xml")
    seen: set[str] = set()
    if styles is None:
        return
    tags = [f"{STYLE}{kind}{which}" for which in ("", "-left", "-first")]
    for margin in styles.iter(*tags):
        for paragraph in margin.iter(f"{TEXT}p"):
            line = " ".join("".join(paragraph.itertext()).split())
            if line and line not in seen:
                seen.add(line)
                yield Deviation(DeviationKind.LEFT_OUT, name, line, position)


class _DocumentWalk:
    """Goes through a document once, and remembers the notes that the text refers to."""

    def __init__(self, parts: dict[str, Any]) -> None:
        content = parts["content.xml"]
        others = [parts["styles.xml"]] if "styles.xml" in parts else []
        self._styles = OpenDocumentStyles(content, *others)
        self._numbers = ListNumbers(self._styles)
        self._deleted = _deleted_texts(content)
        self._notes: list[Any] = []
        self.left_out = LeftOut()
        self.title: str | None = None

    def blocks(self, parent: Any) -> Iterator[str]:
        """Yield the blocks of an element that holds paragraphs, lists and tables."""
        points: list[str] = []
        for child in self._shown_children(parent):
            if child.tag == f"{TEXT}list":
                for number, text in self._points(child):
                    if number is None:
                        points.append(text)
                        continue
                    yield from list_blocks(points)
                    points = []
                    yield f"{number} {text}" if number else text
                continue
            yield from list_blocks(points)
            points = []
            if child.tag == f"{_TABLE}table":
                yield from self._table(child)
            elif child.tag in _PARAGRAPHS:
                yield from self._paragraph(child)
            else:
                yield from self.blocks(child)
        yield from list_blocks(points)

    def notes(self) -> Iterator[str]:
        """Yield the notes in the order in which the text refers to them."""
        for number, note in enumerate(self._notes, start=1):
            text = " ".join(" ".join(self.blocks(note)).split())
            if text:
                yield f"[{number}] {text}"

    def _shown_children(self, parent: Any) -> Iterator[Any]:
        """Yield paragraphs, lists, tables and their containers, but no hidden section."""
        for child in parent:
            if not isinstance(child.tag, str) or child.tag in _NOT_READ:
                continue
            if child.tag == f"{TEXT}section" and child.get(f"{TEXT}display") == "none":
                self.left_out.mark(DeviationName.HIDDEN_TEXT, "".join(child.itertext()))
                continue
            yield child

    def _paragraph(self, paragraph: Any) -> Iterator[str]:
        """Yield the block of a paragraph or heading, and those of its text boxes."""
        boxes: list[Any] = []
        text = tidy(self._content(paragraph, boxes))
        style = paragraph.get(f"{TEXT}style-name", "")
        if text:
            heading = paragraph.tag == f"{TEXT}h"
            if heading or self._styles.is_title(style):
                level = number_in(paragraph.get(f"{TEXT}outline-level"), 1) if heading else 1
                line = " ".join(text.split())
                if self.title is None and level <= 1:
                    self.title = line
                yield f"{'#' * min(max(1, level), 9)} {line}"
            else:
                yield text
        for box in boxes:
            yield from self.blocks(box)

    def _points(
        self, top: Any, level: int = 0, style: str = ""
    ) -> Iterator[tuple[str | None, str]]:
        """Yield each paragraph of a list with its number, "" for one that goes on in a point.

        The number is None for the line of a point that has a sign in place of a number.
        """
        style = self._numbers.begin(top, level, style)
        for item in self._shown_children(top):
            if item.tag not in {f"{TEXT}list-item", f"{TEXT}list-header"}:
                continue
            first = item.tag == f"{TEXT}list-item"
            for child in self._shown_children(item):
                if child.tag == f"{TEXT}list":
                    yield from self._points(child, level + 1, style)
                    continue
                if child.tag not in _PARAGRAPHS:
                    yield from (("", block) for block in self.blocks(child))
                    continue
                number = None
                if first:
                    number = self._numbers.next(item, style, level)
                for block in self._paragraph(child):
                    line = block.lstrip("#").lstrip() if child.tag == f"{TEXT}h" else block
                    if first and number:
                        yield number, line
                    elif first:
                        yield None, f"{'  ' * level}- {' '.join(line.split())}"
                    else:
                        yield "", line
                    first = False

    def _content(self, paragraph: Any, boxes: list[Any]) -> str:
        """Return the text of a paragraph; its text boxes are put aside."""
        shown = self._styles.shown("paragraph", paragraph.get(f"{TEXT}style-name", ""))
        if shown.absent is not None:
            return self.left_out.mark(shown.absent, _plain(paragraph))
        pieces = self._inline(paragraph, shown.raised, boxes)
        return text_of_pieces(pieces, self.left_out)

    def _inline(self, element: Any, raised: bool, boxes: list[Any]) -> Iterator[tuple[str, bool]]:
        """Yield the pieces of text within an element, and whether each is raised."""
        if element.text:
            yield _piece(element.text, raised)
        for child in element:
            if isinstance(child.tag, str):
                yield from self._child(child, raised, boxes)
            if child.tail:
                yield _piece(child.tail, raised)

    def _child(self, child: Any, raised: bool, boxes: list[Any]) -> Iterator[tuple[str, bool]]:
        tag = child.tag
        if tag in _NOT_READ:
            return
        if tag == f"{TEXT}s":
            yield " " * min(number_in(child.get(f"{TEXT}c"), 1), _MOST_SPACES), False
        elif tag == f"{TEXT}tab":
            yield " ", False
        elif tag == f"{TEXT}line-break":
            yield "\n", False
        elif tag in _CHANGES:
            deleted = self._deleted.get(child.get(f"{TEXT}change-id", ""), "")
            yield self.left_out.mark(DeviationName.DELETED_TEXT, deleted), False
        elif tag == f"{TEXT}note":
            yield self._note(child), False
        elif tag == f"{_DRAW}text-box":
            boxes.append(child)
        elif child.get(f"{TEXT}is-hidden") == "true":
            yield self.left_out.mark(DeviationName.HIDDEN_TEXT, _plain(child)), False
        elif tag == f"{TEXT}span":
            shown = self._styles.shown("text", child.get(f"{TEXT}style-name", ""))
            if shown.absent is not None:
                yield self.left_out.mark(shown.absent, _plain(child)), False
            else:
                yield from self._inline(child, raised or shown.raised, boxes)
        else:
            yield from self._inline(child, raised, boxes)

    def _note(self, note: Any) -> str:
        body = note.find(f"{TEXT}note-body")
        if body is None:
            return ""
        self._notes.append(body)
        return self.left_out.mark(DeviationName.NOTE, f"[{len(self._notes)}]")

    def _table(self, table: Any) -> Iterator[str]:
        """Yield a table as one block; one that only lays out the page gives the blocks in its
        cells.
        """
        rows = [list(_cells(row)) for row in _rows(table)]
        cells = [cell for row in rows for cell in row if cell is not None]
        if all(len(row) <= 1 for row in rows) or any(map(_is_long, cells)):
            for cell in cells:
                yield from self.blocks(cell)
            return
        block = table_block(
            [["" if cell is None else self._cell(cell) for cell in row] for row in rows]
        )
        if block:
            yield block

    def _cell(self, cell: Any) -> str:
        return " ".join(" ".join(self.blocks(cell)).split())


def _piece(text: str, raised: bool) -> tuple[str, bool]:
    """Return a piece of text, with the line ends of the XML as blanks."""
    shown = " ".join(without_marks(text).split("\n"))
    return shown, raised and bool(shown.strip())


def _plain(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _deleted_texts(content: Any) -> dict[str, str]:
    """Return the texts that were deleted under tracked changes, by the ids of the changes."""
    found = {}
    for region in content.iter(f"{TEXT}changed-region"):
        for deletion in region.iter(f"{TEXT}deletion"):
            words = (_plain(p) for p in deletion.iter(*_PARAGRAPHS))
            found[region.get(f"{TEXT}id", "")] = " ".join(words)
    return found


def _rows(table: Any) -> Iterator[Any]:
    for child in table:
        if child.tag in _ROWS:
            yield from _rows(child)
        elif child.tag == f"{_TABLE}table-row":
            yield child


def _cells(row: Any) -> Iterator[Any]:
    """Yield the cells of a row by column; None for one into which a cell above or to the left
    reaches.
    """
    left = _MOST_CELLS
    for cell in row:
        if cell.tag == f"{_TABLE}table-cell":
            yield cell
        elif cell.tag == f"{_TABLE}covered-table-cell":
            yield None
        else:
            continue
        times = min(number_in(cell.get(f"{_TABLE}number-columns-repeated"), 1), left)
        yield from [None] * (times - 1)
        left -= max(0, times - 1)


def _is_long(cell: Any) -> bool:
    """Return whether a cell holds more than one paragraph of prose."""
    lengths = (len("".join(p.itertext()).split()) for p in cell.iter(f"{TEXT}p"))
    return sum(length > _LONG_CELL_WORDS for length in lengths) > 1
