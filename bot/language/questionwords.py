"""Knows the question words of languages, by which a short question shows its language."""

from collections.abc import Sequence

_QUESTION_WORDS = {
    "cs": "kdo kdy kde proč kolik",
    "da": "hvem hvor hvornår hvorfor hvad hvilke hvilken hvilket hvordan",
    "de": "wer wem wann warum wieso weshalb welche welcher welches welchen wieviel wieviele wie wo",
    "es": "qué quién quiénes quien quienes cuándo cuando cuántos cuántas cuánto cuánta cuantos "
    "cuantas dónde donde cuál cuáles cual cuales cómo que",
    "fi": "kuka missä milloin miksi montako kuinka mitä",
    "fr": "qui quand où combien pourquoi quel quelle quels quelles quoi lequel laquelle que qu",
    "hu": "mikor miért hány mennyi milyen",
    "id": "siapa berapa kapan mengapa kenapa dimana bagaimana",
    "it": "chi quando quanti quante quanto quale quali perché perche",
    "nl": "wie waar wanneer waarom hoeveel welke wat",
    "no": "hvem hvor når hvorfor hva hvilke hvilken hvilket hvordan",
    "pl": "kto kiedy gdzie dlaczego ile",
    "pt": "quem quando onde quantos quantas quanto qual quais que",
    "ro": "când unde cât câți câte",
    "sv": "vem när varför vad vilka vilken vilket hur",
    "tr": "nerede kaç nasıl neden niçin kimler",
}
"""The words that begin questions, none of them an English word or a usual name."""
_LANGUAGES: dict[str, frozenset[str]] = {
    word: frozenset(code for code, words in _QUESTION_WORDS.items() if word in words.split())
    for words in _QUESTION_WORDS.values()
    for word in words.split()
}


_LONG_WORD = 4


def languages_asked_in(words: Sequence[str]) -> frozenset[str]:
    """Return the codes of the languages that have the first of some case-folded words as a question
    word; none for English and for other texts. Alone a short word says too little.
    """
    if not words or (len(words) == 1 and len(words[0]) < _LONG_WORD):
        return frozenset()
    return _LANGUAGES.get(words[0], frozenset())
