"""A Word file (.docx) → its text in paragraphs, as it reads with all changes accepted."""

import io
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from corpus.errors import UnreadableSource
from corpus.extraction.blocks import list_blocks, table_block
from corpus.extraction.doctype import check_doctype
from corpus.extraction.extract import Extract
from corpus.extraction.ziplimits import check_zip

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_NOT_READ = {  # what is deleted, or said a second time for old programs
    f"{_W}del",
    f"{_W}moveFrom",
    f"{_W}pPr",
    f"{_W}rPr",
    f"{_W}rt",
    f"{_W}tbl",
    _FALLBACK,
}
_WRAPPERS = {f"{_W}{name}" for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo")}
_BREAKS = {f"{_W}cr": "\n", f"{_W}tab": " ", f"{_W}ptab": " ", f"{_W}noBreakHyphen": "-"}
_HEADING = re.compile(r"heading (\d)", re.I)
_SPACES = re.compile(r"[ \t\r\f\v]+")
_NO_TITLE = re.compile(r"(?:word|microsoft word)?\s*(?:document|dokument)?\d*|untitled", re.I)
_LONG_CELL_WORDS = 30
_MAX_STYLES_DEEP = 12


def load() -> None:
    """Imports the library and reads its template, so that a fork of this process has them."""
    import docx.opc.constants  # noqa: F401

    _default_styles()


def read_word_document(data: bytes) -> Extract:
    """The text of a Word file and what it says of itself.

    Paragraphs, headings ("## …"), lists (a line "- …" for each point) and tables (a line for each
    row) in the order of the file; footnotes and endnotes behind the text as "[1] …". Headers and
    footers are not read. Its date is not taken: it is the day on which the file, or the file
    that it was made from, was begun.

    Raises:
        UnreadableSource: if it is encrypted, damaged or truncated, unpacks to too much, has a
            document type definition (DTD) in a part, or holds no text.
    """
    import docx

    check_zip(data)
    try:
        check_doctype(data)
        document = docx.Document(io.BytesIO(data))
        reading = _Reading(document)
        blocks = [*reading.blocks(document.element.body), *reading.notes()]
    except (MemoryError, RecursionError, UnreadableSource):
        raise
    except Exception as error:  # python-docx lets errors of four libraries through
        raise UnreadableSource(
            f"damaged: it cannot be read as a Word file ({type(error).__name__}). "
            "Get a good copy of it."
        ) from error
    if not blocks:
        raise UnreadableSource("no text: it holds pictures at most. Add the text as .txt.")
    title, language = _stated(document)
    return Extract(text="\n\n".join(blocks) + "\n", title=title or reading.title, language=language)


def _stated(document: Any) -> tuple[str | None, str | None]:
    """Title and language in the core properties, if the file has them.

    python-docx makes up properties for a file without, a title among them.
    """
    from docx.opc.constants import RELATIONSHIP_TYPE

    relations = document.part.package.rels.values()
    if not any(r.reltype == RELATIONSHIP_TYPE.CORE_PROPERTIES for r in relations):
        return None, None
    properties = document.core_properties
    title = " ".join((properties.title or "").split())
    return None if _NO_TITLE.fullmatch(title) else title, properties.language or None


class _Reading:
    """Goes through a document once; remembers the notes that the text refers to."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._styles = _styles(document)
        self._notes: list[Any] = []
        self._sources = {
            f"{_W}footnoteReference": _notes_part(document, "footnotes"),
            f"{_W}endnoteReference": _notes_part(document, "endnotes"),
        }
        self.title: str | None = None

    def blocks(self, parent: Any) -> Iterator[str]:
        """The blocks of an element that holds paragraphs and tables."""
        points: list[str] = []
        for child in _unwrapped(parent):
            if child.tag == f"{_W}tbl":
                yield from list_blocks(points)
                points = []
                yield from self._table(child)
                continue
            boxes: list[Any] = []
            text = _tidy("".join(self._inline(child, boxes)))
            level = self._list_level(child)
            heading = self._heading_level(child)
            if text and heading is None and level is not None:
                points.append(f"{'  ' * level}- {' '.join(text.split())}")
            elif text:
                yield from list_blocks(points)
                points = []
                yield self._paragraph(text, heading)
            for box in boxes:
                yield from list_blocks(points)
                points = []
                yield from self.blocks(box)
        yield from list_blocks(points)

    def notes(self) -> Iterator[str]:
        """The notes in the order in which the text refers to them."""
        for number, note in enumerate(self._notes, start=1):
            text = " ".join(" ".join(self.blocks(note)).split())
            if text:
                yield f"[{number}] {text}"

    def _paragraph(self, text: str, heading: int | None) -> str:
        if heading is None:
            return text
        line = " ".join(text.split())
        if self.title is None and heading <= 1:
            self.title = line
        return f"{'#' * max(1, heading)} {line}"

    def _inline(self, element: Any, boxes: list[Any]) -> Iterator[str]:
        """The text within a paragraph; text boxes in it are put aside."""
        for child in element:
            tag = child.tag
            if tag in {f"{_W}t", _MATH_TEXT}:
                yield child.text or ""
            elif tag in _BREAKS:
                yield _BREAKS[tag]
            elif tag == f"{_W}br":
                yield " " if child.get(f"{_W}type") in {"page", "column"} else "\n"
            elif tag in self._sources:
                yield self._reference(child)
            elif tag == f"{_W}txbxContent":
                boxes.append(child)
            elif tag == f"{_W}r" and _is_hidden(child):
                continue
            elif tag not in _NOT_READ and isinstance(tag, str):
                yield from self._inline(child, boxes)

    def _reference(self, element: Any) -> str:
        notes = self._sources[element.tag]
        note = notes.get(element.get(f"{_W}id"))
        if note is None:
            return ""
        self._notes.append(note)
        return f"[{len(self._notes)}]"

    def _heading_level(self, paragraph: Any) -> int | None:
        """0 for a title, 1 to 9 for a heading, None for other paragraphs."""
        outline = paragraph.find(f"{_W}pPr/{_W}outlineLvl")
        if outline is not None:
            level = int(outline.get(f"{_W}val", "9"))
            return level + 1 if level < 9 else None  # noqa: PLR2004 (9 is body text)
        for style in self._chain(paragraph):
            name = _value(style, "name").lower()
            if name == "title":
                return 0
            if match := _HEADING.fullmatch(name):
                return int(match[1])
        return None

    def _list_level(self, paragraph: Any) -> int | None:
        """The level of a list's point, 0 for the outermost; None for other paragraphs."""
        for holder in (paragraph, *self._chain(paragraph)):
            numbering = holder.find(f"{_W}pPr/{_W}numPr")
            if numbering is None:
                continue
            if _value(numbering, "numId") == "0":
                return None
            level = _value(numbering, "ilvl")
            return int(level) if level.isdigit() else 0
        return None

    def _chain(self, paragraph: Any) -> Iterator[Any]:
        """The style of a paragraph, and those that it is based on."""
        properties = paragraph.find(f"{_W}pPr")
        name = _value(properties, "pStyle") if properties is not None else ""
        for _ in range(_MAX_STYLES_DEEP):
            style = self._styles.get(name)
            if style is None:
                return
            yield style
            name = _value(style, "basedOn")

    def _table(self, table: Any) -> Iterator[str]:
        """A table as one block; one that only lays out the page gives the blocks in its cells."""
        rows = [list(_cells(row)) for row in _unwrapped(table) if row.tag == f"{_W}tr"]
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


def _styles(document: Any) -> dict[str, Any]:
    """The styles by their id; that of paragraphs without one also by the empty id."""
    from docx.opc.constants import RELATIONSHIP_TYPE

    try:
        element = document.part.part_related_by(RELATIONSHIP_TYPE.STYLES).element
    except KeyError:
        element = _default_styles()
    styles = {}
    for style in element.iter(f"{_W}style"):
        styles[style.get(f"{_W}styleId", "")] = style
        if style.get(f"{_W}default") in {"1", "true"} and style.get(f"{_W}type") == "paragraph":
            styles.setdefault("", style)
    return styles


@cache
def _default_styles() -> Any:
    """The styles that python-docx gives to a file without any, from a template on the disk."""
    from docx.opc.package import OpcPackage
    from docx.parts.styles import StylesPart

    return StylesPart.default(OpcPackage()).element


def _notes_part(document: Any, name: str) -> dict[str, Any]:
    """The footnotes or endnotes of a document by id, without those that only draw a line."""
    from docx.oxml import parse_xml

    for relation in document.part.rels.values():
        if relation.reltype.endswith(f"/{name}") and not relation.is_external:
            root = parse_xml(relation.target_part.blob)
            return {
                note.get(f"{_W}id"): note
                for note in root
                if note.get(f"{_W}type", "normal") == "normal"
            }
    return {}


def _unwrapped(parent: Any) -> Iterator[Any]:
    """Paragraphs, tables and rows, also those within content controls and insertions."""
    for child in parent:
        if child.tag in _WRAPPERS:
            yield from _unwrapped(child)
        elif child.tag in {f"{_W}p", f"{_W}tbl", f"{_W}tr", f"{_W}tc"}:
            yield child


def _cells(row: Any) -> Iterator[Any]:
    """The cells of a row by column; None where a cell above or to the left reaches into it."""
    properties = row.find(f"{_W}trPr")
    skipped = _value(properties, "gridBefore") if properties is not None else ""
    yield from [None] * _number(skipped, 0)
    for cell in _unwrapped(row):
        settings = cell.find(f"{_W}tcPr")
        merge = settings.find(f"{_W}vMerge") if settings is not None else None
        reaches = merge is not None and merge.get(f"{_W}val", "continue") == "continue"
        yield None if reaches else cell
        span = _value(settings, "gridSpan") if settings is not None else ""
        yield from [None] * (_number(span, 1) - 1)


def _is_long(cell: Any) -> bool:
    """Whether a cell holds more than one paragraph of prose."""
    lengths = (
        len("".join(t.text or "" for t in paragraph.iter(f"{_W}t")).split())
        for paragraph in cell.iter(f"{_W}p")
    )
    return sum(length > _LONG_CELL_WORDS for length in lengths) > 1


def _is_hidden(run: Any) -> bool:
    vanish = run.find(f"{_W}rPr/{_W}vanish")
    return vanish is not None and vanish.get(f"{_W}val", "true") not in {"0", "false", "off"}


def _value(element: Any, name: str) -> str:
    """The value of a child element, or ""."""
    child = element.find(f"{_W}{name}")
    return "" if child is None else str(child.get(f"{_W}val", ""))


def _number(value: str, default: int) -> int:
    return min(int(value), 100) if value.isdigit() and int(value) else default


def _tidy(text: str) -> str:
    """A paragraph's text with single spaces and without white space at the ends of its lines."""
    lines = (line.strip() for line in _SPACES.sub(" ", text.replace("\u00ad", "")).split("\n"))
    tidied = "\n".join(line for line in lines if line)
    return tidied if any(c.isalnum() for c in tidied) else ""
