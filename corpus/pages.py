"""Maps a stored text to the pages of its source, and writes that map on one line of front
matter.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

PAGES = "pages"
"""The field of front matter that gives the page of each part of the text behind it."""

MOST_PAGE_STARTS = 100_000
MOST_WRITTEN_CHARACTERS = 48_000
"""The longest form that is written: about 4,000 pages fit beside the other fields."""

_DIGEST_DIGITS = 12
_FORM = re.compile(r"(?P<digest>[0-9a-f]{12}):?(?P<starts>(?: [0-9]{1,6}@[0-9]{1,9})++)")


@dataclass(frozen=True, slots=True)
class PageStart:
    """The offset ``position`` at which the page ``number`` begins in a text; pages count from 1.

    ``number`` is the position of the page in the file, as in "#page=3", not the number printed on
    it.
    """

    position: int
    number: int


def page_at(pages: Sequence[PageStart], position: int) -> int | None:
    """Return the number of the page on which the character at an offset stands.

    None if there are no pages, or before the first.
    """
    place = bisect_right(pages, position, key=lambda start: start.position)
    return pages[place - 1].number if place else None


def are_in_order(pages: Iterable[PageStart], *, length: int) -> bool:
    """Return whether pages count from 1 and their positions ascend within a text of that length."""
    last = -1
    for start in pages:
        if not last < start.position <= length or start.number < 1:
            return False
        last = start.position
    return True


def moved(pages: Sequence[PageStart], taken: int, length: int) -> tuple[PageStart, ...]:
    """Return the pages of a text that has lost its first ``taken`` characters and now has
    ``length``.

    The page on which the rest begins starts at 0.
    """
    first = page_at(pages, taken)
    kept = [] if first is None else [PageStart(0, first)]
    for start in pages:
        if taken < start.position < taken + length:
            kept.append(PageStart(start.position - taken, start.number))
    return tuple(kept)


def pages_line(pages: Sequence[PageStart], digest: str) -> str | None:
    """Return the pages of the text with a digest on one line, as in "c0ffee012345: 1@0 2@1830".

    None if there are none, or too many for a front matter.
    """
    starts = " ".join(f"{start.number}@{start.position}" for start in pages)
    if not starts or len(starts) > MOST_WRITTEN_CHARACTERS:
        return None
    return f"{digest[:_DIGEST_DIGITS]}: {starts}"


def pages_of(line: object, *, digest: str, length: int) -> tuple[PageStart, ...]:
    """Return the pages that ``pages_line`` wrote for the text with that digest and length.

    None at all if the line has another form or names another text: then somebody has edited the
    text, and its pages are not known any more.
    """
    match = _FORM.fullmatch(line) if isinstance(line, str) else None
    if match is None or not digest.startswith(match["digest"]):
        return ()
    pairs = (start.split("@") for start in match["starts"].split())
    pages = tuple(PageStart(int(position), int(number)) for number, position in pairs)
    return pages if are_in_order(pages, length=length) else ()


def is_pages_line(line: object) -> bool:
    """Return whether a line has the form of ``pages_line``, for any text."""
    return isinstance(line, str) and _FORM.fullmatch(line) is not None
