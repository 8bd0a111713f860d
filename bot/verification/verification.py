"""Checks an old citation against the source that it names, as it was then and as it is now."""

import itertools
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from bot.citations.citation import (
    LINE,
    ORIGIN,
    CitedQuote,
    cite,
    link_selects,
    pages_label,
    parse_reference,
    reference_of,
)
from bot.citations.copiedcitation import copied_citation
from bot.citations.formats.citationlines import described_lines, one_line
from bot.citations.origin import origin_lines, said_by
from bot.citations.textfragment import PageText
from bot.language.bidiisolation import without_controls
from bot.language.deviationtexts import DeviationsOf, nothing_noted
from bot.verification.worddiff import (
    MOST_COMPARISONS,
    ComparisonBudget,
    Piece,
    compare,
    most_similarity,
    similarity,
)
from bot.verification.wordsearch import sequence_starts, word_places
from corpus import Corpus, Document, Passage, Span, digest_of, document_from_text
from corpus.pages import PageStart
from embeddings import same_text

LEAST_SIMILARITY = 0.5
"""A paragraph that keeps a smaller share of the words is another one, not the same one changed."""

_MOST_REREADINGS = 100
_MOST_COMPARISONS = 4 * MOST_COMPARISONS  # of all paragraphs of a document together

WasDocument = Callable[[str, str], bool | None]
"""Takes an id and a digest; returns whether the document ever had that text, None if unknown."""

LayOut = Callable[[str, str, str | None], Document]
"""Takes a stored text, the document's id and its title, if known; returns the Document."""

StoredPages = Callable[[str, int], tuple[PageStart, ...]]
"""Takes the digest and length of a stored text; returns its pages, none if none are known."""

ReadAnew = Callable[[str], str | None]
"""Takes the digest of a stored text; returns that of the text that replaced it when the same
bytes were read again, else None.
"""

SourceText = Callable[[str], str | None]
"""Takes the first digits of a digest; returns the stored text that has it, None if there is
none.
"""


