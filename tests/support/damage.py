"""Damages files of an index at random, and tells whether an answer came from damaged bytes."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.answering.answerer import Answerer
from bot.answering.answers import Answer
from embeddings import Embedder, FolderIndex, Generation, IndexDamaged, Retriever

PAGE_BYTES = 4_096

Files = dict[Path, bytes]
Change = Callable[[random.Random, Files, Path], Files]
"""Generator of chance, the intact files, one of them → what the changed files hold then."""


def truncated(chance: random.Random, files: Files, path: Path) -> Files:
    """The file cut short, to nothing too."""
    content = files[path]
    return {path: content[: chance.randrange(max(len(content), 1))]}


def bit_flipped(chance: random.Random, files: Files, path: Path) -> Files:
    """One bit of the file the other way round."""
    content = bytearray(files[path])
    if content:
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return {path: bytes(content)}


def page_zeroed(chance: random.Random, files: Files, path: Path) -> Files:
    """A page of the file lost, as after a crash of the machine."""
    content = bytearray(files[path])
    at = PAGE_BYTES * chance.randrange(len(content) // PAGE_BYTES + 1)
    size = len(content[at : at + PAGE_BYTES])
    content[at : at + size] = bytes(size)
    return {path: bytes(content)}


def junk_appended(chance: random.Random, files: Files, path: Path) -> Files:
    """Bytes after the file's end."""
    return {path: files[path] + chance.randbytes(chance.randint(1, 64))}


def removed(_: random.Random, files: Files, path: Path) -> Files:
    """The file gone."""
    return {path: b""}


def swapped(chance: random.Random, files: Files, path: Path) -> Files:
    """The file and that of the same name in another generation, each in the other's place."""
    others = [other for other in files if other.name == path.name and other != path]
    if not others:
        return bit_flipped(chance, files, path)
    other = chance.choice(others)
    return {path: files[other], other: files[path]}


CHANGES: tuple[Change, ...] = (
    truncated,
    bit_flipped,
    page_zeroed,
    junk_appended,
    removed,
    swapped,
)


@dataclass(slots=True)
class DamageFigures:
    """What came of damaged files: trials by outcome and by kind, and what must not have happened.

    ``files`` counts the damaged files, ``outcomes`` the trials that were refused, fell back to an
    earlier generation, or could answer as before as the damage was elsewhere.
    """

    files: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    served: list[str] = field(default_factory=list)
    """Answers that were not those of the newest intact generation, and needless refusals."""


class DamageTrials:
    """An index of several generations, each with the answers that it gives while intact."""

    def __init__(
        self, store: FolderIndex, embedder: Embedder, *, questions: Sequence[str], seed: int
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._questions = questions
        self._chance = random.Random(seed)
        self._numbers = store.numbers()
        self._paths = sorted(p for n in self._numbers for p in store.folder(n).iterdir())
        self._pointer = store.directory / "CURRENT"
        self._intact = {path: path.read_bytes() for path in [*self._paths, self._pointer]}
        self._oracle = {n: self._answers(store.open(n)) for n in self._numbers}

    def run(self, count: int) -> DamageFigures:
        """Damages at least ``count`` files, one to three at a time, and mends them each time."""
        figures = DamageFigures()
        while figures.files < count:
            kind, changed = self.changed()
            self._write(changed, remove=kind == "removed")
            figures.files += len(changed)
            figures.kinds[kind] += len(changed)
            outcome, fault = self._outcome(changed)
            figures.outcomes[outcome] += 1
            if fault:
                names = ", ".join(str(p.relative_to(self._store.directory)) for p in changed)
                figures.served.append(f"{kind} {names}: {fault}")
            for path in changed:
                path.write_bytes(self._intact[path])
        return figures

    def changed(self) -> tuple[str, Files]:
        """A kind of damage, and what the damaged files hold; at least one differs."""
        while True:
            change = self._chance.choice(CHANGES)
            changed: Files = {}
            for _ in range(self._chance.choice((1, 1, 1, 2, 3))):
                changed.update(change(self._chance, self._intact, self._any_path()))
            changed = {p: c for p, c in changed.items() if c != self._intact[p]}
            if changed:
                return change.__name__, changed

    def _any_path(self) -> Path:
        """A file of the published generation half of the time, of any other, or the pointer."""
        draw = self._chance.random()
        if draw < 0.05:
            return self._pointer
        newest = self._store.folder(self._numbers[-1])
        among = [p for p in self._paths if p.parent == newest] if draw < 0.55 else self._paths
        return self._chance.choice(among)

    def _write(self, changed: Files, *, remove: bool) -> None:
        for path, content in changed.items():
            if remove:
                path.unlink()
            else:
                path.write_bytes(content)

    def _outcome(self, changed: Files) -> tuple[str, str | None]:
        """The outcome, and its fault."""
        damaged = {int(path.parent.name) for path in changed if path != self._pointer}
        intact = [number for number in self._numbers if number not in damaged]
        try:
            opened = self._store.open_serving()
            answers = self._answers(opened.generation)
        except IndexDamaged as error:
            return "refused", f"needlessly: {error}" if intact else None
        except Exception as error:  # noqa: BLE001 (any other error is a fault)
            return "failed", repr(error)
        number = opened.generation.number
        outcome = "answered as before" if number == self._numbers[-1] else "fell back"
        if not intact or number != intact[-1]:
            return outcome, f"generation {number} answered"
        if answers != self._oracle[number]:
            return outcome, f"generation {number} gave other answers"
        if outcome == "fell back" and opened.warning is None:
            return outcome, "without a warning"
        return outcome, None

    def _answers(self, generation: Generation) -> list[Answer]:
        answerer = Answerer(Retriever(generation, self._embedder))
        return [answerer.answer(question) for question in self._questions]
