"""Reduces a web page's tree to the text that a browser shows.

Text that a browser hides leaves the tree, and so do the marks of notes. The numbers of lists,
quotation marks and raised characters, which a browser makes, are written into it.
"""

from typing import Any

from corpus.extraction.extract import DeviationName
from corpus.extraction.omissions import NUMBERED, LeftOut
from corpus.extraction.text.mathtext import formula_text
from corpus.extraction.text.raisedsigns import subscript
from corpus.extraction.web.elementtext import replace, text_before, text_of
from corpus.extraction.web.pagenotes import take_note_marks
from corpus.extraction.web.styles.hiddenstyles import hidden_elements
from corpus.extraction.web.styles.listnumbers import numbered_points
from corpus.extraction.web.styles.pagecounters import counted_beginnings
from corpus.extraction.web.styles.pagestyles import PageStyles

_RAISED_NAMES = frozenset(
    "sup super superscript oj-super MsoFootnoteReference MsoEndnoteReference".split()
)
_LOWERED_NAMES = frozenset("sub subscript oj-sub".split())
_MAY_BE_RAISED = ("span", "a", "small", "font", "b", "i", "em", "strong")


def show(tree: Any, left_out: LeftOut | None = None) -> LeftOut:
    """Change the tree of a page into the one that a browser shows, and return the removed pieces.

    Those pieces are added to the pieces of ``left_out``, if these are given.
    """
    left_out = left_out or LeftOut()
    styles = PageStyles(tree)
    for element in list(hidden_elements(tree, styles)):
        replace(element, left_out.mark(DeviationName.HIDDEN_TEXT, text_of(element)))
    beginnings = counted_beginnings(tree, styles)
    for items in list(tree.iter("ol", "ul")):
        _unwrap_points(items)
    lists = [numbered_points(items, styles) for items in tree.iter("ol", "ul")]
    _raise_by_style(tree, styles)
    for element in [*tree.iter("del", "s", "strike"), *_struck_by_style(tree, styles)]:
        struck = text_of(element)
        mark = left_out.mark(DeviationName.STRUCK_OUT_TEXT, struck)
        replace(element, mark or (" " if struck else ""))
    for formula in list(tree.iter("math")):
        replace(formula, formula_text(formula))
    take_note_marks(tree, left_out)
    for element in list(tree.iter("q")):
        _wrap(element, "“", "”")
    for element in list(tree.iter("sub")):
        _lower(element)
    for caption in list(tree.iter("caption")):
        _move_before_table(caption)
    for element, text in beginnings:
        _begin_with(element, f"{NUMBERED if element.tag == 'li' else ''}{text.strip()} ")
    for points in lists:
        for point, number in points:
            _begin_with(point, f"{NUMBERED}{number} ")
    return left_out


def _unwrap_points(items: Any) -> None:
    """Turn points within other elements of a list into points of the list itself."""
    for child in list(items):
        if child.tag in {"div", "span", "form"} and child.find("li") is not None:
            child.drop_tag()


def _raise_by_style(tree: Any, styles: PageStyles) -> None:
    """Turn elements that styles raise or lower into ``<sup>`` and ``<sub>`` elements."""
    for element in list(tree.iter(*_MAY_BE_RAISED)):
        names = set((element.get("class") or "").split())
        align = styles.of(element).get("vertical-align", "")
        if align == "super" or (not align and names & _RAISED_NAMES):
            element.tag = "sup"
        elif align == "sub" or (not align and names & _LOWERED_NAMES):
            element.tag = "sub"


def _struck_by_style(tree: Any, styles: PageStyles) -> list[Any]:
    """Return the outermost elements whose text styles strike through."""
    found: list[Any] = []
    stack = [tree]
    while stack:
        element = stack.pop()
        if not isinstance(element.tag, str):
            continue
        style = styles.of(element)
        lines = style.get("text-decoration", "") + " " + style.get("text-decoration-line", "")
        if "line-through" in lines:
            found.append(element)
        else:
            stack.extend(reversed(element))
    return found


def _begin_with(point: Any, words: str) -> None:
    """Put words before the first text of a list's point: into a link, if that is all of it.

    A list of links must not look like a list of words beside links.
    """
    element = point
    while not (element.text or "").strip() and len(element) and isinstance(element[0].tag, str):
        if element[0].tag in {"ul", "ol", "br", "img", "table"}:
            break
        element = element[0]
    element.text = words + (element.text or "").lstrip()


def _move_before_table(caption: Any) -> None:
    table = caption.getparent()
    if table is not None and table.tag == "table" and table.getparent() is not None:
        caption.tail = None
        caption.tag = "p"
        table.addprevious(caption)


def _lower(element: Any) -> None:
    """Write a lowered number that follows a number in subscript characters."""
    text = text_of(element)
    if text_before(element)[-1:].isdigit() and text.strip().isdigit():
        replace(element, subscript(text.strip()))


def _wrap(element: Any, first: str, last: str) -> None:
    """Put characters around the text of an element, which becomes plain text."""
    element.text = first + (element.text or "")
    if len(element):
        element[-1].tail = (element[-1].tail or "") + last
    else:
        element.text += last
    element.drop_tag()