class Verdict(Enum):
    """The verdict about the cited words.

    * ``INTACT``: the source is the same text, or the words have the same number in it as it is now.
    * ``DESCRIBED_OTHERWISE``: intact, but title, publisher, date, address or link of the citation
      are not those of the source.
    * ``MOVED``: the same words stand at another number, or in another document, because the cited
      one is gone or has nothing like them any more.
    * ``CHANGED``: the cited document has similar words in their place.
    * ``GONE``: the document is gone, or has nothing like them any more.
    * ``MISQUOTED``: words, number or offsets of the citation are not those of the text that it
      names.
    * ``UNKNOWN``: the text that it names is not kept, or no document of that name ever had it.
    """

    INTACT = "intact"
    DESCRIBED_OTHERWISE = "intact, but described otherwise"
    MOVED = "moved"
    CHANGED = "changed"
    GONE = "gone"
    MISQUOTED = "misquoted"
    UNKNOWN = "unknown"

    @property
    def as_cited(self) -> bool:
        """True if the words can still be quoted."""
        return self in {Verdict.INTACT, Verdict.DESCRIBED_OTHERWISE, Verdict.MOVED}


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A field of a citation that differs from the source: the value of each, as text."""

    field: str
    cited: str
    source: str


@dataclass(frozen=True, slots=True)
class Location:
    """The place of words now; ``passage`` is the first one there, None between the paragraphs."""

    document: Document
    passage: Passage | None
    span: Span

    @property
    def label(self) -> str:
        """Its label: ``¶ 7``, or ``dateline``."""
        return self.passage.label if self.passage else "outside the numbered paragraphs"

    @property
    def pages(self) -> tuple[int, int] | None:
        """The first and last page of the words in the source; None if none is known."""
        return self.document.pages_of(self.span)

    @property
    def where(self) -> str:
        """The page, if it is known, and the paragraph: ``p. 3, ¶ 7``."""
        return f"{pages_label(self.pages)}, {self.label}" if self.pages else self.label

    @property
    def words(self) -> str:
        """The stored words there."""
        return self.span.of(self.document.text)

    @property
    def reference(self) -> str:
        """The location as a citation of today's text, in one word."""
        return reference_of(self.document.id, self.span, self.document.digest)


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict about a citation.

    ``now`` is where the words, or what they became, stand now; None if nothing does.
    ``document_is_there`` says whether a document of the cited id is. ``pieces`` compares the words
    of the source then with those now, or for ``MISQUOTED`` with those of the citation.
    ``mismatches`` are the fields that differ from the source: of ``MISQUOTED`` those that say
    which words are cited, else those that describe the document, beside any verdict.
    ``text_is_stored`` says whether the text that the citation names is there. ``read_anew`` says
    that the document has another text now because the same bytes were read in another way.
    ``original_is_stored`` says whether the bytes are there from which the cited text was read, None
    that this is not known.
    """

    cited: CitedQuote
    verdict: Verdict
    now: Location | None = None
    document_is_there: bool = True
    pieces: tuple[Piece, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()
    text_is_stored: bool = True
    read_anew: bool = False
    original_is_stored: bool | None = None


@dataclass(frozen=True, slots=True)
class _Words:
    """The cited words, the paragraph's number, and the texts beside them.

    ``whole`` says that they were whole paragraphs, so that they must be that now. ``beside`` has
    the other paragraphs of then (or sentences, if a part of a paragraph is cited): one of these
    that still stands is not what the words became.
    """

    text: str
    number: int | None
    whole: bool
    beside: frozenset[str]


def laid_out_here(text: str, document_id: str, title: str | None) -> Document:
    """Return the Document of a trusted text. The bot lays out foreign texts in another process."""
    return document_from_text(text, document_id=document_id, title=title)


def _no_pages(_digest: str, _length: int) -> tuple[PageStart, ...]:
    return ()


def _never_anew(_digest: str) -> None:
    return None


def _always_was(_document: str, _digest: str) -> bool:
    return True


def verify(
    cited: CitedQuote,
    corpus: Corpus,
    source_text: SourceText,
    *,
    was_document: WasDocument = _always_was,
    lay_out: LayOut = laid_out_here,
    stored_pages: StoredPages = _no_pages,
    read_anew: ReadAnew = _never_anew,
    deviations_of: DeviationsOf = nothing_noted,
) -> Verification:
    """Return the verdict about a citation, against the corpus as it is now.

    Texts are compared exactly but for white space. ``source_text`` is asked only if no document
    of the corpus has the cited digest, ``was_document`` only if the cited one has another now.
    ``lay_out`` makes a document of what ``source_text`` gives, and may raise what it likes;
    ``stored_pages`` gives the pages of a text that the cited document does not have any more, and
    ``read_anew`` the text that came in its place, if its source only was read anew;
    ``deviations_of`` gives the deviations of a text from its page.
    """
    if not cited.digest:
        return _verify_titled(cited, corpus)
    document = _called(cited.document, corpus)
    same = [d for d in corpus.documents if d.digest.startswith(cited.digest)]
    then = document if document in same else next(iter(same), None)
    if then is None and (text := _stored_text(cited.digest, source_text)) is not None:
        title = document.title if document is not None else None
        then = lay_out(text, cited.document, title)
    if then is None:
        return _without_text(cited, corpus)
    if then is not document:
        known = stored_pages(then.digest, len(then.text))
        then = replace(then, pages=known or then.pages)
    wrong, pieces = _misquoted(cited, then)
    if wrong:
        return Verification(cited, Verdict.MISQUOTED, None, document is not None, pieces, wrong)
    words = _words_then(cited, then)
    found = _verdict_of_words(cited, words, document, [*same, *corpus.documents])
    if document is not None and _became(then.digest, document.digest, read_anew):
        found = replace(found, read_anew=True)
    if document not in same:
        was = was_document(cited.document, cited.digest)
        # of a text that an earlier version kept nothing is known but that it was a document's
        if was is False or (was is None and (same or document is None)):
            return replace(found, verdict=Verdict.UNKNOWN)
    source = document or next(iter(same), None)
    if source is None:
        return found  # how a document that is gone was described is not kept
    pages = then.pages_of(cited.span)
    page = None if pages is None else pages[0]
    shown = [PageText(each.text, deviations_of(each.digest)) for each in (then, source)]
    described = _described_otherwise(cited, source, shown, words.text, page)
    return _with_description(found, (*described, *_other_line(cited, source, then)))


def _became(digest: str, now: str, read_anew: ReadAnew) -> bool:
    """Return whether a text became today's text only because the same bytes were read again."""
    for _ in range(_MOST_REREADINGS):
        if digest == now:
            return False
        after = read_anew(digest)
        if after is None:
            return False
        if after == now:
            return True
        digest = after
    return False


