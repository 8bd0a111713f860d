"""Writes a quote with its citation as an entry of RIS, and reads it again."""

import re

from bot.citations.citation import Citation, CitedQuote
from bot.citations.formats.citationlines import one_line, web_addresses
from bot.citations.formats.entryfields import (
    cited_by_entry,
    entry_day,
    entry_key,
    entry_note,
    entry_pages,
    refuse_unknown_fields,
)
from bot.errors import MalformedCitation

_LINE = re.compile(r"(?P<tag>[A-Z][A-Z0-9])  -(?: (?P<value>.*)|$)")
_TAGS = frozenset("TY ID TI AU PB PY DA UR SP EP M1 N1".split())
_BLANKS = re.compile(r"[ \t\n]++")


def write_ris(citation: Citation, quote: str) -> str:
    """Return an entry ``ELEC`` with the quote as ``N1`` and the reference in ``M1``.

    A line end of the quote is a space, since each value has one line.
    """
    published, publisher = citation.published, one_line(citation.publisher or "")
    first, _, last = (entry_pages(citation) or "").partition("-")
    fields = (
        ("TY", "ELEC"),
        ("ID", entry_key(citation)),
        ("TI", one_line(citation.title)),
        # a comma would divide the name of a person
        ("AU", publisher if "," not in publisher else ""),
        ("PB", publisher),
        ("PY", published.isoformat()[:4] if published else ""),
        ("DA", published.isoformat().replace("-", "/") if published else ""),
        ("UR", "".join(web_addresses(citation.url))),
        ("SP", first),
        ("EP", last or first),
        ("M1", entry_note(citation)),
        ("N1", _BLANKS.sub(" ", quote)),
    )
    return "\n".join((*(f"{tag}  - {value}" for tag, value in fields if value), "ER  - "))


def read_ris(text: str) -> tuple[CitedQuote, ...]:
    """Return the quotes of a text that has nothing but entries that ``write_ris`` wrote.

    Raises:
        MalformedCitation: if a part of it is something else.
    """
    found: list[CitedQuote] = []
    fields: dict[str, str] = {}
    for line in text.replace("\r\n", "\n").split("\n"):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line)
        if match is None or match["tag"] in fields or (match["tag"] == "TY") is bool(fields):
            raise _foreign(line)
        if match["tag"] == "ER":
            found.append(_cited(fields))
            fields = {}
        else:
            fields[match["tag"]] = (match["value"] or "").strip()
    if fields:
        raise _foreign("the end of the text")
    return tuple(found)


def _cited(fields: dict[str, str]) -> CitedQuote:
    refuse_unknown_fields(set(fields), _TAGS)
    day = entry_day(fields["DA"].replace("/", "-")) if "DA" in fields else None
    publisher = fields.get("PB", fields.get("AU"))
    if fields.get("AU", publisher) != publisher or fields.get("PY", day and day[:4]) != (
        day and day[:4]
    ):
        raise MalformedCitation(
            "AU and PB, or PY and DA, of an entry of RIS differ. Copy the entry again."
        )
    pages = "-".join(fields[tag] for tag in ("SP", "EP") if tag in fields) or None
    described = {"title": fields.get("TI"), "publisher": publisher, "date": day}
    described["url"] = fields.get("UR")
    return cited_by_entry(
        note=fields.get("M1"),
        quote=fields.get("N1"),
        pages=pages,
        described={name: value for name, value in described.items() if value},
    )


def _foreign(line: str) -> MalformedCitation:
    return MalformedCitation(
        f'"{one_line(line)[:100]}" does not belong to an entry of RIS as it was copied. Copy it '
        "again, or verify the reference alone."
    )
