"""Reads the files of a corpus directory into a Corpus.

Nothing here parses a file: the caller passes a function ``read`` that does.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from corpus.directory.corpuslisting import RefusedFile, corpus_files, is_statement_file, unreadable
from corpus.documents.documentids import document_ids
from corpus.errors import EmptyCorpus, UnreadableSource
from corpus.extraction.extract import Deviation
from corpus.files import file_sha256
from corpus.frontmatter.frontmatter import allowed_groups
from corpus.model import Corpus, Document
from corpus.provenance.sourcedigests import LeftOut, Sources, source_name

MAX_FILE_BYTES = 20_000_000
_READ_AT_ONCE = 2

ReadFile = Callable[[bytes, str], Document]
"""The bytes of a file and its name → its Document; raises ``UnreadableSource`` with a reason that
names no file. It is called in several threads. ``Extractor.document`` is one;
``document_from_bytes``, which parses in this process, is for files that come with the project.
"""


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A Document, and the places where its text deviates from the file that it was read from.

    They are None if they are not known, or were noted before.
    """

    document: Document
    deviations: tuple[Deviation, ...] | None = None


ReadSource = Callable[[bytes, str], SourceDocument]
"""The bytes of a file that is no text, and its name → its Document and its deviations; see
``source_document``."""


@dataclass(frozen=True, slots=True)
class CorpusReading:
    """The outcome of reading a corpus directory: the good documents, and the refused files.

    ``deviations`` maps the digest of a text that was read now to its deviations from its file.
    ``ids`` has the id of the document that each file is or would be, by ``source_name``.
    """

    corpus: Corpus
    refused: tuple[RefusedFile, ...] = ()
    deviations: Mapping[str, tuple[Deviation, ...]] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def withheld(self) -> frozenset[str]:
        """Return the ids of the documents that refused files were, or would be."""
        here = {document.id for document in self.corpus.documents}
        return frozenset(self.ids.values()) - here

    @property
    def unseen(self) -> bool:
        """True if other documents may lie in folders that cannot be read."""
        return any(each.folder for each in self.refused)

    def known_in(self, sources: Sources, directory: Path) -> Sources:
        """Return the ``sources`` that were read, with the ids and the files that gave no
        document.
        """
        refused = {source_name(each.path, directory): each.reason for each in self.refused}
        return sources.with_outcome(refused=refused, ids=self.ids)

    def whole(self) -> Corpus:
        """Return the corpus, if no file was refused.

        Raises:
            UnreadableSource: with the first refused file and its reason.
        """
        if self.refused:
            raise UnreadableSource(str(self.refused[0]))
        return self.corpus


def read_file(
    path: Path, read: ReadFile, *, default_access: frozenset[str] = frozenset()
) -> Document:
    """Return the Document in a file; one that names no group is for ``default_access``.

    Raises:
        UnreadableSource: if the file cannot be read, is larger than ``MAX_FILE_BYTES``, or gives no
            document; the message is a reason that does not name the file.
    """
    document = read(_bytes_of(path), path.name)
    return replace(document, access=allowed_groups(document.access or None, default_access))


def read_corpus(
    directory: Path,
    *,
    read: ReadFile,
    read_source: ReadSource | None = None,
    known: Mapping[str, Document] | None = None,
    known_refused: Mapping[str, str] | None = None,
    remembered: Mapping[str, str] | None = None,
    default_access: frozenset[str] = frozenset(),
    progress: Callable[[int, int], None] | None = None,
) -> CorpusReading:
    """Return the documents of every file below ``directory`` that can be read, in order of id.

    See ``corpus_files`` for the choice of files, and ``document_ids`` for their ids, some of which
    may be ``remembered``. ``read`` reads texts and ``read_source`` all other kinds, which are left
    out in silence without it. A file whose ``source_name`` is ``known`` is not read: its document
    is the given one. One that is ``known_refused`` is refused for the given reason. A document that
    names no group is for ``default_access``. Files that cannot be read are among the refused ones.
    ``progress`` is called with (files read, files in all).

    Raises:
        CorpusNotFound: if ``directory`` is not a directory.
        EmptyCorpus: if it holds no such file.
        UnreadableSource: if ``directory`` itself cannot be read.
    """
    found = corpus_files(directory)
    if read_source is None:
        found = found.statement_files()
    if not found.files and not found.refused:
        raise EmptyCorpus(
            f"The corpus directory {directory} holds no .txt or .md file. "
            'Put a statement in it and type "verbatim refresh".'
        )
    ids = document_ids(
        found.names(directory),
        remembered=remembered or {},
        unseen_folders=found.unseen_folders(directory),
    )
    documents: list[Document] = []
    refused = list(found.refused)
    deviations: dict[str, tuple[Deviation, ...]] = {}

    def outcome(path: Path) -> SourceDocument | RefusedFile:
        name = source_name(path, directory)
        if known_refused and name in known_refused:
            return RefusedFile(path, known_refused[name])
        if known and name in known:
            return SourceDocument(known[name])
        try:
            if read_source is None or is_statement_file(path.name):
                return SourceDocument(read_file(path, read, default_access=default_access))
            return _read_source_file(path, read_source, default_access=default_access)
        except UnreadableSource as error:
            return RefusedFile(path, str(error))

    threads = ThreadPoolExecutor(_READ_AT_ONCE, "reading")
    try:
        outcomes = zip(found.files, threads.map(outcome, found.files), strict=True)
        for count, (path, came_out) in enumerate(outcomes, start=1):
            if isinstance(came_out, RefusedFile):
                refused.append(came_out)
            else:
                document = came_out.document.called(ids[source_name(path, directory)])
                documents.append(document)
                if came_out.deviations is not None:
                    deviations[document.digest] = came_out.deviations
            if progress is not None:
                progress(count, len(found.files))
    finally:
        threads.shutdown(cancel_futures=True)
    return CorpusReading(
        Corpus(tuple(sorted(documents, key=lambda each: each.id))),
        tuple(sorted(refused, key=lambda each: each.path)),
        deviations,
        ids,
    )


def _read_source_file(
    path: Path, read_source: ReadSource, *, default_access: frozenset[str]
) -> SourceDocument:
    """Return the outcome of a file that is no text; see ``read_file``."""
    found = read_source(_bytes_of(path), path.name)
    access = allowed_groups(found.document.access or None, default_access)
    return replace(found, document=replace(found.document, access=access))


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UnreadableSource(f"larger than {MAX_FILE_BYTES // 1_000_000} MB. Split it.")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableSource(unreadable(error)) from error


def read_sources(directory: Path, *, default_access: frozenset[str] = frozenset()) -> Sources:
    """Return the names and digests of the files that ``read_corpus`` reads, and those it does not
    read.

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
            unread[name] = unreadable(error)
    passed_over = tuple(
        LeftOut(source_name(each.path, directory), each.reason) for each in found.passed_over
    )
    return Sources(files, unread, default_access, passed_over)
