"""Reads every kept generation byte by byte and checks its meaning, as Lucene's CheckIndex does."""

import hashlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from corpus import Span, digest_of
from embeddings.errors import GenerationError, IndexDamaged
from embeddings.generations.generation import Generation, generation_from_files
from embeddings.generations.manifest import MANIFEST_NAME, Manifest
from embeddings.models.embedder import Progress
from embeddings.storage.consistency import meaning_problems
from embeddings.storage.currentfile import POINTER_NAME
from embeddings.storage.folderindex import (
    ACCESS_NAME,
    BUILT_FROM_NAME,
    KNOWN_VECTORS_NAME,
    GenerationStore,
)
from embeddings.storage.passageindex import PassageIndex
from embeddings.storage.writerlock import HOLDER_NAME, LOCK_NAME

SourceText = Callable[[str], str | None]
"""Digest → the text with that SHA-256, None where it is not kept."""

_OWN_NAMES = {
    POINTER_NAME,
    LOCK_NAME,
    HOLDER_NAME,
    BUILT_FROM_NAME,
    ACCESS_NAME,
    *(KNOWN_VECTORS_NAME + suffix for suffix in ("", "-wal", "-shm", "-journal")),
}
_MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class GenerationCheck:
    """The findings in one generation; it is intact if there is no problem.

    ``size_bytes`` is that of its ``files``. ``citations`` counts the passages and sentences that
    were compared with their sources, None if that was not wanted. ``unknown`` names things in its
    folder that are not in its manifest.
    """

    generation: int
    current: bool
    files: int = 0
    size_bytes: int = 0
    documents: int = 0
    passages: int = 0
    sentences: int = 0
    citations: int | None = None
    problems: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def intact(self) -> bool:
        """True if nothing is wrong with it."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class StoreCheck:
    """The findings in an index: its generations, the oldest first, and faults around them.

    ``unknown`` names things in the directory that belong to no generation.
    """

    generations: tuple[GenerationCheck, ...]
    problems: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """True if every generation is, and the pointer leads to one of them."""
        return not self.problems and all(each.intact for each in self.generations)


def check_store(
    store: PassageIndex,
    *,
    citations: bool = False,
    source_text: SourceText | None = None,
    progress: Progress | None = None,
) -> StoreCheck:
    """Return the faults of an index, if any: every file of every generation is read.

    With ``citations``, each stored passage and sentence is compared with the text that
    ``source_text`` gives for its document's digest; without one, with the generation's own text.
    ``progress`` is called with bytes, or with generations if no directory holds them. Nothing is
    written and no lock is taken: a generation that a refresh removes meanwhile is left out.

    Raises:
        IndexNotFound: if nothing was ever published.
    """
    if store.is_empty():
        raise store.not_found()
    if not isinstance(store, GenerationStore):
        return _check_elsewhere(
            store, citations=citations, source_text=source_text, progress=progress
        )
    problems: list[str] = []
    current = None
    try:
        current = store.current_number()
        if current is None:
            problems.append(f"{POINTER_NAME} is missing")
        elif current not in store.folder_numbers():
            problems.append(f"{POINTER_NAME} names generation {current}, which is missing")
    except IndexDamaged as error:
        problems.append(str(error))
    numbers = store.folder_numbers()
    size = sum(_size(store.folder(number)) for number in numbers)
    reading = _Reading(progress, size)
    found = [
        _in_folder(
            _check_generation(
                number,
                partial(reading.read, store.folder(number)),
                current=number == current,
                citations=citations,
                source_text=source_text,
            ),
            store.folder(number),
        )
        for number in numbers
    ]
    kept = tuple(each for each in found if store.folder(each.generation).is_dir())
    names = {store.folder(number).name for number in numbers} | _OWN_NAMES
    unknown = tuple(sorted(p.name for p in store.directory.iterdir() if p.name not in names))
    return StoreCheck(kept, tuple(problems), unknown)


def _check_elsewhere(
    index: PassageIndex,
    *,
    citations: bool,
    source_text: SourceText | None,
    progress: Progress | None,
) -> StoreCheck:
    """Return the check of an index outside a directory; ``progress`` is called with generations."""
    current, numbers = index.current_number(), index.numbers()
    found = []
    for done, number in enumerate(numbers):
        if progress is not None:
            progress(done, len(numbers))
        check = _check_generation(
            number,
            partial(index.file, number),
            current=number == current,
            citations=citations,
            source_text=source_text,
        )
        if number in index.numbers():  # a refresh may have removed it meanwhile
            found.append(check)
    problems = () if current in numbers else (f"generation {current} is published and missing",)
    return StoreCheck(tuple(found), problems, ())


class _Reading:
    """Reads files and reports how many bytes of all have been read."""

    def __init__(self, progress: Progress | None, size: int) -> None:
        self._progress = progress
        self._size = size
        self.done = 0

    def read(self, folder: Path, name: str) -> bytes:
        content = (folder / name).read_bytes()
        self.done += len(content)
        if self._progress is not None:
            self._progress(min(self.done, self._size), self._size)
        return content


def _check_generation(
    number: int,
    read: Callable[[str], bytes],
    *,
    current: bool,
    citations: bool,
    source_text: SourceText | None,
) -> GenerationCheck:
    """Return the faults of a generation whose files ``read`` gives; sizes are those of its
    files.
    """
    try:
        head = read(MANIFEST_NAME)
        manifest = Manifest.from_bytes(head)
    except OSError as error:
        problem = f"{MANIFEST_NAME} cannot be read ({error.strerror})"
        return GenerationCheck(number, current, problems=(problem,))
    except GenerationError as error:
        return GenerationCheck(number, current, problems=(str(error),))
    problems: list[str] = []
    if manifest.generation != number:
        problems.append(f"{MANIFEST_NAME} is that of generation {manifest.generation}")
    files: dict[str, bytes] = {}
    for name, digest in manifest.files.items():
        try:
            files[name] = read(name)
        except OSError as error:
            problems.append(f"{name} cannot be read ({error.strerror})")
            continue
        except IndexDamaged as error:
            problems.append(str(error))
            continue
        if hashlib.sha256(files[name]).hexdigest() != digest:
            problems.append(f"{name} is not what was written")
    checked: int | None = None
    if not problems:  # bytes that differ are never decoded
        try:
            generation = generation_from_files(manifest, files)
            found = list(itertools.islice(meaning_problems(generation), _MOST_PROBLEMS))
            problems.extend(found)
            if citations:
                wrong, checked = _check_citations(generation, source_text)
                problems.extend(wrong)
        except IndexDamaged as error:
            problems.append(str(error))
    return GenerationCheck(
        number,
        current,
        files=len(files) + 1,
        size_bytes=len(head) + sum(map(len, files.values())),
        documents=manifest.documents,
        passages=manifest.passages,
        sentences=manifest.sentences,
        citations=checked,
        problems=tuple(problems),
    )


def _in_folder(check: GenerationCheck, folder: Path) -> GenerationCheck:
    """Return the check of a generation on a disk, with the size of its folder and its unknown
    files.
    """
    try:
        names = {MANIFEST_NAME, *Manifest.from_bytes((folder / MANIFEST_NAME).read_bytes()).files}
    except (OSError, GenerationError):
        return check
    return replace(check, size_bytes=_size(folder), unknown=_unknown(folder, names))


def _size(folder: Path) -> int:
    try:
        return sum(path.stat().st_size for path in folder.iterdir())
    except OSError:
        return 0


def _unknown(folder: Path, known: set[str]) -> tuple[str, ...]:
    try:
        return tuple(sorted(path.name for path in folder.iterdir() if path.name not in known))
    except OSError:
        return ()


def _check_citations(
    generation: Generation, source_text: SourceText | None
) -> tuple[list[str], int]:
    """Return the faults of the citations, and the number that were compared."""
    problems: list[str] = []
    checked = 0
    for document in generation.corpus.documents:
        text = document.text if source_text is None else source_text(document.digest)
        if text is None:
            problems.append(f"{document.id}: its source is not kept ({document.digest})")
            continue
        if digest_of(text) != document.digest:
            problems.append(f"{document.id}: its source has changed ({document.digest})")
            continue
        for passage in document.quotable:
            pieces: list[tuple[Span, str]] = [(passage.span, passage.text)]
            pieces.extend((sentence.span, sentence.text) for sentence in passage.sentences)
            checked += len(pieces)
            if any(span.of(text) != piece for span, piece in pieces):
                problems.append(f"{document.id}, {passage.label}: its source has other words")
    return problems, checked
