"""Checks every stored generation, byte by byte and for meaning, as Lucene's CheckIndex does."""

import hashlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from corpus import Span, digest_of
from embeddings.errors import GenerationError, IndexDamaged
from embeddings.generations.generation import Generation, generation_from_files
from embeddings.generations.manifest import MANIFEST_NAME, Manifest
from embeddings.models.embedder import Progress
from embeddings.storage.consistency import meaning_problems
from embeddings.storage.passageindex import PassageIndex

SourceText = Callable[[str], str | None]
"""Digest → the text with that SHA-256, None where it is not kept."""

_MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class GenerationCheck:
    """The findings about one generation; it is intact if there is no problem.

    ``size_bytes`` is that of its ``files``. ``citations`` counts the passages and sentences that
    were compared with their sources, None where that was not asked for. ``unknown`` names what
    lies in its folder and is not in its manifest.
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
class IndexCheck:
    """The findings about an index: its generations, the oldest first, and problems around them.

    ``unknown`` names what lies in the directory and belongs to no generation.
    """

    generations: tuple[GenerationCheck, ...]
    problems: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """True if every generation is intact, and one of them is published."""
        return not self.problems and all(each.intact for each in self.generations)


def check_generations(
    index: PassageIndex,
    *,
    citations: bool = False,
    source_text: SourceText | None = None,
    progress: Progress | None = None,
) -> IndexCheck:
    """Check an index: read every file of every generation.

    With ``citations`` each stored passage and sentence is compared with the text that
    ``source_text`` gives for its document's digest; without one, with the generation's own text.
    ``progress`` gets bytes, or generations if an index does not know its bytes. Nothing is written
    and no lock is taken: a generation that a refresh removes meanwhile is left out.

    Raises:
        IndexNotFound: if nothing was ever published.
    """
    if index.is_empty():
        raise index.not_found()
    problems = tuple(index.publication_problems())
    published = index.published_number()
    numbers = index.stored_numbers()
    reads = _Reads(index, numbers, progress)
    checks = []
    for number in numbers:
        check = _check_generation(
            number,
            partial(reads.file, number),
            current=number == published,
            citations=citations,
            source_text=source_text,
        )
        reads.generations += 1
        if check.files:
            size = index.stored_bytes(number)
            check = replace(
                check,
                size_bytes=check.size_bytes if size is None else size,
                unknown=index.extra_names(number),
            )
        if number in index.stored_numbers():  # a refresh may have removed it meanwhile
            checks.append(check)
    return IndexCheck(tuple(checks), problems, index.extra_names(None))


class _Reads:
    """Reads files of an index, and reports how much of all has been read.

    That is counted in bytes; in generations if an index does not know its bytes.
    """

    def __init__(self, index: PassageIndex, numbers: list[int], progress: Progress | None) -> None:
        self._index = index
        self._progress = progress
        sizes = [index.stored_bytes(number) for number in numbers]
        self._in_bytes = None not in sizes
        self._in_all = sum(size or 0 for size in sizes) if self._in_bytes else len(numbers)
        self._bytes = 0
        self.generations = 0

    def file(self, number: int, name: str) -> bytes:
        content = self._index.file(number, name)
        self._bytes += len(content)
        if self._progress is not None:
            done = self._bytes if self._in_bytes else self.generations
            self._progress(min(done, self._in_all), self._in_all)
        return content


def _check_generation(
    number: int,
    read: Callable[[str], bytes],
    *,
    current: bool,
    citations: bool,
    source_text: SourceText | None,
) -> GenerationCheck:
    """Check a generation whose files ``read`` returns; its size is that of its files."""
    try:
        head = read(MANIFEST_NAME)
        manifest = Manifest.from_bytes(head)
    except GenerationError as error:
        return GenerationCheck(number, current, problems=(str(error),))
    problems: list[str] = []
    if manifest.generation != number:
        problems.append(f"{MANIFEST_NAME} is that of generation {manifest.generation}")
    files: dict[str, bytes] = {}
    for name, digest in manifest.files.items():
        try:
            files[name] = read(name)
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


def _check_citations(
    generation: Generation, source_text: SourceText | None
) -> tuple[list[str], int]:
    """Return the problems of the citations, and how many were compared."""
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
