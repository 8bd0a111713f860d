"""The files of a corpus directory: which they are, and the Corpus that they make.

Nothing here parses a file: ``read`` does, which is given.
"""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from corpus.errors import CorpusNotFound, EmptyCorpus, UnreadableSource
from corpus.filedigest import file_sha256
from corpus.frontmatter import readers
from corpus.model import Corpus, Document
from corpus.reader import id_from_name
from corpus.sources import Sources, source_name

SUFFIXES = (".txt", ".md")
MAX_FILE_BYTES = 20_000_000
_READ_AT_ONCE = 2

ReadFile = Callable[[bytes, str], Document]
"""The bytes of a file and its name → its Document; raises ``UnreadableSource`` with a reason that
names no file. It is called in several threads. ``Extractor.document`` is one;
``document_from_bytes``, which parses in this process, is for files that come with the project.
"""


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file of the corpus directory that gives no document; ``reason`` does not name it.

    ``folder`` tells that it is a folder: what lies in it is not known. ``doubled`` tells that
    another file with the same id is the reason.
    """

    path: Path
    reason: str
    folder: bool = False
    doubled: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True, slots=True)
class CorpusFiles:
    """The text files of a corpus directory, sorted, and what is in the way of finding others."""

    files: tuple[Path, ...]
    refused: tuple[RefusedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class CorpusReading:
    """Holds the outcome of reading a corpus directory: the good documents, and the files that are
    none.
    """

    corpus: Corpus
    refused: tuple[RefusedFile, ...] = ()

    @property
    def withheld(self) -> frozenset[str]:
        """Returns the ids of the documents that refused files were, or would be."""
        return frozenset(id_from_name(f.path.name) for f in self.refused if not f.folder)

    @property
    def unseen(self) -> bool:
        """Tells whether other documents may lie in folders that cannot be read."""
        return any(each.folder for each in self.refused)

    def known_in(self, sources: Sources, directory: Path) -> Sources:
        """The ``sources`` that were read, and which of their files gave no document."""

        def named(doubled: bool) -> dict[str, str]:
            return {
                source_name(each.path, directory): each.reason
                for each in self.refused
                if each.doubled is doubled
            }

        return sources.with_refused(named(doubled=False), named(doubled=True))

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
    known_refused: Mapping[str, str] | None = None,
    default_access: frozenset[str] = frozenset(),
    progress: Callable[[int, int], None] | None = None,
) -> CorpusReading:
    """The documents of every ``.txt`` and ``.md`` file below ``directory``, in order of id.

    Hidden files and folders, and folders behind links, are skipped. A file whose ``source_name``
    is ``known`` is not read: its document is the one given; one that is ``known_refused`` is
    refused for the reason given. A document that names no readers is for ``default_access``.
    What cannot be read is among the refused ones. Of files with the same id the first one gives the
    document, if all of them can be read and are for the same readers; else none does. ``progress``
    is told (files read, files in all).

    Raises:
        CorpusNotFound: if ``directory`` is not a directory.
        EmptyCorpus: if it holds no such file.
        UnreadableSource: if ``directory`` itself cannot be read.
    """
    found = corpus_files(directory)
    if not found.files and not found.refused:
        raise EmptyCorpus(
            f"The corpus directory {directory} holds no .txt or .md file. "
            'Put a statement in it and type "verbatim refresh".'
        )
    by_id: dict[str, list[tuple[Path, Document]]] = {}
    refused = list(found.refused)

    def outcome(path: Path) -> Document | RefusedFile:
        name = source_name(path, directory)
        if known_refused and name in known_refused:
            return RefusedFile(path, known_refused[name])
        if known and name in known:
            return known[name]
        try:
            return read_file(path, read, default_access=default_access)
        except UnreadableSource as error:
            return RefusedFile(path, str(error))

    threads = ThreadPoolExecutor(_READ_AT_ONCE, "reading")
    try:
        outcomes = zip(found.files, threads.map(outcome, found.files), strict=True)
        for count, (path, came_out) in enumerate(outcomes, start=1):
            if isinstance(came_out, RefusedFile):
                refused.append(came_out)
            else:
                by_id.setdefault(came_out.id, []).append((path, came_out))
            if progress is not None:
                progress(count, len(found.files))
    finally:
        threads.shutdown(cancel_futures=True)
    lost = {id_from_name(each.path.name) for each in refused if not each.folder}
    documents = []
    for document_id in sorted(by_id):
        (path, document), *others = by_id[document_id]
        if document_id in lost or any(other.access != document.access for _, other in others):
            refused += [
                RefusedFile(each, _disagree(document_id), doubled=True)
                for each, _ in by_id[document_id]
            ]
            continue
        documents.append(document)
        second = f'a second document with the id "{document_id}", after {path.name}. Rename one.'
        refused += [RefusedFile(each, second, doubled=True) for each, _ in others]
    return CorpusReading(Corpus(tuple(documents)), tuple(sorted(refused, key=lambda r: r.path)))


def _disagree(document_id: str) -> str:
    return (
        f'several files have the id "{document_id}", and one of them cannot be read or is for '
        "other readers. Rename one."
    )


def corpus_files(directory: Path) -> CorpusFiles:
    """The text files below a directory, sorted; a folder that cannot be read is refused, and so is
    a link that leads out: a corpus that others keep could have any file of this machine quoted.

    Raises:
        CorpusNotFound: if ``directory`` is not a directory.
        UnreadableSource: if it cannot be read.
    """
    found: list[Path] = []
    refused: list[RefusedFile] = []

    def unreadable(error: OSError) -> None:
        folder = Path(error.filename)
        if folder == directory:
            raise error
        refused.append(RefusedFile(folder, _unreadable(error), folder=True))

    try:
        if not directory.is_dir():
            raise CorpusNotFound(
                f"The corpus directory {directory} does not exist. Make it and put text files in "
                "it, or point VERBATIM_CORPUS to the one you mean."
            )
        root = directory.resolve()
        for folder, folders, files in os.walk(directory, onerror=unreadable):
            folders[:] = [name for name in folders if not name.startswith(".")]
            paths = [Path(folder, name) for name in files if not name.startswith(".")]
            for path in paths:
                if path.suffix.lower() not in SUFFIXES:
                    continue
                reason = _reason_against(path, root)
                if reason is None:
                    found.append(path)
                else:
                    refused.append(RefusedFile(path, reason))
    except OSError as error:
        raise UnreadableSource(f"{error.filename}: {_unreadable(error)}") from error
    return CorpusFiles(tuple(sorted(found)), tuple(sorted(refused, key=lambda r: r.path)))


def _reason_against(path: Path, root: Path) -> str | None:
    """Tells why a file is not even opened; None where it may be."""
    try:
        if not path.is_file():
            return "no file, or a link that leads to none. Remove it, or put a copy there."
        if leads_out(path, root):
            return "a link that leads out of the corpus directory. Put a copy there."
    except OSError as error:
        return _unreadable(error)
    return None


def leads_out(file: Path, root: Path) -> bool:
    """Whether a file that exists is a link to one outside of ``root``, a path without links."""
    return file.is_symlink() and not file.resolve().is_relative_to(root)


def read_sources(directory: Path, *, default_access: frozenset[str] = frozenset()) -> Sources:
    """The names and digests of the files that ``read_corpus`` reads, and what is in its way.

    Raises:
        CorpusNotFound: if ``directory`` is not a directory.
        UnreadableSource: if it cannot be read.
    """
    found = corpus_files(directory)
    files: dict[str, str] = {}
    unread = {source_name(each.path, directory): each.reason for each in found.refused}
    for path in found.files:
        name = source_name(path, directory)
        try:
            files[name] = file_sha256(path)
        except OSError as error:
            unread[name] = _unreadable(error)
    return Sources(files, unread, default_access)


def _unreadable(error: OSError) -> str:
    return f"cannot be read ({error.strerror or 'unreadable'}). Check its permissions."
