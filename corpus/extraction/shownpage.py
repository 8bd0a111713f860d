"""Brings a web page's tree to the text that a browser shows.

Text that a browser hides leaves the tree, and so do the marks of notes; the numbers of lists,
quotation marks and raised characters, which a browser makes, are written into it.
"""

import re
from typing import Any

from corpus.extraction.extract import DeviationName
from corpus.extraction.hiddenstyles import hidden_elements
from corpus.extraction.leftout import NUMBERED, LeftOut, without_marks
from corpus.extraction.listnumbers import numbered_points
from corpus.extraction.raisedsigns import Role, is_raised_sign, reading_of

_NOTE_NAMES = re.compile(
    r"(?<![a-z])(?:_?(?:ftn|edn)|fn|foot-?note|end-?note|note-?ref|noteref|cite)", re.I
)
_NOTE_WORDS = re.compile(r"(?:foot|end)?note\s*+", re.I)
_SPACES = re.compile(r"\s++")
_BACK_LINKS = frozenset("↩ ↩︎ ↑ ^ ⏎ ⤴ ↵".split())
_BEFORE_CHARACTERS = 40
_MOST_STEPS = 40
_SUBSCRIPT = str.maketrans("0123456789+-()", "₀₁₂₃₄₅₆₇₈₉₊₋₍₎")
_FLOW = ("p", "li", "td", "th", "dd", "dt", "blockquote", "figcaption", "caption")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_ENDS_A_LINE = frozenset(("br", "p", "div", "ul", "ol", "table"))
_PARAGRAPHS = frozenset((*_FLOW, *_HEADINGS, "div", "section", "article", "body"))


def show(tree: Any, left_out: LeftOut | None = None) -> LeftOut:
    """Changes the tree of a page into the one that a browser shows, and returns what left it.

    That is added to the pieces of ``left_out``, where these are given.
    """
    left_out = left_out or LeftOut()
    for element in list(hidden_elements(tree)):
        _replace(element, left_out.mark(DeviationName.HIDDEN_TEXT, _text_of(element)))
    for element in list(tree.iter("del", "s", "strike")):
        struck = _text_of(element)
        mark = left_out.mark(DeviationName.STRUCK_OUT_TEXT, struck)
        _replace(element, mark or (" " if struck else ""))
    _take_note_marks(tree, left_out)
    for element in list(tree.iter("q")):
        _wrap(element, "“", "”")
    for element in list(tree.iter("sub")):
        _lower(element)
    for caption in list(tree.iter("caption")):
        _move_before_table(caption)
    for ordered in list(tree.iter("ol")):
        for point, number in numbered_points(ordered):
            _begin_with(point, f"{NUMBERED}{number} ")
    return left_out


def _take_note_marks(tree: Any, left_out: LeftOut) -> None:
    """Takes the marks of notes out of the text, and writes other raised signs as such."""
    for element in list(tree.iter("sup")):
        if element.getparent() is None or element.xpath("ancestor::sup"):
            continue
        text = _shown_text(element)
        if not text or _is_back_link(element, text):
            _replace(element, "")
        elif _refers_to_note(element) and _is_mark(text):
            _replace(element, left_out.mark(DeviationName.NOTE, text))
        elif is_raised_sign(text) or len(text) <= len("--000"):
            space = " " if _text_of(element)[-1:].isspace() else ""
            before, after = _text_before(element), space + (element.tail or "")[:2]
            reading = reading_of(text, before=before, after=after)
            if reading.role is Role.NOTE and before.endswith(" "):
                closer = reading_of(text, before=before.rstrip(), after=after)
                reading = closer if closer.role is Role.EXPONENT else reading
            noted = reading.role is Role.NOTE
            shown = left_out.mark(DeviationName.NOTE, text) if noted else reading.text
            _replace(element, shown + space)
    for element in list(tree.iter("a", "span")):
        if element.getparent() is None:
            continue
        text = _shown_text(element)
        if _is_back_link(element, text):
            _replace(element, "")
        elif element.tag == "a" and _is_mark(text) and _refers_to_note(element):
            _replace(element, left_out.mark(DeviationName.NOTE, text))


def _is_mark(text: str) -> bool:
    """Whether a text is the mark of a note: "1", "[a]", "*", "[footnote 1]", "Footnote 1"."""
    inner = text.strip("[]() ")
    inner = _NOTE_WORDS.sub("", inner, count=1)
    return is_raised_sign(inner) or (is_raised_sign(text) and bool(text))


def _refers_to_note(element: Any) -> bool:
    """Whether an element, what it stands in or a link in it, says that it refers to a note."""
    near = [element, *element.iter("a"), *([p] if (p := element.getparent()) is not None else [])]
    for each in near:
        if each is not element and each.tag not in {"a", "sup", "span"}:
            continue
        if each.get("role") == "doc-noteref" or "noteref" in (each.get("epub:type") or ""):
            return True
        href = each.get("href") or ""
        names = f"{each.get('id', '')} {each.get('class', '')} {each.get('rel', '')}"
        inside = href.partition("#")[2] if href.startswith("#") or "#" in href else ""
        if _NOTE_NAMES.search(names) or _NOTE_NAMES.search(inside):
            return True
        if element.tag == "sup" and href.startswith("#") and len(href) > 1:
            return True
    return False


def _is_back_link(element: Any, text: str) -> bool:
    return text in _BACK_LINKS or element.get("role") == "doc-backlink"


def _begin_with(point: Any, words: str) -> None:
    """Puts words before the first text of a list's point: into a link, where that is all of it.

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
    """Keeps a lowered number apart from a number before it: in subscript characters."""
    text = _text_of(element)
    if _text_before(element)[-1:].isdigit() and text.strip().isdigit():
        _replace(element, text.strip().translate(_SUBSCRIPT))


def _text_before(element: Any) -> str:
    """Returns the last characters of the paragraph's text before an element.

    Only the nearest elements are looked at, so that many empty ones cost no time.
    """
    found = ""
    for _ in range(_MOST_STEPS):
        earlier = element.getprevious()
        if earlier is not None:
            found = (earlier.tail or "")[-_BEFORE_CHARACTERS:] + found
            if earlier.tag in _ENDS_A_LINE:
                break
            if len(found) < _BEFORE_CHARACTERS:
                found = _text_of(earlier)[-_BEFORE_CHARACTERS:] + found
            element = earlier
        else:
            element = element.getparent()
            if element is None:
                break
            found = (element.text or "")[-_BEFORE_CHARACTERS:] + found
            if element.tag in _PARAGRAPHS:
                break
        if len(found) >= _BEFORE_CHARACTERS:
            break
    return without_marks(_SPACES.sub(" ", found))[-_BEFORE_CHARACTERS:]


def _text_of(element: Any) -> str:
    if not isinstance(element.tag, str):
        return ""
    return "".join(
        text
        for text in element.xpath(".//text()[not(parent::script or parent::style)]")
        if isinstance(text, str)
    )


def _shown_text(element: Any) -> str:
    return without_marks(_SPACES.sub(" ", _text_of(element))).strip()


def _replace(element: Any, text: str) -> None:
    """Puts a text into the place of an element; the text behind it stays.

    The element becomes a plain one: to append to the text before it would copy that each time.
    """
    if element.getparent() is None:
        return
    element.clear(keep_tail=True)
    element.tag = "span"
    element.text = text or None


def _wrap(element: Any, first: str, last: str) -> None:
    """Puts characters around the text of an element, which then is plain text."""
    element.text = first + (element.text or "")
    if len(element):
        element[-1].tail = (element[-1].tail or "") + last
    else:
        element.text += last
    element.drop_tag()
