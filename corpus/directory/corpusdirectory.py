"""Adds statements to a corpus directory, as text files that a person can read, edit and version.

A source becomes ``ID.md``: front matter with the known facts, then its text. Its original bytes are
kept as a snapshot.
"""

import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from corpus.directory.corpusfiles import MAX_FILE_BYTES
from corpus.directory.corpuslisting import corpus_files
from corpus.directory.sourcedocument import moved_deviations, provenance_in
from corpus.directory.statementfile import StatementFile
from corpus.documents.documentbuilder import id_from_name
from corpus.documents.documentids import document_ids
from corpus.documents.storedformat import FORMAT, ORIGINAL, SOURCE, TEXT
from corpus.errors import CorpusNotWritable, UnknownDocument, UnreadableSource
from corpus.extraction.extract import Deviation, Extract
from corpus.extraction.extractor import Extractor
from corpus.files import replace_file, sync_directory
from corpus.frontmatter.frontmatter import (
    CLAIMS,
    PUBLIC,
    Provenance,
    allowed_groups,
    with_front_matter,
)
from corpus.longtexts import utf8_length, utf8_pieces
from corpus.model import Outline
from corpus.pages import PAGES, is_pages_line, moved, pages_line, pages_of
from corpus.provenance.originals import Origin, drop_originals, size_of_originals
from corpus.provenance.originclaims import believed
from corpus.provenance.snapshots import Snapshots
from corpus.provenance.sourcedigests import source_name
from corpus.suggestions import did_you_mean

_NOT_PUBLIC = (
    "it says that it is public, but its groups stay as they were set. Add it with "
    '"--access public" to open it to everybody.'
)
_EDITED = (
    "its text has been edited since it was read, so the pages of its words are not known any more."
)
_NOT_KEPT = (
    "its bytes are more than VERBATIM_KEEP_ORIGINALS_MB allows, so they are not kept and cannot be "
    "read again."
)
_MANY_PAGES = "it has too many pages to note them, so its quotes have no page numbers."
_OTHERS = 0o077
_TIME_S = 25.0
"""The seconds that the text of one source may take, after it was read from its bytes."""

_NUMBERED_CHARACTERS = 80
"""The length of a name before a number that makes it unique: both fit into an id."""


@dataclass(frozen=True, slots=True)
class Added:
    """The outcome for a source that was read; ``state`` is "added", "updated" or "unchanged".

    ``notes`` are sentences about claims of the source that do not count. ``deviations`` are the
    places where the stored text deviates from the source, None if that is not known. ``as_read``
    means that the text is as it was read: nobody has edited it since.
    """

    document: Outline
    state: str
    path: Path
    notes: tuple[str, ...] = ()
    deviations: tuple[Deviation, ...] | None = None
    as_read: bool = True


@dataclass(frozen=True, slots=True)
class ReadAs:
    """The name and media type as which bytes are read: a file's or page's name, and a web server's
    word.
    """

    name: str
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Stray:
    """A document whose address belongs to another site than the ``source`` that it was added from.

    Its address and its publisher came from a page, which can say anything.
    """

    document_id: str
    url: str
    source: str


@dataclass(frozen=True, slots=True)
class _Made:
    """A document, its known facts, and the front matter that it was found with."""

    document: Outline
    provenance: Provenance
    front_matter: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    deviations: tuple[Deviation, ...] | None = None
    as_read: bool = True


