"""Tells whether a short answer is of the kind that a question asks for."""

import re

from embeddings.question.parsedquestion import asks_date, asks_person, asks_quantity
from embeddings.text.nearduplicates import gist_of

_WHERE = re.compile(r"\b(?:where|(?:what|which) (?:city|country|town|place|venue)|où)\b", re.I)


def fits_question(answer: str, question: str) -> bool:
    """Return whether a short answer is a number, a date or a name, as the question asks for.

    A name has a word that the question does not have. Where the question asks for something else,
    nothing fits: of such answers nothing can be told.
    """
    found = gist_of(answer)
    if asks_quantity(question) or asks_date(question):
        return bool(found.numbers)
    if asks_person(question) or _WHERE.search(question):
        return bool(found.names - gist_of(question).stems)
    return False
