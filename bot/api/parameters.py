"""Defines parameters of the HTTP API: the JSON schema of each, and the reading of its values.

A schema says no more and no less than what is read, so that the OpenAPI document cannot differ from
the code.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from bot.language.translation import LANGUAGES
from bot.language.utf16 import shorten
from embeddings import iso_range

_WORD = r"\S"
_DAY = r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"
_DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_SHOWN_UNITS = 60

Schema = dict[str, Any]


class BadValue(Exception):
    """A parameter cannot be used; the message is one sentence for the caller."""


class Unusable(BadValue):
    """A parameter has its form, and means nothing: such as the 30th of February."""


class Kind(Protocol):
    """A kind of values."""

    @property
    def schema(self) -> Schema:
        """The JSON schema of a value."""
        ...

    def typed(self, name: str, text: str) -> Any:
        """Return the value in the text of an address.

        Raises:
            BadValue: if it is none of this kind.
        """
        ...

    def read(self, name: str, value: Any) -> Any:
        """Return the value in a field of JSON.

        Raises:
            BadValue: if it is none of this kind.
        """
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """A text of at most ``most`` characters that has a character other than white space."""

    most: int

    @property
    def schema(self) -> Schema:
        """The JSON schema of a value."""
        return {"type": "string", "minLength": 1, "maxLength": self.most, "pattern": _WORD}

    def typed(self, name: str, text: str) -> str:
        """Return the text of an address; see ``Kind``."""
        return self.read(name, text)

    def read(self, name: str, value: Any) -> str:
        """Return the text in a field of JSON; see ``Kind``."""
        if not isinstance(value, str):
            raise BadValue(f'"{name}" must be a text.')
        if len(value) > self.most:
            raise BadValue(
                f'"{name}" has {len(value):,} characters, and at most {self.most:,} are taken.'
            )
        if not re.search(_WORD, value):
            raise BadValue(f'"{name}" is empty.')
        if _SURROGATE.search(value):
            raise BadValue(f'"{name}" holds half of a character.')
        return value


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number from ``least`` to ``most``."""

    least: int
    most: int

    @property
    def schema(self) -> Schema:
        """The JSON schema of a value."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}

    def typed(self, name: str, text: str) -> int:
        """Return the number in an address; see ``Kind``."""
        return self.read(name, int(text) if _DIGITS.fullmatch(text) else None)

    def read(self, name: str, value: Any) -> int:
        """Return the number in a field of JSON; see ``Kind``."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if type(value) is not int or not self.least <= value <= self.most:
            raise BadValue(f'"{name}" must be a whole number from {self.least} to {self.most:,}.')
        return value


