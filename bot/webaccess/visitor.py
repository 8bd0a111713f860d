"""Defines the Visitor of a web page or of the HTTP API."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from bot.language.translation import LANGUAGES, nearest_language

_MOST_TAGS = 20
"""Browsers send a handful; the rest of a longer list is not read."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A caller as far as answers depend on it.

    ``groups`` are those whose restricted documents it may see, ``person`` the id of a person whom
    Telegram vouches for, ``language`` that of the texts, one of ``LANGUAGES``.
    """

    groups: frozenset[str] = frozenset()
    person: int | None = None
    language: str = LANGUAGES[0]


def language_of(connection: HTTPConnection) -> str:
    """Return the language in ``?lang=``, else the best one of ``Accept-Language``."""
    chosen = connection.query_params.get("lang")
    if chosen in LANGUAGES:
        return chosen
    return accepted_language(connection.headers.get("accept-language", ""))


def accepted_language(header: str) -> str:
    """Return the language of ``LANGUAGES`` that an ``Accept-Language`` header prefers."""
    best, best_weight = LANGUAGES[0], 0.0
    for tag in header.split(",", _MOST_TAGS)[:_MOST_TAGS]:
        name, _, weight_text = tag.strip().partition(";")
        language = nearest_language(name.strip())
        if language != name.strip().split("-", 1)[0].lower():
            continue  # none of ours: the first stands in for it
        weight = _weight(weight_text)
        if weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(text: str) -> float:
    """Return the number in "q=0.8"; 1 without one, and 0 for what is no number from 0 to 1."""
    name, _, value = text.strip().partition("=")
    if not name:
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
