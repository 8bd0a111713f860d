"""Writes pages from templates. No other module imports ``jinja2``; every value is escaped."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.language import texts, webtexts
from bot.language.translation import Translator

_TEMPLATES = Path(__file__).parent / "templates"
_STYLE = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Shown:
    """A page to write: its template, the values in it, and its status."""

    template: str
    values: Mapping[str, Any]
    status: int = 200


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["t"] = webtexts
    made.globals["texts"] = texts
    return made


@cache
def look() -> str:
    """Return a digest of the version, the templates and the style, which a new one changes."""
    state = hashlib.blake2b(version("verbatim-bot").encode(), digest_size=8)
    for folder in (_TEMPLATES, _STYLE):
        for path in sorted(folder.iterdir()):
            state.update(path.read_bytes())
    return state.hexdigest()


def written(template: str, values: Mapping[str, Any], words: Translator) -> str:
    """Return the page that a template makes of some values, its own words in a language."""
    said: dict[str, Callable[..., str]] = {
        "say": words.say,
        "plural": words.plural,
        "number": words.number,
    }
    return _environment().get_template(template).render(values, **said)
