"""Puts a citation into one line: as Verbatim writes it, as a note of Chicago, as APA does."""

import unicodedata
from collections.abc import Callable

from bot.citations.citation import Citation
from bot.language.bidiisolation import isolated

UNDATED = "n.d."
"""Stands for the date of a document that has none."""

_MONTHS = (
    "January February March April May June July August September October November December"
).split()
_SINGLE_MARKS = str.maketrans('“”"', "‘’'")
_DROPPED = {"Cc", "Cs"}
_ENDS = (".", "?", "!", "…", "。", "؟", "？", "！")


def one_line(text: str) -> str:
    """Return the text with a space for each run of white space, and without control characters."""
    if not text.isprintable():
        text = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in _DROPPED)
    return " ".join(text.split())


def is_web_address(text: str) -> bool:
    """Return whether a text is an address of the web in one word, so that it may be a link."""
    begins = text.casefold().startswith(("http://", "https://"))
    return begins and text.isprintable() and not any(map(str.isspace, text))


def web_addresses(address: str | None) -> tuple[str, ...]:
    """Return the address, if it is one of the web; else nothing."""
    return (address,) if address is not None and is_web_address(address) else ()


def plain_line(citation: Citation) -> str:
    """Return title, publisher, day and place: ``Title, Publisher, 2022-05-12, p. 3, ¶ 7``."""
    return ", ".join((title_of(citation), *behind_title(citation)))


def title_of(citation: Citation) -> str:
    """Return the title in one line, isolated if it could turn the text beside it around."""
    return _name(citation.title)


def behind_title(citation: Citation) -> tuple[str, ...]:
    """Return the publisher, the day and the place of a quote, as far as they are known."""
    when = citation.published.isoformat() if citation.published else UNDATED
    return (*_publisher(citation), when, citation.where)


def chicago_line(citation: Citation) -> str:
    """Return the citation as a note of the Chicago Manual of Style."""
    title = _name(one_line(citation.title).translate(_SINGLE_MARKS))
    published = citation.published
    when = f"{_MONTHS[published.month - 1]} {published.day}, {published.year}" if published else ""
    parts = (
        *_publisher(citation),
        f"“{title},” {when or UNDATED}",
        *_pages_and_paragraph(citation),
        *web_addresses(citation.url),
    )
    return f"{', '.join(parts)}."


def apa_line(citation: Citation) -> str:
    """Return the entry of the reference list in APA style, 7th edition."""
    title, published = title_of(citation), citation.published
    when = UNDATED
    if published:
        when = f"{published.year}, {_MONTHS[published.month - 1]} {published.day}"
    first, *second = [*_publisher(citation), title]
    parts = (_ended(first), f"({when}).", *map(_ended, second))
    return " ".join((*parts, *web_addresses(citation.url)))


def apa_in_text(citation: Citation) -> str:
    """Return the citation in the text, in APA style: ``(Publisher, 2022, p. 3, para. 7)``."""
    title = one_line(citation.title).translate(_SINGLE_MARKS)
    year = str(citation.published.year) if citation.published else UNDATED
    place = ", ".join((year, *_pages_and_paragraph(citation)))
    for publisher in _publisher(citation):
        return f"({publisher}, {place})"
    return f"(“{_name(title)},” {place})"


STYLES: dict[str, tuple[Callable[[Citation], str], Callable[[Citation], str]]] = {
    "text": (lambda _: "", plain_line),
    "chicago": (lambda _: "", chicago_line),
    "apa": (apa_in_text, apa_line),
}
"""Of each style the words behind the quote, and the line under it."""


def described_lines(citation: Citation) -> tuple[str, ...]:
    """Return a line for each style: everything that it says of the document of a quote."""
    return tuple(
        " ".join(part for part in (behind(citation), line(citation)) if part)
        for behind, line in STYLES.values()
    )


def _name(text: str) -> str:
    return isolated(one_line(text))


def _publisher(citation: Citation) -> tuple[str, ...]:
    publisher = _name(citation.publisher or "")
    return (publisher,) if publisher else ()


def _pages_and_paragraph(citation: Citation) -> tuple[str, ...]:
    paragraph = citation.label.replace("¶", "para.")
    return (citation.pages, paragraph) if citation.pages else (paragraph,)


def _ended(text: str) -> str:
    return text if text.endswith(_ENDS) else f"{text}."
