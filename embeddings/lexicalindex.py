"""Exact words: BM25 over stems. The only module that imports ``bm25s`` and ``Stemmer``."""

import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import bm25s
import numpy as np
import Stemmer

from embeddings.arrayfile import array_from_bytes, array_to_bytes
from embeddings.embedder import FloatMatrix
from embeddings.errors import IndexDamaged
from embeddings.functionwords import function_words
from embeddings.searchform import search_form

K1 = 1.2
B = 0.75
"""BM25's parameters as Robertson and Zaragoza (2009) recommend them; method "lucene" of bm25s."""

_WORD = re.compile(r"\w+(?:\.\w+)*")
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


@lru_cache(maxsize=64)
def _stemmer(language: str) -> Stemmer.Stemmer | None:
    name = _SNOWBALL.get(language.split("-", 1)[0].lower())
    return Stemmer.Stemmer(name) if name else None


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
    """The case-folded words that ``stems`` stems, in order; function words left out."""
    ignored = function_words(language)
    return [w for w in _WORD.findall(search_form(text).casefold()) if w not in ignored]


class LexicalIndex:
    """BM25 scores of texts for a question. Scores are ≥ 0; a text without a shared stem has 0."""

    def __init__(self, engine: bm25s.BM25 | None, *, count: int, languages: Sequence[str]) -> None:
        self._engine = engine
        self._count = count
        self._languages = tuple(languages)

    @classmethod
    def build(cls, texts: Iterable[tuple[str, str]]) -> "LexicalIndex":
        """An index of (text, language code) pairs, in order; texts without a word score 0."""
        pairs = list(texts)
        bags = [stems(text, language=language) for text, language in pairs]
        languages = sorted({language for _, language in pairs})
        if not any(bags):
            return cls(None, count=len(pairs), languages=languages)
        engine = bm25s.BM25(k1=K1, b=B, method="lucene")
        engine.index(bags, show_progress=False)
        return cls(engine, count=len(pairs), languages=languages)

    def __len__(self) -> int:
        return self._count

    def question_stems(self, question: str) -> tuple[str, ...]:
        """The distinct stems of a question under each language of the index, in order."""
        languages = self._languages or ("en",)
        return tuple(
            dict.fromkeys(stem for code in languages for stem in stems(question, language=code))
        )

    def scores(self, question_stems: Sequence[str]) -> FloatMatrix:
        """``(n,)`` float32: the BM25 score of each text, 0 where no stem is shared."""
        known = [s for s in question_stems if self._engine and s in self._engine.vocab_dict]
        if self._engine is None or not known:
            return np.zeros(self._count, np.float32)
        scores: FloatMatrix = self._engine.get_scores(known)
        return scores

    def weight(self, stem: str) -> float:
        """How much the stem says: ``ln(1 + (n - df + 0.5) / (df + 0.5))``, Lucene's idf.

        A stem that no text has gets the largest weight, that of ``df = 0``.
        """
        frequency = 0
        if self._engine is not None and (column := self._engine.vocab_dict.get(stem)) is not None:
            starts = self._engine.scores["indptr"]
            frequency = int(starts[column + 1] - starts[column])
        return self._idf(frequency)

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
        if self._engine is None:
            return {f"{prefix}.json": _json(head)}
        scores = self._engine.scores
        vocabulary = {s: int(c) for s, c in self._engine.vocab_dict.items()}
        return {
            f"{prefix}.json": _json({**head, "vocabulary": vocabulary}),
            f"{prefix}-scores.npy": array_to_bytes(scores["data"]),
            f"{prefix}-rows.npy": array_to_bytes(scores["indices"]),
            f"{prefix}-starts.npy": array_to_bytes(scores["indptr"]),
        }

    @classmethod
    def from_files(cls, files: dict[str, bytes], prefix: str) -> "LexicalIndex":
        """The index that ``to_files`` gave.

        Raises:
            IndexDamaged: if a file is missing or is not what it should be.
        """
        try:
            head = json.loads(files[f"{prefix}.json"])
            count, languages = int(head["count"]), [str(code) for code in head["languages"]]
            if "vocabulary" not in head:
                return cls(None, count=count, languages=languages)
            engine = bm25s.BM25(k1=K1, b=B, method="lucene")
            engine.vocab_dict = head["vocabulary"]
            engine.unique_token_ids_set = set(engine.vocab_dict.values())
            engine.nonoccurrence_array = None
            engine.scores = {
                "data": array_from_bytes(files[f"{prefix}-scores.npy"]),
                "indices": array_from_bytes(files[f"{prefix}-rows.npy"]),
                "indptr": array_from_bytes(files[f"{prefix}-starts.npy"]),
                "num_docs": count,
            }
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise IndexDamaged("the lexical index is not readable") from error
        return cls(engine, count=count, languages=languages)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode("utf-8")
