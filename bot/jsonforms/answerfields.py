"""Turns an answer into JSON. docs/json.md describes the fields, which are stable."""

from typing import Any

from bot.answering.answers import Answer, Quote
from bot.citations.citation import Citation
from bot.citations.origin import said_by
from bot.jsonforms.documentfields import document_fields
from bot.jsonforms.verificationfields import saying_fields
from embeddings import Filter


def answer_fields(answer: Answer) -> dict[str, Any]:
    """Return the fields of an answer."""
    return {
        "question": answer.question,
        "outcome": answer.outcome.value,
        "generation": answer.generation,
        "filter": filter_fields(answer.only) if answer.only else None,
        "notices": [*answer.notices, *([answer.message] if answer.message else [])],
        "documents": [document_fields(document) for document in answer.documents],
        "quotes": [
            quote_fields(quote, shown=quote in answer.quotes)
            for quote in answer.ranked or answer.quotes
        ],
        "said": saying_fields(answer.said) if answer.said else None,
    }


def filter_fields(only: Filter) -> dict[str, Any]:
    """Return the fields of a filter; an empty list or null is no condition."""
    return {
        "documents": sorted(only.documents),
        "publishers": sorted(only.publishers),
        "since": only.since.isoformat() if only.since else None,
        "until": only.until.isoformat() if only.until else None,
    }


def quote_fields(quote: Quote, *, shown: bool) -> dict[str, Any]:
    """Return the fields of a quote; ``shown`` says whether a person sees it."""
    start = quote.citation.start
    return {
        "quote": quote.text,
        "evidence": quote.evidence_text,
        "evidence_start": quote.evidence.start - start,
        "evidence_end": quote.evidence.end - start,
        "answer": quote.answer_text,
        "shown": shown,
        "score": round(quote.score, 4),
        "citation": citation_fields(quote.citation),
        "also": [citation_fields(citation) for citation in quote.also],
    }


def citation_fields(citation: Citation) -> dict[str, Any]:
    """Return the fields of a citation."""
    return {
        "document": citation.document,
        "title": citation.title,
        "publisher": citation.publisher,
        "publisher_said_by": said_by(citation, "publisher"),
        "date": citation.published.isoformat() if citation.published else None,
        "paragraph": citation.paragraph,
        "page": citation.page,
        "last_page": citation.last_page,
        "start": citation.start,
        "end": citation.end,
        "url": citation.url,
        "url_said_by": said_by(citation, "url"),
        "fetched": citation.fetched,
        "link": citation.link,
        "digest": citation.digest,
        "reference": citation.reference,
    }
