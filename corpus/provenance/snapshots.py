"""Keeps sources as they were read, by digest, so that citations can be checked after a page has
changed.

``originals/ab/ab12…`` has the original bytes, within a bound (see ``corpus.provenance.originals``).
The other folders have, by the digest of a stored text that was indexed: ``texts/cd/cd34…`` the
text, which is never changed or deleted; ``groups/cd/cd34…`` the groups that it was for when it was
indexed last, with no file for a public text (earlier versions wrote it to ``readers/cd/cd34…``,
which counts if there is none under ``groups``); ``documents/cd/cd34…`` the ids of the documents
that had it; ``deviations/cd/cd34…`` the places where it deviates from its source;
``pages/cd/cd34…`` the pages of the source on which it stands; ``origins/cd/cd34…`` the original
that it was read from; ``anew/cd/cd34…`` the text that replaced it when the same bytes were read
anew; ``until/cd/cd34…`` the last day on which a document had the text.
"""

import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path

from corpus.errors import CorpusNotWritable
from corpus.extraction.deviationform import deviations_from_json, deviations_to_json
from corpus.extraction.extract import Deviation
from corpus.files import make_directory, sync_directory, write_file
from corpus.model import Document, digest_of
from corpus.pages import PageStart, pages_line, pages_of
from corpus.provenance.originals import Origin

LEAST_PREFIX = 8
"""The least number of digits that identify a text."""

_DIGITS = re.compile(r"[0-9a-f]+")
_DIGEST_DIGITS = 64
_WHOLE = re.compile(r"[0-9a-f]{64}")
_GROUPS = "groups"
_NOTES_OF_GROUPS = (_GROUPS, "readers")  # the name in earlier versions comes last


