"""Reads the passages that ``verbatim show`` printed, so that they can be verified."""

import re

from bot.citations.citation import ORIGIN, CitedQuote, parse_reference
from bot.citations.origin import MOST_ORIGIN_LINES
from bot.language.bidiisolation import without_controls
from corpus import DATELINE_NUMBER, Span

_HEADING = re.compile(
    r"(?:pp?\. (?P<page>[0-9]{1,9})(?:\u2013(?P<last>[0-9]{1,9}))?, )?"
    r"(?:\u00b6 (?P<number>[0-9]{1,9})|dateline)"
    r" \[(?P<start>[0-9]{1,9}):(?P<end>[0-9]{1,9})\](?:  (?P<reference>\S+))?"
)


def shown_passages(text: str) -> tuple[CitedQuote, ...]:
    """Return a citation for each passage that ``verbatim show`` printed; none for another text.

    The first line is the title; lines about where the document comes from may follow. A passage is
    a heading, as in "¶ 7 [4000:5203]" or "p. 3, ¶ 7 [4000:5203]", and its words. Today the heading
    ends with the reference; before that the title alone names the document, so ``document`` and
    ``digest`` are empty.

    Raises:
        MalformedCitation: if a heading ends with something else than a reference.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    headings = [
        (at, match)
        for at, line in enumerate(lines)
        if at
        and not lines[at - 1].strip()
        and (match := _HEADING.fullmatch(line.rstrip()))
        and int(match["start"]) < int(match["end"])
    ]
    title = " ".join(without_controls(lines[0]).split())
    if not headings or not title:
        return ()
    above = lines[1 : headings[0][0] - 1]
    if len(above) > MOST_ORIGIN_LINES or not all(line.strip() for line in above):
        return ()
    ends = [at for at, _ in headings[1:]] + [len(lines)]
    return tuple(
        _cited(title, above, match, "\n".join(lines[at + 1 : end]).strip())
        for (at, match), end in zip(headings, ends, strict=True)
    )


def _cited(title: str, origin: list[str], heading: re.Match[str], words: str) -> CitedQuote:
    place = parse_reference(heading["reference"]) if heading["reference"] else None
    number = DATELINE_NUMBER if heading["number"] is None else int(heading["number"])
    page = None if heading["page"] is None else int(heading["page"])
    last = page if heading["last"] is None else int(heading["last"])
    return CitedQuote(
        document=place.document if place else "",
        span=Span(int(heading["start"]), int(heading["end"])),
        digest=place.digest if place else "",
        quote=words or None,
        paragraph=number,
        page=page,
        last_page=last,
        described=(("title", title), *([(ORIGIN, "\n".join(origin))] if origin else [])),
        reference_given=heading["reference"],
    )
