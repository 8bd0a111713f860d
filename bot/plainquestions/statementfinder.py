"""Finds the statements that a person names by title or country, and those about a topic."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from bot.plainquestions.names import Key, identities, keys_of, text_keys
from corpus import Corpus, Document
from embeddings import Generation

_SAME_TITLE = 0.8
_LEAST_NAMED = 0.5
_OF_SMALL_LETTERS = 0.3
_FEWEST_LETTERS = 5


@dataclass(frozen=True, slots=True)
class _Names:
    """The keys that may name a document: of its title, and of publisher, place and date too."""

    title: frozenset[str]
    every: frozenset[str]


@dataclass(frozen=True, slots=True)
class Found:
    """The statements about a topic, each newest first: by their titles, and by their texts."""

    by_title: tuple[Document, ...]
    by_text: tuple[Document, ...]

    @property
    def every(self) -> tuple[Document, ...]:
        """All of them; those with the topic in the title first."""
        return self.by_title + self.by_text


def newest_first(documents: Sequence[Document]) -> tuple[Document, ...]:
    """Return documents by date, the newest first; those without a date come last."""
    by_id = sorted(documents, key=lambda document: document.id, reverse=True)
    return tuple(sorted(by_id, key=lambda d: d.published or date.min, reverse=True))


class StatementFinder:
    """Finds statements of one generation, which holds only what the person may see."""

    def __init__(self, generation: Generation, *, known: Callable[[str], bool]) -> None:
        """Read the titles once. ``known`` knows words that are no misspellings."""
        self._generation = generation
        self._known = known
        self._names = {d.id: _names(d) for d in generation.corpus.documents}
        counts = Counter(key for names in self._names.values() for key in names.every)
        total = len(self._names)
        self._weights = {key: math.log1p(total / count) for key, count in counts.items()}
        self._unknown_weight = math.log1p(total)

    @property
    def corpus(self) -> Corpus:
        """The corpus that is searched."""
        return self._generation.corpus

    def named(
        self,
        subject: Sequence[str],
        among: Sequence[Document],
        *,
        whole: bool,
        types: Sequence[str] = (),
    ) -> tuple[Document, ...]:
        """Return the documents with the subject in title, publisher, place or date: the best ones.

        With ``whole`` all of the subject must be there, else more than half of its weight. Of
        documents that fit equally, those whose title says little else are better, then those of
        the named ``types``. Several that are as good come in order of date, the newest first.
        """
        keys = [self._spelt(key) for key in keys_of(subject)]
        if not keys:
            return ()
        total = sum(map(self._weight, keys))
        kinds = identities(keys_of(types))
        fitting: list[tuple[float, int, float, Document]] = []
        for document in among:
            names = self._names[document.id]
            there = [key for key in keys if identities([key]) & names.every]
            share = sum(map(self._weight, there)) / total
            if (whole and len(there) < len(keys)) or share <= _LEAST_NAMED or not there:
                continue
            if not whole and not any(identities([key]) & names.title for key in there):
                continue
            said = identities(keys) & names.title
            about = names.title - kinds
            covered = sum(self._weights[key] for key in said & about)
            of_title = covered / max(sum(self._weights[key] for key in about), 1e-9)
            same = of_title if of_title >= _SAME_TITLE else 0.0
            fitting.append((round(share, 6), len(kinds & names.title), same, document))
        if not fitting:
            return ()
        most = max((share, same, types) for share, types, same, _ in fitting)
        best = [each[3] for each in fitting if (each[0], each[2], each[1]) == most]
        return newest_first(best)

    def about(
        self, subject: Sequence[str], among: Sequence[Document], *, in_title: bool = False
    ) -> Found:
        """Return the documents about a topic: with it in the title, in the record, or in a passage.

        A topic whose words no paragraph has together may be in several paragraphs of a document.
        """
        keys = [self._spelt(key) for key in keys_of(subject)]
        if not keys:
            return Found((), ())
        by_title = [
            document
            for document in among
            if all(identities([key]) & self._names[document.id].title for key in keys)
        ]
        if in_title:
            return Found(newest_first(by_title), ())
        by_record = {
            document.id
            for document in among
            if all(identities([key]) & self._names[document.id].every for key in keys)
        }
        allowed = {document.id for document in among} - {document.id for document in by_title}
        rows = [self._rows(key) for key in keys]
        together = rows[0]
        for each in rows[1:]:
            together = np.intersect1d(together, each)
        documents = self._generation.document_rows
        found = set(np.unique(documents[together]).tolist())
        if not found and not by_title:
            of_keys = [set(np.unique(documents[each]).tolist()) for each in rows]
            found = set.intersection(*of_keys)
        every = self._generation.corpus.documents
        by_text = [
            document
            for row, document in enumerate(every)
            if document.id in allowed and (row in found or document.id in by_record)
        ]
        return Found(newest_first(by_title), newest_first(by_text))

    def _rows(self, key: Key) -> NDArray[np.int64]:
        """Return the passages in which a key is said in one of its ways."""
        lexical = self._generation.lexical
        found = [np.empty(0, np.int64)]
        for name in key.names:
            numbers = [lexical.vocabulary.get(stem) for stem in name]
            rows: NDArray[np.int64] | None = None
            for number in numbers:
                if number is None:
                    rows = np.empty(0, np.int64)
                    break
                of_stem = lexical.postings.rows[lexical.postings.of(number)].astype(np.int64)
                rows = of_stem if rows is None else np.intersect1d(rows, of_stem)
            if rows is not None:
                found.append(rows)
        return np.unique(np.concatenate(found))

    def _weight(self, key: Key) -> float:
        """Return how much a key tells of a statement: more if few titles have it.

        A word in small letters that no title has is mostly a word of the question.
        """
        weights = [self._weights[each] for each in identities([key]) if each in self._weights]
        if weights or not key.text.islower():
            return max(weights, default=self._unknown_weight)
        return _OF_SMALL_LETTERS * self._unknown_weight

    def _spelt(self, key: Key) -> Key:
        """Return a key, or that of the word of a title which a misspelt word is nearest to."""
        word = key.text.casefold()
        if key.country or len(word) < _FEWEST_LETTERS or not word.isalpha() or self._known(word):
            return key
        if identities([key]) & self._weights.keys() or len(self._rows(key)):
            return key
        from corpus.worddistance import distance  # slow to import

        near = [
            (distance(word, other, most=1), other)
            for document in self.corpus.documents
            for other in document.title.casefold().split()
            if abs(len(other) - len(word)) <= 1
        ]
        found = min((each for each in near if each[0] <= 1), default=None)
        return key if found is None else next(iter(keys_of([found[1]])), key)


def _names(document: Document) -> _Names:
    title = identities(text_keys(document.title))
    more = (document.publisher, document.place)
    month = document.published.strftime("%B %Y") if document.published else ""
    every = identities(text_keys(" . ".join(filter(None, (*more, month)))))
    return _Names(title, title | every)
