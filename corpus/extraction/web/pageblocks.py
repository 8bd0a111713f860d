"""Turns the tree of a page's text into blocks: paragraphs, headings, lists and tables.

The elements are named as trafilatura names them.
"""

import re
from collections.abc import Iterator
from typing import Any

from corpus.extraction.omissions import NUMBERED
from corpus.extraction.text.blocks import list_blocks, table_block

_SPACES = re.compile(r"[ \t\n\r\f\v]+")
_BREAK = "\x00"
_SOFT_HYPHEN = "\u00ad"  # nobody sees it but where a browser breaks a line
_PARAGRAPH_BREAK = re.compile(rf"{_BREAK}(?:[ \u00a0]{{0,5}}{_BREAK})++")
_BLANK_LINE = re.compile(r"\n[ \t]*\n\s*")
_HEADINGS = range(1, 7)
_HEADING_TAGS = tuple(f"h{level}" for level in _HEADINGS)
_BLOCK_TAGS = ("section", "article", "main", "header", "footer", "center", "address", "dl", "dd")
_ITS_WORDS = {
    **dict.fromkeys(_HEADING_TAGS, "head"),
    **dict.fromkeys((*_BLOCK_TAGS, "dt", "figure", "figcaption", "form", "aside"), "div"),
    **dict.fromkeys(("details", "summary", "nav", "legend", "fieldset", "hgroup"), "div"),
    **{"ul": "list", "ol": "list", "li": "item", "tr": "row", "td": "cell", "th": "cell"},
    **{"blockquote": "quote", "pre": "quote", "br": "lb", "img": "graphic", "s": "del"},
}
_INLINE_WORDS = 30  # a table with longer cells is there for the layout of the page


def in_its_words(body: Any) -> Any:
    """Return the element of a page's body with its elements named as trafilatura names them."""
    for element in body.iter(*_ITS_WORDS):
        if element.tag in _HEADING_TAGS:
            element.set("rend", element.tag)
        element.tag = _ITS_WORDS[element.tag]
    return body


def blocks_of(body: Any) -> Iterator[str]:
    """Yield the blocks of trafilatura's body element, in reading order."""
    inline: list[str] = []
    yield from _inside(body, inline)
    yield from _paragraphs(inline)


def _inside(element: Any, inline: list[str]) -> Iterator[str]:
    """Yield the blocks within an element; inline text that continues behind it is left in
    ``inline``.
    """
    inline.append(element.text or "")
    for child in element:
        tag = child.tag
        if tag in {"p", "quote", "div", "head", "list", "table", "item", "row", "cell"}:
            yield from _paragraphs(inline)
        if tag == "head":
            yield from _heading(child)
        elif tag == "list":
            yield from list_blocks([point for point in _points(child) if _says_something(point)])
        elif tag == "table":
            yield from _table(child)
        elif tag == "code" and "\n" in (child.text or ""):
            yield from _paragraphs(inline)
            yield from _preformatted("".join(child.itertext()))
        elif tag == "quote" and len(child) == 0 and "\n" in (child.text or "").strip():
            yield from _preformatted(child.text)
        elif tag in {"p", "quote", "div", "item", "row", "cell"}:
            yield from _inside(child, inline)
            yield from _paragraphs(inline)
        elif tag == "lb":
            inline.append(_BREAK)
        elif tag not in {"graphic", "del"}:
            yield from _inside(child, inline)
        inline.append(child.tail or "")


def _paragraphs(inline: list[str]) -> Iterator[str]:
    """Yield the paragraphs in gathered inline text; two line breaks in a row separate them."""
    text = _SPACES.sub(" ", "".join(inline).replace(_SOFT_HYPHEN, ""))
    inline.clear()
    for paragraph in _PARAGRAPH_BREAK.split(text):
        lines = (line.strip() for line in paragraph.split(_BREAK))
        yield from _as_block("\n".join(line for line in lines if line))


def _as_block(text: str) -> Iterator[str]:
    if _says_something(text):
        yield text


def _says_something(text: str) -> bool:
    return any(c.isalnum() for c in text)


def _line(element: Any) -> str:
    """Return all text within an element as one line."""
    inline: list[str] = []
    return " ".join(" ".join([*_inside(element, inline), *_paragraphs(inline)]).split("\n"))


def _heading(element: Any) -> Iterator[str]:
    level = str(element.get("rend", "h2"))[-1]
    marks = "#" * (int(level) if level.isdigit() and int(level) in _HEADINGS else 2)
    text = _line(element).lstrip("# ").rstrip()
    yield from _as_block(f"{marks} {text}" if text else "")


def _points(element: Any, *, indent: str = "") -> Iterator[str]:
    """Yield a line for each point of a list, with points of inner lists indented.

    Text behind an inner list is a line without a mark.
    """
    for item in list(element):
        part, mark = item.makeelement("item"), "- "
        part.text = item.text
        for child in list(item):
            if child.tag != "list":
                part.append(child)
                continue
            for line in _point(part, indent, mark):
                mark = "  "
                yield line
            yield from _points(child, indent=indent + "  ")
            part = item.makeelement("item")
            part.text = child.tail
        yield from _point(part, indent, mark)


def _point(part: Any, indent: str, mark: str) -> Iterator[str]:
    text = _line(part).strip()
    if text:
        yield indent + (text[1:] if text.startswith(NUMBERED) else f"{mark}{text}")


def _table(element: Any) -> Iterator[str]:
    """Yield a table as one block; one that only lays out the page gives the blocks in its cells."""
    rows = [[cell for cell in row if cell.tag == "cell"] for row in _rows(element)]
    rows = [row for row in rows if row]
    if _is_layout(rows):
        for row in rows:
            for cell in row:
                inline: list[str] = []
                yield from _inside(cell, inline)
                yield from _paragraphs(inline)
        return
    yield from _as_block(table_block([[_line(cell) for cell in row] for row in rows]))


def _rows(element: Any) -> Iterator[Any]:
    """Yield the rows of a table, without those of tables within it."""
    for child in element:
        if child.tag == "row":
            yield child
        elif child.tag not in {"table", "cell"}:
            yield from _rows(child)


def _is_layout(rows: list[list[Any]]) -> bool:
    """Return whether a table has only one column, or cells that are long or hold tables or
    lists.
    """
    if all(len(row) <= 1 for row in rows):
        return True
    cells = [cell for row in rows for cell in row]
    return any(
        cell.find(".//table") is not None
        or len([p for p in cell.iter("p") if len("".join(p.itertext()).split()) > _INLINE_WORDS])
        > 1
        for cell in cells
    )


def _preformatted(text: str) -> Iterator[str]:
    """Yield blocks of text whose line ends count, separated by blank lines, without indents."""
    for block in _BLANK_LINE.split(text):
        lines = (line.strip() for line in block.split("\n"))
        yield from _as_block("\n".join(line for line in lines if line))
