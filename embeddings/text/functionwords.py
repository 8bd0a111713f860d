"""Gives the function words of a language, which carry no topic: the lexical index ignores them."""

from functools import cache
from pathlib import Path

FUNCTION_WORD_LANGUAGES = ("en", "fr")
"""The languages whose function words tell that a question is in them."""


def function_words(language: str) -> frozenset[str]:
    """Return the function words of a language code ("en", "fr-CA"); empty for a language without a
    list.

    Words are in lower case, elided forms without their apostrophe ("qu", "l").
    """
    return _lists().get(language.split("-", 1)[0].lower(), frozenset())


@cache
def _lists() -> dict[str, frozenset[str]]:
    """Return the lists by language code."""
    lines = (Path(__file__).parent / "functionwords.txt").read_text("utf-8").splitlines()
    words: dict[str, list[str]] = {}
    code = ""
    for line in lines:
        if line.startswith("#"):
            continue
        if not line.startswith(" "):
            code, _, line = line.partition(":")  # noqa: PLW2901
            words[code] = []
        words[code] += line.split()
    return {code: frozenset(each) for code, each in words.items()}