def _with_description(found: Verification, described: tuple[Mismatch, ...]) -> Verification:
    if described and found.verdict is Verdict.INTACT:
        return replace(found, verdict=Verdict.DESCRIBED_OTHERWISE, mismatches=described)
    return replace(found, mismatches=described)


def _called(document_id: str, corpus: Corpus) -> Document | None:
    return next((d for d in corpus.documents if d.id == document_id), None)


def _verify_titled(cited: CitedQuote, corpus: Corpus) -> Verification:
    """Return the verdict about a citation that names its document by the title alone."""
    title = without_controls(dict(cited.described).get("title") or "")
    titled = [each for each in corpus.documents if without_controls(each.title) == title]
    found = [
        verify(replace(cited, document=document.id, digest=document.digest), corpus, lambda _: None)
        for document in titled
    ]
    found = [replace(each, cited=cited) for each in found]
    as_cited = (each for each in found if each.verdict.as_cited)
    none = Verification(cited, Verdict.UNKNOWN, document_is_there=False, text_is_stored=False)
    return next(as_cited, found[0] if found else none)


def _without_text(cited: CitedQuote, corpus: Corpus) -> Verification:
    """Return ``UNKNOWN``, and the place of the citation's own words today, if there is one."""
    document = _called(cited.document, corpus)
    found = None
    if cited.quote is not None:
        words = _Words(cited.quote, cited.paragraph, False, frozenset())
        first = [document] if document is not None else []
        locations = (_find_words(cited, words, each) for each in [*first, *corpus.documents])
        found = next((location for location in locations if location is not None), None)
    return Verification(cited, Verdict.UNKNOWN, found, document is not None, text_is_stored=False)


def _misquoted(cited: CitedQuote, then: Document) -> tuple[tuple[Mismatch, ...], tuple[Piece, ...]]:
    """Return the fields that differ from the text, and the comparison of the words, if they
    differ.
    """
    given = cited.reference_given
    if given is not None and not _agrees(cited, parse_reference(given)):
        return (Mismatch("reference", given, cited.reference),), ()
    said = cited.span.of(then.text)
    edged = cited.quote is not None and said != said.strip()
    if cited.span.end > len(then.text) or not said.strip() or edged:
        offsets = f"[{cited.span.start}:{cited.span.end}]"
        return (Mismatch("start and end", offsets, f"a text of {len(then.text)} characters"),), ()
    location = location_of(then, cited.span)
    wrong: list[Mismatch] = []
    pieces: tuple[Piece, ...] = ()
    if cited.quote is not None and not same_text(said, cited.quote):
        pieces = compare(said, cited.quote)
        wrong.append(Mismatch("quote", cited.quote, said))
    wrong += _other_evidence(cited, then)
    number = _number(location)
    if cited.paragraph is not None and cited.paragraph != number:
        source = "none" if number is None else str(number)
        wrong.append(Mismatch("paragraph", str(cited.paragraph), source))
    wrong += _on_other_pages(cited, location.pages)
    return tuple(wrong), pieces


def _other_evidence(cited: CitedQuote, then: Document) -> Iterator[Mismatch]:
    """Yield what the citation says of its evidence and the source does not.

    With its place the evidence may be any words in a row there, else it is whole sentences.
    """
    said, place = cited.span.of(then.text), cited.evidence_place
    if place is not None:
        there = place.of(said)
        whole = place.end <= len(said) and _cuts_no_word(place, said) and there == there.strip()
        if not whole or (cited.evidence is not None and not same_text(there, cited.evidence)):
            yield Mismatch("evidence", cited.evidence or f"[{place.start}:{place.end}]", there)
    elif cited.evidence is not None and not _is_evidence(cited.evidence, then, cited.span):
        yield Mismatch("evidence", cited.evidence, said)
    if cited.answer is not None:
        within = cited.evidence or said
        words, answer = " ".join(within.split()), " ".join(cited.answer.split())
        starts = _starts(answer, words)
        if not any(_cuts_no_word(Span(at, at + len(answer)), words) for at in starts):
            yield Mismatch("answer", cited.answer, within)


