"""Reads citations: references, the JSON that ``verbatim ask`` printed, and copied quotes."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeGuard

from bot.citations.citation import DESCRIPTIONS, LINE, CitedQuote, parse_reference
from bot.citations.formats.bibtex import read_bibtex
from bot.citations.formats.copiedtext import is_copied_text, read_text
from bot.citations.formats.csljson import is_csl_item, read_csl_item
from bot.citations.formats.htmlform import read_html
from bot.citations.formats.markdownform import read_markdown
from bot.citations.formats.ris import read_ris
from bot.citations.showoutput import shown_passages
from bot.errors import MalformedCitation
from corpus import Span

_DIGEST = re.compile(r"[0-9a-f]{12,64}")
_MOST_CHARACTERS = 10**9
_QUOTE_FIELDS = {
    "quote",
    "evidence",
    "evidence_start",
    "evidence_end",
    "answer",
    "shown",
    "score",
    "citation",
    "also",
}
_CITATION_FIELDS = {
    *DESCRIPTIONS,
    "document",
    "digest",
    "start",
    "end",
    "paragraph",
    "page",
    "last_page",
    "reference",
    "quote",
    "evidence",
}
_COPIED = {"@misc{": read_bibtex, "TY  - ": read_ris, "<figure": read_html, ">": read_markdown}
"""The readers of copied quotes, by the signs that these begin with."""
_WHAT_TO_GIVE = (
    'Give a reference such as "DOC[4000:5203]@c0ffee012345", or JSON that "verbatim ask --json" '
    "printed: a reply, a quote or a citation."
)


def read_citations(text: str) -> tuple[CitedQuote, ...]:
    """Return every citation in a text, in order.

    The text is a reference, several with a line each, passages as ``verbatim show`` prints them,
    the JSON of a reply, a quote, a citation or a list of such, or JSON Lines as
    ``verbatim ask --batch`` prints them. It may be copied quotes, too, all of one format of
    ``bot.citations.formats``, or lines that a button copied. The other places of a quote ("also")
    are citations of the same words. No field of a citation is passed over.

    Raises:
        MalformedCitation: if a part of it is no citation, if a citation has a field that is not
            known, or if there is none.
    """
    if not text.strip():
        raise MalformedCitation(f"There is nothing to verify. {_WHAT_TO_GIVE}")
    if lines := _cited_lines(text):
        return lines
    begun = text.lstrip()
    copied = next((read for sign, read in _COPIED.items() if begun.startswith(sign)), None)
    if begun[0] in "{[":
        found = tuple(cited for value in _values(text) for cited in _citations(value))
    elif copied is not None:
        found = copied(begun.rstrip())
    elif is_copied_text(begun):
        found = read_text(begun)
    else:
        found = shown_passages(text) or tuple(
            parse_reference(line) for line in text.split("\n") if line.strip()
        )
    if not found:
        raise MalformedCitation(f"There is no quote in it. {_WHAT_TO_GIVE}")
    return found


def _cited_lines(text: str) -> tuple[CitedQuote, ...]:
    """Return a citation for each line, if each ends with a reference; else none.

    A button copies a reference behind the words of the citation.
    """
    found: list[CitedQuote] = []
    for line in filter(str.strip, text.split("\n")):
        words, _, reference = line.strip().rpartition(" ")
        try:
            cited = parse_reference(reference)
        except MalformedCitation:
            return ()
        said = words.strip()
        found.append(replace(cited, described=((LINE, said),)) if said else cited)
    return tuple(found)


def _values(text: str) -> list[Any]:
    try:
        return [_loaded(text)]
    except RecursionError as error:
        raise MalformedCitation(f"The JSON is nested too deeply. {_WHAT_TO_GIVE}") from error
    except ValueError as error:
        try:
            return [_loaded(line) for line in text.split("\n") if line.strip()]
        except (ValueError, RecursionError):
            raise MalformedCitation(f"It is not JSON ({error}). {_WHAT_TO_GIVE}") from error


def _loaded(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_fields_once)


def _fields_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of some fields; refuse a name that stands twice.

    JSON would drop the first of them in silence.
    """
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedCitation(f'"{twice[:60]}" occurs twice in one object. {_WHAT_TO_GIVE}')
    return fields


