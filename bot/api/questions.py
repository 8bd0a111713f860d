"""Answers questions, and whether words were said."""

from starlette.exceptions import HTTPException

from bot.answering.answerer import DEFAULT_QUOTES, MOST_LISTED, Answerer
from bot.api.api import Api, Fields, Given
from bot.api.parameters import LANGUAGE, Day, Number, Parameter, Text, Unusable
from bot.jsonforms.answerfields import answer_fields
from corpus import UnknownDocument, UnknownPublisher
from embeddings import Filter, known_filter

MOST_QUESTION_CHARACTERS = 10_000
MOST_TEXT_CHARACTERS = 100_000
_MOST_NAME_CHARACTERS = 500
_MOST_NAMES = 50
_MOST_EARLIER = 20
"""Only the last ones count, and a program may send all that it has."""

FILTERS = (
    Parameter(
        "publisher",
        "Only statements of this publisher.",
        Text(_MOST_NAME_CHARACTERS),
        most_values=_MOST_NAMES,
    ),
    Parameter("since", "Only statements published since then.", Day()),
    Parameter(
        "until",
        "Only statements published until then, the whole month or year included.",
        Day(is_last=True),
    ),
)
DOCUMENT = Parameter(
    "document",
    "Only the statement of this id.",
    Text(_MOST_NAME_CHARACTERS),
    most_values=_MOST_NAMES,
)
TOP = Parameter("top", "The most quotes.", Number(1, MOST_LISTED), default=DEFAULT_QUOTES)
ASKED = (
    Parameter("q", "The question.", Text(MOST_QUESTION_CHARACTERS), required=True),
    TOP,
    DOCUMENT,
    *FILTERS,
    Parameter(
        "earlier",
        "An earlier question of the same conversation, the oldest first: a question that leans on "
        "it is read together with it.",
        Text(MOST_QUESTION_CHARACTERS),
        most_values=_MOST_EARLIER,
    ),
    LANGUAGE,
)
SAID = (
    Parameter("text", "The words, or a text with them.", Text(MOST_TEXT_CHARACTERS), required=True),
    TOP,
    DOCUMENT,
    *FILTERS,
    LANGUAGE,
)


def ask(_: Api, given: Given, answerer: Answerer) -> Fields:
    """Return the answer to a question."""
    values = given.values
    return answer_fields(
        answerer.answer(
            values["q"],
            top=values["top"],
            only=given_filter(given, answerer),
            language=given.language,
            earlier=values.get("earlier", ()),
            listed=True,
        )
    )


def said(_: Api, given: Given, answerer: Answerer) -> Fields:
    """Return the answer whether words were said."""
    text = given.values["text"]
    if not any(character.isalnum() for character in text):
        raise Unusable('There is no word in "text".')
    only = given_filter(given, answerer)
    top = given.values["top"]
    return answer_fields(answerer.said(text, top=top, only=only, language=given.language))


def given_filter(given: Given, answerer: Answerer) -> Filter | None:
    """Return the filter that a caller gives; None for none.

    Raises:
        HTTPException: if a statement or a publisher is not known.
        Unusable: if no day lies between those given.
    """
    values = given.values
    since, until = values.get("since"), values.get("until")
    if since and until and since > until:
        raise Unusable('No day lies between "since" and "until".')
    documents = values.get("document", ())
    try:
        for document in documents:
            answerer.corpus.document(document)
        return known_filter(
            answerer.corpus,
            documents=documents,
            publishers=values.get("publisher", ()),
            since=since,
            until=until,
        )
    except UnknownDocument as error:
        raise HTTPException(404, NO_DOCUMENT) from error
    except UnknownPublisher as error:
        raise HTTPException(404, "No statement is by a publisher of that name.") from error


NO_DOCUMENT = "There is no statement of that id."
