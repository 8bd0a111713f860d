"""Finds running heads, foot lines and page numbers on a PDF's pages, and takes them out of the
text.

A running line repeats at the same place on many pages, or counts them, and is no sentence. A line
that may be a sentence or a part of one stays, whatever it repeats.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from corpus.extraction.extract import DeviationKind, DeviationName
from corpus.extraction.pdf.margins.pagenumbers import (
    COUNT,
    EDGE_SIGNS,
    PAGE_WORDS,
    YEARS,
    PageNumbers,
    bare_words,
    value_of,
)
from corpus.extraction.pdf.margins.pdfmargins import (
    MARGIN,
    SAME_SIZE,
    MarginLine,
    first_alike,
    margin_lines,
)
from corpus.extraction.pdf.margins.pdfnotes import NOTE
from corpus.extraction.pdf.pdflines import Mark, Page, body_height, marked
from corpus.extraction.text.raisedsigns import plain

_SAME_PLACE = 5.0  # points
_SAME_FOOT = 12.0
_HEAD_LINES = 12  # a head of more lines is none
_OUTER_MARGIN = 0.085  # of the page's height: where only heads and feet stand
_CODE_DIGITS = 5
_MANY_PAGES = 3
_SHARE_OF_PAGES = 0.3
_SMALL_TYPE = 0.93
_LABEL_WORDS = 1
_LARGE = 1.15

_CODE = re.compile(r"[*(\[]?(?:[A-Z0-9]{1,8})(?:[-/.][A-Z0-9]{1,8}){0,5}[*)\]]?")
_LONGER_WORD = re.compile(r"[^\W\d_]{4}")


def without_running_lines(pages: Sequence[Page]) -> list[Page]:
    """Return the pages without running heads, foot lines and page numbers.

    Each becomes a mark at the line of its page that follows, or otherwise at the one before.
    """
    return _Running(pages).pages()


class _Running:
    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = pages
        self._body = body_height(pages)
        self._candidates = list(margin_lines(pages))
        self._count = len(set(first_alike(pages)))
        self._numbers = PageNumbers((c.words, c.page) for c in self._candidates)
        self._cores = {id(c.line): self._numbers.without(c.words, c.page) for c in self._candidates}
        self._repeats = self._pages_of_cores()
        self._by_line = {id(c.line): c for c in self._candidates}
        self._slots = self._repeating_slots()
        self._block = self._edges_of_text()

    def pages(self) -> list[Page]:
        """Return the pages without their running lines."""
        gone = {id(c.line) for c in self._candidates if self._runs(c)}
        gone |= {id(c.line) for c in self._relatives(gone)}
        gone |= {id(c.line) for c in self._in_slots(gone)}
        gone |= {id(c.line) for c in self._echoes(gone)}
        gone |= {id(c.line) for c in self._small_slots(gone)}
        found = {id(c.line): (self._name(c), c.top) for c in self._candidates if id(c.line) in gone}
        edges = {
            id(c.line) for c in self._candidates if id(c.line) not in gone and self._is_edge(c)
        }
        return [_without(page, found, edges) for page in self._pages]

    def _is_edge(self, candidate: MarginLine) -> bool:
        """Return whether a line that does not run stands alone in the margin, and is no
        footnote.
        """
        alone = self._outside(candidate) and self._in_margin(candidate)
        if not alone or candidate.partial or self._attached(candidate):
            return False
        return not NOTE.match(plain(candidate.line.text))

    def _attached(self, candidate: MarginLine) -> bool:
        """Return whether a line belongs to a paragraph, not to a head of several lines."""
        waiting, seen = [candidate], {id(candidate.line)}
        while waiting and len(seen) < _HEAD_LINES:
            for line in waiting.pop().beside:
                other = self._by_line.get(id(line))
                if other is None or len(self._repeats[id(line)]) < 2:  # noqa: PLR2004
                    return True
                if other.ended or other.partial:
                    return True
                if id(line) not in seen:
                    seen.add(id(line))
                    waiting.append(other)
        return bool(waiting)

    def _protected(self, candidate: MarginLine) -> bool:
        """Return whether a line may be a sentence or a part of one."""
        if candidate.partial or candidate.ended:
            return True
        return candidate.worded and self._attached(candidate)

    def _pages_of_cores(self) -> dict[int, set[int]]:
        """Return for each candidate's line the pages that have its core at its place."""
        pages: dict[tuple[tuple[str, ...], bool, int], set[int]] = defaultdict(set)
        keys = {
            id(c.line): (self._cores[id(c.line)], c.top, round(c.place / _SAME_PLACE))
            for c in self._candidates
        }
        for c in self._candidates:
            pages[keys[id(c.line)]].add(c.page)
        near: dict[tuple[tuple[str, ...], bool, int], set[int]] = {}
        for core, top, place in list(pages):
            near[core, top, place] = set().union(
                *(pages.get((core, top, step), set()) for step in (place - 1, place, place + 1))
            )
        return {line: near[key] for line, key in keys.items()}

    def _repeating_slots(self) -> dict[tuple[bool, int], set[int]]:
        """Return for each place the pages that have a line there which others repeat."""
        slots: dict[tuple[bool, int], set[int]] = defaultdict(set)
        for c in self._candidates:
            core = self._cores[id(c.line)]
            if core and len(self._repeats[id(c.line)]) > 1 and not self._protected(c):
                for step in (-1, 0, 1):
                    slots[c.top, round(c.place / _SAME_PLACE) + step].add(c.page)
        return slots

    def _edges_of_text(self) -> tuple[float, float]:
        """Return the least distance of running text from the upper and from the lower edge."""
        places: dict[bool, list[float]] = {True: [], False: []}
        for c in self._candidates:
            once = len(self._repeats[id(c.line)]) < _MANY_PAGES
            if once and not self._small(c) and self._protected(c):
                places[c.top].append(c.place)
        return min(places[True], default=math.inf), min(places[False], default=math.inf)

    def _outside(self, candidate: MarginLine) -> bool:
        """Return whether a line stands further out than the running text of any page."""
        return candidate.place < self._block[0 if candidate.top else 1] - 1

    def _in_margin(self, candidate: MarginLine) -> bool:
        return candidate.place < _OUTER_MARGIN * candidate.height

    def _small(self, candidate: MarginLine) -> bool:
        return candidate.line.height <= _SMALL_TYPE * self._body

    def _stands_out(self, candidate: MarginLine) -> bool:
        """Return whether a line looks like a heading: larger or bold."""
        line = candidate.line
        return line.bold or line.height >= (1 + SAME_SIZE) * self._body

    def _runs(self, candidate: MarginLine) -> bool:
        on = self._repeats[id(candidate.line)]
        core = self._cores[id(candidate.line)]
        if not core:
            return self._is_number_of_page(candidate)
        protected = self._protected(candidate)
        if protected:
            return self._is_notice(candidate, on)
        counted = core != bare_words(candidate.words)
        if counted and len(core) <= _LABEL_WORDS and self._stands_out(candidate):
            return False  # "Article 3"
        alone = self._outside(candidate) and self._in_margin(candidate)
        if alone and counted:
            return True
        counts = COUNT.finditer(" ".join(candidate.words))
        if any(self._numbers.is_count_of(count, candidate.page) for count in counts):
            return self._outside(candidate)
        often = self._often(on) or self._is_of_section(candidate, on)
        return often and (alone or len(on) >= _MANY_PAGES)

    def _is_of_section(self, candidate: MarginLine, on: set[int]) -> bool:
        """Return whether a line repeats on some pages at a place where most have such a line."""
        there = self._slots[candidate.top, round(candidate.place / _SAME_PLACE)]
        return len(on) > 1 and len(there) * 2 >= self._count

    def _often(self, on: set[int]) -> bool:
        """Return whether a number of pages is many of all, or of the odd, or of the even ones."""
        count = self._count
        if len(on) < 2:  # noqa: PLR2004
            return False
        if len(on) >= max(_MANY_PAGES, _SHARE_OF_PAGES * count) or len(on) * 2 >= count:
            return True
        parity = {page % 2 for page in on}
        return len(parity) == 1 and len(on) * 4 >= count

    def _is_notice(self, candidate: MarginLine, on: set[int]) -> bool:
        """Return whether a line that may be a sentence stands outside the text, the same on most
        pages.

        It has to be in small type, or to end no sentence.
        """
        if len(on) < _MANY_PAGES or len(on) * 2 < self._count or not self._outside(candidate):
            return False
        loose = not candidate.ended and not self._attached(candidate) and not candidate.line.hyphen
        return self._small(candidate) or loose

    def _is_number_of_page(self, candidate: MarginLine) -> bool:
        """Return whether a line that is only a number or a count is the page's."""
        if not any(c.isalnum() for c in candidate.line.text):
            return self._outside(candidate) and len(self._repeats[id(candidate.line)]) > 1
        text = " ".join(candidate.words)
        if COUNT.search(text) or any(w.strip(EDGE_SIGNS) in PAGE_WORDS for w in candidate.words):
            return True
        if candidate.line.height >= _LARGE * self._body:
            return False
        values = [value_of(word.strip(EDGE_SIGNS)) for word in candidate.words]
        if any(value in YEARS for value in values):
            return self._outside(candidate) and self._small(candidate)
        if any(
            value is not None and self._numbers.counts(value, candidate.page) for value in values
        ):
            return True
        signed = candidate.line.text[0] in EDGE_SIGNS
        return (signed or not candidate.beside) and (
            self._outside(candidate) or candidate.place < MARGIN * candidate.height
        )

    def _relatives(self, gone: set[int]) -> Iterable[MarginLine]:
        """Return feet that differ on one page: those that begin or end like a running one."""
        cores = {
            (self._cores[id(c.line)], c.top): c.place
            for c in self._candidates
            if id(c.line) in gone and self._cores[id(c.line)]
        }
        codes = {"".join(filter(str.isdigit, "".join(core))) for core, _ in cores}
        codes = {digits for digits in codes if len(digits) >= _CODE_DIGITS}
        for c in self._candidates:
            core = self._cores[id(c.line)]
            if id(c.line) in gone or self._protected(c) or not core or not self._outside(c):
                continue
            digits = "".join(filter(str.isdigit, "".join(core)))
            wordless = not any(_LONGER_WORD.search(word) for word in core)
            if (digits in codes and wordless) or (not c.top and self._small(c) and _is_code(c)):
                yield c
                continue
            for (other, top), place in cores.items():
                shorter, longer = sorted((core, other), key=len)
                near = abs(place - c.place) <= _SAME_FOOT
                alike = longer[: len(shorter)] == shorter or longer[-len(shorter) :] == shorter
                if top is c.top and near and alike:
                    yield c
                    break

    def _in_slots(self, gone: set[int]) -> Iterable[MarginLine]:
        """Return heads that occur once, such as a section's title, at the place of other pages'
        heads.
        """
        slots: dict[tuple[bool, int], list[MarginLine]] = defaultdict(list)
        for c in self._candidates:
            if id(c.line) in gone and self._cores[id(c.line)]:
                slots[c.top, round(c.place)].append(c)
        for c in self._candidates:
            if id(c.line) in gone or self._protected(c) or not self._outside(c):
                continue
            if not self._cores[id(c.line)] or self._attached(c):
                continue
            there = [o for y in (-2, -1, 0, 1, 2) for o in slots[c.top, round(c.place) + y]]
            pages = {o.page for o in there}
            if len(pages) < max(2, self._count / 3):
                continue
            alike = [o for o in there if abs(o.line.height - c.line.height) <= 0.5]  # noqa: PLR2004
            if any(o.line.bold == c.line.bold for o in alike):
                yield c

    def _echoes(self, gone: set[int]) -> Iterable[MarginLine]:
        """Return lines alone in the margin that repeat a line of an earlier page, such as the
        title.
        """
        first: dict[str, int] = {}
        for page in self._pages:
            for line in page.lines:
                first.setdefault(" ".join(line.text.casefold().split()), page.number - 1)
        for c in self._candidates:
            core = " ".join(self._cores[id(c.line)])
            repeated = first.get(core, c.page) < c.page and not self._stands_out(c)
            if repeated and id(c.line) not in gone and self._is_edge(c) and not c.ended:
                yield c

    def _small_slots(self, gone: set[int]) -> Iterable[MarginLine]:
        """Return lines of small type alone in the margin, at a place where most pages have a
        different one.
        """
        slots: dict[tuple[bool, int], list[MarginLine]] = defaultdict(list)
        for c in self._candidates:
            if id(c.line) not in gone and self._small(c) and self._is_edge(c) and not c.ended:
                slots[c.top, round(c.place)].append(c)
        for there in slots.values():
            pages = {c.page for c in there}
            if len(pages) >= _MANY_PAGES and len(pages) * 2 >= self._count:
                yield from there

    def _name(self, candidate: MarginLine) -> DeviationName:
        if not any(c.isalnum() for c in candidate.line.text):
            return DeviationName.SIGN_LINE
        if not self._cores[id(candidate.line)]:
            return DeviationName.PAGE_NUMBER
        return DeviationName.RUNNING_HEAD if candidate.top else DeviationName.FOOT_LINE


