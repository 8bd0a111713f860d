"""Texts and the bytes of text files, with or without front matter → Documents.

Pure functions: nothing here opens a file, so that they work in a process that may not.
"""

import re
import unicodedata
from dataclasses import replace
from datetime import date
from pathlib import PurePath

from corpus.documents.longparagraphs import cut_long
from corpus.documents.paragraphs import lay_out
from corpus.documents.sentences import split_sentences
from corpus.documents.storedformat import is_markdown
from corpus.errors import UnreadableSource
from corpus.extraction import libraries
from corpus.frontmatter.frontmatter import provenance_of, split_front_matter
from corpus.model import DATELINE_NUMBER, Document, Passage, Sentence, Span, digest_of
from corpus.normalisation import normalise
from corpus.pages import PAGES, pages_of

_UNSAFE_IN_ID = re.compile(r"[^\w.-]+")
_MOST_ID_CHARACTERS = 100
_ID_DIGITS = 8
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.I)


def passage_at(text: str, span: Span, *, document_id: str, number: int, language: str) -> Passage:
    """The passage at ``span`` of a document's stored text, with its sentences."""
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
    """A Document over the normalised ``text``, its passages numbered from 1 in reading order.

    A very long paragraph is several passages (see ``cut_long``).
    What is given wins over what the furniture of the text says; without either the title is the
    document's id. The furniture of a text that was ``fetched`` names no publisher: whether it may
    was decided when it was added. A text without a letter or digit gives a Document without
    passages.
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


def document_from_bytes(data: bytes, name: str) -> Document:
    """The Document in the bytes of a UTF-8 text file; its id is the file's name without the suffix.

    Front matter (YAML between two ``---`` lines) may give ``title``, ``publisher``, ``date``,
    ``place``, ``url`` (http or https), ``language`` and ``access``; other keys are ignored.
    ``published``, ``published_time``, ``source_url`` and the like are understood too. Its access
    is as it is said, "public" too: see ``readers``. ``pages`` counts where it is of this
    very text. Markdown is rendered, unless the front matter says that the text is stored as it is
    quoted: see ``is_markdown``.

    Raises:
        UnreadableSource: if it is not UTF-8, has no passage, or its front matter is not what it
            should be; the message names no file.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableSource(f"not UTF-8 text (byte {error.start}). Save it as UTF-8.") from error
    front_matter, body = split_front_matter(normalise(text))
    if is_markdown(name, front_matter):
        body = _rendered(body, decided="access" in front_matter)
    known = provenance_of(front_matter)
    document = document_from_text(
        body,
        document_id=id_from_name(name),
        title=known.title,
        publisher=known.publisher,
        published=known.published,
        place=known.place,
        url=known.url,
        language=known.language or "en",
        access=known.access or frozenset(),
        fetched=known.fetched,
        said_by_source=known.said_by_source or frozenset(),
    )
    if not document.passages:
        raise UnreadableSource("empty, no paragraph to quote. Add text or remove the file.")
    line, length = front_matter.get(PAGES), len(document.text)
    return replace(document, pages=pages_of(line, digest=document.digest, length=length))


def _rendered(body: str, *, decided: bool) -> str:
    """The text that a browser shows of Markdown.

    Raises:
        UnreadableSource: if it is nested too deeply, or could tell who may read it once that its
            marks are gone, unless that is ``decided``.
    """
    libraries.require("markdown")
    from corpus.extraction.markdown.markdowntext import rendered

    shown, _ = rendered(body)
    opens_with_rule = body.lstrip().startswith("---")  # what follows a rule is text
    split_front_matter(f"---\n---\n{shown}", decided=decided or opens_with_rule)
    return shown


def id_from_name(name: str) -> str:
    """The id of a document whose file has that name: a label, without a character that could harm.

    The stem in Unicode's composed form, other characters than letters, digits, ".", "-" and "_"
    as "-"; of more than ``_MOST_ID_CHARACTERS`` the first, and the beginning of the SHA-256 of the
    whole, so that long names stay different; "document" for nothing, and before what some systems
    reserve.
    """
    stem = PurePath(name).stem
    label = _UNSAFE_IN_ID.sub("-", unicodedata.normalize("NFC", stem))
    if len(label) > _MOST_ID_CHARACTERS:
        end = f"-{digest_of(label)[:_ID_DIGITS]}"
        label = label[: _MOST_ID_CHARACTERS - len(end)] + end
    label = label.strip("-.") or "document"
    return f"document-{label}" if _RESERVED.fullmatch(label) else label
