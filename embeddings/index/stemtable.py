"""Holds the stems of every sentence and title by number, and the kinds of question a sentence can
answer.
"""

import itertools
import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus import months
from embeddings.arrays import Content, array_from_bytes, array_to_bytes
from embeddings.errors import IndexDamaged
from embeddings.index.unchangeddocuments import DocumentRun
from embeddings.text.searchform import search_form
from embeddings.text.stemming import stem_words, words

IntArray = NDArray[np.int32]

_NUMBER_WORDS = (
    "two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty "
    "seventy eighty ninety hundred thousand million billion trillion dozen"
).replace(" ", "|")
_QUANTITY = re.compile(rf"\b(?!(?:19|20)\d\d\b)\d+|[$€£¥%]|\b(?:{_NUMBER_WORDS})\b", re.I)
_DATE = re.compile(
    rf"\b(?:{'|'.join(months.ENGLISH)}|Monday|Tuesday|Wednesday|Thursday|Friday"
    r"|Saturday|Sunday)\b|\b(?:1[5-9]|20)\d\d\b"
)
_PERSON = re.compile(r"(?<=[a-z,;:’'\)] )[A-Z][a-z]+(?: [A-Z][\w.-]+)+")
_HAS_QUANTITY, _HAS_DATE, _HAS_PERSON = 1, 2, 4
KINDS = 8
"""The number of values that the kinds of a sentence can have."""
_FILES = (
    "terms-ids",
    "terms-words",
    "terms-starts",
    "terms-title-ids",
    "terms-title-words",
    "terms-title-starts",
    "terms-kinds",
)


@dataclass(frozen=True)
class StemTable:
    """Stem numbers in rows: sentence j has ``ids[starts[j]:starts[j+1]]``, repeats kept, in order.

    ``title_ids`` and ``title_starts`` do the same for the documents' titles with publisher and
    date. ``kinds[j]`` has a bit for a quantity, a date and a person in sentence j. A stem's number
    is its position in ``vocabulary``, in order of first use, titles last. ``words`` are the
    distinct words before stemming, the most frequent first; ``word_ids`` and ``title_word_ids`` are
    their positions in it, parallel to ``ids`` and ``title_ids``.
    """

    vocabulary: dict[str, int]
    ids: IntArray
    word_ids: IntArray
    starts: IntArray
    title_ids: IntArray
    title_word_ids: IntArray
    title_starts: IntArray
    kinds: NDArray[np.uint8]
    words: tuple[str, ...]

    @classmethod
    def build(cls, runs: Sequence[DocumentRun], before: "StemTable | None" = None) -> "StemTable":
        """Return the stems of every sentence of every quotable passage of the runs, in order.

        Those of unchanged documents are taken from an earlier generation's table, ``before``; the
        result is the same as without it.
        """
        numbers = _Numbers(before)
        sentences, titles, kinds = _Rows(), _Rows(), [np.empty(0, np.uint8)]
        for run in runs:
            if run.before is not None and before is not None:
                sentences.take(before.ids, before.word_ids, before.starts, run.before.sentences)
                titles.take(
                    before.title_ids,
                    before.title_word_ids,
                    before.title_starts,
                    run.before.documents,
                )
                kinds.append(before.kinds[run.before.sentences])
                continue
            texts = [
                (sentence.text, document.language)
                for document in run.documents
                for passage in document.quotable
                for sentence in passage.sentences
            ]
            sentences.add(numbers.of(words(t, language=code), code) for t, code in texts)
            titles.add(
                numbers.of(words(d.context, language=d.language), d.language) for d in run.documents
            )
            kinds.append(np.array([_kinds(search_form(text)) for text, _ in texts], np.uint8))
        ids, word_ids, starts = sentences.joined()
        title_ids, title_word_ids, title_starts = titles.joined()
        stem_order, stem_places = _by_first_use(np.concatenate([ids, title_ids]))
        word_order, word_places = _by_frequency(np.concatenate([word_ids, title_word_ids]))
        return cls(
            vocabulary={numbers.stems[old]: new for new, old in enumerate(stem_order)},
            ids=stem_places[ids],
            word_ids=word_places[word_ids],
            starts=starts,
            title_ids=stem_places[title_ids],
            title_word_ids=word_places[title_word_ids],
            title_starts=title_starts,
            kinds=np.concatenate(kinds),
            words=tuple(numbers.words[old] for old in word_order),
        )

    def has(
        self, sentences: NDArray[np.int64], *, quantity: bool, date: bool, person: bool
    ) -> NDArray[np.bool_]:
        """Return for each sentence whether it has one of the wanted kinds."""
        wanted = _HAS_QUANTITY * quantity | _HAS_DATE * date | _HAS_PERSON * person
        return (self.kinds[sentences] & wanted) > 0

    @cached_property
    def title_owner(self) -> NDArray[np.int64]:
        """The row of the document for each of ``title_ids``."""
        return np.repeat(np.arange(len(self.title_starts) - 1), np.diff(self.title_starts))

    def to_files(self) -> dict[str, bytes]:
        """Return the table as named files in NumPy's format and two lists with a line each."""
        arrays: tuple[NDArray[Any], ...] = (
            self.ids,
            self.word_ids,
            self.starts,
            self.title_ids,
            self.title_word_ids,
            self.title_starts,
            self.kinds,
        )
        files = {f"{n}.npy": array_to_bytes(a) for n, a in zip(_FILES, arrays, strict=True)}
        return {
            **files,
            "terms.txt": "\n".join(self.vocabulary).encode("utf-8"),
            "words.txt": "\n".join(self.words).encode("utf-8"),
        }

    @classmethod
    def from_files(cls, files: Mapping[str, Content]) -> "StemTable":
        """Return the table in the result of ``to_files``.

        Raises:
            IndexDamaged: if a file is missing or unreadable.
        """
        try:
            known = bytes(files["terms.txt"]).decode("utf-8").split("\n")
            frequent = bytes(files["words.txt"]).decode("utf-8").split("\n")
            arrays = [array_from_bytes(files[f"{name}.npy"]) for name in _FILES]
        except (KeyError, ValueError) as error:
            raise IndexDamaged("the stems cannot be read") from error
        vocabulary = {word: number for number, word in enumerate(known) if word}
        ids, word_ids, starts, title_ids, title_word_ids, title_starts, kinds = arrays
        spelt = tuple(word for word in frequent if word)
        return cls(
            vocabulary,
            ids,
            word_ids,
            starts,
            title_ids,
            title_word_ids,
            title_starts,
            kinds,
            spelt,
        )


