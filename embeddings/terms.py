"""The stems of every sentence and title, by number, and what each sentence can answer."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus import Corpus, months
from embeddings.arrayfile import Content, array_from_bytes, array_to_bytes
from embeddings.errors import IndexDamaged
from embeddings.lexicalindex import stem_words, words
from embeddings.searchform import search_form

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
"""How many values the kinds of a sentence can have."""
_FILES = ("terms-ids", "terms-starts", "terms-title-ids", "terms-title-starts", "terms-kinds")


@dataclass(frozen=True)
class Terms:
    """Stem numbers in rows: sentence j has ``ids[starts[j]:starts[j+1]]``, repeats kept, in order.

    ``title_ids`` and ``title_starts`` do the same for the documents' titles with publisher and
    date. ``kinds[j]`` has a bit for a quantity, a date and a person in sentence j. A stem's number
    is its place in ``vocabulary``. ``words`` are the distinct words before stemming, the most
    frequent first.
    """

    vocabulary: dict[str, int]
    ids: IntArray
    starts: IntArray
    title_ids: IntArray
    title_starts: IntArray
    kinds: NDArray[np.uint8]
    words: tuple[str, ...]

    @classmethod
    def build(cls, corpus: Corpus, *, sentence_words: Sequence[list[str]] | None = None) -> "Terms":
        """The terms of every sentence of every quotable passage, in order.

        ``sentence_words`` are the ``words`` of those sentences, where they are at hand.
        """
        vocabulary: dict[str, int] = {}
        counts: Counter[str] = Counter()

        def rows(bags: Iterable[tuple[list[str], str]]) -> tuple[IntArray, IntArray]:
            ids: list[int] = []
            starts = [0]
            for kept, language in bags:
                counts.update(kept)
                for stem in stem_words(kept, language=language):
                    ids.append(vocabulary.setdefault(stem, len(vocabulary)))
                starts.append(len(ids))
            return np.array(ids, np.int32), np.array(starts, np.int32)

        sentences = [
            (sentence.text, document.language)
            for document in corpus.documents
            for passage in document.quotable
            for sentence in passage.sentences
        ]
        if sentence_words is None:
            sentence_words = [words(text, language=language) for text, language in sentences]
        languages = (language for _, language in sentences)
        ids, starts = rows(zip(sentence_words, languages, strict=True))
        title_ids, title_starts = rows(
            (words(d.context, language=d.language), d.language) for d in corpus.documents
        )
        kinds = np.array([_kinds(search_form(text)) for text, _ in sentences], np.uint8)
        frequent = tuple(word for word, _ in counts.most_common())
        return cls(vocabulary, ids, starts, title_ids, title_starts, kinds, frequent)

    def has(
        self, sentences: NDArray[np.int64], *, quantity: bool, date: bool, person: bool
    ) -> NDArray[np.bool_]:
        """For each sentence, whether it has one of the wanted kinds."""
        wanted = _HAS_QUANTITY * quantity | _HAS_DATE * date | _HAS_PERSON * person
        return (self.kinds[sentences] & wanted) > 0

    @cached_property
    def title_owner(self) -> NDArray[np.int64]:
        """For each of ``title_ids`` the row of its document."""
        return np.repeat(np.arange(len(self.title_starts) - 1), np.diff(self.title_starts))

    def to_files(self) -> dict[str, bytes]:
        """The terms as named files in NumPy's format and two lists, a line each."""
        arrays: tuple[NDArray[Any], ...] = (
            self.ids,
            self.starts,
            self.title_ids,
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
    def from_files(cls, files: Mapping[str, Content]) -> "Terms":
        """The terms that ``to_files`` gave.

        Raises:
            IndexDamaged: if a file is missing or unreadable.
        """
        try:
            known = bytes(files["terms.txt"]).decode("utf-8").split("\n")
            frequent = bytes(files["words.txt"]).decode("utf-8").split("\n")
            arrays = [array_from_bytes(files[f"{name}.npy"]) for name in _FILES]
        except (KeyError, ValueError) as error:
            raise IndexDamaged("the terms are not readable") from error
        vocabulary = {word: number for number, word in enumerate(known) if word}
        ids, starts, title_ids, title_starts, kinds = arrays
        spelt = tuple(word for word in frequent if word)
        return cls(vocabulary, ids, starts, title_ids, title_starts, kinds, spelt)


def _kinds(text: str) -> int:
    return (
        _HAS_QUANTITY * bool(_QUANTITY.search(text))
        | _HAS_DATE * bool(_DATE.search(text))
        | _HAS_PERSON * bool(_PERSON.search(text))
    )
