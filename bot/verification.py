"""Whether the words of an old citation still stand where it says."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from bot.citation import Cited, reference_of
from bot.worddiff import Piece, compare, most_similarity, similarity
from corpus import Corpus, Document, Passage, Span, digest_of, document_from_text
from embeddings import same_text

LEAST_SIMILARITY = 0.5
"""A paragraph that keeps fewer of the words is another paragraph, not the same one changed."""

SourceText = Callable[[str], str | None]
"""The first digits of a digest → the stored text that has it, None where none is kept."""


class Verdict(Enum):
    """What became of the cited words.

    * ``INTACT``: the source is the same text, or the words have the same number in it as it is now.
    * ``MOVED``: the same words stand at another number, or in another document, because the cited
      one is gone or has nothing like them any more.
    * ``CHANGED``: the cited document has similar words in their place.
    * ``GONE``: the document is gone, or has nothing like them any more.
    * ``MISQUOTED``: the citation's own words are not those of the text that it names.
    * ``UNKNOWN``: the text that it names is not kept, and it has no words of its own.
    """

    INTACT = "intact"
    MOVED = "moved"
    CHANGED = "changed"
    GONE = "gone"
    MISQUOTED = "misquoted"
    UNKNOWN = "unknown"

    @property
    def as_cited(self) -> bool:
        """Whether the words can still be quoted."""
        return self in {Verdict.INTACT, Verdict.MOVED}


@dataclass(frozen=True, slots=True)
class Place:
    """Where words stand now; ``passage`` is the first one there, None between the paragraphs."""

    document: Document
    passage: Passage | None
    span: Span

    @property
    def label(self) -> str:
        """How a reader refers to it: ``¶ 7``, or ``dateline``."""
        return self.passage.label if self.passage else "outside the numbered paragraphs"

    @property
    def reference(self) -> str:
        """The place as a citation of today's text, in one word."""
        return reference_of(self.document.id, self.span, self.document.digest)


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict about a citation.

    ``now`` is where the words, or what they became, stand now; None where nothing does.
    ``document_is_there`` says whether a document of the cited id is. ``pieces`` compares the words
    of the source then with those now, or for ``MISQUOTED`` with those of the citation.
    """

    cited: Cited
    verdict: Verdict
    now: Place | None = None
    document_is_there: bool = True
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class _Words:
    """The cited words, the number they had, and what stood beside them.

    ``whole`` says that they were whole paragraphs, so that they must be that now. ``beside`` has
    the other paragraphs of then (or sentences, where a part of a paragraph is cited): one of these
    that still stands is not what the words became.
    """

    text: str
    number: int | None
    whole: bool
    beside: frozenset[str]


def verify(cited: Cited, corpus: Corpus, source_text: SourceText) -> Verification:
    """The verdict about a citation, against the corpus as it is now.

    Texts are compared exactly but for white space. ``source_text`` is asked only where no document
    of the corpus has the cited digest.
    """
    document = next((d for d in corpus.documents if d.id == cited.document), None)
    same = [d for d in corpus.documents if d.digest.startswith(cited.digest)]
    then = document if document in same else next(iter(same), None)
    if then is None and (text := _kept(cited.digest, source_text)) is not None:
        title = document.title if document is not None else None
        then = document_from_text(text, document_id=cited.document, title=title)
    if then is not None:
        said = cited.span.of(then.text)
        if cited.span.end > len(then.text) or not said.strip():
            return Verification(cited, Verdict.MISQUOTED, None, document is not None)
        if cited.quote is not None and not same_text(said, cited.quote):
            pieces = compare(said, cited.quote)
            return Verification(cited, Verdict.MISQUOTED, None, document is not None, pieces)
        words = _words_then(cited, then)
    elif cited.quote is not None:
        words = _Words(cited.quote, cited.paragraph, True, frozenset())
    else:
        return Verification(cited, Verdict.UNKNOWN, None, document is not None)
    return _standing(cited, words, document, [*same, *corpus.documents])


def _standing(
    cited: Cited, words: _Words, document: Document | None, documents: Sequence[Document]
) -> Verification:
    """The verdict about words that are the cited ones, found in the documents in that order."""
    if document is not None:
        if (place := _found(cited, words, document)) is not None:
            stays = _number(place) == words.number
            if words.number is None:
                stays = place.span.start == cited.span.start
            return Verification(cited, Verdict.INTACT if stays else Verdict.MOVED, place)
        if (place := _nearest(words, document)) is not None:
            pieces = compare(words.text, place.span.of(document.text))
            return Verification(cited, Verdict.CHANGED, place, pieces=pieces)
    for other in documents:
        if other is not document and (place := _found(cited, words, other)) is not None:
            return Verification(cited, Verdict.MOVED, place, document is not None)
    return Verification(cited, Verdict.GONE, None, document is not None)


def _kept(digest: str, source_text: SourceText) -> str | None:
    """The stored text; None where none is kept, or what is kept is not that text."""
    text = source_text(digest)
    return text if text is not None and digest_of(text).startswith(digest) else None


def _words_then(cited: Cited, then: Document) -> _Words:
    """The cited words among the paragraphs of the text that they were taken from."""
    starts = {passage.span.start for passage in then.quotable}
    ends = {passage.span.end for passage in then.quotable}
    whole = cited.span.start in starts and cited.span.end in ends
    number = cited.paragraph
    if number is None:
        number = _number(_place(then, cited.span))
    beside = frozenset(
        _plain(span.of(then.text))
        for span in _units(then, whole=whole)
        if span.end <= cited.span.start or cited.span.end <= span.start
    )
    return _Words(cited.span.of(then.text), number, whole, beside)


def _found(cited: Cited, words: _Words, document: Document) -> Place | None:
    """Where the same words stand in a document: in the cited place where its text is the same,
    else at the same number, else at the nearest one.
    """
    if document.digest.startswith(cited.digest) and cited.span.of(document.text) == words.text:
        return _place(document, cited.span)
    places = [_place(document, span) for span in _occurrences(words, document)]
    near = words.number or 0
    return min(places, key=lambda p: (abs((_number(p) or 0) - near), p.span.start), default=None)


def _occurrences(words: _Words, document: Document) -> Iterator[Span]:
    """Every span of the document's text that has the words, whatever white space is between."""
    parts = words.text.split()
    if max(parts, key=len) not in document.text:
        return
    starts = {passage.span.start for passage in document.quotable}
    ends = {passage.span.end for passage in document.quotable}
    before = r"(?<!\w)" if re.match(r"\w", parts[0]) else ""
    after = r"(?!\w)" if re.search(r"\w$", parts[-1]) else ""
    same = r"\s+".join(map(re.escape, parts))
    for match in re.finditer(f"(?={before}({same}){after})", document.text):
        span = Span(*match.span(1))
        if not words.whole or (span.start in starts and span.end in ends):
            yield span


def _nearest(words: _Words, document: Document) -> Place | None:
    """The paragraph that is most like the words, if any is near enough; the first of equals."""
    best, most = None, LEAST_SIMILARITY
    for span in _units(document, whole=words.whole):
        text = span.of(document.text)
        if _plain(text) in words.beside or most_similarity(words.text, text) < most:
            continue
        found = similarity(words.text, text)
        if found > most or (best is None and found == most):
            best, most = span, found
    return None if best is None else _place(document, best)


def _units(document: Document, *, whole: bool) -> Iterator[Span]:
    """The spans of the paragraphs, or of their sentences."""
    for passage in document.quotable:
        if whole:
            yield passage.span
        else:
            yield from (sentence.span for sentence in passage.sentences)


def _place(document: Document, span: Span) -> Place:
    here = (p for p in document.quotable if p.span.start < span.end and span.start < p.span.end)
    return Place(document, next(here, None), span)


def _number(place: Place) -> int | None:
    return None if place.passage is None else place.passage.number


def _plain(text: str) -> str:
    return " ".join(text.split())
