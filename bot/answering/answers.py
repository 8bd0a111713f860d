"""Defines the answer to a question as a value: its outcome, its quotes and its notices."""

import enum
from dataclasses import dataclass, field

from bot.citations.citation import Citation
from bot.errors import UnfaithfulQuote
from bot.language.translation import LANGUAGES
from corpus import Corpus, Span
from embeddings import Filter, same_text


class Outcome(enum.Enum):
    """The outcomes of a question; the values are those of the JSON form."""

    ANSWER = "answer"
    RELATED = "related"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Quote:
    """One contiguous slice of a source, word for word.

    ``evidence`` is the span, in the document, of the sentence that answers; it lies inside the
    quote. ``score`` is in [0, 1]. ``also`` are the other citations of the same text,
    character by character but for its white space, the earliest first.
    """

    text: str
    evidence_text: str
    evidence: Span
    sentences: tuple[Span, ...]
    score: float
    citation: Citation
    also: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to what a person wrote, from the named generation.

    ``quotes`` are best first: at least one if the outcome is ANSWER or RELATED, none if it is NONE.
    ``message`` is said in place of quotes if nothing was asked. ``language`` is that of the
    notices, and of the words that a quote is shown with. ``only`` is the filter that was searched
    under, None where everything was searched.

    Raises:
        ValueError: if the outcome and the quotes do not fit together.
    """

    question: str = field(kw_only=False)
    generation: int
    outcome: Outcome
    quotes: tuple[Quote, ...] = ()
    notices: tuple[str, ...] = ()
    message: str | None = None
    language: str = LANGUAGES[0]
    only: Filter | None = None

    def __post_init__(self) -> None:
        if bool(self.quotes) != (self.outcome in _QUOTING):
            raise ValueError(
                f"an answer of outcome {self.outcome.name} has {len(self.quotes)} quotes"
            )

    @property
    def is_to_question(self) -> bool:
        """True if a question was asked: no small talk, and no text without a word."""
        return self.message is None


_QUOTING = frozenset({Outcome.ANSWER, Outcome.RELATED})
"""The outcomes with quotes."""


def check_quote(quote: Quote, corpus: Corpus) -> None:
    """Compare the quote, by its citation, with its source and with the other citations of its text.

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
