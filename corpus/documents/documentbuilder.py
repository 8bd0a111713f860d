"""Builds Documents from texts and from the bytes of text files, with or without front matter.

Functions are pure: nothing here opens a file, so it works in a process that may open none.
"""

import re
import unicodedata
from datetime import date
from pathlib import PurePath

from corpus.documents.paragraphs import cut_long, lay_out
from corpus.documents.sentences import split_sentences
from corpus.model import DATELINE_NUMBER, Document, Passage, Sentence, Span, digest_of
from corpus.normalisation import normalise

_UNSAFE_IN_ID = re.compile(r"[^\w.-]+")
_MOST_ID_CHARACTERS = 100
_ID_DIGITS = 8
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.I)


def passage_at(text: str, span: Span, *, document_id: str, number: int, language: str) -> Passage:
    """Return the passage at ``span`` of a document's stored text, with its sentences."""
    piece = span.of(text)
    sentences = tuple(
        Sentence(Span(span.start + s.start, span.start + s.end), s.of(piece))
        for s in split_sentences(piece, language=language)
    )
    return Passage(document_id, number, span, piece, sentences)


def document_from_text(
    text: str,
    *,
    document_id: str,
    title: str | None = None,
    publisher: str | None = None,
    published: date | None = None,
    place: str | None = None,
    url: str | None = None,
    language: str = "en",
    access: frozenset[str] = frozenset(),
    fetched: str | None = None,
    said_by_source: frozenset[str] = frozenset(),
) -> Document:
    """Return a Document over the normalised ``text``, its passages numbered from 1 in reading
    order.

    A very long paragraph becomes several passages (see ``cut_long``). Given values win over those
    in the furniture of the text; without either, the title is the document's id. The furniture of a
    text that was ``fetched`` names no publisher: that was decided when it was added. A text without
    a letter or digit gives a Document without passages.
    """
    stored = normalise(text)
    layout = lay_out(stored, title=title)

    def passage(number: int, span: Span) -> Passage:
        return passage_at(stored, span, document_id=document_id, number=number, language=language)

    spans = [
        piece
        for paragraph in layout.paragraphs
        for piece in cut_long(stored, paragraph, language=language)
    ]
    return Document(
        id=document_id,
        text=stored,
        title=title or layout.title or document_id,
        passages=tuple(passage(n, span) for n, span in enumerate(spans, start=1)),
        dateline=passage(DATELINE_NUMBER, layout.dateline) if layout.dateline else None,
        publisher=publisher or (layout.publisher if fetched is None else None),
        published=published or layout.published,
        place=place or layout.place,
        url=url,
        language=language,
        access=access,
        fetched=fetched,
        said_by_source=said_by_source,
    )


def id_from_name(name: str) -> str:
    """Return the id of a document from its file's name, without a character that could harm.

    It is the stem in Unicode's composed form, with "-" for all but letters, digits, ".", "-" and
    "_". A stem of more than ``_MOST_ID_CHARACTERS`` is cut and gets the beginning of the whole
    name's SHA-256, so that long names stay different. An empty stem gives "document", which also
    stands before names that some systems reserve.
    """
    stem = PurePath(name).stem
    label = _UNSAFE_IN_ID.sub("-", unicodedata.normalize("NFC", stem))
    if len(label) > _MOST_ID_CHARACTERS:
        end = f"-{digest_of(label)[:_ID_DIGITS]}"
        label = label[: _MOST_ID_CHARACTERS - len(end)] + end
    label = label.strip("-.") or "document"
    return f"document-{label}" if _RESERVED.fullmatch(label) else label
