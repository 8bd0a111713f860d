"""Turns verdicts into JSON. docs/json.md describes the fields, which are stable."""

from typing import Any

from bot.verification.explanation import explanation
from bot.verification.saying import SaidPlace, Saying
from bot.verification.verification import Location, Verification


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
