"""Defines the JSON schemas of these forms; docs/json.md describes the fields in words."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.answering.answers import Outcome
from bot.verification.saying import SaidVerdict
from bot.verification.verification import Verdict
from bot.verification.worddiff import Change

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
COUNT_OR_NULL: Schema = {"type": ["integer", "null"], "minimum": 0}
FLAG_OR_NULL: Schema = {"type": ["boolean", "null"]}
DATE_OR_NULL: Schema = {"type": ["string", "null"], "format": "date"}
DIGEST: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def object_of(says: str, fields: Mapping[str, Schema]) -> Schema:
    """Return the schema of an object that has all the fields, and may have others."""
    return {
        "type": "object",
        "description": says,
        "properties": dict(fields),
        "required": list(fields),
    }


def list_of(items: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def one_of(values: Iterable[str]) -> Schema:
    """Return the schema of a text that is one of the values."""
    return {"type": "string", "enum": list(values)}


def or_null(schema: Schema) -> Schema:
    """Return the schema of a value that may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


DOCUMENT = object_of(
    "A statement. `access` are the groups that may read it, none for everybody.",
    {
        "document": TEXT,
        "title": TEXT,
        "publisher": TEXT_OR_NULL,
        "publisher_said_by": TEXT_OR_NULL,
        "date": DATE_OR_NULL,
        "place": TEXT_OR_NULL,
        "language": TEXT,
        "url": TEXT_OR_NULL,
        "url_said_by": TEXT_OR_NULL,
        "fetched": TEXT_OR_NULL,
        "encrypted": FLAG_OR_NULL,
        "access": list_of(TEXT),
        "access_said_by": TEXT_OR_NULL,
        "paragraphs": COUNT,
        "digest": DIGEST,
    },
)

CITATION = object_of(
    "The place of a quote: code points of the stored text that has the digest.",
    {
        "document": TEXT,
        "title": TEXT,
        "publisher": TEXT_OR_NULL,
        "publisher_said_by": TEXT_OR_NULL,
        "date": DATE_OR_NULL,
        "paragraph": COUNT,
        "page": COUNT_OR_NULL,
        "last_page": COUNT_OR_NULL,
        "start": COUNT,
        "end": COUNT,
        "url": TEXT_OR_NULL,
        "url_said_by": TEXT_OR_NULL,
        "fetched": TEXT_OR_NULL,
        "link": TEXT_OR_NULL,
        "digest": DIGEST,
        "reference": TEXT,
    },
)

QUOTE = object_of(
    "A whole paragraph, word for word, and the words in it that answer.",
    {
        "quote": TEXT,
        "evidence": TEXT,
        "evidence_start": COUNT,
        "evidence_end": COUNT,
        "answer": TEXT_OR_NULL,
        "shown": FLAG,
        "score": {"type": "number", "minimum": 0, "maximum": 1},
        "citation": CITATION,
        "also": list_of(CITATION),
    },
)

CHANGE = object_of(
    "A piece of a text that was compared with another.",
    {"change": one_of(each.value for each in Change), "text": TEXT},
)

FILTER = object_of(
    "The conditions on documents; an empty list or null is none.",
    {
        "documents": list_of(TEXT),
        "publishers": list_of(TEXT),
        "since": DATE_OR_NULL,
        "until": DATE_OR_NULL,
    },
)

_LOCATION_FIELDS: Mapping[str, Schema] = {
    "document": TEXT,
    "title": TEXT,
    "paragraph": COUNT_OR_NULL,
    "page": COUNT_OR_NULL,
    "last_page": COUNT_OR_NULL,
    "start": COUNT,
    "end": COUNT,
    "digest": DIGEST,
    "reference": TEXT,
    "words": TEXT,
}

LOCATION = object_of("The place of words.", _LOCATION_FIELDS)

SAID_PLACE = object_of(
    "A place of words that somebody is said to have said.",
    {
        **_LOCATION_FIELDS,
        "parts": list_of(object_of("A span of code points.", {"start": COUNT, "end": COUNT})),
        "left_out": list_of(TEXT),
        "changes": list_of(CHANGE),
        "earlier": FLAG,
        "until": DATE_OR_NULL,
        "reason": TEXT_OR_NULL,
    },
)

_SAYING_FIELDS: Mapping[str, Schema] = {
    "words": TEXT,
    "verdict": one_of(each.value for each in SaidVerdict),
    "searched": object_of(
        "The numbers of texts that were searched.", {"statements": COUNT, "earlier_texts": COUNT}
    ),
    "places": list_of(SAID_PLACE),
    "today": list_of(SAID_PLACE),
}

SAID_SENTENCE = object_of(
    "The verdict about one sentence of a longer text; it has no sentences of its own.",
    {**_SAYING_FIELDS, "sentences": {"type": "array", "items": {"type": "object"}, "maxItems": 0}},
)

SAYING = object_of(
    "The verdict about words that somebody is said to have said.",
    {**_SAYING_FIELDS, "sentences": list_of(SAID_SENTENCE)},
)

ANSWER = object_of(
    "The answer to a question: its quotes, or the statement that nothing answers it.",
    {
        "question": TEXT,
        "outcome": one_of(each.value for each in Outcome),
        "generation": COUNT,
        "filter": or_null(FILTER),
        "notices": list_of(TEXT),
        "documents": list_of(DOCUMENT),
        "quotes": list_of(QUOTE),
        "said": or_null(SAYING),
    },
)

VERIFICATION = object_of(
    "The verdict about a citation, and the place of its words now.",
    {
        "reference": TEXT,
        "verdict": one_of(each.value for each in Verdict),
        "explanation": TEXT,
        "reason": TEXT_OR_NULL,
        "original_kept": FLAG_OR_NULL,
        "now": or_null(LOCATION),
        "changes": list_of(CHANGE),
        "differences": list_of(
            object_of(
                "A field that differs from the source.",
                {"field": TEXT, "citation": TEXT, "source": TEXT},
            )
        ),
    },
)
