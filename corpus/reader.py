"""Reads text files, with or without front matter, into Documents, and a folder into a Corpus."""

import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from corpus.errors import CorpusNotFound, EmptyCorpus, UnreadableSource
from corpus.filedigest import file_sha256
from corpus.frontmatter import provenance_of, split_front_matter
from corpus.longparagraphs import cut_long
from corpus.model import (
    DATELINE_NUMBER,
    Corpus,
    Document,
    Passage,
    Sentence,
    Span,
    digest_of,
)
from corpus.paragraphs import lay_out
from corpus.sentences import split_sentences
from corpus.sources import Sources, source_name
from corpus.storedtext import normalise

SUFFIXES = (".txt", ".md")
MAX_FILE_BYTES = 20_000_000

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
) -> Document:
    """A Document over the normalised ``text``, its passages numbered from 1 in reading order.

    A very long paragraph is several passages (see ``cut_long``).
    What is given wins over what the furniture of the text says; without either the title is the
    document's id. A text without a letter or digit gives a Document without passages.
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
        publisher=publisher or layout.publisher,
        published=published or layout.published,
        place=place or layout.place,
        url=url,
        language=language,
        access=access,
    )


def read_document(path: Path) -> Document:
    """The Document in a UTF-8 text file; its id is the file's name without the suffix.

    Front matter (YAML between two ``---`` lines) may give ``title``, ``publisher``, ``date``,
    ``place``, ``url`` (http or https), ``language`` and ``access``; other keys are ignored.
    ``published``, ``published_time``, ``source_url`` and the like are understood too.

    Raises:
        UnreadableSource: if the file cannot be read, is empty, is not UTF-8, is larger than
            ``MAX_FILE_BYTES``, has no passage, or its front matter is not what it should be.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UnreadableSource(
                f"{path}: larger than {MAX_FILE_BYTES // 1_000_000} MB. Split it."
            )
        raw = path.read_bytes()
    except OSError as error:
        raise UnreadableSource(_cannot_be_read(path, error)) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableSource(
            f"{path}: not UTF-8 text (byte {error.start}). Save it as UTF-8."
        ) from error
    try:
        front_matter, body = split_front_matter(normalise(text))
        known = provenance_of(front_matter)
    except UnreadableSource as error:
        raise UnreadableSource(f"{path}: {error}") from error
    document = document_from_text(
        body,
        document_id=id_from_name(path.name),
        title=known.title,
        publisher=known.publisher,
        published=known.published,
        place=known.place,
        url=known.url,
        language=known.language or "en",
        access=known.access or frozenset(),
    )
    if not document.passages:
        raise UnreadableSource(
            f"{path}: empty, no paragraph to quote. Add text or remove the file."
        )
    return document


def read_corpus(
    directory: Path,
    *,
    known: Mapping[str, Document] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Corpus:
    """The Corpus of every ``.txt`` and ``.md`` file below ``directory``, in order of id.

    Hidden files and folders, and folders behind links, are skipped. A file whose ``source_name``
    is ``known`` is not read: its document is the one given. ``progress`` is told (files read,
    files in all).

    Raises:
        CorpusNotFound: if ``directory`` is not a directory.
        EmptyCorpus: if it holds no such file.
        UnreadableSource: if a file or folder cannot be read, a link leads out of the directory, or
            two files have the same id.
    """
    paths = text_files(directory)
    if not paths:
        raise EmptyCorpus(
            f"The corpus directory {directory} holds no .txt or .md file. "
            'Put a statement in it and type "verbatim refresh".'
        )
    documents: dict[str, Document] = {}
    for count, path in enumerate(paths, start=1):
        document = (known or {}).get(source_name(path, directory)) or read_document(path)
        if document.id in documents:
            raise UnreadableSource(
                f'{path}: a second document with the id "{document.id}". Rename one of the files.'
            )
        documents[document.id] = document
        if progress is not None:
            progress(count, len(paths))
    return Corpus(tuple(documents[document_id] for document_id in sorted(documents)))


def text_files(directory: Path) -> list[Path]:
    """The text files below a directory, sorted.

    A folder that cannot be read is an error, and so is a link that leads out: a corpus that
    others keep could have any file of this machine quoted with it.
    """

    def unreadable(error: OSError) -> None:
        raise UnreadableSource(_cannot_be_read(error.filename, error)) from error

    found: list[Path] = []
    try:
        if not directory.is_dir():
            raise CorpusNotFound(
                f"The corpus directory {directory} does not exist. Make it and put text files in "
                "it, or point VERBATIM_CORPUS to the one you mean."
            )
        for folder, folders, files in os.walk(directory, onerror=unreadable):
            folders[:] = [name for name in folders if not name.startswith(".")]
            paths = [Path(folder, name) for name in files if not name.startswith(".")]
            found += [p for p in paths if p.suffix.lower() in SUFFIXES and p.is_file()]
        root = directory.resolve()
        for path in found:
            if leads_out(path, root):
                raise UnreadableSource(
                    f"{path}: a link that leads out of the corpus directory. Put a copy there."
                )
    except OSError as error:
        unreadable(error)
    return sorted(found)


def leads_out(file: Path, root: Path) -> bool:
    """Whether a file that exists is a link to one outside of ``root``, a path without links."""
    return file.is_symlink() and not file.resolve().is_relative_to(root)


def read_sources(directory: Path) -> Sources:
    """The names and digests of the files that ``read_corpus`` reads.

    Raises:
        CorpusNotFound: if ``directory`` is not a directory.
        UnreadableSource: if a file or folder cannot be read.
    """
    files = {}
    for path in text_files(directory):
        try:
            files[source_name(path, directory)] = file_sha256(path)
        except OSError as error:
            raise UnreadableSource(_cannot_be_read(path, error)) from error
    return Sources(files)


def id_from_name(name: str) -> str:
    """The id of a document whose file has that name: a label, without a character that could harm.

    The stem in Unicode's composed form, other characters than letters, digits, ".", "-" and "_"
    as "-"; of more than ``_MOST_ID_CHARACTERS`` the first, and the beginning of the SHA-256 of the
    whole, so that long names stay different; "document" for nothing, and before what some systems
    reserve.
    """
    stem = Path(name).stem
    label = _UNSAFE_IN_ID.sub("-", unicodedata.normalize("NFC", stem))
    if len(label) > _MOST_ID_CHARACTERS:
        end = f"-{digest_of(label)[:_ID_DIGITS]}"
        label = label[: _MOST_ID_CHARACTERS - len(end)] + end
    label = label.strip("-.") or "document"
    return f"document-{label}" if _RESERVED.fullmatch(label) else label


def _cannot_be_read(path: Path | str, error: OSError) -> str:
    reason = error.strerror or "unreadable"
    return f"{path}: cannot be read ({reason}). Check its permissions."
