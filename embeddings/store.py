"""Where generations live: published by one atomic step, checked byte for byte when opened."""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from corpus import Corpus
from corpus.durable import replace_file, sync_directory, write_file
from embeddings.embedder import ModelIdentity
from embeddings.errors import IndexDamaged, IndexNotFound, IndexWriteFailed, RefreshRunning
from embeddings.generation import Generation, generation_from_files
from embeddings.manifest import MANIFEST_NAME, Manifest

KEPT_GENERATIONS = 3

_CURRENT = "CURRENT"
_BUILT_FROM = "BUILT_FROM"
_LOCK = "writer.lock"
_NAME = re.compile(r"\d{6,}")
_MAX_POINTER_BYTES = 64


class GenerationStore:
    """The generations in a directory: ``000001/``, ``000002/``, … and the pointer ``CURRENT``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @property
    def known_vectors_file(self) -> Path:
        """Where a refresh keeps what was embedded; it can be deleted at any time."""
        return self.directory / "known-vectors.sqlite"

    def built_from(self, number: int) -> str | None:
        """The digest of the files that a generation was built from; None where it is not noted."""
        try:
            noted = (self.directory / _BUILT_FROM).read_text("ascii").split()
        except (OSError, UnicodeDecodeError):
            return None
        match noted:
            case [of, digest] if of == f"{number:06d}":
                return digest
        return None

    def note_built_from(self, number: int, sources_digest: str) -> None:
        """Notes the digest of the files that a generation was built from.

        Raises:
            IndexWriteFailed: if it could not be written.
        """
        try:
            note = f"{number:06d} {sources_digest}\n".encode("ascii")
            replace_file(self.directory / _BUILT_FROM, note)
        except OSError as error:
            raise _write_failed(self.directory / _BUILT_FROM, error) from error

    def numbers(self) -> list[int]:
        """The numbers of the complete generations on disk, ascending."""
        if not self.directory.is_dir():
            return []
        return sorted(
            int(path.name)
            for path in self.directory.iterdir()
            if _NAME.fullmatch(path.name) and (path / MANIFEST_NAME).is_file()
        )

    def current_number(self) -> int | None:
        """The number of the published generation, None where nothing was ever published.

        Raises:
            IndexDamaged: if the pointer is not a number.
        """
        try:
            with (self.directory / _CURRENT).open("rb") as stream:
                content = stream.read(_MAX_POINTER_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise IndexDamaged(_damaged(self.directory / _CURRENT, str(error.strerror))) from error
        if not _NAME.fullmatch(pointed := content.decode("ascii", "replace").strip()):
            raise IndexDamaged(_damaged(self.directory / _CURRENT, "it names no generation"))
        return int(pointed)

    def open_current(self) -> Generation:
        """The published generation, every byte of it checked against the manifest.

        Raises:
            IndexNotFound: if nothing was ever published.
            IndexDamaged: if a byte of it is not what was written.
            IndexMismatch: if another version of the format wrote it.
        """
        number = self.current_number()
        if number is None:
            raise IndexNotFound(
                f'There is no index in {self.directory} yet. Type "verbatim refresh" to build it.'
            )
        return self.open(number)

    def open(self, number: int) -> Generation:
        """The generation with that number, every byte of it checked.

        Raises:
            IndexDamaged: if it is missing or a byte of it is not what was written.
            IndexMismatch: if another version of the format wrote it.
        """
        folder = self._folder(number)
        try:
            manifest = _manifest(folder, number)
            files = {}
            for name, digest in manifest.files.items():
                content = _read(folder / name)
                if hashlib.sha256(content).hexdigest() != digest:
                    raise IndexDamaged(f"{name} is not what was written")
                files[name] = content
            return generation_from_files(manifest, files)
        except IndexDamaged as error:
            raise IndexDamaged(_damaged(folder, str(error))) from error

    def checked_manifest(self, number: int) -> Manifest:
        """The manifest of a generation all of whose bytes are what was written; none is kept.

        Raises:
            IndexDamaged: if it is missing or a byte of it is not what was written.
            IndexMismatch: if another version of the format wrote it.
        """
        folder = self._folder(number)
        try:
            manifest = _manifest(folder, number)
            for name, digest in manifest.files.items():
                if _digest(folder / name) != digest:
                    raise IndexDamaged(f"{name} is not what was written")
        except IndexDamaged as error:
            raise IndexDamaged(_damaged(folder, str(error))) from error
        return manifest

    def publish(
        self,
        files: dict[str, bytes],
        *,
        corpus: Corpus,
        model: ModelIdentity,
        dimension: int,
    ) -> Manifest:
        """Writes a generation, then makes it the current one in one atomic step.

        The caller holds the writer's lock. The last ``KEPT_GENERATIONS`` stay on disk.

        Raises:
            IndexWriteFailed: if a byte could not be written; what was current still is.
        """
        known = self.numbers()
        number = max([*known, self._pointed() or 0], default=0) + 1
        manifest = Manifest(
            generation=number,
            model=model,
            dimension=dimension,
            corpus_digest=corpus.digest,
            documents=len(corpus.documents),
            passages=sum(1 for _ in corpus.quotable()),
            sentences=sum(len(passage.sentences) for passage in corpus.quotable()),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            files={name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)},
        )
        folder = self._folder(number)
        unfinished = self.directory / f".{folder.name}.unfinished"
        try:
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)
            unfinished.mkdir(parents=True)
            for name, content in files.items():
                write_file(unfinished / name, content)
            write_file(unfinished / MANIFEST_NAME, manifest.to_bytes())
            sync_directory(unfinished)
            os.rename(unfinished, folder)
            sync_directory(self.directory)
            replace_file(self.directory / _CURRENT, f"{folder.name}\n".encode())
        except OSError as error:
            raise _write_failed(folder, error) from error
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        for old in known[: -(KEPT_GENERATIONS - 1)]:
            shutil.rmtree(self._folder(old), ignore_errors=True)
        return manifest

    @contextmanager
    def writer(self, *, wait_s: float = 0) -> Iterator[None]:
        """Holds the writer's lock, which the system frees when the process ends in any way.

        Raises:
            RefreshRunning: if another process still holds it after ``wait_s`` seconds.
            IndexWriteFailed: if the directory cannot be written.
        """
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.directory / _LOCK, timeout=wait_s)
            lock.acquire()
        except Timeout as error:
            raise RefreshRunning(
                "A refresh is running in another process. Wait until it has ended, then try again."
            ) from error
        except OSError as error:
            raise _write_failed(self.directory, error) from error
        try:
            for leftover in self.directory.glob(".*.unfinished"):
                shutil.rmtree(leftover, ignore_errors=True)
            yield
        finally:
            lock.release()

    def _folder(self, number: int) -> Path:
        return self.directory / f"{number:06d}"

    def _pointed(self) -> int | None:
        try:
            return self.current_number()
        except IndexDamaged:
            return None


def _manifest(folder: Path, number: int) -> Manifest:
    manifest = Manifest.from_bytes(_read(folder / MANIFEST_NAME))
    if manifest.generation != number:
        raise IndexDamaged(f"{MANIFEST_NAME} is that of generation {manifest.generation}")
    return manifest


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise IndexDamaged(f"{path.name} cannot be read ({error.strerror})") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise IndexDamaged(f"{path.name} cannot be read ({error.strerror})") from error


def _damaged(path: Path, reason: str) -> str:
    return f'The index in {path} is damaged: {reason}. Type "verbatim refresh" to build it anew.'


def _write_failed(path: Path, error: OSError) -> IndexWriteFailed:
    """The error for a write to ``path`` that failed, in words for the user."""
    reason = error.strerror or type(error).__name__
    return IndexWriteFailed(
        f"{path} could not be written ({reason}). The earlier index is intact. "
        'Free some space or check the permissions, then type "verbatim refresh".'
    )
