"""Texts that make a regular expression slow if anything does, derived from its parse tree."""

import re
import sys
from collections.abc import Iterator, Sequence
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

GENERIC = (
    " ", "\t", "\n", "\r\n", " \n", "\n\n", "\u00a0", "\u3000", "0", "1", "a", "A", "Aa ", "a ", "_", "é",
    "漢", "漢。", "a.", ".", "..", ". ", "…", "-", "--", "–", "- ", "–a ", "'", '"', "’", "“", "”", "a'",
    "&", "&amp;", "<", ">", "<!---->", "<!--", "<?xml?>", "<?xml", "<a ", "</a>", "/", "\\", ":", "::", ",",
    "#", "# ", "*", "|", "a|", "(", ")", "()", "[", "]", "{}", "=", "a=", "%", "@", "a@", "1 ", "1.", "1-",
    "\x00", "e\u0301", "\u200b", "a b ", "A B ", "access:", "a: ", "www.",
)  # fmt: skip
"""What is repeated whatever the pattern is."""

_ALPHABET = "a A0 .-_:/\n\t\"'<>&#*|,;!?()[]%@=–—“”‘’…éß漢かب1zZ\u00a0\u2028\x00\ud800\uf0b7•"
_CHOICES = 3
_MOST_PREFIXES = 10
_MOST_PUMPS = 48
_CLASSES = {
    op.CATEGORY_DIGIT: r"\d", op.CATEGORY_NOT_DIGIT: r"\D", op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S", op.CATEGORY_WORD: r"\w", op.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip
_REPEATS = {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}
_MANY = 5


def attacks(pattern: re.Pattern[Any]) -> Iterator[tuple[Any, Any, Any]]:
    """Beginnings, what is to be repeated after them, and ends, each of the pattern's own type."""
    tree = _parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    prefixes: dict[str, None] = {"": None}
    pumps: dict[str, None] = {}
    _walk(tree, "", prefixes, pumps)
    own = sorted(filter(None, pumps), key=len)[:_MOST_PUMPS]
    starts = sorted(prefixes, key=len)[:_MOST_PREFIXES]
    for pump in dict.fromkeys([*own, *GENERIC]):
        for start in starts if pump in own else starts[:3]:
            for end in ("", "\n\x00"):
                yield tuple(_typed(pattern, each) for each in (start, pump, end))


def _typed(pattern: re.Pattern[Any], text: str) -> Any:
    return text.encode("utf-8", "replace") if isinstance(pattern.pattern, bytes) else text


def _walk(
    tree: Sequence[Any], before: str, prefixes: dict[str, None], pumps: dict[str, None]
) -> str:
    """A text that the tree matches, after ``before``; collects what leads to repeats and what they
    repeat.
    """
    text = ""
    for kind, value in tree:
        for choice in _samples(kind, value):
            pumps.setdefault(text + choice)
        if kind in _REPEATS:
            _low, high, body = value
            if high >= _MANY:
                prefixes.setdefault(before + text)
                for choice in _each(body):
                    pumps.setdefault(choice)
                    pumps.setdefault(choice * 2)
            _walk(body, before + text, prefixes, pumps)
        elif kind is op.BRANCH:
            for branch in value[1]:
                _walk(branch, before + text, prefixes, pumps)
        elif kind is op.SUBPATTERN:
            _walk(value[3], before + text, prefixes, pumps)
        elif kind is op.ATOMIC_GROUP:
            _walk(value, before + text, prefixes, pumps)
        elif kind in {op.ASSERT, op.ASSERT_NOT}:
            _walk(value[1], before + text, prefixes, pumps)
        text += next(iter(_samples(kind, value)), "")
    pumps.setdefault(text)
    return text


def _each(tree: Sequence[Any]) -> list[str]:
    """A few texts that the tree matches: each element's choices, the others' first."""
    parts = [_samples(kind, value) or [""] for kind, value in tree]
    found = dict.fromkeys([_joined(parts, -1, "")])
    for place, choices in enumerate(parts):
        for choice in choices[1:]:
            found.setdefault(_joined(parts, place, choice))
    return list(found)


def _joined(parts: list[list[str]], place: int, choice: str) -> str:
    return "".join(choice if i == place else each[0] for i, each in enumerate(parts))


def _samples(kind: Any, value: Any) -> list[str]:
    """A few texts that an element matches; none for one that matches no character."""
    match kind:
        case op.LITERAL:
            found = [chr(value)]
        case op.NOT_LITERAL:
            found = [c for c in _ALPHABET if ord(c) != value][:_CHOICES]
        case op.ANY:
            found = list("a .")
        case op.IN:
            found = _members(value)
        case op.BRANCH:
            found = [text for branch in value[1] for text in _each(branch)[:_CHOICES]]
        case op.SUBPATTERN:
            found = _each(value[3])
        case op.ATOMIC_GROUP:
            found = _each(value)
        case op.MAX_REPEAT | op.MIN_REPEAT | op.POSSESSIVE_REPEAT:
            low, high, body = value
            found = [text * min(max(low, 1), 50) for text in _each(body)]
            found += [""] if not low and high <= 1 else []
        case _:
            found = []
    return found


def _members(items: Sequence[Any]) -> list[str]:
    negated = items[0][0] is op.NEGATE
    plain = items[1:] if negated else items
    found = [c for c in _ALPHABET if any(_is_in(c, item) for item in plain) != negated]
    if not found and not negated:
        first, value = plain[0]
        found = [chr(value if first is op.LITERAL else value[0])]
    # of every kind of character that it has, one
    kinds = {(c.isspace(), c.isalpha(), c.isdigit(), c.isascii()): c for c in reversed(found)}
    return list(kinds.values())[::-1]


def _is_in(character: str, item: tuple[Any, Any]) -> bool:
    kind, value = item
    if kind is op.LITERAL:
        return ord(character) == value
    if kind is op.RANGE:
        return bool(value[0] <= ord(character) <= value[1])
    return re.fullmatch(_CLASSES[value], character) is not None


if __name__ == "__main__":
    print(*attacks(re.compile(sys.argv[1])), sep="\n")
