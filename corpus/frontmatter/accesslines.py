"""Finds lines at the head of a text that seem to say who may read it, but are no front matter."""

import itertools
import re
from collections.abc import Callable, Iterable
from enum import Enum, auto

from corpus.frontmatter.accesswords import could_mean_a_right, names_access, tells_a_right
from corpus.frontmatter.lookalikes import plain

HEAD_CHARACTERS = 64_000
_HEAD_LINES = 40
_LINE_CHARACTERS = 500
_MOST_SIGNS = 20
_MOST_WORDS = 3
_MOST_ITEMS = 12
_BLANKS = (
    " \t\r\n\ufeff\u00a0\u00ad\u034f\u115f\u1160\u180e\u2800\u3000\u3164\uffa0\u205f"
    + "".join(map(chr, (*range(0x2000, 0x2010), *range(0x2028, 0x2030), *range(0x2060, 0x2065))))
)
_FENCE = re.compile(
    r"(?:-{3,}|\+{3,}|;{3,}|~{3,}|`{3,}|\.{3,}|%{3,}|#{3,})[ \t]*+[\w.-]{0,12}[ \t]*+"
    r"|[{}]|<!--.*|.*-->|/\*+|\*+/"
)
_OPENS_FIELDS = ("{", "[{", "+++", ";;;", "<!--", "<meta")
_SEPARATOR = re.compile(r"[:=→⇒|\t]|->|[ ][-–—]+>?(?:[ ]|$)")
_PIECES = re.compile(r"[{}\[\]<>(),;|&\"'`]")
_BEFORE_A_NAME = re.compile(r"[^\w@$§€¢]*+")
_SIGNS = ("@", "%", "\\", "!", "+", ".", ":", "/", ";")
_PROSE_ENDS = (".", "!", "?", "…", ",")
_ITEMS = re.compile(r"[,;|/]")


class _Place(Enum):
    """The place of a line, which decides how much on it could mean a right."""

    FIELDS = auto()
    """Among lines that are fields: any possible right counts."""
    LIKE_FIELDS = auto()
    """Among lines that look like fields and may be the head of a letter: a right with any value."""
    BESIDE = auto()
    """At the beginning of a text, or beside a rule: the word "access", or a right with names."""
    AFTER_A_RULE = auto()
    """After a rule that begins the text: a right with names."""
    HEAD = auto()
    """Further down: the word "access" with names."""


def _seen(line: str) -> str:
    """Return a line as a person sees it, without the blanks around it.

    A long one is cut to the part that could name a right.
    """
    line = plain(line).strip()
    if len(line) > _LINE_CHARACTERS:
        begin = _end_of(line)
        return line[: min(begin, _MOST_SIGNS)] + line[begin : begin + _LINE_CHARACTERS]
    return line


def right_among_fields(lines: Iterable[str]) -> str | None:
    """Find the first line among some fields that could mean a right.

    It is None if no line does.
    """
    return next((line for line in lines if _means_a_right(line, _Place.FIELDS)), None)


def right_within_text(lines: Iterable[str]) -> str | None:
    """Find the first of the lines of a field's text that is a field "access" itself."""
    for line in lines:
        words = _seen(line).split()
        two = len(words) == 2 and names_access(words[0])  # noqa: PLR2004 ("access staff")
        if two or _means_a_right(line, _Place.HEAD):
            return line
    return None


def right_at_head(text: str) -> str | None:
    """Find the first line in the head of a text that seems to say who may read it.

    It is None if no line does.

    Lines between rules or braces count as fields, and so do first lines that look like some.
    Further down, only the name "access" counts, with nothing but names after it.
    """
    lines = text.lstrip(_BLANKS)[:HEAD_CHARACTERS].split("\n")
    seen = ((line, _seen(line)) for line in lines)
    blocks: list[list[str]] = []
    left = _HEAD_LINES
    for filled, group in itertools.groupby(seen, lambda pair: bool(pair[1])):
        if left <= 0:
            break
        if filled:
            blocks.append([line for line, _ in itertools.islice(group, left)])
            left -= len(blocks[-1])
    begun = after_rule = False
    for at, block in enumerate(blocks):
        rules = [n for n, line in enumerate(block) if _FENCE.fullmatch(_seen(line))]
        if begun or 0 in rules or (at == 0 and _opens_fields(block[0])):
            place = _Place.FIELDS
        elif at == 0 and _are_fields(block):
            place = _Place.LIKE_FIELDS
        elif rules or at == 0:
            place = _Place.BESIDE
        else:
            place = _Place.AFTER_A_RULE if after_rule else _Place.HEAD
        for line in block:
            if _means_a_right(line, place):
                return line
        if rules:
            begun = len(rules) == 1 and rules[0] < len(block) - 1
        after_rule = after_rule or (at == 0 and rules == [0] and len(block) == 1)
    return None


