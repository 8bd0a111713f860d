"""Refers to a passage in a few characters, for buttons and deep links, also after refreshes.

A short reference is a reference (see ``bot.citations.citation``) with the document's id shortened
to a digest, so that it fits where Telegram leaves 64 bytes, and with the generation that it was
taken from.
"""

import re
from dataclasses import dataclass
from functools import cache

from bot.citations.citation import REFERENCE_DIGITS, Citation, CitedQuote
from bot.verification.verification import LayOut, SourceText, Verification, laid_out_here, verify
from corpus import Corpus, Document, Passage, Span, digest_of

MOST_CODE_CHARACTERS = 48
"""Up to a million generations."""

_DOCUMENT_DIGITS = 8
_CODE = re.compile(
    r"(?P<generation>[0-9]{1,6})-(?P<document>[0-9a-f]{8})"
    r"-(?P<start>[0-9]{1,9})-(?P<end>[0-9]{1,9})-(?P<digest>[0-9a-f]{12})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class ShortReference:
    """The words of a text: the digests of the document's id and of the text, and the span.

    ``document`` is the beginning of the SHA-256 of the id, ``digest`` that of the text.
    """

    generation: int
    document: str
    span: Span
    digest: str

    @property
    def code(self) -> str:
        """The reference as a code of at most ``MOST_CODE_CHARACTERS`` of 0–9, a–f and "-"."""
        return f"{self.generation}-{self.document}-{self.span.start}-{self.span.end}-{self.digest}"


def short_reference_to(citation: Citation, generation: int) -> ShortReference:
    """Return the short reference to the words that a citation cites."""
    return ShortReference(
        generation,
        _shortened(citation.document),
        Span(citation.start, citation.end),
        citation.digest[:REFERENCE_DIGITS],
    )


def shortened_reference(cited: CitedQuote) -> ShortReference:
    """Return the short reference to the words of a reference, of no known generation."""
    digest = cited.digest[:REFERENCE_DIGITS]
    return ShortReference(0, _shortened(cited.document), cited.span, digest)


def parse_short_reference(code: str) -> ShortReference | None:
    """Return the short reference of a code; None for any other text."""
    match = _CODE.fullmatch(code)
    if match is None or int(match["start"]) >= int(match["end"]):
        return None
    span = Span(int(match["start"]), int(match["end"]))
    return ShortReference(int(match["generation"]), match["document"], span, match["digest"])


def find_passage(
    reference: ShortReference,
    corpus: Corpus,
    source_text: SourceText,
    *,
    lay_out: LayOut = laid_out_here,
) -> tuple[Document, Passage] | None:
    """Return the passage that has the words now, even if they moved; None if none has."""
    document = _referenced_document(reference, corpus)
    if document is not None and document.digest.startswith(reference.digest):
        for passage in document.quotable:
            if passage.span == reference.span:
                return document, passage
    found = verify_short_reference(reference, corpus, source_text, lay_out=lay_out)
    if found.verdict.as_cited and found.now is not None and found.now.passage is not None:
        return found.now.document, found.now.passage
    return None


def verify_short_reference(
    reference: ShortReference,
    corpus: Corpus,
    source_text: SourceText,
    *,
    lay_out: LayOut = laid_out_here,
) -> Verification:
    """Return the verdict about the words, see ``verify``. A document that is gone goes by its
    digest.

    Words of a text that is only kept must be a whole passage of it, as in every reference that was
    given out: others would show a guesser which words stand where.
    """
    document = _referenced_document(reference, corpus)
    name = reference.document if document is None else document.id
    lay_out = cache(lay_out)  # both ask for the same

    def whole(digest: str) -> str | None:
        text = source_text(digest)
        if text is None:
            return None
        title = None if document is None else document.title
        then = lay_out(text, name, title)
        return text if any(p.span == reference.span for p in then.quotable) else None

    return verify(
        CitedQuote(name, reference.span, reference.digest), corpus, whole, lay_out=lay_out
    )


def _referenced_document(reference: ShortReference, corpus: Corpus) -> Document | None:
    """Return the document; if several ids begin alike, the one with the text, else the first."""
    found = [d for d in corpus.documents if _shortened(d.id) == reference.document]
    same = (d for d in found if d.digest.startswith(reference.digest))
    return next(same, found[0] if found else None)


def _shortened(document_id: str) -> str:
    return digest_of(document_id)[:_DOCUMENT_DIGITS]
