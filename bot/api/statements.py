"""Lists statements, and gives their paragraphs."""

from starlette.exceptions import HTTPException

from bot.answering.answerer import Answerer
from bot.api.api import Api, Fields, Given
from bot.api.parameters import Number, Parameter, Text
from bot.api.questions import FILTERS, NO_DOCUMENT, given_filter
from bot.citations.citation import reference_of
from bot.jsonforms.answerfields import citation_fields
from bot.jsonforms.documentfields import document_fields
from bot.replies.sourcelist import fitting_documents
from corpus import Document, Passage, UnknownDocument

_MOST_NUMBER = 999_999_999
_MOST_WORDS_CHARACTERS = 200
_A_LIST, _LONGEST_LIST = 50, 500
_PARAGRAPHS, _MOST_PARAGRAPHS = 200, 1_000

LISTED = (
    *FILTERS,
    Parameter(
        "words",
        "Only statements that have these words in title, publisher, place, date or id.",
        Text(_MOST_WORDS_CHARACTERS),
    ),
    Parameter(
        "offset", "The number of statements to pass over.", Number(0, _MOST_NUMBER), default=0
    ),
    Parameter("limit", "The most statements.", Number(1, _LONGEST_LIST), default=_A_LIST),
)
DOCUMENT_ID = Parameter("document", "The id of the statement.", Text(500), required=True)
NUMBER = Parameter(
    "number",
    "The number of the paragraph; 0 is the dateline.",
    Number(0, _MOST_NUMBER),
    required=True,
)
PARAGRAPHS = (
    Parameter("first", "The number of the first paragraph.", Number(0, _MOST_NUMBER), default=0),
    Parameter("limit", "The most paragraphs.", Number(1, _MOST_PARAGRAPHS), default=_PARAGRAPHS),
)


def list_documents(_: Api, given: Given, answerer: Answerer) -> Fields:
    """Return a part of the list of statements, the newest first."""
    only, offset = given_filter(given, answerer), given.values["offset"]
    wanted = " ".join(given.values.get("words", "").split())
    found = [
        document
        for document in fitting_documents(answerer.corpus, wanted)
        if only is None or only.matches(document)
    ]
    shown = found[offset : offset + given.values["limit"]]
    return {
        "generation": answerer.generation,
        "total": len(found),
        "offset": offset,
        "documents": [document_fields(document) for document in shown],
    }


def document(_: Api, given: Given, answerer: Answerer) -> Fields:
    """Return a statement with some of its paragraphs, and the number of the next one."""
    found = _document(given, answerer)
    first, limit = given.values["first"], given.values["limit"]
    passages = [passage for passage in found.quotable if passage.number >= first]
    following = passages[limit : limit + 1]
    return {
        "generation": answerer.generation,
        "document": document_fields(found),
        "passages": [_passage_fields(found, passage) for passage in passages[:limit]],
        "next": following[0].number if following else None,
    }


def passage(_: Api, given: Given, answerer: Answerer) -> Fields:
    """Return one paragraph with its citation, and the numbers of those beside it."""
    found = _document(given, answerer)
    numbers = [each.number for each in found.quotable]
    try:
        at = numbers.index(given.values["number"])
    except ValueError as error:
        raise HTTPException(404, "The statement has no paragraph of that number.") from error
    shown = found.quotable[at]
    return {
        "generation": answerer.generation,
        "passage": {"quote": shown.text, "citation": citation_fields(answerer.cite(shown))},
        "before": numbers[at - 1] if at else None,
        "after": numbers[at + 1] if at + 1 < len(numbers) else None,
    }


def _document(given: Given, answerer: Answerer) -> Document:
    try:
        return answerer.corpus.document(given.values["document"])
    except UnknownDocument as error:
        raise HTTPException(404, NO_DOCUMENT) from error


def _passage_fields(of: Document, passage: Passage) -> Fields:
    page, last_page = of.pages_of(passage.span) or (None, None)
    return {
        "paragraph": passage.number,
        "page": page,
        "last_page": last_page,
        "start": passage.span.start,
        "end": passage.span.end,
        "text": passage.text,
        "reference": reference_of(of.id, passage.span, of.digest),
    }
