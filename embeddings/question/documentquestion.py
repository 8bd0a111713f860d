"""Recognises questions about a document itself: its date, its place, its publisher.

Their answer stands in no paragraph but in the dateline, whose words ("May 12 2022 – Marrakesh,
Morocco - Global Affairs Canada") share nothing with the question.
"""

import re
from collections.abc import Set
from dataclasses import dataclass

from embeddings.text.searchform import search_form
from embeddings.text.stemming import stems

_WHEN_WHERE = re.compile(
    r"\b(?:when|where|(?:what|which)\s+(?:date|day|month|year|city|country|place|town)|date of"
    r"|place of|quand|où|quelle\s+(?:date|ville))\b",
    re.I,
)
_WHO = re.compile(r"\b(?:who|whose|which|qui|quel)\b", re.I)
_ASKING = re.compile(
    r"\b(?:what|who|whom|whose|which|when|where|why|how|do|does|did|is|are|was|were|can|will"
    r"|que|qui|quoi|quel\w*|quand|où|pourquoi|comment|combien|est)\b",
    re.I,
)
_DOCUMENT = """
statement declaration communique communiqué document text joint press release remarks readout
date day month year city country place town déclaration texte communiqué
"""
_MADE = "made make signed sign adopted adopt agreed agree dated fait faite signé signée adopté"
_PUBLISHED = """
published publish publisher issued issue issuer released release written write wrote author
publié publiée émis auteur
"""
_EVENT = """
meet met meeting held hold convened convene reconvened gathered gather gathering took take place
conference summit event happen happened réunion réunis rencontrés tenu tenue lieu
"""


def _stems(words: str) -> frozenset[str]:
    return frozenset([*stems(words, language="en"), *stems(words, language="fr")])


_ABOUT_DOCUMENT = _stems(_DOCUMENT + _MADE + _PUBLISHED)
_ABOUT_EVENT = _ABOUT_DOCUMENT | _stems(_EVENT)
_PUBLISHING = _stems(_PUBLISHED)


@dataclass(frozen=True, slots=True)
class _QuestionInLanguage:
    """A question understood in one language.

    ``asked`` are the words that the title must explain if the question is about a document's
    making. ``named`` are those that title and place must explain if the words only name an event.
    Each is None if the question is not of that form.
    """

    words: frozenset[str]
    asked: frozenset[str] | None
    named: frozenset[str] | None


class DocumentQuestion:
    """A question, parsed once, to compare with the titles of many documents."""

    def __init__(self, question: str) -> None:
        text = search_form(question)
        when_where = _WHEN_WHERE.search(text) is not None
        who = _WHO.search(text) is not None
        asks_nothing = _ASKING.search(text) is None
        explained = _ABOUT_EVENT if when_where else _ABOUT_DOCUMENT
        readings = []
        for language in ("en", "fr"):
            words = frozenset(stems(text, language=language)) - {"when", "where"}
            asks = bool(words) and (when_where or (who and bool(words & _PUBLISHING)))
            names = asks_nothing and bool(words & _ABOUT_EVENT)
            readings.append(
                _QuestionInLanguage(
                    words,
                    asked=words - explained if asks else None,
                    named=words - _ABOUT_EVENT if names else None,
                )
            )
        self._readings = tuple(r for r in readings if r.asked is not None or r.named is not None)

    def is_about(self, title_stems: Set[str], place_stems: Set[str] = frozenset()) -> bool:
        """Return whether it asks when, where or by whom a document of that title was made.

        It does if its words, apart from its question word, are all words of the title, or words for
        documents, for their making, or for the event they came from. A question with a word of its
        own ("When was the prison attacked?") asks about the content. Words that ask nothing but
        name the event by its place ("Marrakesh meeting") count as such a question.
        """
        return any(
            (r.asked is not None and r.asked <= title_stems)
            or (
                r.named is not None
                and bool(r.words & place_stems)
                and r.named <= title_stems | place_stems
            )
            for r in self._readings
        )
