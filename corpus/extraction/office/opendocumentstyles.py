"""Resolves the styles of an OpenDocument text: how a piece is shown, and the numbers of its
lists.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from corpus.extraction.extract import DeviationName
from corpus.extraction.web.styles.listnumbers import written

STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_MOST_DEEP = 12
_MOST_LEVELS = 10
_MOST_DIGITS = 9
_RAISED = re.compile(r"(?:super|[1-9]\d{0,2}(?:\.\d{1,3})?%)(?:\s|$)")


@dataclass(frozen=True, slots=True)
class Shown:
    """The way in which the text of a style is shown; ``absent`` is the reason why it is not, None
    if it is.
    """

    absent: DeviationName | None = None
    raised: bool = False


@dataclass(frozen=True, slots=True)
class ListLevel:
    """One level of a list: the form of its numbers, None for a sign, and the text around them."""

    form: str | None = None
    prefix: str = ""
    suffix: str = ""
    start: int = 1
    levels: int = 1


class OpenDocumentStyles:
    """The styles in the parts of a file; the first one of a name counts."""

    def __init__(self, *parts: Any) -> None:
        """Gather the styles below the roots of ``content.xml`` and ``styles.xml``."""
        self._styles: dict[tuple[str, str], Any] = {}
        self._lists: dict[str, dict[int, ListLevel]] = {}
        for part in parts:
            for style in part.iter(f"{STYLE}style", f"{TEXT}list-style"):
                name = style.get(f"{STYLE}name", "")
                if style.tag == f"{TEXT}list-style":
                    self._lists.setdefault(name, dict(_levels(style)))
                else:
                    self._styles.setdefault((style.get(f"{STYLE}family", ""), name), style)
        self.shown = lru_cache(maxsize=10_000)(self._shown)

    def _shown(self, family: str, name: str) -> Shown:
        """Return the way in which text of a style is shown, in an ordinary paragraph."""
        found: dict[str, str] = {}
        for style in self._based_on(family, name):
            properties = style.find(f"{STYLE}text-properties")
            for key, value in {} if properties is None else properties.attrib.items():
                found.setdefault(key, value)
        if found.get(f"{TEXT}display") == "none":
            return Shown(DeviationName.HIDDEN_TEXT)
        struck = (found.get(f"{STYLE}text-line-through-{each}") for each in ("style", "type"))
        if any(value not in {None, "none"} for value in struck):
            return Shown(DeviationName.STRUCK_OUT_TEXT)
        position = found.get(f"{STYLE}text-position", "")
        return Shown(raised=_RAISED.match(position.strip()) is not None)

    def is_title(self, name: str) -> bool:
        """Return whether paragraphs of a style are titles of the document."""
        names = (style.get(f"{STYLE}name", "") for style in self._based_on("paragraph", name))
        return name == "Title" or "Title" in names

    def list_of(self, name: str) -> str:
        """Return the name of the list style that a paragraph style has, or ""."""
        for style in self._based_on("paragraph", name):
            if (found := style.get(f"{STYLE}list-style-name")) is not None:
                return str(found)
        return ""

    def level(self, list_style: str, level: int) -> ListLevel:
        """Return a level of a list style, 0 for the outermost."""
        return self._lists.get(list_style, {}).get(level, ListLevel())

    def number(self, list_style: str, counts: list[int], level: int) -> str:
        """Return the number at a level whose ``counts`` are given, such as "2.1."; ""
        for a sign.
        """
        own = self.level(list_style, level)
        if own.form is None:
            return ""
        first = max(0, level - own.levels + 1)
        parts = []
        for each in range(first, level + 1):
            form = self.level(list_style, each).form
            if form is not None:
                parts.append(written(counts[each], form))
        return f"{own.prefix}{'.'.join(parts)}{own.suffix}".strip()

    def _based_on(self, family: str, name: str) -> Iterator[Any]:
        for _ in range(_MOST_DEEP):
            style = self._styles.get((family, name))
            if style is None:
                return
            yield style
            name = style.get(f"{STYLE}parent-style-name", "")


def _levels(style: Any) -> Iterator[tuple[int, ListLevel]]:
    for level in style:
        place = number_in(level.get(f"{TEXT}level"), 0) - 1
        if not 0 <= place < _MOST_LEVELS:
            continue
        form = level.get(f"{STYLE}num-format", "")
        if level.tag != f"{TEXT}list-level-style-number" or not form:
            yield place, ListLevel()
            continue
        yield (
            place,
            ListLevel(
                form,
                level.get(f"{STYLE}num-prefix", "")[:20],
                level.get(f"{STYLE}num-suffix", "")[:20],
                number_in(level.get(f"{TEXT}start-value"), 1),
                number_in(level.get(f"{TEXT}display-levels"), 1),
            ),
        )


def number_in(value: str | None, default: int) -> int:
    """Return the number that an attribute spells, or the default."""
    digits = value or ""
    good = digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS
    return int(digits) if good else default