def _starts(part: str, text: str) -> Iterator[int]:
    """Yield the places at which a part of a text begins."""
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _cuts_no_word(place: Span, text: str) -> bool:
    """Return whether neither end of a place in a text lies within a word.

    In scripts without spaces between words any place will do.
    """
    for at in (place.start, place.end):
        beside = text[max(0, at - 1) : at + 1]
        if 0 < at < len(text) and beside.isalnum() and not any(map(_is_wide, beside)):
            return False
    return True


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in {"W", "F"}


def _on_other_pages(cited: CitedQuote, pages: tuple[int, int] | None) -> Iterator[Mismatch]:
    """Yield the pages of a citation that differ from the source."""
    first, last = pages or (None, None)
    for name, given, held in (("page", cited.page, first), ("last_page", cited.last_page, last)):
        if given is not None and given != held:
            yield Mismatch(name, str(given), "none" if held is None else str(held))


def _agrees(cited: CitedQuote, given: CitedQuote) -> bool:
    """Return whether the reference of a citation agrees with its fields; a digest may be longer."""
    digests = sorted((cited.digest, given.digest), key=len)
    same_place = (given.document, given.span) == (cited.document, cited.span)
    return same_place and digests[1].startswith(digests[0])


def _is_evidence(evidence: str, then: Document, span: Span) -> bool:
    """Return whether the words are whole sentences in a row within the span."""
    sentences = [
        sentence.span
        for passage in then.quotable
        for sentence in passage.sentences
        if span.contains(sentence.span)
    ]
    if not sentences:  # a part of a sentence is cited
        return " ".join(evidence.split()) in " ".join(span.of(then.text).split())
    wanted = evidence.split()
    texts = [sentence.of(then.text).split() for sentence in sentences]
    ends = set(itertools.accumulate(map(len, texts)))
    starts = {0, *ends}
    return bool(wanted) and any(
        start in starts and start + len(wanted) in ends
        for start in sequence_starts(wanted, list(itertools.chain.from_iterable(texts)))
    )


def _described_otherwise(
    cited: CitedQuote, source: Document, shown: Sequence[PageText], words: str, page: int | None
) -> tuple[Mismatch, ...]:
    """Return the fields that describe the document otherwise than the source does.

    ``shown`` are the pages with the text that is cited and with today's, and ``page`` is the number
    of that of the cited words in a PDF.
    """
    held = {
        "title": source.title,
        "publisher": source.publisher,
        "publisher_said_by": said_by(source, "publisher"),
        "date": source.published.isoformat() if source.published else None,
        "url": source.url,
        "url_said_by": said_by(source, "url"),
        "fetched": source.fetched,
        ORIGIN: "\n".join(origin_lines(source)),
    }
    found = [
        Mismatch(name, _or_none(value), _or_none(held[name]))
        for name, value in cited.described
        if name in held and _as_read(value) != _as_read(held[name])
    ]
    link = dict(cited.described).get("link")
    if link is not None and not link_selects(link, source.url, words, page=page, pages=shown):
        found.append(Mismatch("link", link, _or_none(source.url)))
    return tuple(found)


def _other_line(cited: CitedQuote, source: Document, then: Document) -> Iterator[Mismatch]:
    """Yield the line of a copied citation if no style writes it so of this document.

    The paragraph and the pages in it are those of the text that is cited.
    """
    given, passage = dict(cited.described).get(LINE), location_of(then, cited.span).passage
    if given is None:
        return
    lines: tuple[str, ...] = ()
    if passage is not None:
        described = replace(
            then,
            id=cited.document,
            title=source.title,
            publisher=source.publisher,
            published=source.published,
            url=source.url,
        )
        citation = cite(described, passage, part=cited.span)
        button = copied_citation(citation).removesuffix(citation.reference)
        lines = (*described_lines(citation), button)
    if _as_read(given) not in map(_as_read, lines):
        yield Mismatch(LINE, given, lines[0] if lines else "none")


def _as_read(value: str | None) -> str | None:
    """Return the value without characters that a screen needs around a name, in one line."""
    return None if value is None else one_line(without_controls(value))


def _or_none(value: str | None) -> str:
    return "none" if value is None else value


