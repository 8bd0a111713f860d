"""Corpus directories of tests, read in the tests' own process."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from corpus import Corpus, Document, UnreadableSource, document_from_bytes, read_file
from corpus.directory import corpusfiles
from corpus.extraction.extractor import Extractor


@cache
def shared_extractor() -> Extractor:
    """The extractor of all tests of a process that need none of their own."""
    return Extractor()


def read_document(path: Path) -> Document:
    """The document in a file; errors name the file."""
    try:
        return read_file(path, document_from_bytes)
    except UnreadableSource as error:
        raise UnreadableSource(f"{path}: {error}") from error


def read_corpus(
    directory: Path,
    *,
    known: Mapping[str, Document] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Corpus:
    """The corpus in a directory; the first file that is refused is an error."""
    return corpusfiles.read_corpus(
        directory, read=document_from_bytes, known=known, progress=progress
    ).whole()
