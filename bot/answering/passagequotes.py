"""Makes quotes of passages: what of each is shown first, and its short answer."""

from collections.abc import Callable, Sequence

from bot.answering.answers import Quote, check_quote
from bot.citations.citation import Citation
from bot.citations.excerpt import evidence_slice, shown_first
from corpus import Corpus, Passage, Span
from embeddings import Hit, fits_question

SURE_ANSWER = 0.95
"""From which score of the reader on a short answer is sure enough to be marked."""

_MOST_ANSWER_CHARACTERS = 100
_MOST_SHARE = 0.8
_EDGES = " \t\n\r.,;:!?"


Cite = Callable[[Passage, Span | None], Citation]
"""Returns the citation of a passage, or of a part of it."""


def quote_of_hit(hit: Hit, corpus: Corpus, cite: Cite, *, question: str) -> Quote:
    """Return the quote of a Hit, compared with its source.

    Of a very long sentence a part is its evidence. The reader's short answer is taken if it is
    sure of it, and only inside the evidence.

    Raises:
        UnfaithfulQuote: if it is not a slice of its source.
    """
    text = corpus.document(hit.passage.document_id).text
    answer = sure_answer(hit, text, question=question)
    sentences = [sentence.span for sentence in hit.passage.sentences]
    evidence = evidence_slice(text, hit.evidence.span, sentences, answer=answer, question=question)
    if answer is not None and not evidence.contains(answer):
        answer = None
    return quote_of(
        hit.passage, evidence, corpus, cite, score=hit.score, also=hit.also, answer=answer
    )


def quote_of(
    passage: Passage,
    evidence: Span,
    corpus: Corpus,
    cite: Cite,
    *,
    score: float = 1.0,
    also: Sequence[Passage] = (),
    answer: Span | None = None,
    marks: tuple[Span, ...] = (),
) -> Quote:
    """Return a passage as a quote with this evidence, compared with its source.

    ``evidence``, ``answer`` and ``marks`` are spans of the document; see ``Quote``.

    Raises:
        UnfaithfulQuote: if it is not a slice of its source.
    """
    sentences = tuple(sentence.span for sentence in passage.sentences)
    first = shown_first(passage.span, evidence, sentences)
    quote = Quote(
        text=passage.text,
        evidence_text=evidence.of(corpus.document(passage.document_id).text),
        evidence=evidence,
        sentences=sentences,
        score=score,
        citation=cite(passage, None),
        also=tuple(cite(other, None) for other in also),
        answer=answer,
        marks=marks,
        excerpt=None if first == passage.span else cite(passage, first),
    )
    check_quote(quote, corpus)
    return quote


def sure_answer(hit: Hit, text: str, *, question: str) -> Span | None:
    """Return where the reader's short answer stands in the document's ``text``.

    None where there is none, where the reader is not sure of it, where it is no number, date or
    name such as the question asks for, and where it lies outside the evidence or is nearly all of
    it.
    """
    if hit.answer is None or hit.answer_score < SURE_ANSWER:
        return None
    words = hit.answer.of(text)
    start = hit.answer.start + len(words) - len(words.lstrip(_EDGES))
    found = Span(start, start + len(words.strip(_EDGES)))
    most = min(_MOST_ANSWER_CHARACTERS, int(_MOST_SHARE * len(hit.evidence.span)))
    inside = hit.evidence.span.contains(found) and 0 < len(found) <= most
    return found if inside and fits_question(found.of(text), question) else None
