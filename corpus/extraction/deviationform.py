"""Writes deviations as lists of their fields, and reads them back."""

import json
from collections.abc import Iterable

from corpus.extraction.extract import Deviation, DeviationKind, DeviationName


def fields_of(deviation: Deviation) -> list[str | int]:
    """Return the kind, name, text and position of a deviation."""
    return [deviation.kind.value, deviation.name.value, deviation.text, deviation.position]


def deviation_of(fields: object) -> Deviation:
    """Return the deviation with those fields.

    Raises:
        ValueError: if they are none of a deviation.
    """
    match fields:
        case [str(kind), str(name), str(text), int(position)]:
            return Deviation(DeviationKind(kind), DeviationName(name), text, int(position))
    raise ValueError("no deviation")


def deviations_to_json(deviations: Iterable[Deviation]) -> bytes:
    """Return a JSON list with a list of fields for each deviation."""
    fields = [fields_of(each) for each in deviations]
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def deviations_from_json(content: bytes) -> tuple[Deviation, ...]:
    """Return the deviations that ``deviations_to_json`` wrote.

    Raises:
        ValueError: if the bytes are others.
    """
    try:
        return tuple(map(deviation_of, json.loads(content)))
    except (TypeError, RecursionError) as error:
        raise ValueError("no deviations") from error
