"""Finds the form under which a list has a French word, and English words that resemble one."""

from collections.abc import Callable, Iterator

from bot.plainquestions.plainwords import folded

_SHORTEST_STEM = 2
_BASES = (
    ("s", ""),
    ("x", ""),
    ("e", ""),
    ("es", ""),
    ("aux", "al"),
    ("ales", "al"),
    ("elles", "el"),
    ("elle", "el"),
    ("ennes", "en"),
    ("enne", "en"),
    ("euses", "eux"),
    ("euse", "eux"),
    ("ives", "if"),
    ("ive", "if"),
    ("trices", "teur"),
    ("trice", "teur"),
    *((ending, "er") for ending in ("ees", "ee", "es", "e", "ent", "ons", "ez", "ait", "aient")),
    *((ending, "er") for ending in ("era", "eront", "erait", "eraient", "a", "erent", "ant")),
    *((ending, "ir") for ending in ("is", "ies", "ie", "it", "issent", "ira", "iront", "issant")),
    *((ending, "re") for ending in ("us", "ues", "ue", "u", "ent", "ra", "ront", "")),
    ("i", "ir"),
)
"""The endings of forms, without accents, and those of the words that a list has in their place."""

_COGNATES = (
    ("tes", "ties"),
    ("te", "ty"),
    ("iques", "ic"),
    ("ique", "ic"),
    ("ique", "ical"),
    ("isme", "ism"),
    ("istes", "ists"),
    ("iste", "ist"),
    ("eurs", "ors"),
    ("eur", "or"),
    ("aires", "ary"),
    ("aire", "ary"),
    ("aire", "arian"),
    ("ives", "ive"),
    ("ifs", "ive"),
    ("if", "ive"),
    ("euses", "ous"),
    ("eux", "ous"),
    ("euse", "ous"),
    ("elles", "al"),
    ("elle", "al"),
    ("els", "al"),
    ("el", "al"),
    ("ement", "ly"),
    ("ies", "ies"),
    ("ie", "y"),
    ("iser", "ize"),
    ("er", "ate"),
    ("er", "e"),
    ("er", ""),
    ("ees", "ed"),
    ("ee", "ed"),
    ("es", "ed"),
    ("e", "ed"),
    ("es", ""),
    ("e", ""),
    ("s", ""),
)
_SHORTEST_COGNATE = 5


def base_forms(word: str) -> Iterator[str]:
    """Yield what may be the singular, the masculine or the infinitive of a French word, without
    accents.
    """
    plain = folded(word)
    for ending, base in _BASES:
        stem = plain.removesuffix(ending)
        if len(stem) >= _SHORTEST_STEM and (stem != plain or not ending):
            yield stem + base


def cognate(word: str, known: Callable[[str], bool]) -> str | None:
    """Return the English word that a French one resembles by a regular ending; None if none of
    these is ``known``.
    """
    plain = folded(word)
    if len(plain) < _SHORTEST_COGNATE:
        return None
    if known(plain):
        return plain
    for ending, english in _COGNATES:
        stem = plain.removesuffix(ending)
        if stem != plain and known(stem + english):
            return stem + english
    return None


def plain_form(verb: str) -> str:
    """Return the plain form of an English verb in the third person; another word as it is."""
    if not verb.endswith("s") or verb.endswith("ss") or " " in verb:
        return verb
    if verb.endswith("ies"):
        return f"{verb.removesuffix('ies')}y"
    return verb.removesuffix("es" if verb.endswith(("shes", "ches", "sses", "goes")) else "s")


def past_form(verb: str) -> str:
    """Return the past of a regular English verb in the third person; another word as it is."""
    plain = plain_form(verb)
    if plain == verb:
        return verb
    if plain.endswith("e"):
        return f"{plain}d"
    return f"{plain[:-1]}ied" if verb.endswith("ies") else f"{plain}ed"


def plural(noun: str) -> str:
    """Return the regular plural of an English noun; one that ends like a plural as it is."""
    if noun.endswith("s"):
        return noun
    if noun.endswith("y") and not noun.endswith(("ay", "ey", "oy")):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("sh", "ch", "x")) else f"{noun}s"
