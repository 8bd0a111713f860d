"""Runs the operations of a fork of the extractor process on the bytes of one source.

Everything here and below works without opening a file: see ``libraries``.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from typing import Any

from corpus.documents.documentbuilder import document_from_text
from corpus.errors import UnreadableSource
from corpus.extraction import libraries
from corpus.extraction.extract import Extract
from corpus.extraction.kinds import Kind, kind_of
from corpus.extraction.process import (
    documentanswer,
    extractanswer,
    frontmatteranswer,
    outlineanswer,
)
from corpus.extraction.process.answers import Answer
from corpus.extraction.process.frontmatteranswer import Parts
from corpus.extraction.storedextract import stored
from corpus.extraction.text.plaintext import load_marked_encodings, read_plain_text
from corpus.extraction.textfile import document_from_bytes
from corpus.frontmatter.frontmatter import provenance_of, split_front_matter
from corpus.model import Document
from corpus.normalisation import normalise

Operation = Callable[[Mapping[str, Any], bytes], Answer]
"""The request and the bytes of the source → the answer; raises ``UnreadableSource``."""

_SAMPLE = b"---\ntitle: A title\n---\nWe met in Marrakesh. We left.\n"


def extract(request: Mapping[str, Any], data: bytes) -> Answer:
    """Return the Extract of a source of any kind."""
    name, media_type = str(request["name"]), request["media_type"]
    kind = kind_of(data, name=name, media_type=media_type)
    if (library := libraries.name_for(kind)) is not None:
        libraries.require(library)
    found = stored(_read(kind, data, name, media_type, decided=bool(request.get("decided"))))
    if not any(c.isalnum() for c in found.text):
        found_what = "no letter or digit in its text" if data.strip() else "empty"
        raise UnreadableSource(
            f"{found_what}, no paragraph to quote. Put text in it, or leave it out."
        )
    return extractanswer.answer_of(found)


def _read(kind: Kind, data: bytes, name: str, media_type: str | None, *, decided: bool) -> Extract:
    # each with the library that it needs, which the server has loaded
    if kind in {Kind.PDF, Kind.DOCX, Kind.ODT}:
        return _read_office_file(kind, data)
    if kind is Kind.HTML:
        from corpus.extraction.web.webpage import read_web_page

        return read_web_page(data, name=name, media_type=media_type)
    if kind is Kind.MAIL:
        from corpus.extraction.web.mailmessage import read_mail

        return read_mail(data)
    if kind is Kind.MARKDOWN:
        from corpus.extraction.markdown.markdowntext import read_markdown

        return read_markdown(data, decided=decided)
    return read_plain_text(data)


def _read_office_file(kind: Kind, data: bytes) -> Extract:
    if kind is Kind.PDF:
        from corpus.extraction.pdf.pdftext import read_pdf

        return read_pdf(data)
    if kind is Kind.DOCX:
        from corpus.extraction.office.worddocument import read_word_document

        return read_word_document(data)
    from corpus.extraction.office.opendocument import read_open_document

    return read_open_document(data)


def document(request: Mapping[str, Any], data: bytes) -> Answer:
    """Return the Document in a file of the corpus directory."""
    found = document_from_bytes(data, str(request["name"]))
    return documentanswer.answer_of(found, with_text=True)


def front_matter(request: Mapping[str, Any], data: bytes) -> Answer:
    """Return the front matter of a text, and the text behind it in the form that is ``wanted``: the
    "body" itself, its "place" in the text if that is in the stored form, or nothing.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableSource(f"not UTF-8 text (byte {error.start}).") from error
    whole = normalise(text)
    fields, body = split_front_matter(whole, decided=bool(request["decided"]))
    wanted = request["wanted"]
    body = "" if wanted == "nothing" else normalise(body)
    parts = Parts(fields, provenance_of(fields), body)
    # the body is the end of the text: normalised again, it has lost marks of order before it alone
    body_at = len(text) - len(body) if wanted == "place" and whole == text else None
    return frontmatteranswer.answer_of(parts, body_at=body_at)


def lay_out(request: Mapping[str, Any], data: bytes) -> Answer:
    """Return the Document over a text in the stored form, with the known facts about it."""
    return documentanswer.answer_of(_laid_out(request, data), with_text=False)


def outline(request: Mapping[str, Any], data: bytes) -> Answer:
    """Return the Outline of the Document that ``lay_out`` makes."""
    return outlineanswer.answer_of(_laid_out(request, data))


def _laid_out(request: Mapping[str, Any], data: bytes) -> Document:
    published = request["published"]
    return document_from_text(
        data.decode("utf-8"),
        document_id=str(request["name"]),
        title=request["title"],
        publisher=request["publisher"],
        published=None if published is None else date.fromisoformat(published),
        place=request["place"],
        language=request["language"],
        fetched=request["fetched"],
    )


OPERATIONS: Mapping[str, Operation] = {
    "extract": extract,
    "document": document,
    "front_matter": front_matter,
    "lay_out": lay_out,
    "outline": outline,
}


def warm_up() -> None:
    """Have the libraries for text do the work of their first use, once for all forks."""
    load_marked_encodings()
    with suppress(UnreadableSource):
        document_from_bytes(_SAMPLE, "a.md")
