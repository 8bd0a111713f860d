"""The citations in what a person kept: references, and the JSON that ``verbatim ask`` printed."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeGuard

from bot.citation import Cited, parse_reference
from bot.errors import MalformedCitation
from corpus import Span

_DIGEST = re.compile(r"[0-9a-f]{12,64}")
_MOST_CHARACTERS = 10**9
_WHAT_TO_GIVE = (
    'Give a reference such as "DOC[4000:5203]@c0ffee012345", or JSON that "verbatim ask --json" '
    "printed: a reply, a quote or a citation."
)


def read_citations(text: str) -> tuple[Cited, ...]:
    """Every citation in a text, in order.

    The text is a reference, several with a line each, or the JSON of a reply, a quote, a citation
    or a list of such, or JSON Lines as ``verbatim ask --batch`` prints them. The other places of a
    quote ("also") are citations of the same words.

    Raises:
        MalformedCitation: if a part of it is no citation, or there is none.
    """
    if not text.strip():
        raise MalformedCitation(f"There is nothing to verify. {_WHAT_TO_GIVE}")
    if text.lstrip()[0] in "{[":
        found = tuple(cited for value in _values(text) for cited in _citations(value))
    else:
        found = tuple(parse_reference(line) for line in text.split("\n") if line.strip())
    if not found:
        raise MalformedCitation(f"There is no quote in it. {_WHAT_TO_GIVE}")
    return found


def _values(text: str) -> list[Any]:
    try:
        return [json.loads(text)]
    except RecursionError as error:
        raise MalformedCitation(f"The JSON is nested too deeply. {_WHAT_TO_GIVE}") from error
    except ValueError as error:
        try:
            return [json.loads(line) for line in text.split("\n") if line.strip()]
        except (ValueError, RecursionError):
            raise MalformedCitation(f"It is not JSON ({error}). {_WHAT_TO_GIVE}") from error


def _citations(value: Any) -> Iterator[Cited]:
    if isinstance(value, list):
        for each in value:
            yield from _citations(each)
    elif not isinstance(value, dict):
        raise MalformedCitation(f"{json.dumps(value)[:60]} is no citation. {_WHAT_TO_GIVE}")
    elif "quotes" in value:
        yield from _citations(value["quotes"])
    elif "citation" in value:
        quote = value.get("quote")
        if not isinstance(quote, str) or not quote.strip():
            raise MalformedCitation(f'"quote" is no text. {_WHAT_TO_GIVE}')
        also = value.get("also") or []
        for each in (value["citation"], *(also if isinstance(also, list) else [also])):
            yield replace(_citation(each), quote=quote)
    else:
        yield _citation(value)


def _citation(fields: Any) -> Cited:
    """What the object with a citation's fields cites.

    Raises:
        MalformedCitation: if a field is missing or is not what it should be.
    """
    if not isinstance(fields, dict):
        raise MalformedCitation(f'"citation" is no object. {_WHAT_TO_GIVE}')
    if "document" not in fields and isinstance(fields.get("reference"), str):
        return parse_reference(fields["reference"])
    document, digest = fields.get("document"), fields.get("digest")
    start, end, paragraph = (fields.get(name) for name in ("start", "end", "paragraph"))
    if not isinstance(document, str) or not document:
        raise _wrong("document")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise _wrong("digest")
    if not _is_count(start):
        raise _wrong("start")
    if not _is_count(end) or end <= start:
        raise _wrong("end")
    if paragraph is not None and not _is_count(paragraph):
        raise _wrong("paragraph")
    return Cited(document, Span(start, end), digest, paragraph=paragraph)


def _wrong(name: str) -> MalformedCitation:
    return MalformedCitation(
        f'"{name}" of a citation is missing or is not what it should be. {_WHAT_TO_GIVE}'
    )


def _is_count(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value < _MOST_CHARACTERS