def _opens_fields(line: str) -> bool:
    return _seen(line).startswith(_OPENS_FIELDS)


def _are_fields(block: list[str]) -> bool:
    """Return whether all lines of a block look like fields."""
    return len(block) > 1 and _is_field(block[0]) and all(map(_continues_fields, block))


def _is_field(line: str) -> bool:
    name, found, _ = _parted(_seen(line))
    return found and len(name.split()) <= _MOST_WORDS


def _continues_fields(line: str) -> bool:
    return _is_field(line) or line[:1] in {"-", "#", " ", "\t"}


def _means_a_right(line: str, place: _Place) -> bool:
    line = _seen(line)
    if place is _Place.FIELDS:
        return _names_a_right(line, could_mean_a_right)
    if place is _Place.LIKE_FIELDS:
        return _names_a_right(line, tells_a_right)
    name, found, value = _parted(line)
    if not found:
        return place is _Place.BESIDE and _is_access_and_a_name(line)
    if place is _Place.BESIDE and names_access(name):
        return True
    names_right = names_access(name) or (place is not _Place.HEAD and _is_right_in_words(name))
    return names_right and _is_names(value)


def _names_a_right(line: str, is_one: Callable[[str], bool]) -> bool:
    """Return whether a name anywhere in a line of fields means a right."""
    if _says_a_right(line):
        return True
    parts = _PIECES.split(line)
    for name, found, _ in map(_parted, [line, *parts]):
        if found and is_one(name):
            return True
    # {"access": […]}: the name stands in quotes, or in a tag
    return line.startswith(("{", "[", "<", '"', "'")) and any(map(is_one, parts))


def _says_a_right(line: str) -> bool:
    """Return whether a line says a right without a sign after its name, as in "access staff"."""
    words = line[_end_of(line) :].split()
    if not words or len(words) > _MOST_WORDS + 1:
        return False
    return names_access(words[0]) or _is_right_in_words(line)


def _is_access_and_a_name(line: str) -> bool:
    """Return whether a line is "access staff" or "@access staff", not a title like "Access
    denied".
    """
    words = line[_end_of(line) :].split()
    if len(words) != 2 or not names_access(words[0]):  # noqa: PLR2004
        return False
    return line.startswith(_SIGNS) or line == line.casefold()


def _is_right_in_words(name: str) -> bool:
    return tells_a_right(name) and len(name.split()) <= _MOST_WORDS + 1


def _parted(line: str) -> tuple[str, bool, str]:
    """Split a line into a name, whether a sign follows it, and the rest after that."""
    line = line[_end_of(line) :]
    match = _SEPARATOR.search(line)
    if match is None:
        return line, False, ""
    return line[: match.start()].strip(), True, line[match.end() :].strip()


def _end_of(line: str) -> int:
    """Return the position after the signs at the beginning of a line."""
    match = _BEFORE_A_NAME.match(line)
    return match.end() if match else 0


def _is_names(value: str) -> bool:
    """Return whether a value is empty or consists of names, not of a sentence."""
    value = value.strip("\"'`[](){}<>*_-#/% \t")
    words = value.split()
    if len(words) <= 1:
        return True
    if value.endswith(_PROSE_ENDS):
        return False
    items = _ITEMS.split(value)
    return len(words) <= _MOST_WORDS or (
        len(items) <= _MOST_ITEMS
        and all(len(item.split()) <= 1 + (len(items) > 1) for item in items)
    )
