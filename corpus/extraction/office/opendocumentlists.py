"""Counts the points of the lists of an OpenDocument text as its program shows them."""

from typing import Any

from corpus.extraction.office.opendocumentstyles import TEXT, OpenDocumentStyles, number_in

_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
_MOST_LEVELS = 10


class ListNumbers:
    """The numbers of points, counted in the order in which they are asked for."""

    def __init__(self, styles: OpenDocumentStyles) -> None:
        self._styles = styles
        self._counts: list[int | None] = [None] * _MOST_LEVELS
        self._of_style: dict[str, list[int | None]] = {}
        self._of_id: dict[str, list[int | None]] = {}

    def begin(self, top: Any, level: int, style: str) -> str:
        """Begin a list at a level, and return its style; ``style`` is that of the list around it.

        A list continues the count of the one before it, if it says so.
        """
        own = top.get(f"{TEXT}style-name") or style or self._style_of_first(top)
        goes_on = top.get(f"{TEXT}continue-numbering") == "true"
        if level > 0:
            if not goes_on and level < _MOST_LEVELS:
                self._counts[level:] = [None] * (_MOST_LEVELS - level)
            return str(own)
        before = self._of_id.get(top.get(f"{TEXT}continue-list", ""))
        if before is None and goes_on:
            before = self._of_style.get(own)
        self._counts = [None] * _MOST_LEVELS if before is None else before
        self._of_style[own] = self._counts
        if name := top.get(_XML_ID):
            self._of_id[name] = self._counts
        return str(own)

    def next(self, item: Any, style: str, level: int) -> str:
        """Return the number of the next point, such as "12." or "(a)"; "" for one with a sign."""
        if level >= _MOST_LEVELS:
            return ""
        counts = self._counts
        count = counts[level]
        begun = self._styles.level(style, level).start if count is None else count + 1
        counts[level] = number_in(item.get(f"{TEXT}start-value"), begun)
        counts[level + 1 :] = [None] * (_MOST_LEVELS - level - 1)
        known = [
            self._styles.level(style, place).start if each is None else each
            for place, each in enumerate(counts)
        ]
        return self._styles.number(style, known, level)

    def _style_of_first(self, top: Any) -> str:
        """Return the list style of the first paragraph's own style."""
        first = next(top.iter(f"{TEXT}p", f"{TEXT}h"), None)
        return "" if first is None else self._styles.list_of(first.get(f"{TEXT}style-name", ""))
