"""Converts an Outline to and from the answer of the fork that made its document.

A person who looks at a source before it is published reads no sentence and few paragraphs of it.
Making the values for all of a large one would hold up the process that answers others for seconds.
"""

from typing import Any

from corpus.extraction.process.answers import Answer
from corpus.extraction.process.documentanswer import check_spans, described, provenance_fields
from corpus.extraction.process.frames import FrameError
from corpus.model import BEGINNING_CHARACTERS, Document, Outline
from corpus.normalisation import is_stored

_PAIR = 2


def answer_of(document: Document) -> Answer:
    """Return the answer that has the outline of a document, without its text.

    Raises:
        UnreadableSource: if it has more paragraphs and sentences than a document may have.
    """
    check_spans(document)
    outline = document.outline
    return Answer(
        {
            **provenance_fields(document),
            "passages": outline.passage_count,
            "beginnings": outline.beginnings,
        }
    )


def outline_of(answer: Answer, *, document_id: str, text: str) -> Outline:
    """Return the Outline in an answer, over a ``text`` in the stored form.

    Raises:
        FrameError: if a field is missing, of another type, too long or not in the stored form.
    """
    count = answer.head.get("passages")
    if type(count) is not int or count < 0 or answer.text or answer.numbers:
        raise FrameError("no number of passages")
    return Outline(
        id=document_id,
        text=text,
        **described(answer.head),
        passage_count=count,
        beginnings=_beginnings(answer.head.get("beginnings"), count),
    )


def _beginnings(found: Any, count: int) -> tuple[tuple[int, str], ...]:
    if not isinstance(found, list) or len(found) > count:
        raise FrameError("no list of beginnings")
    last = 0
    pairs: list[tuple[int, str]] = []
    for each in found:
        if not isinstance(each, list) or len(each) != _PAIR:
            raise FrameError("no beginning")
        number, text = each
        if type(number) is not int or not last < number <= count:
            raise FrameError("a beginning of no paragraph")
        if (
            not isinstance(text, str)
            or not 0 < len(text) <= BEGINNING_CHARACTERS
            or not is_stored(text)
        ):
            raise FrameError("a beginning that is none")
        pairs.append((number, text))
        last = number
    return tuple(pairs)
