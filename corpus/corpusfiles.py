"""The files of a corpus directory: which they are, and the Corpus that they make.

Nothing here parses a file: ``read`` does, which is given.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from corpus.errors import CorpusNotFound, EmptyCorpus, UnreadableSource
from corpus.filedigest import file_sha256
from corpus.frontmatter import readers
from corpus.model import Corpus, Document
from corpus.sources import Sources, source_name

SUFFIXES = (".txt", ".md")
MAX_FILE_BYTES = 20_000_000

ReadFile = Callable[[bytes, str], Document]
"""The bytes of a file and its name → its Document; raises ``UnreadableSource`` with a reason that
names no file. ``Extractor.document`` is one; ``document_from_bytes``, which parses in this process,
is for files that come with the project.
"""


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file of the corpus directory that gives no document; ``reason`` does not name it."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True, slots=True)
class CorpusReading:
    """What reading a corpus directory gave: the good documents, and the files that are none."""

    corpus: Corpus
    refused: tuple[RefusedFile, ...] = ()

    def whole(self) -> Corpus:
        """The corpus, if no file was refused.

        Raises:
            UnreadableSource: with the first refused file and its reason.
        """
        if self.refused:
            raise UnreadableSource(str(self.refused[0]))
        return self.corpus


def read_file(
    path: Path, read: ReadFile, *, default_access: frozenset[str] = frozenset()
) -> Document:
    """The Document in a file, for the groups of ``default_access`` where it names nobody itself.

    Raises:
        UnreadableSource: if the file cannot be read, is larger than ``MAX_FILE_BYTES``, or gives no
            document; the message is a reason that does not name the file.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UnreadableSource(f"larger than {MAX_FILE_BYTES // 1_000_000} MB. Split it.")
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableSource(_unreadable(error)) from error
    document = read(data, path.name)
    return replace(document, access=readers(document.access or None, default_access))


def read_corpus(
    directory: Path,
    *,
    read: ReadFile,
    known: Mapping[str, Document] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CorpusReading:
    """The documents of every ``.txt`` and ``.md`` file below ``directory``, in order of id.

    Hidden files and folders, and folders behind links, are skipped. A file whose ``source_name``
    is ``known`` is not read: its document is the one given. A file that cannot be read, or whose
    id another one has, is among the refused ones. ``progress`` is told (files read, files in all).

    Raises:
        CorpusNotFound: if ``directory`` is not a directory.
        EmptyCorpus: if it holds no such file.
        UnreadableSource: if a folder cannot be read, or a link leads out of the directory.
    """
    paths = text_files(directory)
    if not paths:
        raise EmptyCorpus(
            f"The corpus directory {directory} holds no .txt or .md file. "
            'Put a statement in it and type "verbatim refresh".'
        )
    documents: dict[str, Document] = {}
    refused: list[RefusedFile] = []
    for count, path in enumerate(paths, start=1):
        try:
            document = (known or {}).get(source_name(path, directory)) or read_file(path, read)
            if document.id in documents:
                raise UnreadableSource(
                    f'a second document with the id "{document.id}". Rename one of the files.'
                )
            documents[document.id] = document
        except UnreadableSource as error:
            refused.append(RefusedFile(path, str(error)))
        if progress is not None:
            progress(count, len(paths))
    corpus = Corpus(tuple(documents[document_id] for document_id in sorted(documents)))
    return CorpusReading(corpus, tuple(refused))


def text_files(directory: Path) -> list[Path]:
    """The text files below a directory, sorted.

    A folder that cannot be read is an error, and so is a link that leads out: a corpus that
    others keep could have any file of this machine quoted with it.
    """

    def unreadable(error: OSError) -> None:
        raise UnreadableSource(f"{error.filename}: {_unreadable(error)}") from error

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
            raise UnreadableSource(f"{path}: {_unreadable(error)}") from error
    return Sources(files)


def _unreadable(error: OSError) -> str:
    return f"cannot be read ({error.strerror or 'unreadable'}). Check its permissions."
