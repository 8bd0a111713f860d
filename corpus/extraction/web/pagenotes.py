"""Takes the marks of notes out of a web page, and distinguishes them from exponents and
ordinals.
"""

import re
from typing import Any

from corpus.extraction.extract import DeviationName
from corpus.extraction.omissions import LeftOut, without_marks
from corpus.extraction.text.raisedsigns import (
    SUPERSCRIPT_RUN,
    Role,
    is_noted_in_text,
    is_raised_sign,
    meaning_of,
)
from corpus.extraction.web.elementtext import (
    BEFORE_CHARACTERS,
    replace,
    shown_text,
    text_before,
    text_of,
)

_NOTE_NAMES = re.compile(
    r"(?<![a-z])(?:_?(?:ftn|edn)|fn|foot-?note|end-?note|note-?ref|noteref|cite)", re.I
)
_NOTE_WORDS = re.compile(r"(?:(?:foot|end)?note|note de bas de page|fn)\s*+", re.I)
_WORDED_MARK = re.compile(
    r"[\[(]?\s*+(?:(?:foot|end)?note|note de bas de page)\s*+\d{1,3}\s*+[\])]?", re.I
)
_EDITOR_MARK = re.compile(r"\[[^\[\]]{1,60}\]")
_ROMAN_MARK = re.compile(r"[ivxl]{1,6}")
_SEPARATOR = re.compile(r"\s*+[,;–-]\s*+")
_PLACE_OF_NOTE = re.compile(
    r"(?:(?>[a-z_-]*?(?:note|fn|ftn|edn|ref|cite|source|ntr|ntc))[\w:.-]*+|[a-z]{0,3}[_-]?\d{1,3})",
    re.I,
)
_NAMED_BEFORE = re.compile(
    r"(?:notes?|voir|see|article|section|annex|para|paragraphe?|items?|points?|no|nos|and|et|to)"
    r"\.?\s+$",
    re.I,
)
_LONGEST_PLACE = 80
_BACK_LINKS = frozenset("↩ ↩︎ ↑ ^ ⏎ ⤴ ↵".split())


class _Taking:
    """Takes marks out of a page, one after the other."""

    def __init__(self, left_out: LeftOut) -> None:
        self._left_out = left_out
        self._taken: list[Any] = []
        self._marks: set[Any] = set()

    def take(self, element: Any, text: str, *, space: str = "") -> None:
        """Take out an element that is a mark."""
        replace(element, self._left_out.mark(DeviationName.NOTE, text) + space)
        self._taken.append(element)
        self._marks.add(element)

    def link(self, link: Any) -> None:
        """Take out a link within the page that is the mark of a note, by its form and position."""
        text = shown_text(link)
        if link.getparent() is not None and _leads_to_note(link, text):
            self.take(link, text)

    def raised(self, element: Any) -> None:
        """Take out a raised element that is a mark, and rewrite any other by its meaning."""
        if element.getparent() is None or element.xpath("ancestor::sup"):
            return
        text = shown_text(element)
        noted = _refers_to_note(element) and _is_mark(text)
        if not text or _is_back_link(element, text):
            replace(element, "")
        elif noted or _is_worded_mark(element, text) or self._parts_marks(element, text):
            self.take(element, text)
        elif is_raised_sign(text) or len(text) <= len("--000"):
            space = " " if text_of(element)[-1:].isspace() else ""
            before, after = text_before(element), space + (element.tail or "")[:2]
            meaning = meaning_of(text, before=before, after=after)
            if meaning.role is Role.NOTE and before.endswith(" "):
                closer = meaning_of(text, before=before.rstrip(), after=after)
                meaning = closer if closer.role is Role.EXPONENT else meaning
            if meaning.role is Role.NOTE:
                self.take(element, text, space=space)
            else:
                replace(element, meaning.text + space)

    def named(self, element: Any) -> None:
        """Take out a link, a span or a button that says that it refers to a note, or back."""
        if element.getparent() is None:
            return
        text = shown_text(element)
        if _is_back_link(element, text):
            replace(element, "")
        elif element.tag == "span" or not _is_mark(text) or _is_named(element, text):
            return
        elif _refers_to_note(element):
            self.take(element, text)

    def _parts_marks(self, element: Any, text: str) -> bool:
        before = element.getprevious()
        behind = before in self._marks and not (before.tail or "").strip()
        return behind and _SEPARATOR.fullmatch(text) is not None

    def join(self) -> None:
        """Take out the commas between the marks of two notes."""
        for element in self._taken:
            if element.getnext() in self._marks and _SEPARATOR.fullmatch(element.tail or ""):
                element.tail = None


