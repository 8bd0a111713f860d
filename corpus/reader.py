"""Reads text files, with or without front matter, into Documents, and a folder into a Corpus."""

import os
import re
import unicodedata
from collections.abc import Callable
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from corpus.errors import CorpusNotFound, EmptyCorpus, UnreadableSource
from corpus.model import DATELINE_NUMBER, Corpus, Document, Passage, Sentence, Span
from corpus.paragraphs import lay_out
from corpus.sentences import split_sentences

SUFFIXES = (".txt", ".md")
MAX_FILE_BYTES = 20_000_000

_FRONT_MATTER = re.compile(
    r"\s*^---[^\S\n]*\n(?P<yaml>(?:.*?\n)??)---[^\S\n]*(?:\n|$)", re.S | re.M
)
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ][\d:.+ Z-]*)?")
_MAX_FRONT_MATTER = 64_000
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_UNSAFE_IN_ID = re.compile(r"[^\w.-]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


def normalise(text: str) -> str:
    """The stored form of a text: line feeds end lines, no other control character but tab.

    Surrogates are dropped too. Everything a reader sees stays as it is: there is no Unicode
    normalisation and no change of white space.
    """
    kept = (
        c
        for c in _LINE_ENDS.sub("\n", text)
        if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"}
    )
    return "".join(kept).lstrip("\ufeff")


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
) -> Document:
    """A Document over the normalised ``text``, its passages numbered from 1 in reading order.

    What is given wins over what the furniture of the text says; without either the title is the
    document's id. A text without a letter or digit gives a Document without passages.
    """
    stored = normalise(text)
    layout = lay_out(stored, title=title)

    def passage(number: int, span: Span) -> Passage:
        return passage_at(stored, span, document_id=document_id, number=number, language=language)

    return Document(
        id=document_id,
        text=stored,
        title=title or layout.title or document_id,
        passages=tuple(passage(n, span) for n, span in enumerate(layout.paragraphs, start=1)),
        dateline=passage(DATELINE_NUMBER, layout.dateline) if layout.dateline else None,
        publisher=publisher or layout.publisher,
        published=published or layout.published,
        place=place or layout.place,
        url=url,
        language=language,
    )


def read_document(path: Path) -> Document:
    """The Document in a UTF-8 text file; its id is the file's name without the suffix.

    Front matter (YAML between two ``---`` lines) may give ``title``, ``publisher``, ``date``,
    ``place``, ``url`` (http or https) and ``language``; other keys are ignored.

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
        reason = error.strerror or "unreadable"
        raise UnreadableSource(
            f"{path}: cannot be read ({reason}). Check its permissions."
        ) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableSource(
            f"{path}: not UTF-8 text (byte {error.start}). Save it as UTF-8."
        ) from error
    fields, body = _front_matter(normalise(text), path)
    document = document_from_text(
        body,
        document_id=_id_of(path),
        title=_text_field(fields, "title", path),
        publisher=_text_field(fields, "publisher", path),
        published=_date_field(fields, path),
        place=_text_field(fields, "place", path),
        url=_url_field(fields, path),
        language=_language_field(fields, path),
    )
    if not document.passages:
        raise UnreadableSource(
            f"{path}: empty, no paragraph to quote. Add text or remove the file."
        )
    return document


def read_corpus(directory: Path, *, progress: Callable[[int, int], None] | None = None) -> Corpus:
    """The Corpus of every ``.txt`` and ``.md`` file below ``directory``, in order of id.

    Hidden files and folders, and folders behind links, are skipped. ``progress`` is told (files
    read, files in all).

    Raises:
        CorpusNotFound: if ``directory`` is not a directory.
        EmptyCorpus: if it holds no such file.
        UnreadableSource: if a file or folder cannot be read, or two files have the same id.
    """
    paths = _text_files(directory)
    if not paths:
        raise EmptyCorpus(
            f"The corpus directory {directory} holds no .txt or .md file. "
            'Put a statement in it and type "verbatim refresh".'
        )
    documents: dict[str, Document] = {}
    for count, path in enumerate(paths, start=1):
        document = read_document(path)
        if document.id in documents:
            raise UnreadableSource(
                f'{path}: a second document with the id "{document.id}". Rename one of the files.'
            )
        documents[document.id] = document
        if progress is not None:
            progress(count, len(paths))
    return Corpus(tuple(documents[document_id] for document_id in sorted(documents)))


def _text_files(directory: Path) -> list[Path]:
    """The text files below a directory, sorted; a folder that cannot be read is an error."""

    def unreadable(error: OSError) -> None:
        reason = error.strerror or "unreadable"
        raise UnreadableSource(
            f"{error.filename}: cannot be read ({reason}). Check its permissions."
        ) from error

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
    except OSError as error:
        unreadable(error)
    return sorted(found)


def _id_of(path: Path) -> str:
    return _UNSAFE_IN_ID.sub("-", unicodedata.normalize("NFC", path.stem)).strip("-.") or "document"


def _front_matter(text: str, path: Path) -> tuple[dict[str, object], str]:
    match = _FRONT_MATTER.match(text)
    if match is None:
        return {}, text
    if len(match["yaml"]) > _MAX_FRONT_MATTER:
        raise UnreadableSource(f"{path}: front matter of over {_MAX_FRONT_MATTER:,} characters.")
    try:
        # the base loader makes texts of all values: "NO" is a place and "12:30" a title
        fields = yaml.load(match["yaml"], Loader=yaml.BaseLoader)  # noqa: S506 (makes no objects)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UnreadableSource(f"{path}: front matter is not valid YAML ({reason}).") from error
    if isinstance(fields, str) and fields.strip():
        return {}, text  # a text that begins with a rule
    if not fields:
        fields = {}
    if not isinstance(fields, dict):
        raise UnreadableSource(f'{path}: front matter must be "key: value" lines.')
    return {str(key): value for key, value in fields.items()}, text[match.end() :]


def _text_field(fields: dict[str, object], key: str, path: Path) -> str | None:
    value = fields.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise UnreadableSource(f"{path}: front matter: {key} must be text.")
    return " ".join(normalise(value).split()) or None


def _date_field(fields: dict[str, object], path: Path) -> date | None:
    value = _text_field(fields, "date", path)
    if value is None:
        return None
    match = _DATE.fullmatch(value)
    try:
        return date.fromisoformat(match[1] if match else "")
    except ValueError as error:
        raise UnreadableSource(
            f"{path}: front matter: date must be like 2022-05-12, not {value[:40]!r}."
        ) from error


def _url_field(fields: dict[str, object], path: Path) -> str | None:
    value = _text_field(fields, "url", path)
    if value is None:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or " " in value:
        raise UnreadableSource(f"{path}: front matter: url must be an http(s) address.")
    return value


def _language_field(fields: dict[str, object], path: Path) -> str:
    value = _text_field(fields, "language", path) or "en"
    if not _LANGUAGE.fullmatch(value):
        raise UnreadableSource(f'{path}: front matter: language must be a code such as "en".')
    return value
