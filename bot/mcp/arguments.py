"""Checks the arguments of tools by tables, from which their JSON schemas are made, too."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.answering.answerer import DEFAULT_QUOTES, MOST_QUOTES
from embeddings import iso_range

MOST_QUESTION_CHARACTERS = 10_000
MOST_TEXT_CHARACTERS = 100_000
MOST_EARLIER = 20
MOST_NAME_CHARACTERS = 1_000
MOST_NUMBER = 10**9


class BadArgument(Exception):
    """An argument of a tool cannot be used. The message is one sentence for the caller."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a tool: its name, its JSON schema, and the function that reads a value.

    ``read`` takes the name and the value, and raises ``BadArgument``.
    """

    name: str
    schema: Mapping[str, Any]
    read: Callable[[str, Any], Any]
    required: bool = False


def input_schema(arguments: Sequence[Argument]) -> dict[str, Any]:
    """Return the JSON schema of an object with the arguments."""
    return {
        "type": "object",
        "properties": {each.name: dict(each.schema) for each in arguments},
        "required": [each.name for each in arguments if each.required],
        "additionalProperties": False,
    }


def read_arguments(
    arguments: Sequence[Argument], given: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the values of the arguments by name; one that was not given, or is null, is missing.

    Raises:
        BadArgument: if one is wrong, unknown or missing.
    """
    found = {name: value for name, value in (given or {}).items() if value is not None}
    known = {each.name for each in arguments}
    for name in found:
        if name not in known:
            raise BadArgument(
                f'There is no argument "{shortened(name)}"; the tool takes '
                f"{', '.join(each.name for each in arguments)}."
            )
    for each in arguments:
        if each.required and each.name not in found:
            raise BadArgument(f'The argument "{each.name}" is missing.')
    return {
        each.name: each.read(each.name, found[each.name])
        for each in arguments
        if each.name in found
    }


def text(name: str, says: str, *, most: int, required: bool = False) -> Argument:
    """Return an argument that is a text of 1 to ``most`` characters."""
    schema = {"type": "string", "description": says, "minLength": 1, "maxLength": most}
    return Argument(name, schema, _text_reader(most), required)


def texts(name: str, says: str, *, most: int, longest: int) -> Argument:
    """Return an argument that is a list of at most ``most`` texts."""
    read_each = _text_reader(longest)

    def read(name: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or len(value) > most:
            raise BadArgument(f'"{name}" must be a list of at most {most} texts.')
        return tuple(read_each(name, each) for each in value)

    items = {"type": "string", "minLength": 1, "maxLength": longest}
    schema = {"type": "array", "description": says, "items": items, "maxItems": most}
    return Argument(name, schema, read)


def number(name: str, says: str, *, least: int, most: int, default: int | None = None) -> Argument:
    """Return an argument that is a whole number from ``least`` to ``most``."""

    def read(name: str, value: Any) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if type(value) is not int or not least <= value <= most:
            raise BadArgument(f'"{name}" must be a whole number from {least} to {most:,}.')
        return value

    schema: dict[str, Any] = {
        "type": "integer",
        "description": says,
        "minimum": least,
        "maximum": most,
    }
    if default is not None:
        schema["default"] = default
    return Argument(name, schema, read)


def day(name: str, says: str, *, last: bool = False) -> Argument:
    """Return an argument that is a date: the first day of it, or the last one."""

    def read(name: str, value: Any) -> date:
        days = iso_range(value) if isinstance(value, str) else None
        if days is None:
            raise BadArgument(f'"{name}" must be a date such as 2021-03-12, 2021-03 or 2021.')
        return days[1] if last else days[0]

    schema = {"type": "string", "description": says, "pattern": "^[0-9]{4}(-[0-9]{2}){0,2}$"}
    return Argument(name, schema, read)


def json_or_text(name: str, says: str, *, most: int) -> Argument:
    """Return an argument that is a text, or JSON, which is read as the text of it."""
    read_text = _text_reader(most)

    def read(name: str, value: Any) -> str:
        if isinstance(value, dict | list):
            value = json.dumps(value, ensure_ascii=False)
        if not isinstance(value, str):
            raise BadArgument(f'"{name}" must be a text, or the JSON of a citation.')
        return read_text(name, value)

    schema = {"type": ["string", "object", "array"], "description": says}
    return Argument(name, schema, read, required=True)


def _text_reader(most: int) -> Callable[[str, Any], str]:
    def read(name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise BadArgument(f'"{name}" must be a text.')
        found = value.encode("utf-8", "replace").decode("utf-8").strip()
        if not found:
            raise BadArgument(f'"{name}" is empty.')
        if len(value) > most:
            raise BadArgument(
                f'"{name}" has {len(value):,} characters; at most {most:,} are taken.'
            )
        return found

    return read


def shortened(text: str) -> str:
    """Return a text of the caller in one line of a message, cut if it is long."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:58]} …"  # noqa: PLR2004


QUESTION = text(
    "question",
    "The question, in plain words.",
    most=MOST_QUESTION_CHARACTERS,
    required=True,
)
EARLIER = texts(
    "earlier",
    "The earlier questions of the same conversation, oldest first. A follow-up such as "
    '"And in 2024?" is read together with them.',
    most=MOST_EARLIER,
    longest=MOST_QUESTION_CHARACTERS,
)
PUBLISHER = text(
    "publisher",
    "Only statements of this publisher; the tool list names the publishers.",
    most=MOST_NAME_CHARACTERS,
)
SINCE = day("since", "Only statements published on this day or later: 2021-03-12, 2021-03 or 2021.")
UNTIL = day(
    "until",
    "Only statements published until this day, month or year, its last day included.",
    last=True,
)
TOP = number("top", "The most quotes.", least=1, most=MOST_QUOTES, default=DEFAULT_QUOTES)
