"""Defines the JSON schemas of what the tools return; docs/json.md describes the fields."""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_COUNT_OR_NULL: Schema = {"type": ["integer", "null"], "minimum": 0}
_FLAG: Schema = {"type": "boolean"}
_FLAG_OR_NULL: Schema = {"type": ["boolean", "null"]}


def _object(fields: Mapping[str, Schema]) -> Schema:
    """Return the schema of an object that has all the fields, and may have more."""
    return {"type": "object", "properties": dict(fields), "required": list(fields)}


def _list_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_SPAN = _object({"start": _COUNT, "end": _COUNT})
_CHANGES = _list_of(_object({"change": _TEXT, "text": _TEXT}))

DOCUMENT = _object(
    {
        "document": _TEXT,
        "title": _TEXT,
        "publisher": _TEXT_OR_NULL,
        "publisher_said_by": _TEXT_OR_NULL,
        "date": _TEXT_OR_NULL,
        "place": _TEXT_OR_NULL,
        "language": _TEXT,
        "url": _TEXT_OR_NULL,
        "url_said_by": _TEXT_OR_NULL,
        "fetched": _TEXT_OR_NULL,
        "encrypted": _FLAG_OR_NULL,
        "access": _list_of(_TEXT),
        "access_said_by": _TEXT_OR_NULL,
        "paragraphs": _COUNT,
        "digest": _TEXT,
    }
)
_CITATION = _object(
    {
        "document": _TEXT,
        "title": _TEXT,
        "publisher": _TEXT_OR_NULL,
        "publisher_said_by": _TEXT_OR_NULL,
        "date": _TEXT_OR_NULL,
        "paragraph": _COUNT,
        "page": _COUNT_OR_NULL,
        "last_page": _COUNT_OR_NULL,
        "start": _COUNT,
        "end": _COUNT,
        "url": _TEXT_OR_NULL,
        "url_said_by": _TEXT_OR_NULL,
        "fetched": _TEXT_OR_NULL,
        "link": _TEXT_OR_NULL,
        "digest": _TEXT,
        "reference": _TEXT,
    }
)
_QUOTE = _object(
    {
        "quote": _TEXT,
        "evidence": _TEXT,
        "evidence_start": _COUNT,
        "evidence_end": _COUNT,
        "answer": _TEXT_OR_NULL,
        "shown": _FLAG,
        "score": {"type": "number", "minimum": 0, "maximum": 1},
        "citation": _CITATION,
        "also": _list_of(_CITATION),
    }
)
_LOCATION_FIELDS = {
    "document": _TEXT,
    "title": _TEXT,
    "paragraph": _COUNT_OR_NULL,
    "page": _COUNT_OR_NULL,
    "last_page": _COUNT_OR_NULL,
    "start": _COUNT,
    "end": _COUNT,
    "digest": _TEXT,
    "reference": _TEXT,
    "words": _TEXT,
}
_SAID_PLACE = _object(
    {
        **_LOCATION_FIELDS,
        "parts": _list_of(_SPAN),
        "left_out": _list_of(_TEXT),
        "changes": _CHANGES,
        "earlier": _FLAG,
        "until": _TEXT_OR_NULL,
        "reason": _TEXT_OR_NULL,
    }
)
_SAYING_FIELDS = {
    "words": _TEXT,
    "verdict": {"enum": ["exactly", "until", "almost", "not found"]},
    "searched": _object({"statements": _COUNT, "earlier_texts": _COUNT}),
    "places": _list_of(_SAID_PLACE),
    "today": _list_of(_SAID_PLACE),
}
_SAYING = _object({**_SAYING_FIELDS, "sentences": _list_of({"type": "object"})})
_FILTER = _object(
    {
        "documents": _list_of(_TEXT),
        "publishers": _list_of(_TEXT),
        "since": _TEXT_OR_NULL,
        "until": _TEXT_OR_NULL,
    }
)
ANSWER = _object(
    {
        "question": _TEXT,
        "outcome": {
            "enum": [
                "answer",
                "related",
                "none",
                "outline",
                "metadata",
                "list",
                "said",
                "smalltalk",
            ]
        },
        "generation": _COUNT,
        "filter": _or_null(_FILTER),
        "notices": _list_of(_TEXT),
        "documents": _list_of(DOCUMENT),
        "quotes": _list_of(_QUOTE),
        "said": _or_null(_SAYING),
    }
)
PARAGRAPHS = _object(
    {
        "document": DOCUMENT,
        "paragraphs": _list_of(_object({"quote": _TEXT, "citation": _CITATION})),
        "next_paragraph": _COUNT_OR_NULL,
    }
)
VERIFICATIONS = _object(
    {
        "verifications": _list_of(
            _object(
                {
                    "reference": _TEXT,
                    "verdict": _TEXT,
                    "explanation": _TEXT,
                    "reason": _TEXT_OR_NULL,
                    "original_kept": _FLAG_OR_NULL,
                    "now": _or_null(_object(_LOCATION_FIELDS)),
                    "changes": _CHANGES,
                    "differences": _list_of(
                        _object({"field": _TEXT, "citation": _TEXT_OR_NULL, "source": _TEXT})
                    ),
                }
            )
        )
    }
)
DOCUMENTS = _object(
    {"documents": _list_of(DOCUMENT), "total": _COUNT, "next_cursor": _TEXT_OR_NULL}
)
