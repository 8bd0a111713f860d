"""Defines the JSON schemas of what the tools return; docs/json.md describes the fields."""

from bot.jsonforms.schemas import (
    ANSWER,
    CITATION,
    COUNT,
    COUNT_OR_NULL,
    DOCUMENT,
    TEXT,
    TEXT_OR_NULL,
    VERIFICATION,
    list_of,
    object_of,
)

__all__ = ["ANSWER", "DOCUMENTS", "PARAGRAPHS", "VERIFICATIONS"]

PARAGRAPHS = object_of(
    "A statement with some of its paragraphs.",
    {
        "document": DOCUMENT,
        "paragraphs": list_of(
            object_of("A paragraph as it is quoted.", {"quote": TEXT, "citation": CITATION})
        ),
        "next_paragraph": COUNT_OR_NULL,
    },
)
VERIFICATIONS = object_of("Verdicts about citations.", {"verifications": list_of(VERIFICATION)})
DOCUMENTS = object_of(
    "A part of a list of statements.",
    {"documents": list_of(DOCUMENT), "total": COUNT, "next_cursor": TEXT_OR_NULL},
)
