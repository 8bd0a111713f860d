"""Reads the bytes of a UTF-8 text file, with or without front matter, as a Document."""

from dataclasses import replace

from corpus.documents.documentbuilder import document_from_text, id_from_name
from corpus.documents.storedformat import is_markdown
from corpus.errors import UnreadableSource
from corpus.extraction import libraries
from corpus.frontmatter.frontmatter import provenance_of, split_front_matter
from corpus.model import Document
from corpus.normalisation import normalise
from corpus.pages import PAGES, pages_of


def document_from_bytes(data: bytes, name: str) -> Document:
    """Return the Document in the bytes of a UTF-8 text file; its id is the file's name without the
    suffix.

    Front matter (YAML between two ``---`` lines) may give ``title``, ``publisher``, ``date``,
    ``place``, ``url`` (http or https), ``language`` and ``access``, or synonyms such as
    ``published``, ``published_time`` and ``source_url``. Other keys are ignored. ``access`` is
    returned as it is written, "public" too: see ``allowed_groups``. ``pages`` counts if it belongs
    to this very text. Markdown is rendered, unless the front matter says that the text is stored as
    it is quoted: see ``is_markdown``.

    Raises:
        UnreadableSource: if it is not UTF-8, has no passage, or its front matter is malformed; the
            message names no file.
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
    """Return the text that a browser shows of Markdown.

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
