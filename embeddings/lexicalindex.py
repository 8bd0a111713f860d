"""Exact words: BM25 over stems. The only module that imports ``bm25s`` and ``Stemmer``.

``bm25s`` weighs the words when an index is built; what it then adds up for a question is a few
lines here, so that a question does not wait for its import.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import Stemmer
from numpy.typing import NDArray

from embeddings.arrayfile import Content, array_from_bytes, array_to_bytes
from embeddings.embedder import FloatMatrix
from embeddings.errors import IndexDamaged
from embeddings.functionwords import FUNCTION_WORD_LANGUAGES, function_words
from embeddings.searchform import search_form

K1 = 1.2
B = 0.75
"""BM25's parameters as Robertson and Zaragoza (2009) recommend them; method "lucene" of bm25s."""

_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Kana and Han, whose words no space parts."""
_UNSPACED_START = re.compile(f"[{_UNSPACED}]")
_WORD = re.compile(rf"[{_UNSPACED}]+|(?:(?![{_UNSPACED}])\w)+(?:\.(?:(?![{_UNSPACED}])\w)+)*")
_SNOWBALL = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}


_LEAST_OTHER_FUNCTION_WORDS = 2
_LETTERS_OF_A_NAME = 2


@lru_cache(maxsize=64)
def _stemmer(language: str) -> Stemmer.Stemmer | None:
    name = _SNOWBALL.get(language.split("-", 1)[0].lower())
    return Stemmer.Stemmer(name) if name else None


@lru_cache(maxsize=64)
def _ignored(language: str) -> frozenset[str]:
    """The function words of a language: the project's own list, else the one in bm25s."""
    own = function_words(language)
    if own:
        return own
    from bm25s import stopwords  # slow to import

    name = _SNOWBALL.get(language.split("-", 1)[0].lower(), "")
    return frozenset(getattr(stopwords, f"STOPWORDS_{name.upper()}", ()))


def stems(text: str, *, language: str = "en") -> list[str]:
    """The stems of the words of ``text``, in order, repeats kept, function words left out.

    Words are case-folded runs of letters and digits; "U.S." gives "u.s". A language without a
    Snowball stemmer keeps its words as they are. No word gives ``[]``.
    """
    return stem_words(words(text, language=language), language=language)


def stem_words(kept: list[str], *, language: str = "en") -> list[str]:
    """The stem of each word, in order."""
    stemmer = _stemmer(language)
    return list(stemmer.stemWords(kept)) if stemmer else kept


def words(text: str, *, language: str = "en") -> list[str]:
    """The case-folded words that ``stems`` stems, in order; function words left out.

    Of Chinese and Japanese, whose words no space parts, every two neighbouring characters are a
    "word", as in Lucene's CJKBigramFilter.
    """
    ignored = _ignored(language)
    return [word for word in _all_words(text) if word not in ignored]


def _all_words(text: str) -> list[str]:
    form = search_form(text).casefold()
    found: list[str] = _WORD.findall(form)
    if not _UNSPACED_START.search(form):
        return found
    return [part for word in found for part in _parts(word)]


def _parts(word: str) -> list[str]:
    if len(word) <= 2 or not _UNSPACED_START.match(word):  # noqa: PLR2004 (a pair is one part)
        return [word]
    return [word[i : i + 2] for i in range(len(word) - 1)]


def _function_language(asked: Sequence[str], languages: Sequence[str]) -> str:
    """The language whose function words a question has most of: its own, as far as they tell.

    One of ``languages``, the first where they tie. Another with a list of its own has to have more
    of them, two at least, and one of more than two letters: "on" and "son" are words of several
    languages, and "EU" and "AI" are names that French has function words like.
    """

    def told(language: str) -> list[str]:
        return [word for word in asked if word in _ignored(language)]

    best = max(languages, key=lambda language: len(told(language)))
    other = max(FUNCTION_WORD_LANGUAGES, key=lambda language: len(told(language)))
    evidence = told(other)
    more = len(evidence) > len(told(best)) and len(evidence) >= _LEAST_OTHER_FUNCTION_WORDS
    return other if more and max(map(len, evidence)) > _LETTERS_OF_A_NAME else best


@dataclass(frozen=True, slots=True)
class Postings:
    """Which texts have a word: column c has ``rows[starts[c]:starts[c + 1]]``, each with its score.

    ``vocabulary`` maps a stem to its column.
    """

    vocabulary: Mapping[str, int]
    starts: NDArray[Any]
    rows: NDArray[Any]
    scores: NDArray[Any]

    def of(self, column: int) -> slice:
        """Where in ``rows`` and ``scores`` a column lies."""
        return slice(int(self.starts[column]), int(self.starts[column + 1]))


