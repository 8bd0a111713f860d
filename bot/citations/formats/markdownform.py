"""Writes a quote with its citation as Markdown that shows every character, and reads it again."""

import re

from bot.citations.citation import LINE, Citation, CitedQuote, parse_reference
from bot.citations.formats.citationlines import behind_title, title_of, web_addresses
from bot.errors import MalformedCitation

_SIGNS = re.compile(r"[\\`*_\[\]<>{}&~|$]|(?<=www)\.|:(?=//)", re.IGNORECASE)
_BEGINNING = re.compile(r"(?P<number>[0-9]{1,9}+)?+[#+\-=:.)]")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~\n])")
_IN_ADDRESS = re.compile(r"[\\()<>]|&(?=#?\w{1,40};)")
_LINKED = re.compile(
    r"\[(?P<title>(?:[^\\\]]|\\.)*+)\]\((?P<link>(?:[^\\()\s]|\\.)*+)\)(?P<behind>.*)"
)


def write_markdown(citation: Citation, quote: str) -> str:
    """Return the quote as a block quote, then its citation with a link, and its reference."""
    lines = [f"> {line}".rstrip() for line in _lines(quote)]
    title, behind = title_of(citation), "".join(f", {part}" for part in behind_title(citation))
    line = _escaped_line(f"{title}{behind}")
    for link in web_addresses(citation.link):
        address = _IN_ADDRESS.sub(lambda sign: f"\\{sign.group()}", link)
        line = f"[{_escaped(title)}]({address}){_escaped(behind)}"
    reference = citation.reference
    code = _escaped_line(reference) if "`" in reference else f"`{reference}`"
    return "\n".join((*lines, "", f"{line}\\", code))


def read_markdown(text: str) -> tuple[CitedQuote, ...]:
    """Return the quotes of a text that has nothing but those that ``write_markdown`` wrote.

    Raises:
        MalformedCitation: if a part of it is something else.
    """
    found: list[CitedQuote] = []
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if line.strip()]
    at = 0
    while at < len(lines):
        start = at
        while at < len(lines) and lines[at].startswith(">"):
            at += 1
        if at == start or at + 1 >= len(lines):
            wrong = lines[min(at, len(lines) - 1)].strip()[:100]
            raise MalformedCitation(
                f'"{wrong}" does not belong to a quote in Markdown, which is the words behind ">", '
                "the citation and the reference. Copy it again, or verify the reference alone."
            )
        found.append(_cited(lines[start:at], lines[at].strip(), lines[at + 1].strip()))
        at += 2
    return tuple(found)


def _cited(quoted: list[str], line: str, code: str) -> CitedQuote:
    reference = code[1:-1] if code.startswith("`") else _unescaped(code)
    place = parse_reference(reference)
    words = _unescaped("\n".join(each.removeprefix(">").strip(" ") for each in quoted))
    line = line.removesuffix("\\")
    linked = _LINKED.fullmatch(line)
    if linked is not None:
        line = f"{linked['title']}{linked['behind']}"
    return CitedQuote(
        place.document,
        place.span,
        place.digest,
        quote=words.strip() or None,
        described=(
            (LINE, _unescaped(line)),
            *([("link", _unescaped(linked["link"]))] if linked else []),
        ),
        reference_given=reference,
    )


def _lines(quote: str) -> list[str]:
    """Return the lines of Markdown that show the words; every line end is one there, too."""
    lines = [_escaped_line(line.strip(" \t")) for line in quote.split("\n")]
    return [
        f"{line}\\" if line and after else line
        for line, after in zip(lines, [*lines[1:], ""], strict=True)
    ]


def _escaped_line(line: str) -> str:
    """Return a line of which no sign marks anything, nor begins a list, a heading or a table."""
    beginning = _BEGINNING.match(line)
    if beginning is None:
        return _escaped(line)
    sign = beginning.end() - 1
    return f"{line[:sign]}\\{line[sign]}{_escaped(line[sign + 1 :])}"


def _escaped(text: str) -> str:
    return _SIGNS.sub(lambda sign: f"\\{sign.group()}", text)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)
