"""Writes a quote with its citation as an entry of BibTeX, and reads it again."""

import re

from bot.citations.citation import Citation, CitedQuote
from bot.citations.formats.citationlines import UNDATED, one_line, web_addresses
from bot.citations.formats.entryfields import (
    cited_by_entry,
    entry_day,
    entry_key,
    entry_note,
    entry_pages,
    refuse_unknown_fields,
)
from bot.errors import MalformedCitation

_COMMANDS = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{sign: f"\\{sign}" for sign in "#$%&_"},
}
_SIGNS = str.maketrans(_COMMANDS)
_READ = {command: sign for sign, command in _COMMANDS.items()} | {"{}": ""}
_LIGATURE = re.compile(r"(?<=-)(?=-)|(?<=')(?=')|(?<=[`?!])(?=`)|(?<=,)(?=,)")
_WRITTEN = re.compile(r"\\text[a-z]{1,20}\{\}|\\[#$%&_]|\{\}|[\\{}]")
_IN_ADDRESS = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C", " ": "%20"})
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_BLANKS = re.compile(r"[ \t\n]++")
_BEGINNING = re.compile(r"\s*@misc\{(?P<key>[A-Za-z0-9-]{1,400}),")
_NAME = re.compile(r"\s*(?P<name>[a-z]{1,20})\s*+=\s*+(?:(?P<month>[a-z]{3})|\{)")
_BRACE = re.compile(r"[{}]")
_BETWEEN = re.compile(r"\s*+(?:,\s*+)?+(?P<end>\}\s*+)?")
_FIELDS = frozenset("author title year month date url pages note annote".split())


def write_bibtex(citation: Citation, quote: str) -> str:
    """Return an entry ``@misc`` with the quote as ``annote`` and the reference in ``note``.

    Every sign is shown as it is, but for a line end, which is a space.
    """
    published, publisher = citation.published, one_line(citation.publisher or "")
    url = "".join(web_addresses(citation.url))
    fields = {
        "author": f"{{{_value(publisher)}}}" if publisher else None,
        "title": f"{{{_value(one_line(citation.title))}}}",
        "year": published.isoformat()[:4] if published else UNDATED,
        "month": _MONTHS[published.month - 1] if published else None,
        "date": published.isoformat() if published else None,
        "url": url.translate(_IN_ADDRESS) if url else None,
        "pages": entry_pages(citation, between="--"),
        "note": _value(entry_note(citation)),
        "annote": _value(quote),
    }
    lines = (
        f"  {name} = {value if name == 'month' else f'{{{value}}}'}"
        for name, value in fields.items()
        if value is not None
    )
    return "\n".join((f"@misc{{{entry_key(citation)},", ",\n".join(lines), "}"))


def read_bibtex(text: str) -> tuple[CitedQuote, ...]:
    """Return the quotes of a text that has nothing but entries that ``write_bibtex`` wrote.

    Raises:
        MalformedCitation: if a part of it is something else.
    """
    found: list[CitedQuote] = []
    at = 0
    while at < len(text):
        beginning = _BEGINNING.match(text, at)
        if beginning is None:
            raise _foreign(text, at)
        fields, at = _fields(text, beginning.end())
        found.append(_cited(fields))
    return tuple(found)


def _fields(text: str, at: int) -> tuple[dict[str, str], int]:
    """Return the fields of the entry that begins there, and where the text behind it begins."""
    fields: dict[str, str] = {}
    while True:
        named = _NAME.match(text, at)
        if named is None or named["name"] in fields:
            raise _foreign(text, at)
        at = named.end() if named["month"] else _closing_brace(text, named.end())
        fields[named["name"]] = named["month"] or text[named.end() : at - 1]
        between = _BETWEEN.match(text, at)
        at = at if between is None else between.end()
        if between is not None and between["end"]:
            return fields, at


def _closing_brace(text: str, at: int) -> int:
    """Return where the text behind a value begins; braces in it come in pairs."""
    depth = 1
    for brace in _BRACE.finditer(text, at):
        depth += 1 if brace.group() == "{" else -1
        if not depth:
            return brace.end()
    raise _foreign(text, at)


def _cited(fields: dict[str, str]) -> CitedQuote:
    refuse_unknown_fields(set(fields), _FIELDS)
    day = None
    if "date" in fields:
        day = entry_day(fields["date"])
    if fields.get("year", UNDATED) != (day[:4] if day else UNDATED) or (
        "month" in fields and (day is None or fields["month"] != _MONTHS[int(day[5:7]) - 1])
    ):
        raise MalformedCitation(
            "The year, the month and the date of an entry of BibTeX are not of one day. Copy the "
            "entry again."
        )
    described = {
        "title": _read(fields["title"]) if "title" in fields else None,
        "publisher": _read(fields["author"]) if "author" in fields else None,
        "url": fields.get("url"),
    }
    return cited_by_entry(
        note=_read(fields.get("note", "")),
        quote=_read(fields.get("annote", "")),
        pages=fields.get("pages"),
        described={"date": day} | {name: each for name, each in described.items() if each},
    )


def _value(text: str) -> str:
    """Return a text as LaTeX that shows each of its signs, in one line."""
    return "{}".join(each.translate(_SIGNS) for each in _LIGATURE.split(_BLANKS.sub(" ", text)))


def _read(value: str) -> str:
    """Return the text that a value shows."""
    if value.startswith("{") and not value.startswith("{}"):
        value = value[1:-1]

    def sign(found: re.Match[str]) -> str:
        read = _READ.get(found.group())
        if read is None:
            raise _foreign(value, found.start())
        return read

    return _WRITTEN.sub(sign, value)


def _foreign(text: str, at: int) -> MalformedCitation:
    return MalformedCitation(
        f'"{one_line(text[at : at + 100])}" is not BibTeX as it was copied. Copy the entry again, '
        "or verify the reference alone."
    )
