"""Keeps generations in a directory: published by one atomic step, checked byte for byte when
opened.
"""

import hashlib
import mmap
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

from corpus import Sources
from corpus.files import make_directory, replace_file, sync_directory, write_file
from embeddings.arrays import Content, Write
from embeddings.cores import usable_cores
from embeddings.errors import GenerationError, IndexDamaged, IndexWriteFailed
from embeddings.generations.generation import Generation, generation_from_files
from embeddings.generations.groupaccess import KnownAccess, access_from_bytes, access_to_bytes
from embeddings.generations.manifest import MANIFEST_NAME, Manifest
from embeddings.storage.currentfile import (
    POINTER_NAME,
    damaged,
    folder_name,
    pointer_damaged,
    read_pointer,
    write_pointer,
)
from embeddings.storage.newgeneration import NewGeneration
from embeddings.storage.passageindex import KEPT_GENERATIONS, PassageIndex, stale
from embeddings.storage.writerlock import HOLDER_NAME, LOCK_NAME, is_held, writer_lock

ACCESS_NAME = "ACCESS"
BUILT_FROM_NAME = "BUILT_FROM"
KNOWN_VECTORS_NAME = "known-vectors.sqlite"
_OWN_NAMES = {
    *(POINTER_NAME, LOCK_NAME, HOLDER_NAME, BUILT_FROM_NAME, ACCESS_NAME),
    *(KNOWN_VECTORS_NAME + suffix for suffix in ("", "-wal", "-shm", "-journal")),
}
_NAME = re.compile(r"[0-9]{6,}")