def take_note_marks(tree: Any, left_out: LeftOut) -> None:
    """Take the marks of notes out of the text, and rewrite other raised signs by their meaning."""
    taking = _Taking(left_out)
    for link in list(tree.iter("a")):
        taking.link(link)
    for element in list(tree.iter("sup")):
        taking.raised(element)
    for element in list(tree.iter("a", "span", "button")):
        taking.named(element)
    taking.join()
    _take_superscript_characters(tree, left_out)


def _leads_to_note(link: Any, text: str) -> bool:
    """Return whether a link within the page is the mark of a note, by its form and position."""
    href = link.get("href") or ""
    if (
        not href.startswith("#")
        or len(href) > _LONGEST_PLACE
        or not _is_mark(text)
        or _is_named(link, text)
    ):
        return False
    if link.xpath("ancestor::sup"):
        return False  # the raised element is the mark, and all of it leaves
    if next(link.iter("sup"), None) is not None:
        return True
    if text[:1] == "[" and text[-1:] == "]":
        return bool(text_before(link).strip())
    if not _PLACE_OF_NOTE.fullmatch(href[1:]):
        return False
    before = text_before(link)[-1:]
    return before.isalnum() or before in {".", ",", ";", ":", ")", "]", "”", "»", "’", '"'}


def _is_named(element: Any, text: str) -> bool:
    """Return whether a number is a word of its sentence, as in "see note 12"."""
    raised = element.xpath("ancestor-or-self::sup") or next(element.iter("sup"), None) is not None
    plain = text[:1] not in {"[", "("} and not raised
    return plain and _NAMED_BEFORE.search(text_before(element)) is not None


def _is_worded_mark(element: Any, text: str) -> bool:
    if _WORDED_MARK.fullmatch(text):
        return True
    names = (element.get("class") or "").lower()
    by_editor = any(name in names for name in ("noprint", "template", "reference"))
    return by_editor and _EDITOR_MARK.fullmatch(text) is not None


def _take_superscript_characters(tree: Any, left_out: LeftOut) -> None:
    """Take out marks of notes that are superscript characters; those of exponents stay."""
    for element in list(tree.iter()):
        if not isinstance(element.tag, str) or element.tag in {"script", "style"}:
            continue
        if element.text and SUPERSCRIPT_RUN.search(element.text):
            element.text = _without_superscripts(element.text, "", left_out)
        if element.tail and SUPERSCRIPT_RUN.search(element.tail):
            inner = shown_text(element)[-BEFORE_CHARACTERS:]
            element.tail = _without_superscripts(element.tail, inner, left_out)


def _without_superscripts(text: str, inner: str, left_out: LeftOut) -> str:
    def read(match: re.Match[str]) -> str:
        before = without_marks((inner + text[: match.start()])[-BEFORE_CHARACTERS:])
        after = text[match.end() : match.end() + BEFORE_CHARACTERS]
        if is_noted_in_text(match[0], before=before, after=after):
            return left_out.mark(DeviationName.NOTE, match[0])
        return match[0]

    return SUPERSCRIPT_RUN.sub(read, text)


def _is_mark(text: str) -> bool:
    """Return whether a text is the mark of a note: "1", "[a]", "*", "[footnote 1]", "Footnote
    1".
    """
    inner = text.strip("[]() ")
    inner = _NOTE_WORDS.sub("", inner, count=1)
    return bool(text) and (
        is_raised_sign(inner) or is_raised_sign(text) or _ROMAN_MARK.fullmatch(inner) is not None
    )


def _refers_to_note(element: Any) -> bool:
    """Return whether an element, one around it or a link in it says that it refers to a note."""
    near = [element, *element.iter("a"), *([p] if (p := element.getparent()) is not None else [])]
    for each in near:
        if each is not element and each.tag not in {"a", "sup", "span", "button"}:
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
