"""Records the files that a corpus was read from, so that unchanged ones need not be read again."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from corpus.documents.documentids import plain_id

_READ_AS = 10
"""The version of reading: it changes whenever the same file gives other passages or is refused."""


def source_name(file: Path, directory: Path) -> str:
    """Return the name of a file below a corpus directory."""
    return file.relative_to(directory).as_posix()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file or folder that gives no quotes: its ``source_name``, and the reason."""

    file: str
    reason: str


@dataclass(frozen=True)
class Sources:
    """The files of a corpus directory, sorted by path: ``source_name`` → SHA-256 of the bytes.

    ``unread`` are files and folders whose bytes cannot be had, each with the reason.
    ``default_access`` are the groups of documents that name none. ``passed_over`` are files of
    kinds that are not read; they are not stored. ``refused`` are those of the ``files`` that gave
    no document, and ``ids`` has the document of each file, once that is known.
    """

    files: Mapping[str, str]
    unread: Mapping[str, str] = field(default_factory=dict)
    default_access: frozenset[str] = frozenset()
    passed_over: tuple[LeftOut, ...] = field(default=(), compare=False)
    refused: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over all names and digests, the unread files, and the way that files are read."""
        access = ",".join(sorted(self.default_access))
        state = hashlib.sha256(f"{_READ_AS}\n{access}\n".encode())
        for each in (self.files, self.unread):
            for name, value in each.items():
                state.update(os.fsencode(f"{name}\0{value}\n"))
            state.update(b"\n")
        return state.hexdigest()

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Return the files and folders that give no quotes, sorted by name."""
        every = {**self.unread, **self.refused}
        return tuple(LeftOut(*pair) for pair in sorted(every.items()))

    def with_outcome(self, *, refused: Mapping[str, str], ids: Mapping[str, str]) -> "Sources":
        """Return the same sources with the files that give no document, and the ids of the
        others.
        """
        refused = {name: why for name, why in refused.items() if name in self.files}
        return replace(self, refused=refused, ids=dict(ids))

    def same_as(self, earlier: "Sources") -> set[str]:
        """Return the names of the files that have not changed, and are read in the same way."""
        if self.default_access != earlier.default_access:
            return set()
        return {name for name, digest in self.files.items() if earlier.files.get(name) == digest}

    def to_bytes(self) -> bytes:
        """Return the sources as JSON after a line with their digest."""
        content = {
            "files": dict(self.files),
            "unread": dict(self.unread),
            "default_access": sorted(self.default_access),
            "refused": dict(self.refused),
            "ids": dict(self.ids),
        }
        return f"{self.digest}\n{json.dumps(content)}\n".encode("ascii")

    @staticmethod
    def files_in(data: bytes) -> dict[str, str]:
        """Return the files that ``to_bytes`` of any version noted, none if that is not readable.

        They show which files are the same, and not that these are read in the same way.
        """
        try:
            files = json.loads(data.partition(b"\n")[2])["files"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return {}
        pairs = files.items() if isinstance(files, dict) else ()
        return {name: digest for name, digest in pairs if isinstance(digest, str)}

    @staticmethod
    def ids_in(data: bytes) -> dict[str, str]:
        """Return the ids of documents by file in the result of ``to_bytes``, also of an earlier
        version.

        None if they cannot be read: they are a convenience.
        """
        try:
            found = json.loads(data.decode("ascii").partition("\n")[2])
            if "ids" in found:
                return {str(name): str(document_id) for name, document_id in found["ids"].items()}
            # a version in which a namesake gave no document
            without = {*found["refused"], *found["doubled"]}
            return {name: plain_id(name) for name in found["files"] if name not in without}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}

    @classmethod
    def from_bytes(cls, data: bytes) -> "Sources":
        """Return the sources in the result of ``to_bytes``.

        Raises:
            ValueError: if the bytes are others, or files were read in another way then.
        """
        digest, _, content = data.decode("ascii").partition("\n")
        try:
            found = json.loads(content)
            sources = cls(
                dict(found["files"]),
                dict(found["unread"]),
                frozenset(found["default_access"]),
                refused=dict(found["refused"]),
                ids=dict(found["ids"]),
            )
            known = sources.digest
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError("not what was written") from error
        if known != digest:
            raise ValueError("not what was written")
        return sources
