"""Where generations live: published by one atomic step, checked byte for byte when opened."""

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from corpus import Corpus
from corpus.durable import replace_file, sync_directory, write_file
from embeddings.embedder import ModelIdentity
from embeddings.errors import (
    GenerationError,
    IndexDamaged,
    IndexNotFound,
    IndexWriteFailed,
    RefreshRunning,
)
from embeddings.generation import Generation, generation_from_files
from embeddings.manifest import MANIFEST_NAME, Manifest

KEPT_GENERATIONS = 3

POINTER_NAME = "CURRENT"

_LOCK = "writer.lock"
_NAME = re.compile(r"\d{6,}")
_POINTER = re.compile(r"(\d{6,})(?: ([0-9a-f]{16}))?")
_MAX_POINTER_BYTES = 64
_TRIES = 3

Check = Callable[[Generation], None]
"""Raises a ``GenerationError`` for a generation that cannot be used, by another model say."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A generation to answer from; ``warning`` says why it is not the published one, else None."""

    generation: Generation
    warning: str | None = None


class GenerationStore:
    """The generations in a directory: ``000001/``, ``000002/``, … and the pointer ``CURRENT``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def numbers(self) -> list[int]:
        """The numbers of the complete generations on disk, ascending."""
        if not self.directory.is_dir():
            return []
        return sorted(
            int(path.name)
            for path in self.directory.iterdir()
            if _NAME.fullmatch(path.name) and (path / MANIFEST_NAME).is_file()
        )

    def is_empty(self) -> bool:
        """Whether nothing was ever published, and nothing complete lies there to be published."""
        return not (self.directory / POINTER_NAME).exists() and not self.numbers()

    def current_number(self) -> int | None:
        """The number of the published generation, None where nothing was ever published.

        Raises:
            IndexDamaged: if the pointer is not what was written.
        """
        try:
            with (self.directory / POINTER_NAME).open("rb") as stream:
                content = stream.read(_MAX_POINTER_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._pointer_damaged(str(error.strerror)) from error
        pointed = _POINTER.fullmatch(content.decode("ascii", "replace").strip())
        if pointed is None:
            raise self._pointer_damaged("it names no generation")
        name, seal = pointed.groups()
        # pointers had no seal before; cut short, one still names the same generation
        if seal is not None and seal != _seal(name):
            raise self._pointer_damaged("it is not what was written")
        return int(name)

    def open_current(self) -> Generation:
        """The published generation, every byte of it checked against the manifest.

        Raises:
            IndexNotFound: if nothing was ever published.
            IndexDamaged: if a byte of it is not what was written.
            IndexMismatch: if another version of the format wrote it.
        """
        number = self.current_number()
        if number is None:
            raise self._not_found()
        return self.open(number)

    def open_serving(self, *, check: Check | None = None) -> Opened:
        """The newest generation that can be used: the published one, else an earlier intact one.

        A damaged generation does not stop answers. Earlier are those with smaller numbers; where
        the pointer itself is damaged or gone, all are. Those that ``check`` refuses, and those
        of another format, are passed over.

        Raises:
            IndexNotFound: if nothing was ever published.
            IndexDamaged: if no generation can be used: what is wrong with the published one.
            IndexMismatch: if another version of the format wrote the published one. That is no
                damage: every byte is there, and to answer from older statements instead would
                only hide that a refresh is due.
            GenerationError: what ``check`` raises for the published one.
        """
        for tries_left in reversed(range(_TRIES)):
            number = None
            try:
                if self.is_empty():
                    raise self._not_found()
                number = self.current_number()
                if number is None:
                    raise self._pointer_damaged("it is missing")
                generation = self.open(number)
            except IndexDamaged as damage:
                # a refresh may have published another and removed this one meanwhile
                if tries_left and number is not None and self._pointed() not in {number, None}:
                    continue
                earlier = self._newest_usable(self._before(number), check)
                if earlier is None:
                    raise
                warning = (
                    f"{damage} Until then the earlier generation {earlier.number} answers, from "
                    "the statements as they were then."
                )
                return Opened(earlier, warning)
            else:
                break
        if check is not None:
            check(generation)
        return Opened(generation)

    def _before(self, number: int | None) -> list[int]:
        """The generations on disk before that one, the newest first; all of them for None."""
        return [n for n in reversed(self.numbers()) if number is None or n < number]

    def _newest_usable(self, numbers: Iterable[int], check: Check | None) -> Generation | None:
        """The first that is intact and that ``check`` does not refuse."""
        for number in numbers:
            try:
                generation = self.open(number)
                if check is not None:
                    check(generation)
            except GenerationError:
                continue
            return generation
        return None

    def open(self, number: int) -> Generation:
        """The generation with that number, every byte of it checked.

        Raises:
            IndexDamaged: if it is missing or a byte of it is not what was written.
            IndexMismatch: if another version of the format wrote it.
        """
        folder = self._folder(number)
        try:
            manifest = Manifest.from_bytes(_read(folder / MANIFEST_NAME))
            if manifest.generation != number:
                raise IndexDamaged(f"{MANIFEST_NAME} is that of generation {manifest.generation}")
            files = {}
            for name, digest in manifest.files.items():
                content = _read(folder / name)
                if hashlib.sha256(content).hexdigest() != digest:
                    raise IndexDamaged(f"{name} is not what was written")
                files[name] = content
            return generation_from_files(manifest, files)
        except IndexDamaged as error:
            raise IndexDamaged(_damaged(folder, str(error))) from error

    def publish(
        self, files: dict[str, bytes], *, corpus: Corpus, model: ModelIdentity, dimension: int
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
            self._point_to(number)
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

    def _point_to(self, number: int) -> None:
        """Makes a generation the published one in one step.

        Raises:
            OSError: if it could not; what was published still is.
        """
        name = self._folder(number).name
        replace_file(self.directory / POINTER_NAME, f"{name} {_seal(name)}\n".encode())

    def _pointed(self) -> int | None:
        try:
            return self.current_number()
        except IndexDamaged:
            return None

    def _not_found(self) -> IndexNotFound:
        return IndexNotFound(
            f'There is no index in {self.directory} yet. Type "verbatim refresh" to build it.'
        )

    def _pointer_damaged(self, reason: str) -> IndexDamaged:
        return IndexDamaged(_damaged(self.directory / POINTER_NAME, reason))


def _seal(name: str) -> str:
    """What tells a pointer to that generation from one with a flipped bit."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


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
