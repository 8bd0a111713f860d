"""Reads a Word file (.docx) into paragraphs, with all changes accepted."""

import io
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from corpus.errors import UnreadableSource
from corpus.extraction.extract import Deviation, DeviationKind, DeviationName, Extract
from corpus.extraction.office.doctype import check_doctype
from corpus.extraction.office.inlinepieces import Piece, text_of_pieces, tidy
from corpus.extraction.office.symbolfonts import is_symbol_font, sign_of
from corpus.extraction.office.wordnumbering import WordNumbering
from corpus.extraction.office.ziplimits import check_zip
from corpus.extraction.omissions import LeftOut, without_marks
from corpus.extraction.text.blocks import list_blocks, table_block
from corpus.extraction.text.mathtext import formula_text

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FORMULA = "{http://schemas.openxmlformats.org/officeDocument/2006/math}oMath"
_COMPATIBLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_ALTERNATIVES = f"{_COMPATIBLE}AlternateContent"
_NOT_READ = {  # moved to another place, or said a second time for old programs
    f"{_W}moveFrom",
    f"{_W}pPr",
    f"{_W}rPr",
    f"{_W}rt",
    f"{_W}tbl",
}
_WRAPPERS = {f"{_W}{name}" for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo")}
_BREAKS = {
    f"{_W}br": "\n",
    f"{_W}cr": "\n",
    f"{_W}tab": " ",
    f"{_W}ptab": " ",
    f"{_W}noBreakHyphen": "-",
}
_HEADING = re.compile(r"heading (\d)", re.I)
_ON = frozenset(("1", "true", "on"))
_NO_TITLE = re.compile(r"(?:word|microsoft word)?\s*(?:document|dokument)?\d*|untitled", re.I)
_LONG_CELL_WORDS = 30
_NOT_SHOWN = (
    (("vanish",), DeviationName.HIDDEN_TEXT),
    (("strike", "dstrike"), DeviationName.STRUCK_OUT_TEXT),
)
_CODE = re.compile(r"[0-9A-Fa-f]{1,6}")
_PRIVATE_AREA = 0xF000
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_MAX_STYLES_DEEP = 12


def load() -> None:
    """Import the library and read its template, so that a fork of this process has them."""
    import docx.opc.constants  # noqa: F401

    _default_styles()


def read_word_document(data: bytes) -> Extract:
    """Return the text of a Word file and its facts about itself.

    Paragraphs, headings ("## …"), lists (a line "- …" for each point) and tables (a line for each
    row) come in the order of the file, and footnotes and endnotes after them as "[1] …". A
    paragraph that Word numbers is a paragraph of its own, with its number. Headers and footers,
    struck-out, hidden and deleted text and the marks of notes are left out, and noted as
    deviations. Its date is not taken: it is the day on which the file, or its template, was begun.

    Raises:
        UnreadableSource: if it is encrypted, damaged or truncated, unpacks to too much, has a
            document type definition (DTD) in a part, or holds no text.
    """
    import docx

    check_zip(data)
    try:
        check_doctype(data)
        document = docx.Document(io.BytesIO(data))
        walk = _DocumentWalk(document)
        blocks = [*walk.blocks(document.element.body), *walk.notes()]
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
    text, deviations = walk.left_out.placed("\n\n".join(blocks) + "\n")
    heads = _lines_of_margins(document, "header", DeviationName.RUNNING_HEAD, 0)
    feet = _lines_of_margins(document, "footer", DeviationName.FOOT_LINE, len(text))
    return Extract(
        text=text,
        title=without_marks(title or walk.title or "") or None,
        language=language,
        deviations=(*heads, *deviations, *feet),
    )


def _lines_of_margins(
    document: Any, kind: str, name: DeviationName, position: int
) -> Iterator[Deviation]:
    """Yield the lines of headers or footers, each once."""
    from docx.oxml import parse_xml

    seen: set[str] = set()
    for relation in document.part.rels.values():
        if relation.is_external or not relation.reltype.endswith(f"/{kind}"):
            continue
        for paragraph in parse_xml(relation.target_part.blob).iter(f"{_W}p"):
            line = " ".join("".join(t.text or "" for t in paragraph.iter(f"{_W}t")).split())
            if line and line not in seen:
                seen.add(line)
                yield Deviation(DeviationKind.LEFT_OUT, name, line, position)


def _stated(document: Any) -> tuple[str | None, str | None]:
    """Return the title and the language in the core properties, if the file has them.

    python-docx invents properties, a title among them, for a file without any.
    """
    from docx.opc.constants import RELATIONSHIP_TYPE

    relations = document.part.package.rels.values()
    if not any(r.reltype == RELATIONSHIP_TYPE.CORE_PROPERTIES for r in relations):
        return None, None
    properties = document.core_properties
    title = " ".join((properties.title or "").split())
    return None if _NO_TITLE.fullmatch(title) else title, properties.language or None


class _DocumentWalk:
    """Goes through a document once, and remembers the notes that the text refers to."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._styles = _styles(document)
        self._numbering = WordNumbering(_numbering_part(document))
        self._notes: list[Any] = []
        self._values: dict[tuple[str, str], str | None] = {}
        self._styled_paragraph: tuple[Any, str] = (None, "")
        self._fields: list[bool] | None = None
        self._instructions = 0
        self.left_out = LeftOut()
        self._sources = {
            f"{_W}footnoteReference": _notes_part(document, "footnotes"),
            f"{_W}endnoteReference": _notes_part(document, "endnotes"),
            f"{_W}commentReference": _notes_part(document, "comments"),
        }
        self.title: str | None = None

    def blocks(self, parent: Any, *, bare_numbers: bool = False) -> Iterator[str]:
        """Yield the blocks of an element that holds paragraphs and tables.

        With ``bare_numbers``, the number of an empty paragraph is a block, as in a table.
        """
        points: list[str] = []
        carried = ""
        for child in _unwrapped(parent):
            if child.tag == f"{_W}altChunk":
                carried += self.left_out.mark(DeviationName.PAGE_TEXT, "an embedded document")
                continue
            if child.tag == f"{_W}tbl":
                yield from list_blocks(points)
                points = []
                yield from self._table(child)
                continue
            boxes: list[Any] = []
            content = carried + self._content(child, boxes)
            if _mark_is_deleted(child):
                carried = content  # the next paragraph goes on in this one
                continue
            carried = ""
            text = tidy(content)
            place = self._list_place(child)
            heading = self._heading_level(child)
            number = "" if place is None else self._numbering.next(*place)
            if text and heading is None and place is not None and not number:
                points.append(f"{'  ' * place[1]}- {' '.join(text.split())}")
            elif text:
                yield from list_blocks(points)
                points = []
                yield self._paragraph(f"{number} {text}" if number else text, heading)
            elif number and bare_numbers:
                yield number
            for box in boxes:
                yield from list_blocks(points)
                points = []
                yield from self.blocks(box)
        yield from list_blocks(points)
        if text := tidy(carried):
            yield text

    def notes(self) -> Iterator[str]:
        """Yield the notes in the order in which the text refers to them."""
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

    def _content(self, paragraph: Any, boxes: list[Any]) -> str:
        """Return the text of a paragraph; its text boxes are put aside."""
        self._fields = [] if _fields_are_whole(paragraph) else None
        self._instructions = 0
        return text_of_pieces(self._inline(paragraph, paragraph, boxes), self.left_out)

    def _inline(self, element: Any, paragraph: Any, boxes: list[Any]) -> Iterator[Piece]:
        """Yield the pieces of text within a paragraph."""
        for child in element:
            tag = child.tag
            if tag == f"{_W}t":
                yield self._shown(without_marks(child.text or "")), False
            elif tag == _FORMULA:
                yield without_marks(formula_text(child)), False
            elif tag == f"{_W}fldChar":
                self._enter_field(child.get(f"{_W}fldCharType", ""))
            elif tag in _BREAKS:
                moves = child.get(f"{_W}type") in {"page", "column"}
                yield " " if moves else _BREAKS[tag], False
            elif tag in self._sources:
                yield self._reference(child), False
            elif tag == f"{_W}sym":
                yield self._sign(child), False
            elif tag == f"{_W}txbxContent":
                boxes.append(child)
            elif tag == f"{_W}del":
                deleted = "".join(each.text or "" for each in child.iter(f"{_W}delText"))
                yield self.left_out.mark(DeviationName.DELETED_TEXT, deleted), False
            elif tag == f"{_W}r":
                yield from self._run(child, paragraph, boxes)
            elif tag == _ALTERNATIVES:
                yield from self._inline(_alternative(child), paragraph, boxes)
            elif tag not in _NOT_READ and isinstance(tag, str):
                yield from self._inline(child, paragraph, boxes)

    def _enter_field(self, part: str) -> None:
        """Follow a field: its instruction is no text, but its result is."""
        if self._fields is None:
            return
        if part == "begin":
            self._fields.append(True)
            self._instructions += 1
        elif self._fields and part in {"separate", "end"}:
            self._instructions -= self._fields.pop()
            if part == "separate":
                self._fields.append(False)

    def _shown(self, text: str) -> str:
        """Return a text, or the mark of one that is the instruction of a field."""
        if self._instructions:
            return self.left_out.mark(DeviationName.MARKUP, text)
        return text

    def _comment(self, comment: Any | None) -> str:
        words = () if comment is None else (each.text or "" for each in comment.iter(f"{_W}t"))
        return self.left_out.mark(DeviationName.ASIDE, "".join(words))

    def _run(self, run: Any, paragraph: Any, boxes: list[Any]) -> Iterator[Piece]:
        """Yield the pieces of a run, or the mark of one that is hidden or struck out."""
        for names, deviation in _NOT_SHOWN:
            if any(self._is_set(run, paragraph, name) for name in names):
                text = "".join(each.text or "" for each in run.iter(f"{_W}t"))
                yield self.left_out.mark(deviation, text), False
                return
        raised = self._is_raised(run, paragraph)
        font = _font_of(run)
        own_mark = any(each.get(f"{_W}customMarkFollows") in _ON for each in run)
        for piece, _ in self._inline(run, paragraph, boxes):
            if own_mark and not _is_place(piece):
                continue  # the note's mark as it is typed: its reference is noted
            shown = _in_unicode(piece, font) if font else piece
            shown = _PRIVATE.sub(self._unknown_sign, shown)
            yield shown, raised and bool(shown.strip())

    def _is_raised(self, run: Any, paragraph: Any) -> bool | None:
        """Return whether the text of a run is raised; None if it is lowered."""
        align = self._property(run, paragraph, "vertAlign")
        if align in {"superscript", "subscript"}:
            return True if align == "superscript" else None
        own = run.find(f"{_W}rPr")
        height = "" if own is None else _value(own, "position")
        return height.isdigit() and int(height) > 0

    def _unknown_sign(self, match: re.Match[str]) -> str:
        code = f"{ord(match[0]):04X}"
        return f"\ufffd{self.left_out.mark(DeviationName.SYMBOL, code)}"

    def _is_set(self, run: Any, paragraph: Any, name: str) -> bool:
        return self._property(run, paragraph, name) not in {None, "0", "false", "off"}

    def _property(self, run: Any, paragraph: Any, name: str) -> str | None:
        """Return a property of a run's text, its own or that of its styles; None if it is not
        set.
        """
        own = run.find(f"{_W}rPr")
        if own is not None:
            found = own.find(f"{_W}{name}")
            if found is not None:
                return str(found.get(f"{_W}val", "true"))
            style = _value(own, "rStyle")
            if style and (value := self._styled(style, name)) is not None:
                return value
        return self._styled(self._style_of(paragraph), name)

    def _style_of(self, paragraph: Any) -> str:
        """Return the style of a paragraph, looked up once for all its runs, since each look-up of a
        paragraph without properties takes time in proportion to its runs.
        """
        if self._styled_paragraph[0] is not paragraph:
            properties = paragraph.find(f"{_W}pPr")
            style = "" if properties is None else _value(properties, "pStyle")
            self._styled_paragraph = (paragraph, style)
        return self._styled_paragraph[1]

    def _styled(self, style: str, name: str) -> str | None:
        """Return a property of the text in a style, or in one that it is based on."""
        if (style, name) not in self._values:
            holders = (each.find(f"{_W}rPr/{_W}{name}") for each in self._based_on(style))
            found = next((each for each in holders if each is not None), None)
            value = None if found is None else str(found.get(f"{_W}val", "true"))
            self._values[style, name] = value
        return self._values[style, name]

    def _sign(self, element: Any) -> str:
        """Return a sign of a symbol font in Unicode, "�" for one that is not known."""
        font, digits = element.get(f"{_W}font", ""), element.get(f"{_W}char", "")
        code = int(digits, 16) if _CODE.fullmatch(digits) else 0
        sign = sign_of(font, code)
        if sign is None:
            return f"\ufffd{self.left_out.mark(DeviationName.SYMBOL, f'{font} {digits}')}"
        return sign

    def _reference(self, element: Any) -> str:
        notes = self._sources[element.tag]
        if element.tag == f"{_W}commentReference":
            return self._comment(notes.get(element.get(f"{_W}id")))
        note = notes.get(element.get(f"{_W}id"))
        if note is None:
            return ""
        self._notes.append(note)
        return self.left_out.mark(DeviationName.NOTE, f"[{len(self._notes)}]")

    def _heading_level(self, paragraph: Any) -> int | None:
        """Return 0 for a title, 1 to 9 for a heading, None for other paragraphs."""
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

    def _list_place(self, paragraph: Any) -> tuple[str, int] | None:
        """Return the list of a point and its level, 0 for the outermost; None for other
        paragraphs.
        """
        for holder in (paragraph, *self._chain(paragraph)):
            numbering = holder.find(f"{_W}pPr/{_W}numPr")
            if numbering is None:
                continue
            name = _value(numbering, "numId")
            if name == "0":
                return None
            if not name:
                continue  # it changes the level alone, of a list that its style names
            own = paragraph.find(f"{_W}pPr/{_W}numPr")
            level = (own is not None and _value(own, "ilvl")) or _value(numbering, "ilvl")
            if not level and holder is not paragraph:
                return name, self._numbering.level_of_style(name, self._style_of(paragraph))
            return name, int(level) if level.isdigit() and len(level) == 1 else 0
        return None

    def _chain(self, paragraph: Any) -> Iterator[Any]:
        """Yield the style of a paragraph, and those that it is based on."""
        properties = paragraph.find(f"{_W}pPr")
        yield from self._based_on(_value(properties, "pStyle") if properties is not None else "")

    def _based_on(self, name: str) -> Iterator[Any]:
        for _ in range(_MAX_STYLES_DEEP):
            style = self._styles.get(name)
            if style is None:
                return
            yield style
            name = _value(style, "basedOn")

    def _table(self, table: Any) -> Iterator[str]:
        """Yield a table as one block; one that only lays out the page gives the blocks in its
        cells.
        """
        rows = []
        gone = ""
        for row in _unwrapped(table):
            if row.tag != f"{_W}tr":
                continue
            name = _row_is_gone(row)
            if name is not None:
                gone += self.left_out.mark(name, _words_of(row))
                continue
            cells = list(_cells(row))
            for place, cell in enumerate(cells):
                if cell is not None and cell.find(f"{_W}tcPr/{_W}cellDel") is not None:
                    gone += self.left_out.mark(DeviationName.DELETED_TEXT, _words_of(cell))
                    cells[place] = None
            rows.append(cells)
        cells = [cell for row in rows for cell in row if cell is not None]
        if all(len(row) <= 1 for row in rows) or any(map(_is_long, cells)):
            for cell in cells:
                yield from self.blocks(cell)
            return
        block = table_block(
            [["" if cell is None else self._cell(cell) for cell in row] for row in rows]
        )
        if block:
            yield gone + block

    def _cell(self, cell: Any) -> str:
        return " ".join(" ".join(self.blocks(cell, bare_numbers=True)).split())


def _styles(document: Any) -> dict[str, Any]:
    """Return the styles by their id; the empty id stands for paragraphs without one."""
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
    """Return the styles that python-docx gives to a file without any, from its template on the
    disk.
    """
    from docx.opc.package import OpcPackage
    from docx.parts.styles import StylesPart

    return StylesPart.default(OpcPackage()).element


def _notes_part(document: Any, name: str) -> dict[str, Any]:
    """Return the footnotes or endnotes of a document by id, without those that only draw a line."""
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
    """Yield paragraphs, tables and rows, also those within content controls and insertions."""
    for child in parent:
        if child.tag in _WRAPPERS:
            yield from _unwrapped(child)
        elif child.tag == _ALTERNATIVES:
            yield from _unwrapped(_alternative(child))
        elif child.tag in {f"{_W}{name}" for name in ("p", "tbl", "tr", "tc", "altChunk")}:
            yield child


def _alternative(element: Any) -> Any:
    """Return the newest of several forms of the same content, which is the first; an empty one if
    none.
    """
    for name in ("Choice", "Fallback"):
        found = element.find(f"{_COMPATIBLE}{name}")
        if found is not None:
            return found
    return element.makeelement(f"{_W}r")


def _fields_are_whole(paragraph: Any) -> bool:
    """Return whether each field that begins in a paragraph ends in it."""
    types = [each.get(f"{_W}fldCharType") for each in paragraph.iter(f"{_W}fldChar")]
    return bool(types) and types.count("begin") == types.count("end")


def _row_is_gone(row: Any) -> DeviationName | None:
    """Return the reason why a row of a table is not shown; None if it is."""
    properties = row.find(f"{_W}trPr")
    if properties is None:
        return None
    if properties.find(f"{_W}del") is not None:
        return DeviationName.DELETED_TEXT
    hidden = properties.find(f"{_W}hidden")
    shown = hidden is None or hidden.get(f"{_W}val", "true") not in _ON
    return None if shown else DeviationName.HIDDEN_TEXT


def _words_of(element: Any) -> str:
    """Return the text of an element, with a space between its paragraphs."""
    paragraphs = (
        "".join(t.text or "" for t in paragraph.iter(f"{_W}t", f"{_W}delText"))
        for paragraph in element.iter(f"{_W}p")
    )
    return " ".join(paragraphs)


def _is_place(piece: str) -> bool:
    """Return whether a piece is only the mark of a place from which something was left out."""
    return bool(piece) and not without_marks(piece)


def _cells(row: Any) -> Iterator[Any]:
    """Yield the cells of a row by column; None for one into which a cell above or to the left
    reaches.
    """
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
    """Return whether a cell holds more than one paragraph of prose."""
    lengths = (
        len("".join(t.text or "" for t in paragraph.iter(f"{_W}t")).split())
        for paragraph in cell.iter(f"{_W}p")
    )
    return sum(length > _LONG_CELL_WORDS for length in lengths) > 1


def _mark_is_deleted(paragraph: Any) -> bool:
    """Return whether the end of a paragraph is deleted, so that the next one goes on in it."""
    mark = paragraph.find(f"{_W}pPr/{_W}rPr")
    return mark is not None and any(
        mark.find(f"{_W}{name}") is not None for name in ("del", "moveFrom")
    )


def _font_of(run: Any) -> str:
    """Return the symbol font of a run; "" for any other."""
    fonts = run.find(f"{_W}rPr/{_W}rFonts")
    names = [] if fonts is None else [fonts.get(f"{_W}{kind}", "") for kind in ("ascii", "hAnsi")]
    return next((name for name in names if is_symbol_font(name)), "")


def _in_unicode(text: str, font: str) -> str:
    """Return a text in a symbol font as signs; letters outside its codes stay."""
    return "".join((sign_of(font, ord(c)) or c) if ord(c) >= _PRIVATE_AREA else c for c in text)


def _numbering_part(document: Any) -> Any | None:
    from docx.oxml import parse_xml

    for relation in document.part.rels.values():
        if relation.reltype.endswith("/numbering") and not relation.is_external:
            return parse_xml(relation.target_part.blob)
    return None


def _value(element: Any, name: str) -> str:
    """Return the value of a child element, or ""."""
    child = element.find(f"{_W}{name}")
    return "" if child is None else str(child.get(f"{_W}val", ""))


def _number(value: str, default: int) -> int:
    return min(int(value), 100) if value.isdigit() and int(value) else default