class CorpusDirectory:
    """The statements in a directory; one process at a time adds to it and removes from it."""

    def __init__(
        self,
        directory: Path,
        *,
        snapshots: Snapshots,
        extractor: Extractor,
        default_access: frozenset[str] = frozenset(),
        most_original_bytes: int | None = None,
        remembered: Mapping[str, str] | None = None,
    ) -> None:
        """Open the statements of a directory.

        A statement that names no group is for ``default_access``. Original bytes are kept as long
        as all of them have ``most_original_bytes`` together; None sets no bound. ``remembered`` are
        ids that files already have: see ``document_ids``.

        The ``extractor`` parses everything that files say.

        Raises:
            CorpusNotFound: if ``directory`` is not a directory.
            UnreadableSource: if it cannot be read.
        """
        self.directory = directory
        self._snapshots = snapshots
        self._extractor = extractor
        self._default_access = default_access
        self._known: dict[str, StatementFile] = {}
        self._claimed: set[str] = set()
        self._most_original_bytes = most_original_bytes
        self._original_bytes: int | None = None  # not counted yet
        found = corpus_files(directory)
        ids = document_ids(
            found.names(directory),
            remembered=remembered or {},
            unseen_folders=found.unseen_folders(directory),
        )
        for path in found.files:
            document_id = ids.pop(source_name(path, directory))
            self._known[document_id] = StatementFile(path, extractor)
        self._unreadable = frozenset(map(str.casefold, ids.values()))

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the documents, in order."""
        return tuple(sorted(self._known))

    @property
    def strays(self) -> tuple[Stray, ...]:
        """The documents that would not get their address today, in order of id."""
        return tuple(
            Stray(document_id, known.stray_url, known.source)
            for document_id, known in sorted(self._known.items())
            if known.stray_url is not None and known.source is not None
        )

    @property
    def with_lost_pages(self) -> tuple[str, ...]:
        """The ids of documents whose page numbers do not count, because their texts were edited."""
        return tuple(i for i, known in sorted(self._known.items()) if known.has_lost_pages)

    def add(
        self,
        extract: Extract,
        *,
        content: bytes,
        source: str,
        fetched: str | None = None,
        given: Provenance | None = None,
        read_as: ReadAs | None = None,
    ) -> Added:
        """Write a document that was read from ``content``, or update the one that it already is.

        ``source`` is the label of its origin: an address, or a file's name below the folder that
        was named. ``fetched`` is the web address that gave the bytes in the end, None for a file.
        ``read_as`` is the name and media type by which the bytes were read, so that they can be
        read again.

        Raises:
            UnreadableSource: if there is no paragraph to quote in it; the message names no source.
            CorpusNotWritable: if the file could not be written; it is then as it was.
        """
        added, written = self._made(extract, content, source, fetched, given)
        document_id = added.document.id
        self._claimed.add(document_id)
        if added.as_read:
            self._note_origin(added.document, content, read_as or ReadAs(source))
        if added.state == "unchanged":
            return added
        added = self._keep_original(content, added)
        if added.deviations is not None:
            self._snapshots.keep_deviations(added.document.digest, added.deviations)
        try:
            replace_file(added.path, partial(_write, written), shared=self._is_shared(added))
        except OSError as error:
            raise _not_writable(added.path, error) from error
        self._known[document_id] = StatementFile(added.path, self._extractor)
        self._drop_originals(len(content))
        return added

    def statement(self, document_id: str) -> StatementFile:
        """Return the file of the document with exactly that id."""
        return self._known[document_id]

    def _note_origin(self, document: Outline, content: bytes, read_as: ReadAs) -> None:
        original = hashlib.sha256(content).hexdigest()
        origin = Origin(original, read_as.name, read_as.media_type)
        self._snapshots.note_origin(document.digest, origin)

    def _keep_original(self, content: bytes, added: Added) -> Added:
        """Keep the bytes of a source, if there is room for them at all."""
        most = self._most_original_bytes
        if most is not None and len(content) > most:
            return replace(added, notes=(*added.notes, _NOT_KEPT))
        self._snapshots.keep_original(content)
        return added

    def _drop_originals(self, grown_by: int) -> None:
        """Delete originals if there are too many, those of current statements last."""
        most, folder = self._most_original_bytes, self._snapshots.originals_directory
        if most is None:
            return
        if self._original_bytes is None:
            self._original_bytes = size_of_originals(folder)
        else:
            self._original_bytes += grown_by
        if self._original_bytes <= most:
            return
        current = frozenset[str]().union(*(f.claimed_originals for f in self._known.values()))
        try:
            drop_originals(folder, most_bytes=most, current=current)
        except OSError as error:
            raise _not_writable(folder, error) from error
        self._original_bytes = size_of_originals(folder)

    def preview(
        self, extract: Extract, *, content: bytes, source: str, fetched: str | None = None
    ) -> Added:
        """Return the outcome that ``add`` would have; nothing is written.

        Raises:
            UnreadableSource: if there is no paragraph to quote in it; the message names no source.
        """
        return self._made(extract, content, source, fetched, None)[0]

    def find(self, id_or_prefix: str) -> str:
        """Return the id of the one document with that id, or whose id begins so.

        Raises:
            UnknownDocument: if there is none, or several.
        """
        found = [id_or_prefix] if id_or_prefix in self._known else []
        found = found or [i for i in self.ids if id_or_prefix and i.startswith(id_or_prefix)]
        if not found:
            raise UnknownDocument(
                f'No document in {self.directory} is called "{id_or_prefix}". '
                f'{did_you_mean(id_or_prefix, self._known)}Type "verbatim list" to see them.'
            )
        if len(found) > 1:
            raise UnknownDocument(
                f'"{id_or_prefix}" fits {len(found)} documents, {found[0]} and {found[1]} among '
                "them. Type more of the id."
            )
        return found[0]

    def _made(
        self,
        extract: Extract,
        content: bytes,
        source: str,
        fetched: str | None,
        given: Provenance | None,
    ) -> tuple[Added, str]:
        """Return the outcome of a source, and the text of its file."""
        original = hashlib.sha256(content).hexdigest()
        document_id = self._id_for(source, original)
        before = self._known.get(document_id)
        given = given or Provenance()
        extractor = self._extractor.within(_TIME_S)
        if before is not None and before.original == original:
            made = _made_again(extract, before, document_id, given, fetched, extractor)
            source = before.source or source
        else:
            made = _made_anew(extract, before, document_id, given, fetched, extractor)
        provenance = made.provenance
        access = allowed_groups(provenance.access, self._default_access)
        document = replace(made.document, access=access)
        if not document.passage_count:
            raise UnreadableSource("no paragraph to quote in it.")
        if document.title != document_id:
            provenance = replace(provenance, title=document.title)
        more = {**made.front_matter, SOURCE: source, ORIGINAL: original}
        for name in (FORMAT, PAGES):
            if name in more:
                more[name] = more.pop(name)  # after fields that a person may look for
        written = with_front_matter(provenance, more, document.text)
        if utf8_length(written) > MAX_FILE_BYTES:
            raise UnreadableSource(f"over {MAX_FILE_BYTES // 1_000_000} MB of text. Split it.")
        extractor.check_front_matter(written)  # a text that a refresh would refuse is not written
        path = before.path if before else self.directory / f"{document_id}.md"
        if before is not None and _has(path, written):
            state = "unchanged"
        else:
            state = "updated" if before else "added"
        deviations = made.deviations
        if deviations is None:
            deviations = self._snapshots.deviations(document.digest)
        return Added(document, state, path, made.notes, deviations, made.as_read), written

    def remove(self, id_or_prefix: str) -> Path:
        """Delete the file of the one document with that id, or whose id begins so.

        Its snapshots stay, so that old citations can be checked.

        Raises:
            UnknownDocument: if there is none, or several.
            CorpusNotWritable: if the file cannot be deleted.
        """
        document_id = self.find(id_or_prefix)
        path = self._known[document_id].path
        try:
            path.unlink()
            sync_directory(path.parent)
        except OSError as error:
            raise _not_writable(path, error) from error
        del self._known[document_id]
        return path

    def _is_shared(self, added: Added) -> bool:
        """Return whether other users of this machine may read the file: a public document in a
        directory that they may enter.
        """
        return not added.document.access and bool(self.directory.stat().st_mode & _OTHERS)

    def _id_for(self, source: str, original: str) -> str:
        """Return the id of the document that a source is or becomes.

        Two sources that are added together are two documents, whatever their names.
        """
        free = {i: known for i, known in self._known.items() if i not in self._claimed}
        for document_id, known in self._known.items():
            if known.may_say(original) and known.original == original:
                return document_id
        for document_id in sorted(free, key=lambda i: (len(i), i)):
            known = free[document_id]
            if known.may_say(source) and known.source == source:
                return document_id
        label = id_from_name(source.rstrip("/").rpartition("/")[2] or source)
        taken = {known.casefold() for known in self._known} | self._unreadable
        more = (f"{label[:_NUMBERED_CHARACTERS]}-{n}" for n in range(2, len(taken) + 3))
        names = itertools.chain([label], more)
        return next(name for name in names if name.casefold() not in taken)


def _made_again(
    extract: Extract,
    before: StatementFile,
    document_id: str,
    given: Provenance,
    fetched: str | None,
    extractor: Extractor,
) -> _Made:
    """Return the document of the same bytes as before, with the corrections that a person made."""
    parts = before.parts(extractor)
    says = parts.provenance
    said = says.said_by_source or frozenset()
    says = replace(says, said_by_source=(said - _named_by(given)) or None)
    if given.url is not None and says.fetched is None:
        says = replace(says, fetched=fetched)  # its address has now been checked
    provenance = given.or_else(says)
    document = extractor.outline(parts.body, document_id=document_id, known=provenance)
    made = _Made(document, provenance, parts.fields)
    if extract.text.endswith(document.text):
        return _with_pages(made, extract)
    line = parts.fields.get(PAGES)
    pages = pages_of(line, digest=document.digest, length=len(document.text))
    notes = (_EDITED,) if is_pages_line(line) and not pages else ()
    return replace(made, document=replace(document, pages=pages), notes=notes, as_read=bool(pages))


def _with_pages(made: _Made, extract: Extract) -> _Made:
    """Return the same document with the pages of its source, whose text may begin with front
    matter.
    """
    document = made.document
    pages = moved(extract.pages, len(extract.text) - len(document.text), len(document.text))
    fields = {n: v for n, v in made.front_matter.items() if n != PAGES or not is_pages_line(v)}
    if not pages:
        return replace(made, front_matter=fields)
    line = pages_line(pages, document.digest)
    if line is None:
        return replace(made, front_matter=fields, notes=(*made.notes, _MANY_PAGES))
    return replace(
        made, document=replace(document, pages=pages), front_matter={**fields, PAGES: line}
    )


def _made_anew(
    extract: Extract,
    before: StatementFile | None,
    document_id: str,
    given: Provenance,
    fetched: str | None,
    extractor: Extractor,
) -> _Made:
    """Return the document of new bytes, for a source whose document may be there already."""
    decided = given.access is not None
    parts = extractor.front_matter_of_text(extract.text, decided=decided)
    claimed = [*extract.also_at, *([extract.url] if extract.url else [])]
    says = parts.provenance.or_else(provenance_in(extract))
    found = believed(says, claimed=claimed, fetched=fetched)
    # this code decides about these, whatever the source says
    says = replace(found.says, fetched=None, said_by_source=None)
    not_said, notes = _named_by(given), found.notes
    if fetched is not None and says.access == frozenset({PUBLIC}):
        says = replace(says, access=None)  # a page does not open itself to everybody
    if before is not None and (says.access is None or PUBLIC in says.access):
        # a person decided about access: another text does not make it public
        earlier = before.parts(extractor).provenance
        by_itself = earlier.said_by_source or frozenset()
        if says.access is None:
            says = replace(says, access=earlier.access)
            not_said |= frozenset({"access"}) - by_itself
        elif earlier.access is not None and "access" not in by_itself:
            notes += (_NOT_PUBLIC,) if earlier.access != says.access else ()
            says = replace(says, access=earlier.access)
            not_said |= frozenset({"access"})
    provenance = given.or_else(says)
    document = extractor.outline(parts.body, document_id=document_id, known=provenance)
    if fetched is not None:
        # its furniture is also a claim of the page
        publisher = provenance.publisher if found.elsewhere else document.publisher
        document = replace(document, publisher=publisher)
        provenance = replace(provenance, publisher=publisher)
        not_said |= {"url"}
    said = frozenset(name for name in CLAIMS - not_said if getattr(document, name))
    document = replace(document, fetched=fetched, said_by_source=said)
    provenance = replace(provenance, fetched=fetched, said_by_source=said or None)
    taken = len(extract.text) - len(parts.body)
    left = moved_deviations(extract.deviations, taken, len(document.text))
    made = _Made(document, provenance, {**parts.fields, FORMAT: TEXT}, notes, left)
    return _with_pages(made, extract)


def _named_by(given: Provenance) -> frozenset[str]:
    return frozenset(name for name in CLAIMS if getattr(given, name) is not None)


def _write(text: str, stream: BinaryIO) -> None:
    for piece in utf8_pieces(text):
        stream.write(piece)


def _has(path: Path, text: str) -> bool:
    """Return whether a file has that text and no other."""
    with path.open("rb") as stream:
        same = all(stream.read(len(piece)) == piece for piece in utf8_pieces(text))
        return same and not stream.read(1)


def _not_writable(path: Path, error: OSError) -> CorpusNotWritable:
    return CorpusNotWritable(
        f"{path} cannot be written ({error.strerror}). Free some space or check the permissions, "
        "then try again."
    )