class _Numbers:
    """Words and stems by number, in order of their first use after those of earlier tables.

    A word is stemmed once for each language.
    """

    def __init__(self, before: StemTable | None) -> None:
        self.words = list(before.words) if before else []
        self.stems = list(before.vocabulary) if before else []
        self._of_word = {word: number for number, word in enumerate(self.words)}
        self._of_stem = {stem: number for number, stem in enumerate(self.stems)}
        self._known: dict[str, dict[str, tuple[int, int]]] = {}

    def of(self, bag: Sequence[str], language: str) -> list[tuple[int, int]]:
        """Return for each word the number of its stem and its own."""
        known = self._known.setdefault(language, {})
        for word in bag:
            if word not in known:
                (stem,) = stem_words([word], language=language)
                known[word] = (
                    _number(stem, self._of_stem, self.stems),
                    _number(word, self._of_word, self.words),
                )
        return [known[word] for word in bag]


def _number(text: str, numbers: dict[str, int], texts: list[str]) -> int:
    if text not in numbers:
        numbers[text] = len(texts)
        texts.append(text)
    return numbers[text]


class _Rows:
    """Rows of pairs of numbers, one after the other."""

    def __init__(self) -> None:
        self._pairs = [np.empty((0, 2), np.int32)]
        self._lengths = [np.empty(0, np.int64)]

    def add(self, rows: Iterable[list[tuple[int, int]]]) -> None:
        numbers = array("i")
        lengths = array("q")
        for row in rows:
            lengths.append(len(row))
            numbers.extend(itertools.chain.from_iterable(row))
        self._pairs.append(np.array(numbers, np.int32).reshape(-1, 2))
        self._lengths.append(np.array(lengths, np.int64))

    def take(self, ids: IntArray, word_ids: IntArray, starts: IntArray, rows: slice) -> None:
        """Take rows of an earlier table."""
        bounds = starts[rows.start : rows.stop + 1]
        numbers = slice(bounds[0], bounds[-1])
        self._pairs.append(np.stack([ids[numbers], word_ids[numbers]], axis=1))
        self._lengths.append(np.diff(bounds).astype(np.int64))

    def joined(self) -> tuple[IntArray, IntArray, IntArray]:
        """Return the first numbers, the second ones, and the bounds of the rows."""
        pairs = np.concatenate(self._pairs)
        starts = np.concatenate([[0], np.cumsum(np.concatenate(self._lengths))])
        return pairs[:, 0], pairs[:, 1], starts.astype(np.int32)


def _by_first_use(numbers: IntArray) -> tuple[IntArray, IntArray]:
    """Return the distinct numbers in order of their first use, and number → its position among
    them.
    """
    used, first = np.unique(numbers, return_index=True)
    return _order_and_places(used[np.argsort(first)])


def _by_frequency(numbers: IntArray) -> tuple[IntArray, IntArray]:
    """Return the same as ``_by_first_use``, the most frequent first, equally frequent ones by first
    use.
    """
    used, first, counts = np.unique(numbers, return_index=True, return_counts=True)
    return _order_and_places(used[np.lexsort((first, -counts))])


def _order_and_places(order: IntArray) -> tuple[IntArray, IntArray]:
    places = np.zeros(int(order.max(initial=-1)) + 1, np.int32)
    places[order] = np.arange(len(order))
    return order, places


def _kinds(text: str) -> int:
    return (
        _HAS_QUANTITY * bool(_QUANTITY.search(text))
        | _HAS_DATE * bool(_DATE.search(text))
        | _HAS_PERSON * bool(_PERSON.search(text))
    )
