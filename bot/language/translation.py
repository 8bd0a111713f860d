"""Translates the texts that a person reads, from gettext catalogues.

Texts stand in the code in English, as ``mark("…")`` or in a call of ``plural``;
``bot/locale/LANGUAGE/LC_MESSAGES/verbatim.po`` holds each other language, compiled beside it by
``scripts/catalogues.py``. Replies, Telegram and chats are translated. The command line's help,
tables and errors and the log are for operators, in English.
"""

import gettext
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LANGUAGES = ("en", "fr")
"""The languages of the texts. The code has the first, which everybody gets for whom none fits."""

_CATALOGUES = Path(__file__).parents[1] / "locale"
_NO_BREAK = "\u202f"


def mark(text: str) -> str:
    """Return the text itself. The mark puts it into the catalogues."""
    return text


@dataclass(frozen=True, slots=True)
class Translator:
    """Says texts in one language."""

    language: str
    catalogue: gettext.NullTranslations

    def say(self, text: str, **values: str) -> str:
        """Return the translation of a marked text, each ``{name}`` replaced by its value."""
        said = self.catalogue.gettext(text)
        return said.format(**values) if values else said

    def plural(self, one: str, many: str, count: int, **values: str) -> str:
        """Return the form for a count; replace ``{count}`` by it, each other ``{name}`` by its
        value.
        """
        said = self.catalogue.ngettext(one, many, count)
        return said.format(count=self.number(count), **values)

    def number(self, value: float, *, decimals: int = 0) -> str:
        """Return the number as it is written in the language: "1,948.5", in French "1 948,5"."""
        written = f"{value:,.{decimals}f}"
        if self.language == "fr":
            return written.replace(",", _NO_BREAK).replace(".", ",")
        return written


@lru_cache
def translator(language: str) -> Translator:
    """Return the Translator of one of ``LANGUAGES``.

    Raises:
        ValueError: if the language is none of them.
    """
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}, not {language!r}")
    if language == LANGUAGES[0]:
        return Translator(language, gettext.NullTranslations())
    return Translator(language, gettext.translation("verbatim", _CATALOGUES, [language]))


def nearest_language(tag: str | None) -> str:
    """Return the language of ``LANGUAGES`` for "fr", "fr-CA" or "fr_FR.UTF-8"; else the first."""
    code = (tag or "").replace("_", "-").replace(".", "-").split("-", 1)[0].lower()
    return code if code in LANGUAGES else LANGUAGES[0]