class FolderIndex(PassageIndex):
    """The generations in a directory: ``000001/``, ``000002/``, … and the pointer ``CURRENT``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @property
    def known_vectors_file(self) -> Path:
        """See ``PassageIndex.known_vectors_file``."""
        return self.directory / KNOWN_VECTORS_NAME

    def built_from(self, number: int) -> Sources | None:
        """See ``PassageIndex.built_from``."""
        try:
            noted = (self.directory / BUILT_FROM_NAME).read_bytes()
            of, _, sources = noted.partition(b" ")
            return Sources.from_bytes(sources) if of == b"%06d" % number else None
        except (OSError, ValueError, TypeError, AttributeError):
            return None

    def files_built_from(self, number: int) -> Mapping[str, str]:
        """See ``PassageIndex.files_built_from``."""
        try:
            of, _, sources = (self.directory / BUILT_FROM_NAME).read_bytes().partition(b" ")
        except OSError:
            return {}
        return Sources.files_in(sources) if of == b"%06d" % number else {}

    def remembered_ids(self) -> dict[str, str]:
        """See ``PassageIndex.remembered_ids``."""
        try:
            noted = (self.directory / BUILT_FROM_NAME).read_bytes()
        except OSError:
            return {}
        return Sources.ids_in(noted.partition(b" ")[2])

    def note_built_from(self, number: int, sources: Sources) -> None:
        """See ``PassageIndex.note_built_from``."""
        try:
            note = b"%06d " % number + sources.to_bytes()
            replace_file(self.directory / BUILT_FROM_NAME, note)
        except OSError as error:
            raise _write_failed(self.directory / BUILT_FROM_NAME, error) from error

    @property
    def place(self) -> str:
        """See ``PassageIndex.place``."""
        return str(self.directory)

    def _pointer_missing(self) -> IndexDamaged:
        return pointer_damaged(self.directory, "it is missing")

    def numbers(self) -> list[int]:
        """Return the numbers of the complete generations on disk, ascending."""
        return [n for n in self.stored_numbers() if (self.folder(n) / MANIFEST_NAME).is_file()]

    def is_empty(self) -> bool:
        """Return whether nothing was ever published, and nothing complete lies there to be
        published.
        """
        return not (self.directory / POINTER_NAME).exists() and not self.numbers()

    def current_number(self) -> int | None:
        """Return the number of the published generation, None if nothing was ever published.

        Raises:
            IndexDamaged: if the pointer is not what was written.
        """
        return read_pointer(self.directory)

    def open(self, number: int) -> Generation:
        """Return the generation with that number, every byte of it checked.

        Raises:
            IndexDamaged: if it is missing or a byte of it is not what was written.
            IndexMismatch: if another version of the format wrote it.
        """
        folder = self.folder(number)
        try:
            manifest = _manifest(folder, number)
            files = _checked_files(folder, manifest)
            return generation_from_files(manifest, files, known_access=self._access(number))
        except IndexDamaged as error:
            raise IndexDamaged(damaged(folder, str(error))) from error

    def checked_manifest(self, number: int) -> Manifest:
        """Return the manifest of a generation whose bytes are all as written; nothing else is kept.

        Raises:
            IndexDamaged: if it is missing or a byte of it is not what was written.
            IndexMismatch: if another version of the format wrote it.
        """
        folder = self.folder(number)
        try:
            manifest = _manifest(folder, number)
            _checked_files(folder, manifest)
        except IndexDamaged as error:
            raise IndexDamaged(damaged(folder, str(error))) from error
        return manifest

    def file(self, number: int, name: str) -> bytes:
        """See ``PassageIndex.file``."""
        return _read(self.folder(number) / name)

    def publish(self, new: NewGeneration, *, after: int | None) -> Manifest:
        """See ``PassageIndex.publish``."""
        before = self.published_number()
        if before != after:
            raise stale(after, before)
        access = self._access_after(new.corpus, new.withheld)
        number = max([*self.stored_numbers(), before or 0], default=0) + 1
        folder = self.folder(number)
        unfinished = self.directory / f".{folder.name}.unfinished"
        try:
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)
            make_directory(unfinished)
            manifest = new.manifest(number, digests=_written_files(unfinished, new.files))
            write_file(unfinished / MANIFEST_NAME, manifest.to_bytes())
            sync_directory(unfinished)
            os.rename(unfinished, folder)
            sync_directory(self.directory)
            # before it is published: what it restricts is so in the generations before, too
            self._note_access(access)
            write_pointer(self.directory, number)
        except OSError as error:
            raise _write_failed(folder, error) from error
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        self._prune(keep={number, before})
        return manifest

    def _noted_access(self) -> KnownAccess | None:
        try:
            return access_from_bytes((self.directory / ACCESS_NAME).read_bytes())
        except (OSError, IndexDamaged):
            return None

    def _note_access(self, known: KnownAccess) -> None:
        try:
            if known != self._noted_access():
                replace_file(self.directory / ACCESS_NAME, access_to_bytes(known))
        except OSError as error:
            raise _write_failed(self.directory / ACCESS_NAME, error) from error

    def _make_current(self, number: int) -> None:
        try:
            write_pointer(self.directory, number)
        except OSError as error:
            raise _write_failed(self.directory / POINTER_NAME, error) from error

    def stored_numbers(self) -> list[int]:
        """Return the numbers of all generations on disk, complete or not, ascending."""
        if not self.directory.is_dir():
            return []
        names = [path.name for path in self.directory.iterdir() if _NAME.fullmatch(path.name)]
        return sorted(int(name) for name in names if name == folder_name(int(name)))

    def _prune(self, *, keep: set[int | None]) -> None:
        """Remove all but the newest ``KEPT_GENERATIONS``, each in one step; never ``keep``."""
        for old in self.stored_numbers()[:-KEPT_GENERATIONS]:
            if old in keep:
                continue
            folder = self.folder(old)
            leftover = self.directory / f".{folder.name}.unfinished"
            with suppress(OSError):
                # a kill in mid-removal must not leave half a generation under its name
                os.rename(folder, leftover)
            shutil.rmtree(leftover, ignore_errors=True)

    def stored_bytes(self, number: int) -> int | None:
        """See ``PassageIndex.stored_bytes``."""
        try:
            return sum(path.stat().st_size for path in self.folder(number).iterdir())
        except OSError:
            return 0

    def extra_names(self, number: int | None) -> tuple[str, ...]:
        """See ``PassageIndex.extra_names``."""
        try:
            if number is None:
                folder = self.directory
                known = {self.folder(each).name for each in self.stored_numbers()} | _OWN_NAMES
            else:
                folder = self.folder(number)
                manifest = Manifest.from_bytes((folder / MANIFEST_NAME).read_bytes())
                known = {MANIFEST_NAME, *manifest.files}
            return tuple(sorted(each.name for each in folder.iterdir() if each.name not in known))
        except (OSError, GenerationError):
            return ()

    def publication_problems(self) -> list[str]:
        """See ``PassageIndex.publication_problems``."""
        try:
            number = self.current_number()
        except IndexDamaged as error:
            return [str(error)]
        if number is None:
            return [f"{POINTER_NAME} is missing"]
        if number not in self.stored_numbers():
            return [f"{POINTER_NAME} names generation {number}, which is missing"]
        return []

    def is_being_written(self) -> bool:
        """See ``PassageIndex.is_being_written``."""
        return is_held(self.directory)

    @contextmanager
    def writer(self, *, wait_s: float = 0) -> Iterator[None]:
        """Hold the writer's lock, which the system frees when the process ends in any way.

        Raises:
            RefreshRunning: if another process still holds it after ``wait_s`` seconds.
            IndexWriteFailed: if the directory cannot be written.
        """
        with ExitStack() as held:
            try:
                make_directory(self.directory)
                held.enter_context(writer_lock(self.directory, wait_s=wait_s))
            except OSError as error:
                raise _write_failed(self.directory, error) from error
            for leftover in self.directory.glob(".*.unfinished"):
                shutil.rmtree(leftover, ignore_errors=True)
            yield

    def folder(self, number: int) -> Path:
        """Return the folder of a generation, which may not exist yet."""
        return self.directory / folder_name(number)


def _manifest(folder: Path, number: int) -> Manifest:
    manifest = Manifest.from_bytes(_read(folder / MANIFEST_NAME))
    if manifest.generation != number:
        raise IndexDamaged(f"{MANIFEST_NAME} is that of generation {manifest.generation}")
    return manifest


def _checked_files(folder: Path, manifest: Manifest) -> dict[str, Content]:
    """Return the files that a manifest names, as ``_checked`` gives them; several are read at a
    time.

    Raises:
        IndexDamaged: if one cannot be read or is not what was written.
    """
    with ThreadPoolExecutor(usable_cores()) as threads:
        checked = threads.map(partial(_checked, folder), manifest.files, manifest.files.values())
        return dict(zip(manifest.files, checked, strict=True))


def _checked(folder: Path, name: str, digest: str) -> Content:
    """Return a file mapped into memory, every byte of it read once and compared.

    Raises:
        IndexDamaged: if it cannot be read or is not what was written.
    """
    try:
        with (folder / name).open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
                raise IndexDamaged(f"{name} is not what was written")
            if os.fstat(stream.fileno()).st_size == 0:
                return b""  # nothing can be mapped of it
            return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise IndexDamaged(f"{name} cannot be read ({error.strerror})") from error


def _written_files(folder: Path, files: Mapping[str, bytes | Write]) -> dict[str, str]:
    """Return the SHA-256 of each file, by name in order, now on the disk; several are written at a
    time.

    Raises:
        OSError: if a byte could not be written.
    """
    names = sorted(files)
    with ThreadPoolExecutor(usable_cores()) as threads:
        written = threads.map(lambda name: write_file(folder / name, files[name]), names)
        return dict(zip(names, written, strict=True))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise IndexDamaged(f"{path.name} cannot be read ({error.strerror})") from error


def _write_failed(path: Path, error: OSError) -> IndexWriteFailed:
    """Return the error for a write to ``path`` that failed, in words for the user."""
    reason = error.strerror or type(error).__name__
    return IndexWriteFailed(
        f"{path} could not be written ({reason}). The earlier index is intact. "
        'Free some space or check the permissions, then type "verbatim refresh".'
    )
