"""Counts elements as the counters of a page's styles do, for the numbers that styles put before
texts.

Paragraphs of laws and treaties often have such numbers.
"""

import re
from collections.abc import Iterator
from typing import Any

from corpus.extraction.web.styles.listnumbers import KIND_OF_STYLE, written
from corpus.extraction.web.styles.pagestyles import PageStyles, Style

_CHANGE = re.compile(r"(?P<name>[a-z_-][\w-]*+)(?:\s++(?P<number>-?\d{1,9}))?")
_CONTENT = re.compile(
    r"\"(?P<double>[^\"]*+)\"|'(?P<single>[^']*+)'"
    r"|(?P<all>counters?)\(\s*+(?P<name>[\w-]++)\s*+(?:,\s*+[\"'](?P<between>[^\"']*+)[\"']\s*+)?"
    r"(?:,\s*+(?P<kind>[\w-]++)\s*+)?\)"
)


def counted_beginnings(tree: Any, styles: PageStyles) -> list[tuple[Any, str]]:
    """Return the elements before which styles put a counter, each with the counter's text.

    It is empty for a page without rules.
    """
    return list(_Counting(styles).inside(tree)) if styles.has_rules else []


class _Counting:
    def __init__(self, styles: PageStyles) -> None:
        self._styles = styles
        self._values: dict[str, list[int]] = {}

    def inside(self, parent: Any) -> Iterator[tuple[Any, str]]:
        """Yield the beginnings in an element; counters that begin in it end with it."""
        begun: list[str] = []
        for element in parent:
            if not isinstance(element.tag, str):
                continue
            self._change(self._styles.of(element), begun)
            before = self._styles.before(element)
            self._change(before, begun)
            text = self._content(before.get("content", ""))
            if text:
                yield element, text
            yield from self.inside(element)
        for name in begun:
            self._values[name].pop()

    def _change(self, style: Style, begun: list[str]) -> None:
        for match in _CHANGE.finditer(style.get("counter-reset", "")):
            name, number = match["name"], int(match["number"] or 0)
            if name in begun:
                self._values[name][-1] = number
            elif name != "none":
                self._values.setdefault(name, []).append(number)
                begun.append(name)
        for match in _CHANGE.finditer(style.get("counter-increment", "")):
            if match["name"] == "none":
                continue
            values = self._values.setdefault(match["name"], [])
            if not values:
                values.append(0)
                begun.append(match["name"])
            values[-1] += int(match["number"] or 1)

    def _content(self, content: str) -> str:
        if "counter" not in content:
            return ""
        parts = []
        for match in _CONTENT.finditer(content):
            if not match["name"]:
                parts.append(match["double"] or match["single"] or "")
                continue
            kind = KIND_OF_STYLE.get(match["kind"] or "decimal", "1")
            values = [written(value, kind) for value in self._values.get(match["name"], [0])]
            every = match["all"] == "counters"
            parts.append((match["between"] or "").join(values) if every else values[-1])
        return "".join(parts)
