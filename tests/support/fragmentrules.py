"""Finds the words of a text fragment in a page by the rules of the specification.

Independent of the product: the page is read with lxml alone, and what a browser would not show is
left out (https://wicg.github.io/scroll-to-text-fragment/). Words are matched within a block, at
the borders of words, whatever their case, accents and white space.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

import lxml.html

_NOT_SHOWN = {
    "head", "script", "style", "template", "noscript", "title", "meta", "link", "iframe", "object",
    "video", "audio", "select", "textarea", "svg", "math", "datalist",
}  # fmt: skip
_INLINE = {
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img",
    "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt",
    "u", "var", "wbr",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """A place that a directive selects: the blocks from the first to the last, as compared."""

    words: str


class Page:
    """The blocks of a page that a browser shows, each in the form in which words are compared."""

    def __init__(self, html: bytes) -> None:
        try:
            root = lxml.html.fromstring(html.decode())
        except ValueError:  # not UTF-8, or it says itself what it is
            root = lxml.html.fromstring(html)
        pieces: list[str | None] = []
        _read(root, pieces)
        blocks: list[str] = [""]
        for piece in pieces:
            if piece is None:
                blocks.append("")
            else:
                blocks[-1] += piece
        self.blocks = [block for each in blocks if (block := compared(each))]

    def found(self, directive: str) -> list[Found]:
        """Every place that a directive selects, in order."""
        parts = [unquote(part) for part in directive.split(",")]
        raw = directive.split(",")
        before = after = ""
        if raw[0].endswith("-"):
            before = compared(unquote(raw[0][:-1]))
            parts = parts[1:]
        if raw[-1].startswith("-"):
            after = compared(unquote(raw[-1][1:]))
            parts = parts[:-1]
        edges = [compared(part) for part in parts]
        places = []
        for number, start in self._places(edges[0]):
            end = (number, start + len(edges[0]))
            if before and not self._stands_before(before, number, start):
                continue
            if len(edges) > 1:
                behind = next((p for p in self._places(edges[-1]) if p >= end), None)
                if behind is None:
                    continue
                end = (behind[0], behind[1] + len(edges[-1]))
            if after and not self._stands_behind(after, *end):
                continue
            places.append(Found(self._between((number, start), end)))
        return places

    def _places(self, words: str) -> Iterator[tuple[int, int]]:
        for number, block in enumerate(self.blocks):
            at = block.find(words)
            while at >= 0:
                if _is_border(block, at) and _is_border(block, at + len(words)):
                    yield number, at
                at = block.find(words, at + 1)

    def _stands_before(self, words: str, number: int, at: int) -> bool:
        text = self.blocks[number][:at].rstrip()
        if not text and number:
            text = self.blocks[number - 1]
        return text.endswith(words) and _is_border(text, len(text) - len(words))

    def _stands_behind(self, words: str, number: int, at: int) -> bool:
        text = self.blocks[number][at:].lstrip()
        if not text and number + 1 < len(self.blocks):
            text = self.blocks[number + 1]
        return text.startswith(words) and _is_border(text, len(words))

    def _between(self, start: tuple[int, int], end: tuple[int, int]) -> str:
        if start[0] == end[0]:
            return self.blocks[start[0]][start[1] : end[1]]
        first = self.blocks[start[0]][start[1] :]
        last = self.blocks[end[0]][: end[1]]
        return " ".join([first, *self.blocks[start[0] + 1 : end[0]], last])


def compared(text: str) -> str:
    """The text in single spaces, without case and accents."""
    folded = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(folded.casefold().split())


def _is_border(text: str, at: int) -> bool:
    return at in {0, len(text)} or not (text[at - 1].isalnum() and text[at].isalnum())


def _read(element: lxml.html.HtmlElement, pieces: list[str | None]) -> None:
    """Adds the texts of an element, and None where a block begins or ends."""
    tag = element.tag
    if not isinstance(tag, str) or tag in _NOT_SHOWN or _is_hidden(element):
        return
    block = tag not in _INLINE
    if block:
        pieces.append(None)
    pieces.append(element.text or "")
    for child in element:
        _read(child, pieces)
        pieces.append(child.tail or "")
    if block:
        pieces.append(None)


def _is_hidden(element: lxml.html.HtmlElement) -> bool:
    style = "".join((element.get("style") or "").lower().split())
    return element.get("hidden") is not None or any(
        hidden in style for hidden in ("display:none", "visibility:hidden", "opacity:0;")
    )
