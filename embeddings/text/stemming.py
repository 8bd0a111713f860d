"""Cuts a text into words and reduces them to their stems, in its language.

The only module that imports ``Stemmer``.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import Stemmer

from embeddings.text.functionwords import FUNCTION_WORD_LANGUAGES, function_words
from embeddings.text.searchform import search_form

_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Kana and Han, which have no spaces between words."""
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
def stemmer_of(language: str) -> Stemmer.Stemmer | None:
    """Return the stemmer of a language, None if it has none."""
    name = _SNOWBALL.get(language.split("-", 1)[0].lower())
    return Stemmer.Stemmer(name) if name else None


def stems(text: str, *, language: str = "en") -> list[str]:
    """Return the stems of the words of ``text``, in order, repeats kept, function words left out.

    Words are case-folded runs of letters and digits; "U.S." gives "u.s". A language without a
    Snowball stemmer keeps its words as they are. No word gives ``[]``.
    """
    return stem_words(words(text, language=language), language=language)


def stem_words(content_words: list[str], *, language: str = "en") -> list[str]:
    """Return the stem of each word, in order."""
    stemmer = stemmer_of(language)
    return list(stemmer.stemWords(content_words)) if stemmer else content_words


def words(text: str, *, language: str = "en") -> list[str]:
    """Return the case-folded words that ``stems`` stems, in order; function words left out.

    Chinese and Japanese have no spaces between words: every two neighbouring characters are a
    "word", as in Lucene's CJKBigramFilter.
    """
    ignored = function_words(language)
    return [word for word in all_words(text) if word not in ignored]


def all_words(text: str) -> list[str]:
    """Return the words of a text in its search form, function words too."""
    form = search_form(text).casefold()
    found: list[str] = _WORD.findall(form)
    if not _UNSPACED_START.search(form):
        return found
    return [part for word in found for part in word_parts(word)]


def word_parts(word: str) -> list[str]:
    """Return the parts of a word that are searched as words of their own."""
    if len(word) <= 2 or not _UNSPACED_START.match(word):  # noqa: PLR2004 (a pair is one part)
        return [word]
    return [word[i : i + 2] for i in range(len(word) - 1)]


def function_word_language(asked: Sequence[str], languages: Sequence[str]) -> str:
    """Return the language whose function words a question has most of.

    It is one of ``languages``, the first of those with equally many. Another language with a list
    of its own needs more of them, at least two, and one of more than two letters: "on" and "son"
    are words of several languages, and French has function words like the names "EU" and "AI".
    """

    def function_words_of(language: str) -> list[str]:
        return [word for word in asked if word in function_words(language)]

    best = max(languages, key=lambda language: len(function_words_of(language)))
    other = max(FUNCTION_WORD_LANGUAGES, key=lambda language: len(function_words_of(language)))
    evidence = function_words_of(other)
    more = (
        len(evidence) > len(function_words_of(best))
        and len(evidence) >= _LEAST_OTHER_FUNCTION_WORDS
    )
    return other if more and max(map(len, evidence)) > _LETTERS_OF_A_NAME else best
