"""Defines the answer to a question as a value: its outcome, its quotes and its notices."""

import enum
from dataclasses import dataclass, field

from bot.citations.citation import Citation
from bot.citations.quotelines import without_line_ends
from bot.errors import UnfaithfulQuote
from bot.language.translation import LANGUAGES
from bot.verification.saying import Saying
from corpus import Corpus, Document, Span
from embeddings import Filter, same_text


class Outcome(enum.Enum):
    """The outcomes of a question; the values are those of the JSON form.

    * ``ANSWER``: a passage answers. ``RELATED``: passages are about it, and none is likely to
      answer. ``NONE``: no passage was found, or nothing was asked.
    * ``OUTLINE``: the first sentences of a statement, in place of a summary.
    * ``METADATA``: a fact about a statement itself: its title, who issued it, when and where.
    * ``LIST``: statements, by their names.
    * ``SAID``: a verdict about words that somebody is said to have said.
    * ``SMALLTALK``: a fixed reply to a greeting, to thanks, to a question about the bot.
    """

    ANSWER = "answer"
    RELATED = "related"
    NONE = "none"
    OUTLINE = "outline"
    METADATA = "metadata"
    LIST = "list"
    SAID = "said"
    SMALLTALK = "smalltalk"

    @property
    def helps(self) -> bool:
        """True for all but ``NONE`` and ``RELATED``: the exit code is 0."""
        return self not in {Outcome.NONE, Outcome.RELATED}


@dataclass(frozen=True, slots=True)
class Quote:
    """One contiguous slice of a source, word for word.

    ``text`` is a whole passage and ``citation`` its citation. ``evidence`` is the span, in the
    document, of the words that answer, a sentence or two; it lies inside the quote. ``score`` is in
    [0, 1]. ``also`` are the other citations of the same text, character by character but for its
    white space, the earliest first.

    ``answer`` is the span, in the document, of a short answer inside the evidence, None where none
    is sure; ``marks`` are spans of words to mark in the evidence, in order. ``excerpt`` is the
    citation of the slice that is shown first and holds the evidence; None for the whole passage.
    """

    text: str
    evidence_text: str
    evidence: Span
    sentences: tuple[Span, ...]
    score: float
    citation: Citation
    also: tuple[Citation, ...] = ()
    answer: Span | None = None
    marks: tuple[Span, ...] = ()
    excerpt: Citation | None = None

    @property
    def cited(self) -> Citation:
        """The citation of what is shown first: the excerpt, or the whole passage."""
        return self.excerpt or self.citation

    @property
    def cited_text(self) -> str:
        """The words of what is shown first, with a space for each line end in running text."""
        start = self.citation.start
        return without_line_ends(self.text)[self.cited.start - start : self.cited.end - start]

    @property
    def answer_text(self) -> str | None:
        """The short answer, None without one."""
        return None if self.answer is None else self.slice_of(self.answer)

    def slice_of(self, span: Span) -> str:
        """Return the words of a span of the document inside the quote."""
        start = self.citation.start
        return self.text[span.start - start : span.end - start]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to what a person wrote, from the named generation.

    ``quotes`` are what a person is shown, best first: at least one if the outcome is ANSWER or
    RELATED, none if it is NONE or SMALLTALK. ``ranked`` are the first passages in order, the quotes
    among them, () where they were not asked for. ``documents`` are those that a LIST names, or that
    METADATA is about. ``message`` is said before the quotes, or in their place; SMALLTALK has one.
    ``language`` is that of the notices, and of the words that a quote is shown with. ``only`` is
    the filter that was searched under, None where everything was searched. ``topics`` are names
    near to a question that nothing answers; a person may ask about them. ``about`` is the topic of
    the earlier questions if the question was read together with them, else None. ``said`` is the
    verdict about words that were quoted or claimed, None for a question.

    Raises:
        ValueError: if the outcome does not fit the quotes or the message.
    """

    question: str = field(kw_only=False)
    generation: int
    outcome: Outcome
    quotes: tuple[Quote, ...] = ()
    ranked: tuple[Quote, ...] = ()
    documents: tuple[Document, ...] = ()
    notices: tuple[str, ...] = ()
    message: str | None = None
    language: str = LANGUAGES[0]
    only: Filter | None = None
    topics: tuple[str, ...] = ()
    about: str | None = None
    said: Saying | None = None

    def __post_init__(self) -> None:
        wants = _QUOTES_OF.get(self.outcome)
        if wants is not None and bool(self.quotes) is not wants:
            raise ValueError(
                f"an answer of outcome {self.outcome.name} has {len(self.quotes)} quotes"
            )
        if self.outcome is Outcome.SMALLTALK and self.message is None:
            raise ValueError("an answer of outcome SMALLTALK has no message")

    @property
    def is_to_question(self) -> bool:
        """True if a question was asked: no small talk, and no text without a word."""
        if self.outcome is Outcome.NONE:
            return self.message is None or self.said is not None
        return self.outcome is not Outcome.SMALLTALK


_QUOTES_OF = {
    Outcome.ANSWER: True,
    Outcome.RELATED: True,
    Outcome.NONE: False,
    Outcome.SMALLTALK: False,
}
"""The outcomes that always have quotes, and those that never have any."""


def check_quote(quote: Quote, corpus: Corpus) -> None:
    """Compare the quote, by its citation, with its source and with the other citations of its text.

    Raises:
        UnfaithfulQuote: if a source has another digest, or quote or evidence other words, or one of
            evidence, excerpt, short answer and marks does not lie where it should.
    """
    citation, cited = quote.citation, quote.cited
    document = corpus.document(citation.document)
    whole, excerpt = Span(citation.start, citation.end), Span(cited.start, cited.end)
    faithful = (
        document.digest == citation.digest == cited.digest
        and citation.document == cited.document
        and whole.of(document.text) == quote.text
        and quote.evidence.of(document.text) == quote.evidence_text
        and whole.contains(excerpt)
        and excerpt.contains(quote.evidence)
        and all(quote.evidence.contains(s) for s in (quote.answer, *quote.marks) if s is not None)
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
