"""Writes a quote with its citation as HTML, and reads it again."""

import re
from html import escape, unescape

from bot.citations.citation import LINE, Citation, CitedQuote, parse_reference
from bot.citations.formats.citationlines import UNDATED, one_line, web_addresses
from bot.errors import MalformedCitation

_PIECE = re.compile(
    r"<(?P<end>/?)(?P<name>[a-z]{1,20})(?P<attributes>(?:\s[^<>]*+)?)>|(?P<text>[^<]++)"
)
_HREF = re.compile(r'\shref="(?P<address>[^"]*+)"')
_BLANK_LINES = re.compile(r"\n(?:[ \t]*+\n)++")
_ELEMENTS = frozenset("figure blockquote p br figcaption a cite bdi time code".split())


def write_html(citation: Citation, quote: str) -> str:
    """Return a ``figure`` with the quote, its citation with a link, and its reference."""
    link = next(map(escape, web_addresses(citation.link)), None)
    words = "\n".join(
        f"<p>{escape(each).replace(chr(10), '<br>' + chr(10))}</p>"
        for each in _BLANK_LINES.split(quote)
    )
    source = f' cite="{link}"' if link else ""
    title = f"<cite>{_isolated(citation.title)}</cite>"
    day = citation.published.isoformat() if citation.published else None
    line = ", ".join(
        (
            f'<a href="{link}">{title}</a>' if link else title,
            *([_isolated(citation.publisher)] if one_line(citation.publisher or "") else []),
            f'<time datetime="{day}">{day}</time>' if day else UNDATED,
            escape(citation.where),
        )
    )
    return "\n".join(
        (
            "<figure>",
            f'<blockquote{source} dir="auto">',
            words,
            "</blockquote>",
            f"<figcaption>{line}<br>",
            f"<code>{escape(citation.reference)}</code></figcaption>",
            "</figure>",
        )
    )


def read_html(text: str) -> tuple[CitedQuote, ...]:
    """Return the quotes of a text that has nothing but those that ``write_html`` wrote.

    Raises:
        MalformedCitation: if a part of it is something else.
    """
    found: list[CitedQuote] = []
    parts: dict[str, list[str]] = {"blockquote": [], "figcaption": [], "code": []}
    link, within = None, ""
    at = 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None or (piece["name"] and piece["name"] not in _ELEMENTS):
            raise _foreign(text[at : at + 100])
        at = piece.end()
        name, words = piece["name"], unescape(piece["text"] or "")
        if words:
            if not within and words.strip():
                raise _foreign(words.strip())
            if within:
                parts[within].append(words)
        elif name == "figure" and piece["end"]:
            found.append(_cited(parts, link))
            parts, link = {each: [] for each in parts}, None
        elif name in parts:
            within = "" if piece["end"] else name
        elif name == "a" and (href := _HREF.search(piece["attributes"])):
            link = unescape(href["address"])
        elif name == "p" and piece["end"]:
            parts["blockquote"].append("\n\n")
    if any(parts.values()):
        raise _foreign("the end of the text")
    return tuple(found)


def _cited(parts: dict[str, list[str]], link: str | None) -> CitedQuote:
    reference = "".join(parts["code"]).strip()
    place = parse_reference(reference)
    return CitedQuote(
        place.document,
        place.span,
        place.digest,
        quote="".join(parts["blockquote"]).strip() or None,
        described=(
            (LINE, one_line("".join(parts["figcaption"]))),
            *([("link", link)] if link is not None else []),
        ),
        reference_given=reference,
    )


def _isolated(name: str | None) -> str:
    return f"<bdi>{escape(one_line(name or ''))}</bdi>"


def _foreign(text: str) -> MalformedCitation:
    return MalformedCitation(
        f'"{one_line(text)[:100]}" does not belong to a quote in HTML as it was copied. Copy it '
        "again, or verify the reference alone."
    )
