"""Makes links that lead a browser to the very words of a quote.

See https://wicg.github.io/scroll-to-text-fragment/.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from operator import itemgetter
from urllib.parse import quote as percent_encode
from urllib.parse import unquote as percent_decode

from corpus import Document, Span
from corpus.extraction.extract import Deviation, DeviationName

_WHOLE_CHARACTERS = 200
_LONGEST_WHOLE = 600
_EDGE_WORDS = 5
_MOST_EDGE_WORDS = 30
_LONG_EDGES = (45, 60, 90)
_MOST_CONTEXT_WORDS = 12
_MOST_CONTEXT_CHARACTERS = 1_000
_EDGE_CHARACTERS = (20, 30, 45, 60, 90)
_NOT_ON_THE_PAGE = {
    DeviationName.MARKUP,
    DeviationName.FRONT_MATTER,
    DeviationName.LIST_NUMBER,
    DeviationName.BYTE,
    DeviationName.ENCODING,
}
_BLOCKS = {
    DeviationName.NAVIGATION,
    DeviationName.PAGE_TEXT,
    DeviationName.ASIDE,
    DeviationName.CAPTION,
    DeviationName.CONTACT,
}
_WITHOUT_BLANKS = "\u2e80"  # from here on stand scripts that put no blanks between words
_MADE_UP = re.compile(r"(?:#{1,6}|-)[^\S\n]++")
_SIGN = re.compile(r"(?:\d{1,4}|[A-Za-z]|[ivxlcIVXLC]{2,6})\.[^\S\n]++")
_SIGNS = re.compile(rf"^[^\S\n]*+(?:{_MADE_UP.pattern}|{_SIGN.pattern})", re.M)
_CELL_END = " | "
_QUOTE_MARKS = str.maketrans("‘’‚‛“”„‟ʼ", "''''\"\"\"\"'")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]++")
_COMBINING = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]++")


def fragment_link(document: Document, span: Span, *, page: "PageText | None" = None) -> str:
    """Return the document's address with a text fragment (``#:~:text=``) that selects a passage.

    ``page`` is all that the page has; without it nothing is known but the document's text. An
    address that has a fragment of its own keeps it.

    A passage of few words in one block of the page is given whole, any other by its first and last
    words. These are as many as make them unique in the page; where no number does, the words
    before or after the passage are given, too. No edge goes over the end of a block, and the sign
    before a point of a list is none of its words, since a browser makes these up.

    Raises:
        ValueError: if the document has no address.
    """
    if document.url is None:
        raise ValueError(f"{document.id} has no url")
    url = document.url.partition(":~:")[0]
    separator = ":~:" if "#" in url else "#:~:"
    directive = (page or PageText(document.text)).directive(span)
    return f"{url}{separator}text={directive}"


def fragment_selects(
    link: str, url: str | None, words: str, *, pages: Sequence["PageText"]
) -> bool:
    """Return whether a link is ``url`` with a text fragment that selects ``words``, however it was
    cut.

    Links of earlier versions may give more or fewer of the first and last words. Words before or
    behind must stand beside them in one of the ``pages``.
    """
    address, found, directive = link.partition(":~:text=")
    if url is None or address.rstrip("#") != url.partition(":~:")[0].rstrip("#"):
        return False
    if not found:
        return True
    parts = directive.split(",")
    before = parts.pop(0)[:-1] if parts[0].endswith("-") and len(parts) > 1 else ""
    after = parts.pop()[1:] if parts[-1].startswith("-") and len(parts) > 1 else ""
    edges = [percent_decode(part) for part in parts]
    if len(edges) not in {1, 2} or not all(edges):
        return False
    first, last = edges[0], edges[-1]
    beside = [f"{percent_decode(before)} {first}"] if before else []
    beside += [f"{last} {percent_decode(after)}"] if after else []
    if not all(any(page.has(each) for page in pages) for each in beside):
        return False
    return any(
        first == whole if len(edges) == 1 else whole.startswith(first) and whole.endswith(last)
        for whole in (" ".join(words.split()), _plain(words))
    )


class PageText:
    """The text of a page, in the form in which a browser compares it with the words of a link.

    ``deviations`` say what the page has beside the stored ``text``; None if that is not known.
    """

    def __init__(self, text: str, deviations: Sequence[Deviation] | None = None) -> None:
        self._text = text
        self._known = deviations is not None
        self._more = [
            (_behind_signs(text, each.position) if each.name in _BLOCKS else each.position, each)
            for each in deviations or ()
            if each.name not in _NOT_ON_THE_PAGE
        ]

    def directive(self, span: Span) -> str:
        """Return the text directive of a passage, percent-encoded."""
        blocks = self._blocks_of(span)
        if not blocks:
            return _encode(" ".join(span.of(self._text).split()))
        whole = " ".join(blocks[0])
        if len(blocks) == 1 and len(whole) <= _WHOLE_CHARACTERS:
            edges, unique = [whole], self._is_unique(whole)
        else:
            start, unique = self._start(blocks)
            edges = [start, self._end(blocks)]
        if not unique and len(blocks) == 1 and len(whole) <= _LONGEST_WHOLE:
            edges, unique = ([whole], True) if self._is_unique(whole) else (edges, False)
        directive = ",".join(map(_encode, edges))
        return directive if unique else self._with_context(directive, edges, span)

    def has(self, words: str) -> bool:
        """Return whether some words stand in the page in a row."""
        return _count(_folded(words), self._everything, most=1) > 0

    def _blocks_of(self, span: Span) -> list[list[str]]:
        """Return the words of each block of a passage; no block touches a text that is left out."""
        cuts = sorted({at for at, _ in self._more if span.start < at < span.end})
        found: list[list[str]] = []
        for start, end in pairwise((span.start, *cuts, span.end)):
            blocks = list(_blocks(self._text[start:end]))
            if blocks and start in cuts and not self._text[start].isspace():
                blocks[0] = blocks[0][1:] or blocks[0]
            if blocks and end in cuts and not self._text[end - 1].isspace():
                blocks[-1] = blocks[-1][:-1] or blocks[-1]
            found += blocks
        sound = found and all(any(c.isalnum() for c in "".join(found[at])) for at in (0, -1))
        return found if sound else list(_blocks(span.of(self._text)))

    def _start(self, blocks: list[list[str]]) -> tuple[str, bool]:
        """Return the first words of a passage, and whether they are unique in the page."""
        edges = _edges(blocks[0], last=False, alone=len(blocks) == 1)
        unique = next((edge for edge in edges if self._is_unique(edge)), None)
        return (edges[-1], False) if unique is None else (unique, True)

    def _end(self, blocks: list[list[str]]) -> str:
        """Return the last words: unique in the page, or at the end of the passage only.

        A browser takes the first ones behind the start.
        """
        edges = _edges(blocks[-1], last=True, alone=len(blocks) == 1)
        passage = _folded(" ".join(" ".join(block) for block in blocks))
        unique = (edge for edge in edges if self._is_unique(edge))
        once = (edge for edge in edges if _count(_folded(edge), passage) == 1)
        return next(unique, None) or next(once, edges[-1])

    def _with_context(self, directive: str, edges: list[str], span: Span) -> str:
        """Return the directive with the fewest words before or after the passage that make it
        unique.
        """
        if not self._known and not _count(_folded(edges[0]), _words(self._text[: span.start])):
            return directive  # more words might stand between than are known
        before, after = self._before(span), self._after(span) if len(edges) == 1 else []
        for count in range(1, _MOST_CONTEXT_WORDS + 1):
            prefix, suffix = " ".join(before[-count:]), " ".join(after[:count])
            if prefix and self._is_unique(f"{prefix} {edges[0]}"):
                return f"{_encode(prefix)}-,{directive}"
            if suffix and self._is_unique(f"{edges[0]} {suffix}"):
                return f"{directive},-{_encode(suffix)}"
        return directive

    def _before(self, span: Span) -> list[str]:
        """Return the words of the block before a passage; none if the sign of a list stands
        between.
        """
        if _SIGN.match(span.of(self._text)):
            return []
        end = len(self._text[: span.start].rstrip())
        if between := self._between(end, span.start):
            return _shown_words(between[-1])
        line = self._text[self._text.rfind("\n", 0, end) + 1 : span.start]
        return next(reversed([*_blocks(line)]), [])

    def _after(self, span: Span) -> list[str]:
        """Return the words of the block after a passage; none if a sign of a list stands
        between.
        """
        lines = self._text[span.end : span.end + _MOST_CONTEXT_CHARACTERS]
        line = lines.lstrip()
        if between := self._between(span.end, span.end + len(lines) - len(line)):
            return _shown_words(between[0])
        return [] if _SIGN.match(line) else next(_blocks(line), [])

    def _between(self, start: int, end: int) -> list[Deviation]:
        """Return the texts that the page has between two offsets and the stored text has not."""
        return [each for at, each in self._more if start <= at <= end]

    def _is_unique(self, words: str) -> bool:
        return _count(_folded(words), self._everything) == 1

    @cached_property
    def _everything(self) -> str:
        """Return the words of the whole page, those included that are not stored."""
        if not self._more:
            return _words(self._text)
        parts, start = [], 0
        for at, each in sorted(self._more, key=itemgetter(0)):
            parts += [_SIGNS.sub("", self._text[start:at]), each.text]
            start = at
        parts.append(_SIGNS.sub("", self._text[start:]))
        return _folded(_in_a_row("\n".join(parts)))


def _shown_words(beside: Deviation) -> list[str]:
    """Return the words of a block beside a passage; none if a browser may hide the block."""
    return [] if beside.name is DeviationName.HIDDEN_TEXT else beside.text.split()


def _behind_signs(text: str, position: int) -> int:
    """Return the offset after the full stop or other signs at ``position`` that end a sentence."""
    while position < len(text) and not (text[position].isspace() or text[position].isalnum()):
        position += 1
    return position


def _words(text: str) -> str:
    """Return the words of a text as a browser compares them, without the signs before points."""
    return _folded(_plain(text))


def _plain(text: str) -> str:
    return _in_a_row(_SIGNS.sub("", text))


def _in_a_row(text: str) -> str:
    return " ".join(text.replace(_CELL_END, " ").split())


def _blocks(text: str) -> Iterator[list[str]]:
    """Yield the words of each block that has any, without the sign that it may begin with."""
    for line in text.split("\n"):
        begun = line.lstrip()
        sign = _MADE_UP.match(begun) or _SIGN.match(begun)
        for cell in begun[sign.end() if sign else 0 :].split(_CELL_END):
            if words := cell.split():
                yield words


def _edges(words: list[str], *, last: bool, alone: bool) -> list[str]:
    """Return the first or last words of a block, more at each step; characters if words are long.

    Where the passage has no other block, both edges share its words.
    """
    most = len(words) // 2 if alone else len(words)
    few = range(min(_EDGE_WORDS, most), min(_MOST_EDGE_WORDS, most) + 1)
    counts = [*few, *(count for count in _LONG_EDGES if count <= most)]
    edges = [" ".join(words[len(words) - count :] if last else words[:count]) for count in counts]
    if edges[0] and len(edges[0]) <= _EDGE_CHARACTERS[-1]:
        return edges
    whole = " ".join(words)
    return [
        (whole[-count:] if last else whole[:count]).strip()
        for count in _EDGE_CHARACTERS
        if not alone or 2 * count <= len(whole)
    ] or [whole[len(whole) // 2 :] if last else whole[: len(whole) // 2]]


def _folded(text: str) -> str:
    """Return the text without case and accents, which a browser ignores when it compares."""
    return _NOT_ASCII.sub(_without_accents, text).casefold()


def _without_accents(found: re.Match[str]) -> str:
    plain = unicodedata.normalize("NFKD", found.group().translate(_QUOTE_MARKS))
    return _COMBINING.sub("", plain)


def _count(words: str, text: str, *, most: int = 2) -> int:
    """Return how often words stand in a text as whole words, at most ``most``; both are folded."""
    if not words:
        return most
    found, at = 0, text.find(words)
    while at >= 0 and found < most:
        end = at + len(words)
        begins = at == 0 or not _within_word(text[at - 1], words[0])
        ends = end == len(text) or not _within_word(words[-1], text[end])
        found += begins and ends
        at = text.find(words, at + 1)
    return found


def _within_word(before: str, behind: str) -> bool:
    """Return whether two signs in a row belong to one word, as far as no dictionary is needed."""
    return before.isalnum() and behind.isalnum() and max(before, behind) < _WITHOUT_BLANKS


def _encode(text: str) -> str:
    """Encode a text for a directive, in which ``-``, ``,`` and ``&`` have a meaning."""
    return percent_encode(text, safe="").replace("-", "%2D")
