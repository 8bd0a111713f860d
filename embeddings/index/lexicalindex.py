"""Scores texts by exact words: BM25 over stems."""

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embeddings.arrays import Content, FloatMatrix, array_from_bytes, array_to_bytes
from embeddings.errors import IndexDamaged
from embeddings.index.copies import Copies
from embeddings.text.functionwords import function_words
from embeddings.text.stemming import (
    all_words,
    function_word_language,
    stem_words,
    stems,
)

K1 = 1.2
B = 0.75
"""BM25's parameters as Robertson and Zaragoza (2009) recommend them."""


@dataclass(frozen=True, slots=True)
class Postings:
    """The texts of each stem: number c has ``rows[starts[c]:starts[c + 1]]``, each with its score.

    ``starts`` ``(v + 1,)`` int64; ``rows`` int32, ascending for each stem; ``scores`` float32.
    """

    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    scores: NDArray[np.float32]

    @classmethod
    def build(
        cls, texts: NDArray[np.int64], numbers: NDArray[np.int32], *, copies: Copies, stems: int
    ) -> "Postings":
        """Return the postings of texts: row ``texts[i]`` has the stem ``numbers[i]``.

        A score is ``idf * tf / (tf + K1 * (1 - B + B * length / mean length))`` with the idf of
        ``LexicalIndex.weight``: BM25 as in Lucene, without the constant ``K1 + 1``. Rows that
        ``copies`` marks as the same text count once for idf and mean length.
        """
        count = len(copies.texts)
        pairs, times = np.unique(numbers.astype(np.int64) * count + texts, return_counts=True)
        of_stem, rows = np.divmod(pairs, max(count, 1))
        frequency = np.bincount(of_stem, minlength=stems)
        lengths = np.bincount(texts, minlength=count)
        relative = lengths[rows] / (lengths[copies.first].mean() if len(rows) else 1)
        known = frequency
        if copies.any:
            known = np.bincount(
                np.unique(of_stem * copies.count + copies.texts[rows]) // copies.count,
                minlength=stems,
            )
        idf = _idf(copies.count, known)
        scores = idf[of_stem] * times / (times + K1 * (1 - B + B * relative))
        return cls(
            np.concatenate([[0], np.cumsum(frequency)]).astype(np.int64),
            rows.astype(np.int32),
            scores.astype(np.float32),
        )

    def of(self, number: int) -> slice:
        """Return the slice of ``rows`` and ``scores`` for a stem."""
        return slice(int(self.starts[number]), int(self.starts[number + 1]))


def _idf(count: int, frequency: NDArray[np.int64] | int) -> NDArray[np.float64]:
    weights: NDArray[np.float64] = np.log1p((count - frequency + 0.5) / (frequency + 0.5))
    return weights