def _is_code(candidate: MarginLine) -> bool:
    """Return whether a line near the edge is only the number of a job or document."""
    words = candidate.line.text.split()
    coded = all(_CODE.fullmatch(word) for word in words)
    long = any(sum(map(str.isdigit, word)) >= _CODE_DIGITS for word in words)
    return coded and long and candidate.place < _OUTER_MARGIN * candidate.height


def _without(page: Page, running: dict[int, tuple[DeviationName, bool]], edges: set[int]) -> Page:
    """Return the page without its running lines, with marks for heads at its first line and for
    feet at its last.

    ``running`` maps the identity of each to a name, and to whether it stands at the top. ``edges``
    are the identities of lines alone in the margin.
    """
    kept = [line for line in page.lines if id(line) not in running and id(line) not in edges]
    alone = tuple(line for line in page.lines if id(line) in edges)
    heads: list[tuple[DeviationName, str]] = []
    feet: list[tuple[DeviationName, str]] = []
    for line in page.lines:
        if id(line) in running:
            name, top = running[id(line)]
            (heads if top else feet).append((name, line.text))
    if not kept:
        left_out = (*heads, *feet, *page.left_out)
        return replace(page, lines=(), left_out=left_out, edges=alone)
    end = len(kept[-1].text)
    kept[-1] = marked(
        kept[-1], [Mark(end, DeviationKind.LEFT_OUT, name, text) for name, text in feet]
    )
    left_out = (*heads, *page.left_out)
    return replace(page, lines=tuple(kept), left_out=left_out, edges=alone)
