"""Recognises page numbers and counts in heads and foot lines: "3", "iv", "Page 3 of 10", "3/10"."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

_MANY_PAGES = 3
YEARS = range(1900, 2100)
PAGE_WORDS = frozenset("page pages p pg pag pág seite página pagina side sida strona стр".split())
_ROMAN = re.compile(r"(?=[ivxl])(?:xl|l?x{0,3})(?:ix|iv|v?i{0,3})", re.I)
_NUMBERED = re.compile(r"(?P<before>\D*)(?P<number>\d{1,6})(?P<after>\D*)")
EDGE_SIGNS = "-–—•·|.,:()[]*‹›<>«»~_/"  # around a page's number
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50}
COUNT = re.compile(
    r"(?<![\w./-])(?P<number>\d{1,4})\s?(?:/|\||of|de|von|sur|di|из|من)\s?(?P<all>\d{1,4})"
    r"(?![\w/-]|\.\d)",
    re.I,
)


class PageNumbers:
    """The numbers in lines at the edges of pages that rise with the pages."""

    def __init__(self, lines: Iterable[tuple[Sequence[str], int]]) -> None:
        """Learn from lines: the case-folded words of each, and its page's number from 0."""
        pages: dict[int, set[int]] = defaultdict(set)
        for words, page in lines:
            for value in _edge_numbers(words):
                pages[value - page].add(page)
        self._offsets = {offset: found for offset, found in pages.items() if len(found) > 1}

    def counts(self, value: int, page: int) -> bool:
        """Return whether a number rises with the pages."""
        found = self._offsets.get(value - page, set())
        near = {page - 2, page - 1, page + 1, page + 2}
        return page in found and bool(found & near or len(found) >= _MANY_PAGES)

    def without(self, words: Sequence[str], page: int) -> tuple[str, ...]:
        """Return the words of a line without those that count its page, and without bare signs."""
        text = COUNT.sub(
            lambda count: " " if self.is_count_of(count, page) else count[0],
            " ".join(words),
        )
        words = bare_words(text.split())
        kept = []
        for place, word in enumerate(words):
            bare = word.strip(EDGE_SIGNS)
            last = place == len(words) - 1
            edge = place == 0 or last or words[place - 1].strip(EDGE_SIGNS) in PAGE_WORDS
            if edge and self._is_page_number(bare, page, alone=len(words) == 1):
                continue
            if bare in PAGE_WORDS and place + 1 < len(words) and value_of(words[place + 1]):
                continue
            numbered = _NUMBERED.fullmatch(bare)
            if (
                numbered
                and last
                and numbered["before"]
                and self.counts(int(numbered["number"]), page)
            ):
                kept.append(numbered["before"])
                continue
            kept.append(word)
        return tuple(kept)

    def is_count_of(self, count: re.Match[str], page: int) -> bool:
        """Return whether "3/10" counts the page."""
        number, pages = int(count["number"]), int(count["all"])
        if number > pages or pages in YEARS:
            return False
        return number == page + 1 or self.counts(number, page)

    def _is_page_number(self, word: str, page: int, *, alone: bool) -> bool:
        value = value_of(word)
        if value is None or (value in YEARS and not alone):
            return False
        return alone or self.counts(value, page)


def bare_words(words: Iterable[str]) -> tuple[str, ...]:
    """Return the words that are more than signs around a page's number."""
    return tuple(word for word in words if word.strip(EDGE_SIGNS))


def _edge_numbers(words: Sequence[str]) -> set[int]:
    """Return the numbers with which a line begins or ends."""
    found = {int(count["number"]) for count in COUNT.finditer(" ".join(words))}
    for word in {*words[:1], *words[-1:], *words[1:2], *words[-2:-1]}:
        value = value_of(word.strip(EDGE_SIGNS))
        if value is None:
            numbered = _NUMBERED.fullmatch(word.strip(EDGE_SIGNS))
            value = int(numbered["number"]) if numbered else None
        if value is not None:
            found.add(value)
    return found


def value_of(word: str) -> int | None:
    """Return the number that a word is, in Arabic or small Roman numerals."""
    word = word.strip(EDGE_SIGNS)
    if word.isascii() and word.isdigit() and len(word) <= 4:  # noqa: PLR2004
        return int(word)
    if not word or not _ROMAN.fullmatch(word):
        return None
    values = [_ROMAN_VALUES[letter] for letter in word.casefold()]
    return sum(
        -value if value < max(values[place + 1 :], default=0) else value
        for place, value in enumerate(values)
    )


def is_count(words: Sequence[str]) -> bool:
    """Return whether words only count a page, as in "page 3 of 10"."""
    rest = COUNT.sub(" ", " ".join(words)).split()
    return all(
        not word.strip(EDGE_SIGNS)
        or word.strip(EDGE_SIGNS) in PAGE_WORDS
        or value_of(word) is not None
        for word in rest
    )
