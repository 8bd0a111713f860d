"""Corrects misspelt words of a question with the words of the corpus."""

import re
from collections.abc import Callable, Sequence

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SHORTEST = 5
_LEAST_SIMILARITY = 0.75
_LOOKED_AT = 20
_LENGTH_DIFFERENCE = 2


class Spelling:
    """The words of a corpus, arranged to find the nearest one to a misspelt word."""

    def __init__(self, words: Sequence[str]) -> None:
        """Arrange ``words``, which are case-folded, not empty, and the most frequent first."""
        self._words = frozenset(words)
        self._by_letter: dict[str, list[str]] = {}
        for word in words:
            self._by_letter.setdefault(word[0], []).append(word)

    def correct(self, question: str, *, known: Callable[[str], bool]) -> str | None:
        """Return the question with misspelt words replaced, or None if none is.

        A word counts as misspelt if it has at least five letters, is not a word of the corpus and
        ``known`` does not know it. It is replaced by the word with the same first letter that is
        nearest in Damerau-Levenshtein similarity, at least 0.75; of two equally near ones by the
        more frequent. Everything else of the question stays as it is.
        """
        changed = False

        def right(match: re.Match[str]) -> str:
            nonlocal changed
            word = match.group().casefold()
            if len(word) < _SHORTEST or word in self._words or known(word):
                return match.group()
            found = self._nearest(word)
            changed = changed or found is not None
            return found or match.group()

        corrected = _WORD.sub(right, question)
        return corrected if changed else None

    def _nearest(self, word: str) -> str | None:
        alike = [
            w
            for w in self._by_letter.get(word[0], ())
            if abs(len(w) - len(word)) <= _LENGTH_DIFFERENCE
        ]
        from corpus.worddistance import most_alike, similarity  # slow to import

        best: tuple[float, int] | None = None
        for place in most_alike(word, alike, count=_LOOKED_AT):
            found = similarity(word, alike[place])
            if found >= _LEAST_SIMILARITY and (best is None or (found, -place) > best):
                best = (found, -place)
        return None if best is None else alike[-best[1]]
