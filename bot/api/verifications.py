"""Verifies citations, and says how new the index is."""

import json

from bot.answering.answerer import Answerer
from bot.api.api import Api, Fields, Given
from bot.api.parameters import CitationText, Parameter, Unusable
from bot.citations.citationparser import read_citations
from bot.errors import MalformedCitation
from bot.jsonforms.verificationfields import verification_fields

MOST_CITATIONS = 100
_MOST_CHARACTERS = 100_000

VERIFIED = (
    Parameter(
        "citation",
        "A reference as an answer shows it, or several with a line each; in JSON also the "
        "quotes of an answer as they came.",
        CitationText(_MOST_CHARACTERS),
        required=True,
    ),
)


def verify(api: Api, given: Given, answerer: Answerer) -> Fields:
    """Return the verdict about each citation."""
    citation = given.values["citation"]
    text = citation if isinstance(citation, str) else json.dumps(citation)
    try:
        cited = read_citations(text)
    except MalformedCitation as error:
        raise Unusable(
            '"citation" is neither a reference such as "DOC[4000:5203]@c0ffee012345" nor the JSON '
            "of an answer, a quote or a citation."
        ) from error
    if len(cited) > MOST_CITATIONS:
        raise Unusable(
            f'"citation" has {len(cited):,} citations, and at most {MOST_CITATIONS} are verified '
            "at once."
        )
    found = [api.texts.verify(each, answerer, given.groups)[0] for each in cited]
    return {
        "generation": answerer.generation,
        "citations": [verification_fields(each) for each in found],
    }


def refresh_status(api: Api, _: Given, answerer: Answerer) -> Fields:
    """Return the generation that answers, what it holds, and whether a newer one is being made."""
    manifest = answerer.manifest
    return {
        "generation": answerer.generation,
        "created": manifest.created,
        "documents": manifest.documents,
        "passages": manifest.passages,
        "running": api.is_refreshing(),
    }