def _citations(value: Any) -> Iterator[CitedQuote]:
    if isinstance(value, list):
        for each in value:
            yield from _citations(each)
    elif not isinstance(value, dict):
        raise MalformedCitation(f"{json.dumps(value)[:60]} is not a citation. {_WHAT_TO_GIVE}")
    elif is_csl_item(value):
        yield read_csl_item(value)
    elif "quotes" in value:
        yield from _citations(value["quotes"])
    elif "citation" in value:
        _refuse_unknown(value, _QUOTE_FIELDS)
        quote = _words(value, "quote")
        if quote is None:
            raise _wrong("quote")
        evidence, answer = _words(value, "evidence"), _words(value, "answer")
        place = _evidence_place(value)
        also = value.get("also") or []
        for each in (value["citation"], *(also if isinstance(also, list) else [also])):
            cited = _citation(each)
            if cited.quote not in {None, quote} or cited.evidence not in {None, evidence}:
                raise MalformedCitation(f"It gives two different quotes. {_WHAT_TO_GIVE}")
            yield replace(
                cited, quote=quote, evidence=evidence, evidence_place=place, answer=answer
            )
    else:
        yield _citation(value)


def _citation(fields: Any) -> CitedQuote:
    """Return the claims of an object with a citation's fields.

    Raises:
        MalformedCitation: if a field is missing, unknown, or is not what it should be.
    """
    if not isinstance(fields, dict):
        raise MalformedCitation(f'"citation" is not an object. {_WHAT_TO_GIVE}')
    _refuse_unknown(fields, _CITATION_FIELDS)
    reference = fields.get("reference")
    if reference is not None and not isinstance(reference, str):
        raise _wrong("reference")
    place = None if reference is None else parse_reference(reference)
    document, digest = fields.get("document"), fields.get("digest")
    start, end, paragraph = (fields.get(name) for name in ("start", "end", "paragraph"))
    if place is not None:  # a reference alone has these four
        document = place.document if document is None else document
        digest = place.digest if digest is None else digest
        start = place.span.start if start is None else start
        end = place.span.end if end is None else end
    if not isinstance(document, str) or not document:
        raise _wrong("document")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise _wrong("digest")
    if not _is_count(start):
        raise _wrong("start")
    if not _is_count(end) or end <= start:
        raise _wrong("end")
    page, last_page = fields.get("page"), fields.get("last_page")
    for name, number in (("paragraph", paragraph), ("page", page), ("last_page", last_page)):
        if number is not None and not _is_count(number):
            raise _wrong(name)
    return CitedQuote(
        document,
        Span(start, end),
        digest,
        quote=_words(fields, "quote"),
        paragraph=paragraph,
        evidence=_words(fields, "evidence"),
        page=page,
        last_page=last_page,
        described=tuple(
            (name, _description(fields, name)) for name in DESCRIPTIONS if name in fields
        ),
        reference_given=reference,
    )


def _evidence_place(fields: dict[str, Any]) -> Span | None:
    """Return where the evidence stands in the quote; None where that is not given."""
    start, end = fields.get("evidence_start"), fields.get("evidence_end")
    if start is None and end is None:
        return None
    if not _is_count(start):
        raise _wrong("evidence_start")
    if not _is_count(end) or end <= start:
        raise _wrong("evidence_end")
    return Span(start, end)


def _refuse_unknown(fields: dict[str, Any], known: set[str]) -> None:
    for name in fields:
        if name not in known:
            raise MalformedCitation(
                f'"{name[:60]}" is not a field of a citation, so it cannot be verified. Leave it '
                f"out, or correct its name: {', '.join(sorted(known))}."
            )


def _words(fields: dict[str, Any], name: str) -> str | None:
    """Return the words in a field; None if it is missing or null."""
    words = fields.get(name)
    if words is None:
        return None
    if not isinstance(words, str) or not words.strip():
        raise MalformedCitation(f'"{name}" is not a text. {_WHAT_TO_GIVE}')
    return words


def _description(fields: dict[str, Any], name: str) -> str | None:
    value = fields[name]
    if value is not None and not isinstance(value, str):
        raise _wrong(name)
    return value


def _wrong(name: str) -> MalformedCitation:
    return MalformedCitation(f'"{name}" of a citation is missing or wrong. {_WHAT_TO_GIVE}')


def _is_count(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value < _MOST_CHARACTERS
