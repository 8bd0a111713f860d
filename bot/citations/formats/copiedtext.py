"""Writes a quote with its citation as text, in a style, and finds such quotes in a text."""

from bot.citations.citation import LINE, Citation, CitedQuote, parse_reference
from bot.citations.formats.citationlines import STYLES, is_web_address, web_addresses
from bot.errors import MalformedCitation

_OPENING, _CLOSING = "“", "”"
_MOST_BEHIND = 10_000


def write_text(citation: Citation, quote: str, *, style: str = "text") -> str:
    """Return the quote between quotation marks, its citation in a style, and its reference."""
    behind, line = (part(citation) for part in STYLES[style])
    address = web_addresses(citation.url) if style == "text" else ()
    marked = f"{_OPENING}{quote}{_CLOSING}{f' {behind}' if behind else ''}"
    return "\n".join((marked, "", line, *address, citation.reference))


def is_copied_text(text: str) -> bool:
    """Return whether a text may be copied quotes: a mark opens it, and a reference ends it."""
    if not text.lstrip().startswith(_OPENING):
        return False
    try:
        parse_reference(text.rstrip().rpartition("\n")[2])
    except MalformedCitation:
        return False
    return True


def read_text(text: str) -> tuple[CitedQuote, ...]:
    """Return the quotes of a text that has nothing but copied ones, in order.

    They are read from the last one on. A reference says how long its quote is, so that no words of
    a quote end it.

    Raises:
        MalformedCitation: if a part of it is no copied quote.
    """
    rest = text.replace("\r\n", "\n").strip()
    found: list[CitedQuote] = []
    while rest:
        cited, rest = _last_quote(rest)
        found.append(cited)
    return tuple(reversed(found))


def _last_quote(text: str) -> tuple[CitedQuote, str]:
    """Return the last quote of a text, and the text before it."""
    above, _, reference = text.rpartition("\n")
    place = parse_reference(reference)
    body, divided, described = above.rpartition("\n\n")
    lines = [line.strip() for line in described.split("\n")]
    address = lines.pop() if len(lines) > 1 and is_web_address(lines[-1]) else None
    if not divided or len(lines) != 1 or not lines[0]:
        raise _not_a_quote(reference)
    body = body.rstrip()
    opens, closes = _marks(body, len(place.span), reference)
    line = f"{body[closes + 1 :].strip()} {lines[0]}".strip()
    cited = CitedQuote(
        place.document,
        place.span,
        place.digest,
        quote=body[opens + 1 : closes].strip() or None,
        described=((LINE, line), *([("url", address)] if address else [])),
        reference_given=reference.strip(),
    )
    return cited, body[:opens].rstrip()


def _marks(body: str, length: int, reference: str) -> tuple[int, int]:
    """Return where the quotation marks of the last quote stand.

    They are ``length`` apart. If none are, because the quote was changed, the first line behind the
    reference of the quote before opens it.
    """
    closes = body.rfind(_CLOSING)
    while closes >= 0 and len(body) - closes < _MOST_BEHIND:
        opens = closes - length - 1
        if opens >= 0 and body[opens] == _OPENING and body[opens - 1 : opens] in {"", "\n"}:
            return opens, closes
        closes = body.rfind(_CLOSING, 0, closes)
    start = _behind_last_reference(body)
    opens, closes = body.find(_OPENING, start), body.rfind(_CLOSING)
    if (behind := body.rfind(f"{_CLOSING} (")) > opens and not body.endswith(_CLOSING):
        closes = behind
    if opens < 0 or closes < opens or body[start:opens].strip():
        raise _not_a_quote(reference)
    return opens, closes


def _behind_last_reference(body: str) -> int:
    """Return where the line behind the last line begins that is a reference; else 0."""
    end = len(body)
    while end > 0:
        start = body.rfind("\n", 0, end) + 1
        try:
            parse_reference(body[start:end])
        except MalformedCitation:
            end = start - 1
        else:
            return end
    return 0


def _not_a_quote(reference: str) -> MalformedCitation:
    return MalformedCitation(
        f"The text above {reference.strip()[:100]} is not a quote as it was copied: words between "
        "“ and ”, an empty line, the citation, and the reference. Copy it again, or verify the "
        "reference alone."
    )