class LexicalIndex:
    """BM25 scores of texts for a question. Scores are ≥ 0; a text without a shared stem has 0."""

    def __init__(self, postings: Postings | None, *, count: int, languages: Sequence[str]) -> None:
        self._postings = postings
        self._count = count
        self._languages = tuple(languages)

    @classmethod
    def build(cls, texts: Iterable[tuple[str, str]]) -> "LexicalIndex":
        """An index of (text, language code) pairs, in order; texts without a word score 0."""
        pairs = list(texts)
        bags = [stems(text, language=language) for text, language in pairs]
        return cls.of_stems(bags, languages={language for _, language in pairs})

    @classmethod
    def of_stems(cls, bags: Sequence[list[str]], *, languages: Set[str]) -> "LexicalIndex":
        """An index of texts given by their ``stems``, in order, and of their language codes."""
        if not any(bags):
            return cls(None, count=len(bags), languages=sorted(languages))
        import bm25s  # slow to import

        engine = bm25s.BM25(k1=K1, b=B, method="lucene")
        engine.index(list(bags), show_progress=False)
        scores = engine.scores
        vocabulary = {stem: int(column) for stem, column in engine.vocab_dict.items()}
        postings = Postings(vocabulary, scores["indptr"], scores["indices"], scores["data"])
        return cls(postings, count=len(bags), languages=sorted(languages))

    def __len__(self) -> int:
        return self._count

    @property
    def postings(self) -> Postings | None:
        """What is stored of the words, to be checked; None where no text has a word."""
        return self._postings

    def question_stems(self, question: str) -> tuple[str, ...]:
        """The distinct stems of a question, in order, without the function words of its language.

        A word is stemmed by each language of the index. Where there are several, only those of its
        stems count that a text has, and of a word that no text has only one: a stem of the wrong
        language would else weigh as a word that is missing.
        """
        asked = _all_words(question)
        ignored = _ignored(_function_language(asked, self.languages))
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
            if word not in _ignored(language)
            for stem in stem_words([word], language=language)
        ]
        if len(self.languages) == 1:
            return candidates
        known = [s for s in candidates if self._postings and s in self._postings.vocabulary]
        return known or candidates[:1]

    def scores(self, question_stems: Sequence[str]) -> FloatMatrix:
        """``(n,)`` float32: the BM25 score of each text, 0 where no stem is shared."""
        scores = np.zeros(self._count, np.float32)
        if self._postings is None:
            return scores
        for stem in question_stems:
            column = self._postings.vocabulary.get(stem)
            if column is not None:
                of_stem = self._postings.of(column)
                scores[self._postings.rows[of_stem]] += self._postings.scores[of_stem]
        return scores

    def weight(self, stem: str) -> float:
        """How much the stem says: ``ln(1 + (n - df + 0.5) / (df + 0.5))``, Lucene's idf.

        A stem that no text has gets the largest weight, that of ``df = 0``.
        """
        if self._postings is None or (column := self._postings.vocabulary.get(stem)) is None:
            return self._idf(0)
        of_stem = self._postings.of(column)
        return self._idf(of_stem.stop - of_stem.start)

    @property
    def largest_weight(self) -> float:
        """The weight of a stem that no text has: no other is larger."""
        return self._idf(0)

    def _idf(self, frequency: int) -> float:
        return float(np.log1p((self._count - frequency + 0.5) / (frequency + 0.5)))

    def ceiling(self, question_stems: Sequence[str]) -> float:
        """The score that no text can exceed: each stem's weight times ``k1 + 1`` saturation.

        bm25s leaves the constant ``k1 + 1`` out, so a stem's largest contribution is its weight.
        """
        return sum(self.weight(stem) for stem in question_stems)

    def to_files(self, prefix: str) -> dict[str, bytes]:
        """The index as files whose names begin with ``prefix``; nothing is pickled."""
        head = {"count": self._count, "languages": list(self._languages)}
        postings = self._postings
        if postings is None:
            return {f"{prefix}.json": _json(head)}
        return {
            f"{prefix}.json": _json({**head, "vocabulary": postings.vocabulary}),
            f"{prefix}-scores.npy": array_to_bytes(postings.scores),
            f"{prefix}-rows.npy": array_to_bytes(postings.rows),
            f"{prefix}-starts.npy": array_to_bytes(postings.starts),
        }

    @classmethod
    def from_files(cls, files: Mapping[str, Content], prefix: str) -> "LexicalIndex":
        """The index that ``to_files`` gave.

        Raises:
            IndexDamaged: if a file is missing or is not what it should be.
        """
        try:
            head = json.loads(bytes(files[f"{prefix}.json"]))
            count, languages = int(head["count"]), [str(code) for code in head["languages"]]
            if "vocabulary" not in head:
                return cls(None, count=count, languages=languages)
            rows, starts, scores = (
                array_from_bytes(files[f"{prefix}-{name}.npy"])
                for name in ("rows", "starts", "scores")
            )
            postings = Postings(dict(head["vocabulary"]), starts, rows, scores)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise IndexDamaged("the lexical index is not readable") from error
        return cls(postings, count=count, languages=languages)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode("utf-8")
