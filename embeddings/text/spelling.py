"""Corrects misspelt words of a question with the words of the corpus."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property

from embeddings.text.marks import without_marks
from embeddings.text.spellingvariants import other_spellings

# a part of a name of a file, an address or a code is no word
_WORD = re.compile(r"(?<![\w@/.#&])[^\W\d_]++(?:['’][^\W\d_]++)*+(?![\w@/&]|\.\w)")
_APOSTROPHE = re.compile("['’]")
_SHORTEST = 5
_LONGEST_INITIALS = 6
_LEAST_SIMILARITY = 0.75
_LOOKED_AT = 20
_LENGTH_DIFFERENCE = 2
_ENDINGS = ("ings", "ing", "ies", "es", "ed", "ly", "s")
_SHORTEST_STEM = 4


def _any_word(_word: str) -> bool:
    return True


class Spelling:
    """The words of a corpus, arranged to find the nearest one to a misspelt word."""

    def __init__(self, words: Sequence[str]) -> None:
        """Arrange ``words``, which are case-folded, not empty, and the most frequent first."""
        self._words = frozenset(words)
        self._by_letter: dict[str, list[str]] = {}
        for word in words:
            if word.isalpha():
                self._by_letter.setdefault(word[0], []).append(word)

    @cached_property
    def _unmarked(self) -> frozenset[str]:
        """The words without their marks."""
        return frozenset(map(without_marks, self._words))

    def correct(
        self,
        question: str,
        *,
        known: Callable[[str], bool],
        is_name: Callable[[str], bool] = _any_word,
    ) -> str | None:
        """Return the question with misspelt words replaced, or None if none is.

        A word counts as misspelt if it has at least five letters and is none of these: a word of
        the corpus, also without its marks or what follows its apostrophe, and in British or
        American spelling; one that ``known`` knows; a form of either; a short word in capitals
        among others, which are initials. It is replaced by the word with the same first letter that
        is nearest in Damerau-Levenshtein similarity, at least 0.75; of two equally near ones by the
        more frequent. A capitalised word inside the question is a name, and is replaced only by a
        word that ``is_name`` says is one. Everything else of the question stays as it is.
        """
        changed = False
        mixed = not question.isupper()

        def right(match: re.Match[str]) -> str:
            nonlocal changed
            parts = _APOSTROPHE.split(match.group())
            if mixed and match.group().isupper() and len(match.group()) <= _LONGEST_INITIALS:
                return match.group()
            # "Coalition's", "l'Afrique", "don't": the longest part is the word
            longest = max(parts, key=len)
            word = longest.casefold()
            if len(word) < _SHORTEST or self._has(word, known):
                return match.group()
            found = self._nearest(word)
            named = mixed and match.start() > 0 and longest.istitle()
            if found is None or (named and not is_name(found)):
                return match.group()
            changed = True
            return match.group().replace(longest, found, 1)

        corrected = _WORD.sub(right, question)
        return corrected if changed else None

    def _has(self, word: str, known: Callable[[str], bool]) -> bool:
        """Return whether a word is known, or one that it is a form of."""
        if word in self._words or known(word) or without_marks(word) in self._unmarked:
            return True
        stem = word.removesuffix("e")
        longer = {f"{word}s", f"{word}es", *(f"{stem}{ending}" for ending in ("ed", "ing"))}
        if longer & self._words or other_spellings(word) & self._words:
            return True
        for ending in _ENDINGS:
            stem = word.removesuffix(ending)
            if stem != word and len(stem) >= _SHORTEST_STEM:
                forms = [f"{stem}y"] if ending == "ies" else [stem, f"{stem}e"]
                if any(form in self._words or known(form) for form in forms):
                    return True
        return False

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
