"""Defines the outcomes of a question as values: Answer, Related and NoAnswer, with their quotes."""

import enum
from dataclasses import dataclass

from bot.citations.citation import Citation
from bot.errors import UnfaithfulQuote
from bot.language.translation import LANGUAGES
from corpus import Corpus, Span
from embeddings import Filter, same_text


class Outcome(enum.Enum):
    """What came of a question; the values are those of the JSON form."""

    ANSWER = "answer"
    RELATED = "related"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Quote:
    """One contiguous slice of a source, word for word.

    ``evidence`` is the span, in the document, of the sentence that answers; it lies inside the
    quote. ``score`` is in [0, 1]. ``also`` are the other places where the same text stands,
    character by character but for its white space, the earliest first.
    """

    text: str
    evidence_text: str
    evidence: Span
    sentences: tuple[Span, ...]
    score: float
    citation: Citation
    also: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Quotes that answer, best first (at least one), from the named generation.

    ``language`` is that of the notices, and of the words that a quote is shown with. ``only`` is
    the filter that was searched under, None where everything was searched.
    """

    question: str
    generation: int
    quotes: tuple[Quote, ...]
    notices: tuple[str, ...] = ()
    language: str = LANGUAGES[0]
    only: Filter | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """Quotes that are near the question but do not answer it, best first (at least one)."""

    question: str
    generation: int
    quotes: tuple[Quote, ...]
    notices: tuple[str, ...] = ()
    language: str = LANGUAGES[0]
    only: Filter | None = None


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nothing in the corpus answers; or nothing was asked, and ``message`` says what to do."""

    question: str
    generation: int
    notices: tuple[str, ...] = ()
    message: str | None = None
    language: str = LANGUAGES[0]
    only: Filter | None = None

    @property
    def quotes(self) -> tuple[Quote, ...]:
        """Always empty."""
        return ()


Reply = Answer | Related | NoAnswer


def outcome_of(reply: Reply) -> Outcome:
    """Which of the three outcomes the reply is."""
    match reply:
        case Answer():
            return Outcome.ANSWER
        case Related():
            return Outcome.RELATED
        case NoAnswer():
            return Outcome.NONE


def is_question(reply: Reply) -> bool:
    """Whether the reply is to a question, not to small talk or to a text without a word."""
    return not isinstance(reply, NoAnswer) or reply.message is None


def check_quote(quote: Quote, corpus: Corpus) -> None:
    """Return if the quote is exactly what its citation says the source says, and the text of the
    other places the same.

    Raises:
        UnfaithfulQuote: if a source has another digest, or quote or evidence other words.
    """
    citation = quote.citation
    document = corpus.document(citation.document)
    faithful = (
        document.digest == citation.digest
        and document.text[citation.start : citation.end] == quote.text
        and quote.evidence.of(document.text) == quote.evidence_text
        and Span(citation.start, citation.end).contains(quote.evidence)
    )
    if not faithful:
        raise UnfaithfulQuote(
            f"A quote from {citation.document}, {citation.label}, differs from its source and was "
            'held back. Type "verbatim refresh" to build the index anew.'
        )
    for other in quote.also:
        document = corpus.document(other.document)
        text = document.text[other.start : other.end]
        if document.digest != other.digest or not same_text(text, quote.text):
            raise UnfaithfulQuote(
                f"A quote does not stand in {other.document}, {other.label}, as was said, and was "
                'held back. Type "verbatim refresh" to build the index anew.'
            )