class Snapshots:
    """The snapshots in a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def keep_original(self, content: bytes) -> str:
        """Keep the bytes of a source, and return the SHA-256 under which they can be found.

        Raises:
            CorpusNotWritable: if they could not be written.
        """
        digest = hashlib.sha256(content).hexdigest()
        self._keep([(self._place("originals", digest), content)])
        return digest

    def keep_texts(self, documents: Iterable[Document]) -> None:
        """Keep the stored texts of the documents, and note the groups that may read them from now
        on.

        Raises:
            CorpusNotWritable: if one could not be written.
        """
        documents = list(documents)
        self._note_groups(documents)
        self.note_documents(documents)
        self._keep(
            (self._place("texts", document.digest), document.text.encode("utf-8"))
            for document in documents
        )
        self._keep(
            (self._place("pages", document.digest), line.encode("ascii"))
            for document in documents
            if (line := pages_line(document.pages, document.digest)) is not None
        )

    def note_documents(self, documents: Iterable[Document]) -> None:
        """Note the document of each text, so that the document of an old citation can be known.

        Raises:
            CorpusNotWritable: if a note could not be written.
        """
        ids: dict[str, set[str]] = {}
        for document in documents:
            ids.setdefault(document.digest, set()).add(document.id)
        noted = {digest: self.documents(digest) for digest in ids}
        self._keep(
            (
                (
                    self._place("documents", digest),
                    json.dumps(sorted(ids[digest] | noted[digest])).encode("ascii"),
                )
                for digest in ids
                if not ids[digest] <= noted[digest]
            ),
            anew=True,
        )

    def close(self, access: Mapping[str, frozenset[str]], *, but: Iterable[Document]) -> None:
        """Close every text that the documents with those ids ever had to all but the groups.

        A text that a document of ``but`` has keeps its note.

        Raises:
            CorpusNotWritable: if a note could not be written.
        """
        if not access:
            return
        kept = {document.digest for document in but}
        closed: dict[str, frozenset[str]] = {}
        for note in (self.directory / "documents").glob("*/*"):
            digest = note.name
            ids = set() if digest in kept else self.documents(digest) & access.keys()
            if ids and len(digest) == _DIGEST_DIGITS:
                closed[digest] = frozenset[str]().union(*(access[each] for each in ids))
        self._keep(
            (
                (self._place(_GROUPS, digest), json.dumps(sorted(groups)).encode("utf-8"))
                for digest, groups in closed.items()
                if groups != self.groups(digest)
            ),
            anew=True,
        )

    def keep_deviations(self, digest: str, deviations: Iterable[Deviation]) -> None:
        """Note the places where the text with a digest deviates from its source; an empty note
        means none.

        Raises:
            CorpusNotWritable: if the note could not be written.
        """
        note = (self._place("deviations", digest), deviations_to_json(deviations))
        self._keep([note], anew=True)

    def deviations(self, digest: str) -> tuple[Deviation, ...] | None:
        """Return the deviations of the text with that digest; None if nothing is noted."""
        content = _bytes_of(self._place("deviations", digest))
        try:
            return None if content is None else deviations_from_json(content)
        except ValueError:
            return None

    def pages(self, digest: str, length: int) -> tuple[PageStart, ...]:
        """Return the pages of the text with that digest and length; none if none are noted."""
        content = _bytes_of(self._place("pages", digest))
        line = None if content is None else content.decode("ascii", "replace")
        return pages_of(line, digest=digest, length=length)

    def note_origin(self, digest: str, origin: Origin) -> None:
        """Note the source that the text with a digest was read from.

        Raises:
            CorpusNotWritable: if the note could not be written.
        """
        if self.origin(digest) != origin:
            note = json.dumps(asdict(origin)).encode("ascii")
            self._keep([(self._place("origins", digest), note)], anew=True)

    def origin(self, digest: str) -> Origin | None:
        """Return the source that the text with that digest was read from; None if none is noted."""
        try:
            found = json.loads(_bytes_of(self._place("origins", digest)) or b"")
            origin = Origin(found["original"], found["name"], found["media_type"])
        except (ValueError, TypeError, KeyError):
            return None
        given = (origin.original, origin.name, origin.media_type or "")
        return origin if all(isinstance(each, str) for each in given) else None

    def note_read_anew(self, before: str, after: str) -> None:
        """Note that bytes which once gave the text ``before`` gave the text ``after`` later.

        Raises:
            CorpusNotWritable: if the note could not be written.
        """
        self._keep([(self._place("anew", before), after.encode("ascii"))], anew=True)

    def read_anew(self, digest: str) -> str | None:
        """Return the digest of the text that replaced that one when its source was read anew.

        None if it was not.
        """
        found = (_bytes_of(self._place("anew", digest)) or b"").decode("ascii", "replace")
        return found if _WHOLE.fullmatch(found) else None

    def note_until(self, digests: Iterable[str], day: date) -> None:
        """Note the day on which texts were replaced or removed; a later day replaces an earlier
        one.

        Raises:
            CorpusNotWritable: if a note could not be written.
        """
        note = day.isoformat().encode("ascii")
        self._keep(((self._place("until", digest), note) for digest in digests), anew=True)

    def until(self, digest: str) -> date | None:
        """Return the day on which a text was replaced or removed; None if it is not noted."""
        note = (_bytes_of(self._place("until", digest)) or b"").decode("ascii", "replace")
        try:
            return date.fromisoformat(note)
        except ValueError:
            return None

    def kept(self) -> Iterator[tuple[str, float]]:
        """Yield the digest of each stored text, and the time at which it was stored, in seconds."""
        for path in (self.directory / "texts").glob("*/*"):
            if _WHOLE.fullmatch(path.name):
                yield path.name, path.stat().st_mtime

    def was_document(self, document_id: str, digest: str) -> bool | None:
        """Return whether a document of that id had the text; None if the text has no note.

        ``digest`` is the digest of a text that is kept, or its first digits.
        """
        text = self.text(digest)
        documents = set() if text is None else self.documents(digest_of(text))
        return document_id in documents if documents else None

    def documents(self, digest: str) -> set[str]:
        """Return the ids that are noted for a text; none if the note is not readable."""
        try:
            found = json.loads(self._place("documents", digest).read_bytes())
        except (OSError, ValueError):
            return set()
        return (
            {each for each in found if isinstance(each, str)} if isinstance(found, list) else set()
        )

    def _note_groups(self, documents: Iterable[Document]) -> None:
        """Note the groups of each text; one that several documents have is for the groups of
        all.
        """
        access: dict[str, list[frozenset[str]]] = {}
        for document in documents:
            access.setdefault(document.digest, []).append(document.access)
        groups = {
            digest: frozenset[str]().union(*each) if all(each) else None
            for digest, each in access.items()
        }
        noted = [kind for kind in _NOTES_OF_GROUPS if (self.directory / kind).is_dir()]
        self._keep(
            (
                (self._place(_GROUPS, digest), json.dumps(sorted(some)).encode("utf-8"))
                for digest, some in groups.items()
                if some is not None and some != self.groups(digest)
            ),
            anew=True,
        )
        with _failing_to_write(self.directory):
            for digest in [digest for digest, some in groups.items() if some is None]:
                for kind in noted:
                    self._place(kind, digest).unlink(missing_ok=True)

    def groups(self, digest: str) -> frozenset[str] | None:
        """Return the groups that a text is for.

        None if it is public. No group, so nobody, if the note cannot be read.
        """
        for kind in _NOTES_OF_GROUPS:
            try:
                found = json.loads(self._place(kind, digest).read_bytes())
            except FileNotFoundError:
                continue
            except (OSError, ValueError):
                return frozenset()
            return frozenset(map(str, found)) if isinstance(found, list) else frozenset()
        return None

    def original(self, digest: str) -> bytes | None:
        """Return the bytes of a source; None if they were not kept or are damaged."""
        content = _bytes_of(self._place("originals", digest))
        whole = content is not None and hashlib.sha256(content).hexdigest() == digest
        return content if whole else None

    def has_original(self, digest: str) -> bool:
        """Return whether the bytes of a source are kept."""
        return bool(_WHOLE.fullmatch(digest)) and self._place("originals", digest).is_file()

    @property
    def originals_directory(self) -> Path:
        """The directory of the original bytes."""
        return self.directory / "originals"

    def text_for(self, groups: frozenset[str], digest: str) -> str | None:
        """Return ``text``, if it was public or for one of the groups when it was indexed last."""
        text = self.text(digest)
        allowed = None if text is None else self.groups(digest_of(text))
        return text if allowed is None or allowed & groups else None

    def text(self, digest: str) -> str | None:
        """Return the stored text whose digest begins with ``digest``, ``LEAST_PREFIX`` digits or
        more.

        None if it was not kept, is damaged, or several texts begin so. It may be restricted: see
        ``text_for``.
        """
        if len(digest) < LEAST_PREFIX or not _DIGITS.fullmatch(digest):
            return None
        folder = self._place("texts", digest).parent
        try:
            names = [path.name for path in folder.iterdir()]
        except OSError:
            return None
        whole = [n for n in names if len(n) == _DIGEST_DIGITS and n.startswith(digest)]
        content = _bytes_of(folder / whole[0]) if len(whole) == 1 else None
        if content is None or hashlib.sha256(content).hexdigest() != whole[0]:
            return None
        text = content.decode("utf-8")
        return text if digest_of(text) == whole[0] else None

    def _place(self, kind: str, digest: str) -> Path:
        return self.directory / kind / digest[:2] / digest

    def _keep(self, files: Iterable[tuple[Path, bytes]], *, anew: bool = False) -> None:
        """Write the files that are missing, or all of them; a file is never there in part."""
        touched: set[Path] = set()
        with _failing_to_write(self.directory):
            for path, content in files:
                if path.exists() and not anew:
                    continue
                make_directory(path.parent)
                unfinished = path.with_name(f".{path.name[:16]}.{secrets.token_hex(4)}")
                try:
                    write_file(unfinished, content)
                    os.replace(unfinished, path)
                finally:
                    unfinished.unlink(missing_ok=True)
                touched.add(path.parent)
            for folder in touched:
                sync_directory(folder)


@contextmanager
def _failing_to_write(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CorpusNotWritable(
            f"{directory} cannot be written ({error.strerror}). Free some space or check "
            "the permissions, then try again."
        ) from error


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