class LexicalIndex:
    """BM25 scores of texts for a question. Scores are ≥ 0; a text without a shared stem has 0.

    ``vocabulary`` maps a stem to its number in ``postings``; a stem may be in no text. ``copies``
    are the texts that count once in the statistics, however many rows have them.
    """

    def __init__(
        self,
        postings: Postings,
        *,
        vocabulary: Mapping[str, int],
        copies: Copies,
        languages: Iterable[str],
    ) -> None:
        self.postings = postings
        self.vocabulary = vocabulary
        self._copies = copies
        self._languages = tuple(sorted(languages))
        self._frequencies: dict[int, int] = {}

    @classmethod
    def build(cls, texts: Iterable[tuple[str, str]]) -> "LexicalIndex":
        """Return an index of (text, language code) pairs, in order; texts without a
        word score 0.
        """
        pairs = list(texts)
        vocabulary: dict[str, int] = {}
        bags = [
            [vocabulary.setdefault(s, len(vocabulary)) for s in stems(text, language=language)]
            for text, language in pairs
        ]
        return cls.of_numbers(
            np.repeat(np.arange(len(bags)), [len(bag) for bag in bags]),
            np.array([number for bag in bags for number in bag], np.int32),
            copies=Copies.none(len(bags)),
            vocabulary=vocabulary,
            languages={language for _, language in pairs},
        )

    @classmethod
    def of_numbers(
        cls,
        texts: NDArray[np.int64],
        numbers: NDArray[np.int32],
        *,
        copies: Copies,
        vocabulary: Mapping[str, int],
        languages: Set[str],
    ) -> "LexicalIndex":
        """Return an index in which row ``texts[i]`` has the stem with the number ``numbers[i]``."""
        postings = Postings.build(texts, numbers, copies=copies, stems=len(vocabulary))
        return cls(postings, vocabulary=vocabulary, copies=copies, languages=languages)

    def __len__(self) -> int:
        return len(self._copies.texts)

    @property
    def counted(self) -> int:
        """The number of texts in the statistics: copies count once."""
        return self._copies.count

    def question_stems(self, question: str) -> tuple[str, ...]:
        """Return the distinct stems of a question, in order, without the function words of its
        language.

        Each language of the index stems each word. If there are several languages, only stems that
        a text has count, and a word that no text has counts with only one stem: a stem of the wrong
        language would otherwise weigh as a missing word.
        """
        asked = all_words(question)
        ignored = function_words(function_word_language(asked, self.languages))
        found: dict[str, None] = {}
        for word in asked:
            if word not in ignored:
                found.update(dict.fromkeys(self._stems_of_word(word)))
        return tuple(found)

    @property
    def languages(self) -> tuple[str, ...]:
        """The codes of the languages of the texts, in order; English for no text."""
        return self._languages or ("en",)

    def _stems_of_word(self, word: str) -> list[str]:
        candidates = [
            stem
            for language in self.languages
            if word not in function_words(language)
            for stem in stem_words([word], language=language)
        ]
        if len(self.languages) == 1:
            return candidates
        known = [stem for stem in candidates if self.frequency(stem)]
        return known or candidates[:1]

    def scores(self, question_stems: Sequence[str]) -> FloatMatrix:
        """Return ``(n,)`` float32: the BM25 score of each text, 0 if no stem is shared."""
        scores = np.zeros(len(self), np.float32)
        for stem in question_stems:
            number = self.vocabulary.get(stem)
            if number is not None:
                of_stem = self.postings.of(number)
                scores[self.postings.rows[of_stem]] += self.postings.scores[of_stem]
        return scores

    def rows_with(self, stem: str) -> NDArray[np.int32]:
        """Return the rows of the texts that have a stem, ascending; none for an unknown stem."""
        number = self.vocabulary.get(stem)
        return self.postings.rows[slice(0) if number is None else self.postings.of(number)]

    def weight(self, stem: str) -> float:
        """Return the weight of a stem: ``ln(1 + (n - df + 0.5) / (df + 0.5))``, Lucene's idf.

        A stem that no text has gets the largest weight, that of ``df = 0``.
        """
        return self._weight(self.frequency(stem))

    @property
    def largest_weight(self) -> float:
        """The weight of a stem that no text has, which is the largest one."""
        return self._weight(0)

    def frequency(self, stem: str) -> int:
        """Return the number of texts that have the stem; copies count once."""
        number = self.vocabulary.get(stem)
        if number is None:
            return 0
        of_stem = self.postings.of(number)
        if not self._copies.any:
            return int(of_stem.stop - of_stem.start)
        if number not in self._frequencies:
            texts = self._copies.texts[self.postings.rows[of_stem]]
            self._frequencies[number] = len(np.unique(texts))
        return self._frequencies[number]

    def _weight(self, frequency: int) -> float:
        return float(_idf(self.counted, frequency))

    def ceiling(self, question_stems: Sequence[str]) -> float:
        """Return the score that no text can exceed: the sum of the stems' weights.

        As the constant ``K1 + 1`` is left out, a stem's largest contribution is its weight.
        """
        return sum(self.weight(stem) for stem in question_stems)

    def to_files(self, prefix: str) -> dict[str, bytes]:
        """Return the index, without its vocabulary, as files whose names begin with ``prefix``."""
        head = {"count": len(self), "languages": list(self._languages)}
        copies = {f"{prefix}-texts.npy": array_to_bytes(self._copies.texts)}
        return {
            **(copies if self._copies.any else {}),
            f"{prefix}.json": json.dumps(head, sort_keys=True).encode("utf-8"),
            f"{prefix}-scores.npy": array_to_bytes(self.postings.scores),
            f"{prefix}-rows.npy": array_to_bytes(self.postings.rows),
            f"{prefix}-starts.npy": array_to_bytes(self.postings.starts),
        }

    @classmethod
    def from_files(
        cls, files: Mapping[str, Content], prefix: str, *, vocabulary: Mapping[str, int]
    ) -> "LexicalIndex":
        """Return the index in the result of ``to_files``, for stems with these numbers.

        An index of an earlier version counts every copy of a text.

        Raises:
            IndexDamaged: if a file is missing or is malformed.
        """
        try:
            head = json.loads(bytes(files[f"{prefix}.json"]))
            count, languages = int(head["count"]), [str(code) for code in head["languages"]]
            rows, starts, scores = (
                array_from_bytes(files[f"{prefix}-{name}.npy"])
                for name in ("rows", "starts", "scores")
            )
            copies = Copies.none(count)
            if (texts := files.get(f"{prefix}-texts.npy")) is not None:
                copies = Copies(array_from_bytes(texts))
        except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise IndexDamaged("the lexical index cannot be read") from error
        if len(copies.texts) != count:
            raise IndexDamaged("the lexical index does not have a text for each row")
        if len(starts) != len(vocabulary) + 1:
            raise IndexDamaged("the lexical index and the stems have different words")
        postings = Postings(starts, rows, scores)
        return cls(postings, vocabulary=vocabulary, copies=copies, languages=languages)
