"""Questions about a document itself: when and where it was made, who published it.

Their answer stands in no paragraph but in the dateline, whose words ("May 12 2022 – Marrakesh,
Morocco - Global Affairs Canada") share nothing with the question.
"""

import re
from collections.abc import Collection

from embeddings.lexicalindex import stems
from embeddings.searchform import search_form

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


def asks_about_document(
    question: str, title_stems: Collection[str], place_stems: Collection[str] = ()
) -> bool:
    """Whether the question asks when, where or by whom a document of that title was made.

    It does if, besides its question word, it has no other words than those of the title and
    words for documents, their making, and for the event they came from. A question that has a
    word of its own ("When was the prison attacked?") asks about the content. Words that ask
    nothing but name the event by its place ("Marrakesh meeting") are taken for such a question.
    """
    text = search_form(question)
    when_where = _WHEN_WHERE.search(text) is not None
    asks_nothing = _ASKING.search(text) is None
    titled, place = set(title_stems), set(place_stems)
    allowed = titled | (_ABOUT_EVENT if when_where else _ABOUT_DOCUMENT)
    for language in ("en", "fr"):
        words = set(stems(text, language=language)) - {"when", "where"}
        asked = when_where or (_WHO.search(text) is not None and bool(words & _PUBLISHING))
        if words and asked and words <= allowed:
            return True
        names_event = bool(words & place) and bool(words & _ABOUT_EVENT)
        if asks_nothing and names_event and words <= titled | place | _ABOUT_EVENT:
            return True
    return False
