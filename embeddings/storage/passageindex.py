"""Declares an index of generations, in files or in a database: publish in one step, open, roll
back.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

from corpus import Corpus, Sources
from embeddings.errors import (
    GenerationError,
    GenerationNotFound,
    IndexDamaged,
    IndexNotFound,
    StaleGeneration,
)
from embeddings.generations.corpusfile import corpus_from_bytes
from embeddings.generations.generation import CORPUS_FILE, Generation
from embeddings.generations.groupaccess import (
    NO_ACCESS,
    NOTHING_WITHHELD,
    KnownAccess,
    Withheld,
    known_after,
)
from embeddings.generations.manifest import MANIFEST_NAME, Manifest
from embeddings.storage.newgeneration import NewGeneration

KEPT_GENERATIONS = 3

_TRIES = 3

Check = Callable[[Generation], None]
"""Raises a ``GenerationError`` for a generation that cannot be used, by another model say."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A generation to answer from; ``warning`` says why it is not the published one, otherwise
    None.
    """

    generation: Generation
    warning: str | None = None


class PassageIndex(ABC):
    """Immutable generations under ascending numbers, one of them the current one.

    Every method but ``writer`` may be called by any process at any time; ``publish`` by the one
    that holds the writer's lock.
    """

    @property
    @abstractmethod
    def known_vectors_file(self) -> Path:
        """The file in which a refresh keeps vectors; it can be deleted at any time."""

    @property
    @abstractmethod
    def place(self) -> str:
        """The place of the index, for a person to read; it holds no secret."""

    @abstractmethod
    def numbers(self) -> list[int]:
        """Return the numbers of the complete generations, ascending."""

    @abstractmethod
    def is_empty(self) -> bool:
        """Return whether nothing was ever published, and nothing complete lies there to be
        published.
        """

    @abstractmethod
    def current_number(self) -> int | None:
        """Return the number of the published generation, None if nothing was ever published.

        Raises:
            IndexDamaged: if what says so is not what was written.
        """

    @abstractmethod
    def open(self, number: int) -> Generation:
        """Return the generation with that number, checked.

        Raises:
            IndexDamaged: if it is missing or a byte of it is not what was written.
            IndexMismatch: if another version of the format wrote it.
        """

    @abstractmethod
    def checked_manifest(self, number: int) -> Manifest:
        """Return the manifest of a generation that was checked as ``open`` does; nothing else is
        kept.

        Raises:
            IndexDamaged: if it is missing or a byte of it is not what was written.
            IndexMismatch: if another version of the format wrote it.
        """

    @abstractmethod
    def file(self, number: int, name: str) -> bytes:
        """Return the bytes of a file that the manifest of a generation names, unchecked.

        Raises:
            IndexDamaged: if it cannot be read.
        """

    @abstractmethod
    def stored_numbers(self) -> list[int]:
        """Return the numbers of all generations that are stored, complete or not, ascending."""

    @abstractmethod
    def stored_bytes(self, number: int) -> int | None:
        """Return how many bytes a generation takes up; None if that is not known."""

    @abstractmethod
    def extra_names(self, number: int | None) -> tuple[str, ...]:
        """Return the names of files that do not belong to a generation and lie within it.

        None asks for what lies beside the generations and belongs to none.
        """

    @abstractmethod
    def publication_problems(self) -> list[str]:
        """Return a sentence for each thing that is wrong with what names the published one."""

    @abstractmethod
    def is_being_written(self) -> bool:
        """Return whether a process holds the writer's lock now."""

    @abstractmethod
    def writer(self, *, wait_s: float = 0) -> AbstractContextManager[None]:
        """Hold the writer's lock, which is freed when the process ends in any way.

        Raises:
            RefreshRunning: if another process still holds it after ``wait_s`` seconds.
            IndexWriteFailed: if the index cannot be written.
        """

    @abstractmethod
    def publish(self, new: NewGeneration, *, after: int | None) -> Manifest:
        """Write a generation, then make it the current one in one atomic step.

        The caller holds the writer's lock. The last ``KEPT_GENERATIONS`` are kept, and also the one
        that was published before, even if a rollback had made it an old one.

        Raises:
            StaleGeneration: if the current one is another than ``after``; nothing is written.
            IndexWriteFailed: if a byte could not be written; what was current still is.
        """

    @abstractmethod
    def built_from(self, number: int) -> Sources | None:
        """Return the files that a generation was built from; None if it is not noted."""

    @abstractmethod
    def files_built_from(self, number: int) -> Mapping[str, str]:
        """Return the digests of these files by name, however they were read; none where none are
        noted.
        """

    def close(self) -> None:  # noqa: B027 (an index on a disk holds nothing open)
        """Close the connections that the index holds, if any."""

    @abstractmethod
    def remembered_ids(self) -> dict[str, str]:
        """Return the ids of documents by ``source_name``, as the last refresh gave them to the
        files.
        """

    @abstractmethod
    def note_built_from(self, number: int, sources: Sources) -> None:
        """Note the files that a generation was built from.

        Raises:
            IndexWriteFailed: if it could not be written.
        """

    @abstractmethod
    def _make_current(self, number: int) -> None:
        """Make a complete generation the current one, in one atomic step.

        Raises:
            IndexWriteFailed: if the step fails; what was published still is.
        """

    @abstractmethod
    def _noted_access(self) -> KnownAccess | None:
        """Return the rules that ``_note_access`` noted; None if there are none, or they are not
        readable.
        """

    @abstractmethod
    def _note_access(self, known: KnownAccess) -> None:
        """Note who may read which documents, in every generation; the caller holds the lock."""

    def _access(self, number: int) -> KnownAccess:
        """Return the access rules for a generation, from it and later ones."""
        known = self._noted_access()
        if known is not None:
            return known
        numbers = self.numbers()
        return NO_ACCESS if number == max(numbers, default=number) else self._access_told(numbers)

    def _access_told(self, numbers: Iterable[int]) -> KnownAccess:
        """Return the access rules in the corpora of intact generations; later ones win."""
        known: KnownAccess = NO_ACCESS
        for corpus in self._corpora(numbers):
            known = known_after(known, corpus)
        return known

    def _corpora(self, numbers: Iterable[int]) -> Iterator[Corpus]:
        """Yield the corpora of those of the generations in which they are intact."""
        for number in numbers:
            with suppress(GenerationError):
                manifest = Manifest.from_bytes(self.file(number, MANIFEST_NAME))
                content = self.file(number, CORPUS_FILE)
                if hashlib.sha256(content).hexdigest() == manifest.files.get(CORPUS_FILE):
                    yield corpus_from_bytes(content)

    def _access_after(self, corpus: Corpus, withheld: Withheld = NOTHING_WITHHELD) -> KnownAccess:
        """Return the access rules once a corpus is published and some documents are withheld."""
        known = self._noted_access()
        if known is None:
            known = self._access_told(self.numbers())
        ids = withheld.ids
        if withheld.unseen:
            ids |= {d.id for each in self._corpora(self.numbers()) for d in each.documents}
        return known_after(known, corpus, ids)

    def withhold(self, withheld: Withheld, corpus: Corpus) -> None:
        """Show documents outside the published ``corpus`` to nobody, in any generation.

        The caller holds the writer's lock.

        Raises:
            IndexWriteFailed: if that could not be noted.
        """
        known = self._access_after(corpus, withheld)
        if known != self._noted_access():
            self._note_access(known)

    def _pointer_missing(self) -> IndexDamaged:
        """Return the error for an index that does not say which of its generations is published."""
        return IndexDamaged(
            f"The index in {self.place} is damaged: it does not say which generation is "
            'published. Type "verbatim refresh" to build it anew.'
        )

    def not_found(self) -> IndexNotFound:
        """Return the error for a place without an index."""
        return IndexNotFound(
            f'There is no index in {self.place} yet. Type "verbatim refresh" to build it.'
        )

    def published_number(self) -> int | None:
        """Return the number of the published generation, None if the pointer names none."""
        try:
            return self.current_number()
        except IndexDamaged:
            return None

    def holds(self, manifest: Manifest) -> bool:
        """Return whether the index still has the manifest under its number; after a deletion and a
        rebuild another generation has that number.

        Raises:
            GenerationError: if that cannot be read.
        """
        return self.file(manifest.generation, MANIFEST_NAME) == manifest.to_bytes()

    def open_current(self) -> Generation:
        """Return the published generation, every byte of it checked against the manifest.

        Raises:
            IndexNotFound: if nothing was ever published.
            IndexDamaged: if a byte of it is not what was written.
            IndexMismatch: if another version of the format wrote it.
        """
        number = self.current_number()
        if number is None:
            raise self.not_found()
        return self.open(number)

    def open_serving(self, *, check: Check | None = None) -> Opened:
        """Return the newest usable generation: the published one, or otherwise an earlier intact
        one.

        A damaged generation does not stop answers. Earlier ones have smaller numbers; if the
        pointer itself is damaged or gone, all are earlier. Generations that ``check`` refuses, and
        those of another format, are passed over.

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
                    raise self.not_found()
                number = self.current_number()
                if number is None:
                    raise self._pointer_missing()
                generation = self.open(number)
            except IndexDamaged as damage:
                # a refresh may have published another and removed this one meanwhile
                if (
                    tries_left
                    and number is not None
                    and self.published_number() not in {number, None}
                ):
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
        """Return the generations on disk before that one, the newest first; all of them for
        None.
        """
        return [n for n in reversed(self.numbers()) if number is None or n < number]

    def _newest_usable(self, numbers: Iterable[int], check: Check | None) -> Generation | None:
        """Return the first that is intact and that ``check`` does not refuse."""
        for number in numbers:
            try:
                generation = self.open(number)
                if check is not None:
                    check(generation)
            except GenerationError:
                continue
            return generation
        return None

    def rollback(self, number: int | None = None, *, check: Check | None = None) -> Generation:
        """Make an earlier generation the published one in one atomic step, and return it.

        Without a number, it is the newest intact one before the published one that ``check`` does
        not refuse. A number may also be of a later one. The next refresh brings back the state of
        the corpus directory, under a number above all.

        Raises:
            GenerationNotFound: if there is no such generation.
            IndexDamaged: if a byte of that generation is not what was written.
            IndexMismatch: if another version of the format wrote it.
            GenerationError: what ``check`` raises for it.
            RefreshRunning: if another process is writing.
            IndexWriteFailed: if the step fails; what was published still is.
        """
        with self.writer():
            if number is None:
                earlier = self._newest_usable(self._before(self.published_number()), check)
                if earlier is None:
                    raise GenerationNotFound(
                        f"There is no earlier generation that could answer. {self._kept()}"
                    )
            elif number not in self.numbers():
                raise GenerationNotFound(f"There is no generation {number}. {self._kept()}")
            else:
                earlier = self.open(number)
                if check is not None:
                    check(earlier)
            if earlier.number != self.published_number():
                if self._noted_access() is None:
                    self._note_access(self._access_told(self.numbers()))
                self._make_current(earlier.number)
            return earlier

    def _kept(self) -> str:
        known = ", ".join(map(str, self.numbers())) or "none"
        return f'Generations kept: {known}. Type "verbatim check" to see their state.'


def stale(after: int | None, current: int | None) -> StaleGeneration:
    """Return the error for a generation that was built after another one than the current one."""
    return StaleGeneration(
        f"Generation {current} was published meanwhile, and this one was built after "
        f'{"none" if after is None else after}. Type "verbatim refresh" to try again.'
    )