def _verdict_of_words(
    cited: CitedQuote, words: _Words, document: Document | None, documents: Sequence[Document]
) -> Verification:
    """Return the verdict about true words, which are looked for in the documents in order."""
    if document is not None:
        if (location := _find_words(cited, words, document)) is not None:
            stays = _number(location) == words.number
            if words.number is None:
                stays = location.span.start == cited.span.start
            return Verification(cited, Verdict.INTACT if stays else Verdict.MOVED, location)
        if (location := _nearest(words, document)) is not None:
            pieces = compare(words.text, location.span.of(document.text))
            return Verification(cited, Verdict.CHANGED, location, pieces=pieces)
    for other in documents:
        if other is not document and (location := _find_words(cited, words, other)) is not None:
            return Verification(cited, Verdict.MOVED, location, document is not None)
    return Verification(cited, Verdict.GONE, None, document is not None)


def _stored_text(digest: str, source_text: SourceText) -> str | None:
    """Return the stored text; None if there is none, or if it does not have the digest."""
    text = source_text(digest)
    return text if text is not None and digest_of(text).startswith(digest) else None


def _words_then(cited: CitedQuote, then: Document) -> _Words:
    """Return the cited words among the paragraphs of the text that they were taken from."""
    starts = {passage.span.start for passage in then.quotable}
    ends = {passage.span.end for passage in then.quotable}
    whole = cited.span.start in starts and cited.span.end in ends
    number = cited.paragraph
    if number is None:
        number = _number(location_of(then, cited.span))
    beside = frozenset(
        _plain(span.of(then.text))
        for span in _units(then, whole=whole)
        if span.end <= cited.span.start or cited.span.end <= span.start
    )
    return _Words(cited.span.of(then.text), number, whole, beside)


def _find_words(cited: CitedQuote, words: _Words, document: Document) -> Location | None:
    """Return the place of the same words in a document; None if they are not there.

    It is the cited place if the text is the same, else that at the same number, else the
    nearest.
    """
    if document.digest.startswith(cited.digest) and cited.span.of(document.text) == words.text:
        return location_of(document, cited.span)
    passages = sorted(document.quotable, key=lambda passage: passage.span)
    ends = [passage.span.end for passage in passages]

    def location(span: Span) -> Location:
        at = bisect_right(ends, span.start)
        here = next((p for p in passages[at : at + 1] if p.span.start < span.end), None)
        return Location(document, here, span)

    locations = map(location, _occurrences(words, document))
    near = words.number or 0
    return min(locations, key=lambda p: (abs((_number(p) or 0) - near), p.span.start), default=None)


def _occurrences(words: _Words, document: Document) -> Iterator[Span]:
    """Yield every span of the document that has the words, whatever white space is between."""
    parts = words.text.split()
    if max(parts, key=len) not in document.text:
        return
    starts = {passage.span.start for passage in document.quotable}
    ends = {passage.span.end for passage in document.quotable}
    for span in word_places(parts, document.text):
        if not words.whole or (span.start in starts and span.end in ends):
            yield span


def _nearest(words: _Words, document: Document) -> Location | None:
    """Return the paragraph that is most like the words, if one is near enough; the first of
    equals.
    """
    best, most = None, LEAST_SIMILARITY
    budget = ComparisonBudget(_MOST_COMPARISONS)
    for span in _units(document, whole=words.whole):
        text = span.of(document.text)
        if _plain(text) in words.beside or most_similarity(words.text, text) < most:
            continue
        found = similarity(words.text, text, budget=budget)
        if found > most or (best is None and found == most):
            best, most = span, found
    return None if best is None else location_of(document, best)


def _units(document: Document, *, whole: bool) -> Iterator[Span]:
    """Yield the spans of the paragraphs, or of their sentences."""
    for passage in document.quotable:
        if whole:
            yield passage.span
        else:
            yield from (sentence.span for sentence in passage.sentences)


def location_of(document: Document, span: Span) -> Location:
    """Return the place of a span of a document."""
    here = (p for p in document.quotable if p.span.start < span.end and span.start < p.span.end)
    return Location(document, next(here, None), span)


def _number(location: Location) -> int | None:
    return None if location.passage is None else location.passage.number


def _plain(text: str) -> str:
    return " ".join(text.split())
