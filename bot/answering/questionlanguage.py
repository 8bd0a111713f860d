"""Tells the language of a question, offline. No other module imports ``py3langid``.

It is imported and its model is loaded with the first question that finds nothing, not before.
"""

import re
import threading
from functools import lru_cache
from typing import Any

from bot.language import texts
from bot.language.questionwords import languages_asked_in
from bot.language.translation import LANGUAGES, translator
from corpus import Corpus
from embeddings import model_languages, search_form

_LEAST_PROBABILITY = 0.5
_MOST_ENGLISH = 0.05
_FEWEST_LETTERS = 8
_FEWEST_WORDS = 3
"""Chosen on 6,142 English texts, a quarter of them misspelt, in capitals or cut to key words, of
which one is taken for another language, and on 7,270 texts in seven other languages, of which
99 % are recognised and none is taken for a third language; not measured on others."""

_LOADING = threading.Lock()
_LATIN_ENDS = "\u024f"
_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH_FIRST_WORDS = frozenset("what which who whom whose how why where when did the".split())


def question_language(question: str) -> str | None:
    """Return the code of the language of the question, of ``texts.LANGUAGE_NAMES``; None if unsure.

    Made so that an English question is hardly ever taken for another: a question word of another
    language in front is enough, but else a text in Latin letters needs at least three words and
    eight letters, no English question word in front, and English must be improbable. Names alone
    ("Burkina Faso", "Quad Tokyo 2022") are in no language.
    """
    words = _words(question)
    if not words:
        return None
    probabilities = dict(_identifier().rank(search_form(question)))
    asked_in = languages_asked_in(words)
    if asked_in:
        return max(sorted(asked_in), key=lambda code: probabilities[code])
    likeliest = max(probabilities, key=lambda code: probabilities[code])
    if likeliest == "en":
        return likeliest if probabilities[likeliest] >= _LEAST_PROBABILITY else None
    if not _is_latin(words):
        return str(likeliest)
    sure = (
        not _too_little_or_english(words)
        and probabilities[likeliest] >= _LEAST_PROBABILITY
        and probabilities["en"] <= _MOST_ENGLISH
    )
    return str(likeliest) if sure else None


def _words(question: str) -> list[str]:
    return _WORD.findall(search_form(question).casefold())


def _is_latin(words: list[str]) -> bool:
    """Return whether at least half of the letters are Latin."""
    latin = sum(c <= _LATIN_ENDS for word in words for c in word)
    return 2 * latin >= sum(map(len, words))


def _too_little_or_english(words: list[str]) -> bool:
    """Return whether a text in Latin letters is too short to judge, or begins like English."""
    return not languages_asked_in(words) and (
        sum(map(len, words)) < _FEWEST_LETTERS
        or len(words) < _FEWEST_WORDS
        or words[0] in _ENGLISH_FIRST_WORDS
    )


def other_language_notices(
    question: str, *, corpus: Corpus, model: str, language: str
) -> tuple[str, ...]:
    """Return at most one notice that the language of the question may be why nothing answered.

    It is in the question's language if there is a catalogue of it, else in ``language``. Of a
    model whose languages are not known, only a language that no statement is in is remarked.
    """
    misread = _misread(question, corpus, model)
    if misread is None:
        return ()
    spoken, stated, read = misread
    if read is None:
        notice = texts.STATEMENTS_IN_OTHER_LANGUAGE
    else:
        notice = texts.MODEL_MISSES_STATEMENTS if stated else texts.MODEL_READS_ENGLISH
    words = translator(spoken if spoken in LANGUAGES else language)
    return (words.say(notice, language=words.say(texts.LANGUAGE_NAMES[spoken])),)


def is_french(question: str) -> bool:
    """Return whether a question is surely in French."""
    return question_language(question) == "fr"


def reads_only_english(model: str) -> bool:
    """Return whether a model reads English and no French."""
    read = model_languages(model) or frozenset()
    return "en" in read and "fr" not in read


def may_be_misread(question: str, *, corpus: Corpus, model: str) -> bool:
    """Return whether a question is in a language in which the model may miss what answers it."""
    return _misread(question, corpus, model) is not None


def _misread(
    question: str, corpus: Corpus, model: str
) -> tuple[str, bool, frozenset[str] | None] | None:
    """Return the language of a question that may be misread, whether a statement is in it, and
    the languages of the model, None if unknown; None for a question that the model reads.
    """
    read = model_languages(model)
    words_of = _words(question)
    if "en" in (read or ()) and _is_latin(words_of) and _too_little_or_english(words_of):
        return None  # English or unsure, whatever the model says, which takes half a second to load
    spoken = question_language(question)
    if spoken is None:
        return None
    stated = spoken in languages_of(corpus)
    if spoken in (read or ()) or (read is None and stated):
        return None
    return spoken, stated, read


def is_in_another_language(question: str, corpus: Corpus) -> bool:
    """Return whether a question is surely in a language that no document of the corpus is in."""
    words = _words(question)
    if not words or (_is_latin(words) and _too_little_or_english(words)):
        return False  # without the model, which takes half a second to load
    spoken = question_language(question)
    return spoken is not None and spoken not in languages_of(corpus)


def languages_of(corpus: Corpus) -> frozenset[str]:
    """Return the codes of the languages of a corpus, without their regions."""
    return frozenset(d.language.split("-", 1)[0].lower() for d in corpus.documents)


def _identifier() -> Any:
    with _LOADING:  # of several first questions at once, each would load it
        return _loaded_identifier()


@lru_cache(maxsize=1)
def _loaded_identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(texts.LANGUAGE_NAMES))
    return identifier
