"""Finds paragraphs that people take for headings: those emphasised from end to end.

Authors without headings at hand write "**<u>Participants</u>**" on a line of its own.
"""

import re
from collections.abc import Iterator
from typing import Any

from corpus.extraction.omissions import without_marks

_STRONG = frozenset(("strong", "b", "u", "ins"))
_SLANTED = frozenset(("em", "i"))
_LONGEST = 250
_LONGEST_SLANTED = 120
_LONGEST_QUESTION = 120
_FEW_WORDS = 8
_LEAST_BELOW = 60
_CLOSERS = "\"'”’»)]* \u00a0"
_ENDS = (".", "!", ",", ";", "…", "。", "！", "؟", "।")
_ABBREVIATED = re.compile(r"(?:\b\w\.){2}$")
_NOT_IN = "ancestor::li or ancestor::td or ancestor::th or ancestor::dd or ancestor::dt"
_INLINE = frozenset(
    "strong b u ins em i a span br sup sub font small big mark code abbr cite q del s".split()
)


def mark_headings(body: Any) -> None:
    """Turn the paragraphs of a body that look like headings into headings.

    If only the first line of a text looks like one, it becomes a heading of its own. Blank lines
    divide paragraphs.
    """
    for whole in body.xpath(f".//p[not({_NOT_IN})]"):
        _divide_at_blank_lines(whole)
    for paragraph in body.xpath(f".//p[not({_NOT_IN})]"):
        lines = _lines(paragraph)
        if len(lines) > 1 and _is_heading(lines[0]) and _is_text(lines[1:]):
            _cut_first_line(paragraph)
        elif lines and all(map(_is_heading, lines)):
            paragraph.tag = "h2"


def _divide_at_blank_lines(paragraph: Any) -> None:
    """Divide a paragraph at its blank lines."""
    current, blank = paragraph, False
    for child in list(paragraph):
        ends_line = child.tag == "br"
        if ends_line and blank:
            following = paragraph.makeelement("p")
            following.text, child.tail = child.tail, None
            following.tail, current.tail = current.tail, None
            child.getparent().remove(child)
            current.addnext(following)
            current = following
        elif current is not paragraph:
            current.append(child)
        tail = current.text if ends_line and blank else child.tail
        blank = ends_line and not (tail or "").strip()


_Line = list[tuple[str, frozenset[str]]]
"""The pieces of a line's text, each with the names of the elements around it."""


def _lines(paragraph: Any) -> list[_Line]:
    """Return the lines of a paragraph that have a letter or digit; none if it holds other
    blocks.
    """
    lines: list[_Line] = [[]]
    for text, around in _pieces(paragraph):
        if "block" in around:
            return []
        if "br" in around:
            lines.append([])
        else:
            lines[-1].append((text, around))
    return [line for line in lines if any(c.isalnum() for text, _ in line for c in text)]


def _pieces(paragraph: Any) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the texts in a paragraph in order; a line break has "br" around it, a block "block"."""
    stack: list[tuple[Any, frozenset[str]]] = [(paragraph, frozenset())]
    while stack:
        each, around = stack.pop()
        if isinstance(each, str):
            yield without_marks(each), around
            continue
        if each is not paragraph and each.tag not in _INLINE:
            yield "", frozenset(("block",))
            return
        if each.tag == "br":
            yield "", frozenset(("br",))
            continue
        inner = around | {each.tag}
        for child in reversed(each):
            stack.append((child.tail or "", inner))
            stack.append((child, inner))
        stack.append((each.text or "", inner))


def _text_of(line: _Line) -> str:
    return " ".join("".join(text for text, _ in line).split())


def _is_heading(line: _Line) -> bool:
    wordy = [around for text, around in line if any(c.isalnum() for c in text)]
    strong = all(around & _STRONG for around in wordy)
    if not strong and not all(around & (_STRONG | _SLANTED) for around in wordy):
        return False
    text = _text_of(line).rstrip(_CLOSERS)
    if len(text) > (_LONGEST if strong else _LONGEST_SLANTED):
        return False
    if text.endswith("?"):
        return strong and len(text) <= _LONGEST_QUESTION
    if text.endswith((":", "：")):
        return strong or len(text.split()) <= _FEW_WORDS
    if text.endswith("."):
        short = len(text.split()) <= _FEW_WORDS
        return short and _ABBREVIATED.search(text) is not None
    return not text.endswith(_ENDS)


def _is_text(lines: list[_Line]) -> bool:
    """Return whether lines are a text that can have a heading, not the rest of a block of names."""
    first = _text_of(lines[0])
    return len(first) >= _LEAST_BELOW and not _is_heading(lines[0])


def _cut_first_line(paragraph: Any) -> None:
    """Put the first line of a paragraph into a heading before it."""
    line_break = next(each for each in paragraph.iter("br") if _has_words_before(each, paragraph))
    heading = paragraph.makeelement("h2")
    heading.text = paragraph.text
    top = line_break
    while top.getparent() is not paragraph:
        top = top.getparent()
    paragraph.text = None
    for child in list(paragraph):
        if child is top:
            break
        heading.append(child)
    if top is not line_break:
        heading.append(_split_off(top, line_break))
    else:
        paragraph.text = line_break.tail
        paragraph.remove(line_break)
    paragraph.addprevious(heading)


def _has_words_before(line_break: Any, paragraph: Any) -> bool:
    for each in paragraph.iter():
        if each is line_break:
            return False
        if any(c.isalnum() for c in without_marks(each.text or "")):
            return True
        if each.tail and any(c.isalnum() for c in without_marks(each.tail)):
            return line_break not in each.iter()
    return False


def _split_off(top: Any, line_break: Any) -> Any:
    """Return a copy of an element up to a line break; the rest stays in the element."""
    first = top.makeelement(top.tag)
    first.text, top.text = top.text, None
    for child in list(top):
        if child is line_break:
            top.text = child.tail
            top.remove(child)
            break
        if line_break in child.iter():
            first.append(_split_off(child, line_break))
            break
        first.append(child)
    return first
