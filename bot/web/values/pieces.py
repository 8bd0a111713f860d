"""Cuts texts into pieces, so that a page marks some of their words."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.citations.quotelines import without_line_ends
from corpus import Span

_RIGHT_TO_LEFT = frozenset("ar arc ckb dv fa he iw ps sd syr ug ur yi".split())
_RIGHT_LETTER = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}", re.ASCII)
_LOOKED_AT = 400
_JOINER = "\u200d"
_SKIN_TONES = "\U0001f3fb", "\U0001f3ff"


@dataclass(frozen=True, slots=True)
class TextPiece:
    """Some words, and the names of the marks on them with blanks between; "" for none."""

    text: str
    marks: str


def cut(text: str, whole: Span, marks: Iterable[tuple[str, Sequence[Span]]]) -> list[TextPiece]:
    """Return a span of a document as pieces, each under the marks that hold all of it.

    ``text`` is what that span is shown as, character for character; the marks are spans of the
    document. Marks outside the span are left out.
    """
    inside = [
        (name, max(each.start, whole.start), min(each.end, whole.end))
        for name, spans in marks
        for each in spans
        if each.start < whole.end and whole.start < each.end
    ]
    if not inside:
        return [TextPiece(text, "")]
    ends = {whole.start, whole.end, *(s for _, s, _ in inside), *(e for _, _, e in inside)}
    return [
        TextPiece(
            text[start - whole.start : end - whole.start],
            " ".join(dict.fromkeys(n for n, s, e in inside if s <= start and end <= e)),
        )
        for start, end in pairwise(sorted(ends))
    ]


def in_lines(text: str) -> str:
    """Return a stored text as it is shown, as long as it is."""
    return without_line_ends(text)


def language_tag(language: str) -> str:
    """Return the language for the attribute ``lang``; "" if it is no tag of one."""
    return language if _LANGUAGE.fullmatch(language) else ""


def direction(text: str, language: str) -> str:
    """Return the direction of a paragraph, "rtl" or "ltr", by its letters and its language.

    A paragraph of a right-to-left document that begins with a Latin name runs from right to left.
    """
    if text.isascii() or _RIGHT_LETTER.search(text) is None:
        return "ltr"
    if language.split("-", 1)[0].lower() in _RIGHT_TO_LEFT:
        return "rtl"
    part = text[:_LOOKED_AT]
    right = len(_RIGHT_LETTER.findall(part))
    left = sum(c.isalpha() for c in part) - right
    return "rtl" if right > left else "ltr"


def cuts_character(text: str, at: int) -> bool:
    """Return whether a place lies inside what people see as one character."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if before.isspace():
        return False
    joined = _JOINER in {before, after}
    tone = _SKIN_TONES[0] <= after <= _SKIN_TONES[1]
    return joined or tone or unicodedata.category(after) in {"Mn", "Me"} or after == "\ufe0f"