@dataclass(frozen=True, slots=True)
class Day:
    """The first or the last day of a day, a month or a year."""

    is_last: bool = False

    @property
    def schema(self) -> Schema:
        """The JSON schema of a value."""
        return {"type": "string", "pattern": _DAY}

    def typed(self, name: str, text: str) -> date:
        """Return the day in an address; see ``Kind``."""
        return self.read(name, text)

    def read(self, name: str, value: Any) -> date:
        """Return the day in a field of JSON; see ``Kind``."""
        if not isinstance(value, str) or not re.search(_DAY, value):
            raise BadValue(f'"{name}" must be a date such as 2021-03-12, 2021-03 or 2021.')
        days = iso_range(value)
        if days is None:
            raise Unusable(f'"{name}" is no day of the calendar.')
        return days[1] if self.is_last else days[0]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words."""

    words: Sequence[str]

    @property
    def schema(self) -> Schema:
        """The JSON schema of a value."""
        return {"type": "string", "enum": list(self.words)}

    def typed(self, name: str, text: str) -> str:
        """Return the word in an address; see ``Kind``."""
        return self.read(name, text)

    def read(self, name: str, value: Any) -> str:
        """Return the word in a field of JSON; see ``Kind``."""
        if value not in self.words:
            raise BadValue(f'"{name}" must be {" or ".join(self.words)}.')
        return str(value)


@dataclass(frozen=True, slots=True)
class CitationText:
    """A citation: a text of at most ``most`` characters, or in a field the JSON of an answer."""

    most: int

    @property
    def schema(self) -> Schema:
        """The JSON schema of a value."""
        return Text(self.most).schema

    @property
    def field_schema(self) -> Schema:
        """The JSON schema of a field, which may be the JSON itself."""
        return {"anyOf": [self.schema, {"type": "object"}, {"type": "array"}]}

    def typed(self, name: str, text: str) -> str:
        """Return the citation in an address; see ``Kind``."""
        return Text(self.most).read(name, text)

    def read(self, name: str, value: Any) -> Any:
        """Return the citation in a field of JSON; see ``Kind``."""
        if isinstance(value, dict | list):
            return value
        return Text(self.most).read(name, value)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: its name, its meaning, its kind, and the most values that it has.

    One that may have several values stands in an address as often as it has values, and is a list
    in JSON.
    """

    name: str
    says: str
    kind: Kind
    required: bool = False
    most_values: int = 1
    default: Any = None

    @property
    def is_list(self) -> bool:
        """True if it may have several values."""
        return self.most_values > 1

    @property
    def schema(self) -> Schema:
        """The JSON schema of the parameter in an address."""
        return self._schema(self.kind.schema)

    @property
    def field_schema(self) -> Schema:
        """The JSON schema of the parameter as a field of JSON."""
        return self._schema(getattr(self.kind, "field_schema", self.kind.schema))

    def _schema(self, one: Schema) -> Schema:
        if self.is_list:
            return {"type": "array", "items": one, "maxItems": self.most_values}
        return one if self.default is None else {**one, "default": self.default}

    def typed(self, texts: Sequence[str]) -> Any:
        """Return the value that an address gives, or a tuple of several.

        Raises:
            BadValue: if one cannot be used, or there are too many.
        """
        if len(texts) > self.most_values:
            raise BadValue(f'"{self.name}" is given {len(texts)} times, {self._at_most}.')
        found = tuple(self.kind.typed(self.name, text) for text in texts)
        return found if self.is_list else found[0]

    def read(self, value: Any) -> Any:
        """Return the value that a field of JSON gives, or a tuple of several.

        Raises:
            BadValue: if one cannot be used, or there are too many.
        """
        if not self.is_list:
            return self.kind.read(self.name, value)
        if not isinstance(value, list):
            raise BadValue(f'"{self.name}" must be a list.')
        if len(value) > self.most_values:
            raise BadValue(f'"{self.name}" has {len(value)} values, {self._at_most}.')
        return tuple(self.kind.read(self.name, each) for each in value)

    @property
    def _at_most(self) -> str:
        return "at most once" if self.most_values == 1 else f"at most {self.most_values}"


def read_address(
    parameters: Sequence[Parameter], given: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Return the values that an address gives to parameters.

    Raises:
        BadValue: if one is wrong, unknown or missing.
    """
    known = {each.name: each for each in parameters}
    _refuse_unknown(known, given)
    found = {name: known[name].typed(texts) for name, texts in given.items()}
    return _complete(parameters, found)


def read_fields(parameters: Sequence[Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that the fields of a JSON object give to parameters.

    Raises:
        BadValue: if one is wrong, unknown or missing.
    """
    known = {each.name: each for each in parameters}
    _refuse_unknown(known, given)
    found = {name: known[name].read(value) for name, value in given.items()}
    return _complete(parameters, found)


def _refuse_unknown(known: Mapping[str, Parameter], given: Mapping[str, Any]) -> None:
    for name in given:
        if name not in known:
            shown = shorten(" ".join(_SURROGATE.sub("?", name).split()), units=_SHOWN_UNITS)
            raise BadValue(f'There is no parameter "{shown}" here, only {", ".join(known)}.')


def _complete(parameters: Sequence[Parameter], found: dict[str, Any]) -> dict[str, Any]:
    for each in parameters:
        if each.required and each.name not in found:
            raise BadValue(f'"{each.name}" is missing.')
        if each.default is not None:
            found.setdefault(each.name, each.default)
    return found


LANGUAGE = Parameter("lang", "The language of notices.", Choice(LANGUAGES))
