"""Shares what the entries of reference managers have in common: key, pages, note, day."""

import re
from datetime import date

from bot.citations.citation import Citation, CitedQuote, parse_reference
from bot.citations.formats.citationlines import one_line
from bot.errors import MalformedCitation
from corpus import DATELINE_NUMBER

_MOST_KEY = 200
_NOT_IN_KEY = re.compile(r"[^A-Za-z0-9-]++")
_NOTE = re.compile(r"(?:¶ (?P<paragraph>[0-9]{1,9})|dateline), (?P<reference>\S++)")
_PAGES = re.compile(r"(?P<first>[0-9]{1,9})(?:[-–]{1,2}(?P<last>[0-9]{1,9}))?")


def entry_key(citation: Citation) -> str:
    """Return the name of an entry, of letters, digits and hyphens of ASCII."""
    name = _NOT_IN_KEY.sub("-", citation.document)[:_MOST_KEY].strip("-") or "document"
    return f"{name}-{citation.start}-{citation.end}"


def entry_note(citation: Citation) -> str:
    """Return the paragraph and the reference of a quote: the note of its entry."""
    return f"{citation.label}, {citation.reference}"


def entry_pages(citation: Citation, *, between: str = "-") -> str | None:
    """Return the pages of a quote: ``3``, or ``3-4``; None if they are not known."""
    if citation.page is None or citation.last_page is None:
        return None
    if citation.page == citation.last_page:
        return str(citation.page)
    return f"{citation.page}{between}{citation.last_page}"


def cited_by_entry(
    *,
    note: str | None,
    quote: str | None,
    pages: str | None = None,
    described: dict[str, str | None],
) -> CitedQuote:
    """Return the quote that an entry cites; ``described`` are the other fields that it gives.

    Raises:
        MalformedCitation: if the note or the pages are not as they were written.
    """
    found = _NOTE.fullmatch(one_line(note or ""))
    if found is None:
        raise MalformedCitation(
            f'The note of an entry is "{one_line(note or "")[:100]}", not the paragraph and the '
            'reference, such as "¶ 7, DOC[4000:5203]@c0ffee012345". Copy the entry again.'
        )
    numbers = _PAGES.fullmatch(pages) if pages is not None else None
    if pages is not None and numbers is None:
        raise MalformedCitation(f'The pages of an entry are "{pages[:100]}", not such as "3-4".')
    place = parse_reference(found["reference"])
    first = int(numbers["first"]) if numbers else None
    return CitedQuote(
        place.document,
        place.span,
        place.digest,
        quote=(quote or "").strip() or None,
        paragraph=int(found["paragraph"]) if found["paragraph"] else DATELINE_NUMBER,
        page=first,
        last_page=int(numbers["last"]) if numbers and numbers["last"] else first,
        described=tuple((name, value) for name, value in described.items()),
        reference_given=found["reference"],
    )


def entry_day(text: str) -> str:
    """Return a day such as 2022-05-12, checked.

    Raises:
        MalformedCitation: if it is no day.
    """
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError as error:
        raise MalformedCitation(
            f'The day of an entry is "{text.strip()[:40]}", not such as "2022-05-12".'
        ) from error


def refuse_unknown_fields(names: set[str], known: frozenset[str]) -> None:
    """Refuse an entry with fields that nobody compares with the source.

    Raises:
        MalformedCitation: if there is one.
    """
    for name in sorted(names - known):
        raise MalformedCitation(
            f'An entry has the field "{name[:60]}", which cannot be verified. Leave it out, or '
            f"correct its name: {', '.join(sorted(known))}."
        )
