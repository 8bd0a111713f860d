"""Sources as they were read, by digest: a citation can be re-checked after its page has changed.

``originals/ab/ab12…`` has the bytes that were added, ``texts/cd/cd34…`` the stored texts that were
indexed. Nothing is ever changed or deleted.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path

from corpus.durable import sync_directory, write_file
from corpus.errors import CorpusNotWritable
from corpus.model import Document, digest_of

LEAST_PREFIX = 8
"""How many digits of a digest tell a text at least."""

_DIGITS = re.compile(r"[0-9a-f]+")
_DIGEST_DIGITS = 64


class Snapshots:
    """The snapshots in a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def keep_original(self, content: bytes) -> str:
        """The SHA-256 under which the bytes are kept from now on.

        Raises:
            CorpusNotWritable: if they could not be written.
        """
        digest = hashlib.sha256(content).hexdigest()
        self._keep([(self._place("originals", digest), content)])
        return digest

    def keep_texts(self, documents: Iterable[Document]) -> None:
        """Keeps the stored texts of the documents.

        Raises:
            CorpusNotWritable: if one could not be written.
        """
        self._keep(
            (self._place("texts", document.digest), document.text.encode("utf-8"))
            for document in documents
        )

    def original(self, digest: str) -> bytes | None:
        """The bytes of a source; None where they were not kept, or are not whole."""
        content = _bytes_of(self._place("originals", digest))
        whole = content is not None and hashlib.sha256(content).hexdigest() == digest
        return content if whole else None

    def text(self, digest: str) -> str | None:
        """The stored text whose digest begins with ``digest``, ``LEAST_PREFIX`` digits or more.

        None where it was not kept, is not whole, or several begin so.
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

    def _keep(self, files: Iterable[tuple[Path, bytes]]) -> None:
        """Writes the files that are not there yet; each is there whole or not at all."""
        touched: set[Path] = set()
        try:
            for path, content in files:
                if path.exists():
                    continue
                path.parent.mkdir(parents=True, exist_ok=True)
                unfinished = path.with_name(f".{path.name[:16]}.{secrets.token_hex(4)}")
                try:
                    write_file(unfinished, content)
                    os.replace(unfinished, path)
                finally:
                    unfinished.unlink(missing_ok=True)
                touched.add(path.parent)
            for folder in touched:
                sync_directory(folder)
        except OSError as error:
            raise CorpusNotWritable(
                f"{self.directory} cannot be written ({error.strerror}). Free some space or check "
                "the permissions, then try again."
            ) from error


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
