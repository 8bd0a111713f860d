"""Turns replies and verdicts into JSON. docs/json.md describes the fields, which are stable."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bot.answering.answers import Answer, Quote
from bot.citations.citation import Citation
from bot.citations.origin import said_by
from bot.operations.doctorservers import Finding
from bot.verification.explanation import explanation
from bot.verification.saying import SaidPlace, Saying
from bot.verification.verification import Location, Verification
from corpus import Document
from corpus.extraction.extract import Deviation
from corpus.model import Outline
from embeddings import Filter, IndexCheck, Manifest

if TYPE_CHECKING:
    from corpus.directory.additions import SourceOutcome


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
            _quote_fields(quote, shown=quote in answer.quotes)
            for quote in answer.ranked or answer.quotes
        ],
        "said": saying_fields(answer.said) if answer.said else None,
    }


def saying_fields(saying: Saying) -> dict[str, Any]:
    """Return the fields of a verdict about words that somebody is said to have said."""
    return {
        "words": saying.words,
        "verdict": saying.verdict.value,
        "searched": {
            "statements": saying.searched.statements,
            "earlier_texts": saying.searched.earlier,
        },
        "places": [_said_place_fields(place) for place in saying.places],
        "today": [_said_place_fields(place) for place in saying.today],
        "sentences": [saying_fields(each) for each in saying.sentences],
    }


def _said_place_fields(place: SaidPlace) -> dict[str, Any]:
    return {
        **_location_fields(place.location),
        "parts": [{"start": part.start, "end": part.end} for part in place.parts],
        "left_out": list(place.left_out),
        "changes": [{"change": each.change.value, "text": each.text} for each in place.changes],
        "earlier": place.is_earlier,
        "until": place.until.isoformat() if place.until else None,
        "reason": "read anew" if place.read_anew else None,
    }


def document_fields(document: Document | Outline) -> dict[str, Any]:
    """Return the fields of a document, for ``verbatim list --json``."""
    return {
        "document": document.id,
        "title": document.title,
        "publisher": document.publisher,
        "publisher_said_by": said_by(document, "publisher"),
        "date": document.published.isoformat() if document.published else None,
        "place": document.place,
        "language": document.language,
        "url": document.url,
        "url_said_by": said_by(document, "url"),
        "fetched": document.fetched,
        "encrypted": _encrypted(document.fetched),
        "access": sorted(document.access),
        "access_said_by": said_by(document, "access"),
        "paragraphs": document.passage_count,
        "digest": document.digest,
    }


def _encrypted(fetched: str | None) -> bool | None:
    """Return whether nobody could alter the document on the way; None for a file."""
    return None if fetched is None else fetched.startswith("https://")


def outcome_fields(outcome: "SourceOutcome") -> dict[str, Any]:
    """Return the fields of a source that was added; ``state`` is "failed" if nothing was."""
    added = outcome.added
    return {
        "source": outcome.source.label,
        "state": added.state if added else "failed",
        "reason": outcome.reason,
        "notes": list(outcome.notes),
        "deviations": deviation_fields(added.deviations or ()) if added else [],
        "fetched": outcome.fetched,
        "document": document_fields(added.document) if added else None,
    }


def deviation_fields(deviations: Iterable[Deviation]) -> list[dict[str, Any]]:
    """Return the number of deviations of each kind."""
    times = Counter((each.kind, each.name) for each in deviations)
    return [
        {"kind": kind.value, "name": name.value, "count": count}
        for (kind, name), count in times.items()
    ]


def verification_fields(verification: Verification) -> dict[str, Any]:
    """Return the fields of a verdict."""
    now = verification.now
    return {
        "reference": verification.cited.reference,
        "verdict": verification.verdict.value,
        "explanation": explanation(verification),
        "reason": "read anew" if verification.read_anew else None,
        "original_kept": verification.original_is_stored,
        "now": None if now is None else _location_fields(now),
        "changes": [
            {"change": piece.change.value, "text": piece.text} for piece in verification.pieces
        ],
        "differences": [
            {"field": each.field, "citation": each.cited, "source": each.source}
            for each in verification.mismatches
        ],
    }


def generation_fields(manifest: Manifest, *, before: int | None) -> dict[str, Any]:
    """Return the fields of the generation that answers now, for ``verbatim rollback --json``."""
    return {
        "generation": manifest.generation,
        "before": before,
        "documents": manifest.documents,
        "passages": manifest.passages,
        "sentences": manifest.sentences,
        "created": manifest.created,
        "corpus_digest": manifest.corpus_digest,
    }


def check_fields(
    found: IndexCheck,
    deviating: Mapping[str, tuple[Deviation, ...]],
    lost: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the fields of ``verbatim check``: the index, and texts that deviate from sources.

    ``lost`` are the documents whose originals are not stored.
    """
    return {
        "deviations": {name: deviation_fields(each) for name, each in deviating.items()},
        "originals_not_kept": list(lost),
        "intact": found.intact,
        "problems": list(found.problems),
        "unknown": list(found.unknown),
        "generations": [
            {
                "generation": each.generation,
                "current": each.current,
                "intact": each.intact,
                "files": each.files,
                "bytes": each.size_bytes,
                "documents": each.documents,
                "passages": each.passages,
                "sentences": each.sentences,
                "citations": each.citations,
                "problems": list(each.problems),
                "unknown": list(each.unknown),
            }
            for each in found.generations
        ],
    }


def finding_fields(found: Sequence[Finding]) -> dict[str, Any]:
    """Return the fields of the findings of ``verbatim doctor``."""
    return {
        "well": all(each.well for each in found),
        "findings": [{"name": f.name, "well": f.well, "text": f.text} for f in found],
    }


def _location_fields(location: Location) -> dict[str, Any]:
    page, last_page = location.pages or (None, None)
    return {
        "document": location.document.id,
        "title": location.document.title,
        "paragraph": None if location.passage is None else location.passage.number,
        "page": page,
        "last_page": last_page,
        "start": location.span.start,
        "end": location.span.end,
        "digest": location.document.digest,
        "reference": location.reference,
        "words": location.words,
    }


def filter_fields(only: Filter) -> dict[str, Any]:
    """Return the fields of a filter; an empty list or null is no condition."""
    return {
        "documents": sorted(only.documents),
        "publishers": sorted(only.publishers),
        "since": only.since.isoformat() if only.since else None,
        "until": only.until.isoformat() if only.until else None,
    }


def _quote_fields(quote: Quote, *, shown: bool) -> dict[str, Any]:
    start = quote.citation.start
    return {
        "quote": quote.text,
        "evidence": quote.evidence_text,
        "evidence_start": quote.evidence.start - start,
        "evidence_end": quote.evidence.end - start,
        "answer": quote.answer_text,
        "shown": shown,
        "score": round(quote.score, 4),
        "citation": _citation_fields(quote.citation),
        "also": [_citation_fields(citation) for citation in quote.also],
    }


def _citation_fields(citation: Citation) -> dict[str, Any]:
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
