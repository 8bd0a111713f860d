"""Reads and replaces the text of a web page's elements."""

import re
from typing import Any

from corpus.extraction.omissions import without_marks

BEFORE_CHARACTERS = 40
_SPACES = re.compile(r"\s++")
_MOST_STEPS = 40
_FLOW = ("p", "li", "td", "th", "dd", "dt", "blockquote", "figcaption", "caption")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_ENDS_A_LINE = frozenset(("br", "p", "div", "ul", "ol", "table"))
_PARAGRAPHS = frozenset((*_FLOW, *_HEADINGS, "div", "section", "article", "body"))


def text_before(element: Any) -> str:
    """Return the last characters of the paragraph's text before an element.

    Only the nearest elements are looked at, so that many empty ones cost no time.
    """
    found = ""
    for _ in range(_MOST_STEPS):
        earlier = element.getprevious()
        if earlier is not None:
            found = (earlier.tail or "")[-BEFORE_CHARACTERS:] + found
            if earlier.tag in _ENDS_A_LINE:
                break
            if len(found) < BEFORE_CHARACTERS:
                found = text_of(earlier)[-BEFORE_CHARACTERS:] + found
            element = earlier
        else:
            element = element.getparent()
            if element is None:
                break
            found = (element.text or "")[-BEFORE_CHARACTERS:] + found
            if element.tag in _PARAGRAPHS:
                break
        if len(found) >= BEFORE_CHARACTERS:
            break
    return without_marks(_SPACES.sub(" ", found))[-BEFORE_CHARACTERS:]


def text_of(element: Any) -> str:
    """Return the text in an element, without that of scripts and style sheets."""
    if not isinstance(element.tag, str):
        return ""
    return "".join(
        text
        for text in element.xpath(".//text()[not(parent::script or parent::style)]")
        if isinstance(text, str)
    )


def shown_text(element: Any) -> str:
    """Return the text in an element in single spaces, without marks of places."""
    return without_marks(_SPACES.sub(" ", text_of(element))).strip()


def replace(element: Any, text: str) -> None:
    """Put a text into the place of an element; the text behind it stays.

    The element becomes a plain one: to append to the text before it would copy that each time.
    """
    if element.getparent() is None:
        return
    element.clear(keep_tail=True)
    element.tag = "span"
    element.text = text or None
