"""Counts the numbered paragraphs of a Word file as Word shows them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from corpus.extraction.web.styles.listnumbers import written

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_KINDS = {
    "lowerLetter": "a",
    "upperLetter": "A",
    "lowerRoman": "i",
    "upperRoman": "I",
}
_NO_NUMBER = frozenset(("bullet", "none"))
_PLACEHOLDER = re.compile(r"%([1-9])")
_LETTERS = 26
_MOST_LEVELS = 9


def _russian(number: int) -> str:
    times, letter = divmod(number - 1, len(_RUSSIAN))
    return _RUSSIAN[letter] * min(times + 1, 50)


_RUSSIAN = "абвгдежзиклмнопрстуфхцчшщыэюя"
_WRITTEN: dict[str, Callable[[int], str]] = {
    "decimalZero": "{:02}".format,
    "numberInDash": "- {} -".format,
    "russianLower": _russian,
    "russianUpper": lambda number: _russian(number).upper(),
}


@dataclass(frozen=True, slots=True)
class _Level:
    """One level of a list: its first number, the form of its numbers, and the text around them."""

    start: int
    form: str
    text: str
    restarts_after: int | None
    plain: bool
    style: str


class WordNumbering:
    """The numbers of paragraphs, counted in the order in which they are asked for.

    Lists that share a definition continue each other's count, until one begins at a number of its
    own.
    """

    def __init__(self, numbering: Any | None) -> None:
        """Read the numbering part of a file; a file without one has none."""
        self._levels: dict[str, dict[int, _Level]] = {}
        self._lists: dict[str, str] = {}
        self._overrides: dict[str, dict[int, _Level | int]] = {}
        self._counts: dict[str, list[int | None]] = {}
        self._begun: set[tuple[str, int]] = set()
        if numbering is None:
            return
        styles: dict[str, str] = {}
        linked: dict[str, str] = {}
        for definition in numbering.iter(f"{W}abstractNum"):
            name = definition.get(f"{W}abstractNumId", "")
            self._levels[name] = {
                _integer(level.get(f"{W}ilvl"), 0): _level(level)
                for level in definition.findall(f"{W}lvl")
            }
            if style := _value(definition, "styleLink"):
                styles[style] = name
            if style := _value(definition, "numStyleLink"):
                linked[name] = style
        for number in numbering.findall(f"{W}num"):
            self._add_list(number)
        for name, style in linked.items():
            if style in styles:
                self._levels[name] = self._levels[styles[style]]

    def _add_list(self, number: Any) -> None:
        name = number.get(f"{W}numId", "")
        self._lists[name] = _value(number, "abstractNumId")
        for override in number.findall(f"{W}lvlOverride"):
            level = _integer(override.get(f"{W}ilvl"), 0)
            changed = override.find(f"{W}lvl")
            start = _value(override, "startOverride")
            found: _Level | int | None = None
            if changed is not None:
                found = _level(changed)
            elif start:
                found = _integer(start, 1)
            if found is not None:
                self._overrides.setdefault(name, {})[level] = found

    def next(self, list_name: str, level: int) -> str:
        """Return the number of the next paragraph of a list's level, such as "12." or "(a)".

        It is "" if the level has none, or only the sign that starts each paragraph.
        """
        definition = self._lists.get(list_name, "")
        found = self._level(list_name, level)
        if found is None or not 0 <= level < _MOST_LEVELS:
            return ""
        counts = self._counts.setdefault(definition, [None] * _MOST_LEVELS)
        override = self._overrides.get(list_name, {}).get(level)
        start = override if isinstance(override, int) else found.start
        count = counts[level]
        if override is not None and (list_name, level) not in self._begun:
            counts[level] = start
            self._begun.add((list_name, level))
        else:
            counts[level] = start if count is None else count + 1
        for deeper in range(level + 1, _MOST_LEVELS):
            under = self._level(list_name, deeper)
            after = None if under is None else under.restarts_after
            if after is None or (after != 0 and level < after):
                counts[deeper] = None
        if found.form in _NO_NUMBER:
            return ""
        return self._shown(list_name, found, counts)

    def level_of_style(self, list_name: str, style: str) -> int:
        """Return the level of a list that is for paragraphs of a style; 0 if none is."""
        for level in range(_MOST_LEVELS):
            found = self._level(list_name, level)
            if found is not None and style and found.style == style:
                return level
        return 0

    def _shown(self, list_name: str, shown: _Level, counts: list[int | None]) -> str:
        def number(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            level = self._level(list_name, at)
            if level is None:
                return ""
            count = counts[at]
            count = level.start if count is None else count
            form = "decimal" if shown.plain else level.form
            return "" if form in _NO_NUMBER else _formatted(count, form)

        return _PLACEHOLDER.sub(number, shown.text).strip()

    def _level(self, list_name: str, level: int) -> _Level | None:
        override = self._overrides.get(list_name, {}).get(level)
        if isinstance(override, _Level):
            return override
        return self._levels.get(self._lists.get(list_name, ""), {}).get(level)


def _formatted(number: int, form: str) -> str:
    if form in _WRITTEN:
        return _WRITTEN[form](number)
    if form in {"lowerLetter", "upperLetter"} and number > _LETTERS:
        # Word doubles the letter, while lists elsewhere go on with two: z, aa, bb
        times, letter = divmod(number - 1, _LETTERS)
        return written(letter + 1, _KINDS[form]) * min(times + 1, 50)
    return written(number, _KINDS.get(form))


def _level(element: Any) -> _Level:
    restart = _value(element, "lvlRestart")
    plain = element.find(f"{W}isLgl")
    return _Level(
        start=_integer(_value(element, "start"), 0),
        form=_value(element, "numFmt") or "decimal",
        text=_value(element, "lvlText"),
        restarts_after=_integer(restart, 0) if restart else None,
        style=_value(element, "pStyle"),
        plain=plain is not None and plain.get(f"{W}val", "true") not in {"0", "false", "off"},
    )


def _value(element: Any, name: str) -> str:
    child = element.find(f"{W}{name}")
    return "" if child is None else str(child.get(f"{W}val", ""))


def _integer(value: str | None, default: int) -> int:
    digits = value or ""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 9 else default  # noqa: PLR2004
