"""Defines the parts that the HTTP API is made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.verification.visibletexts import VisibleTexts
from bot.webaccess.desk import Desk

Fields = dict[str, Any]
"""An object of JSON."""


@dataclass(frozen=True, slots=True)
class Api:
    """The parts of the API: the desk at which the work is done, and the texts of now and before.

    ``is_refreshing`` says whether a refresh runs now, in any process.
    """

    desk: Desk
    texts: VisibleTexts
    is_refreshing: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Given:
    """The values of parameters that a caller gives, its language, and the groups it belongs to."""

    values: Mapping[str, Any]
    language: str
    groups: frozenset[str]
