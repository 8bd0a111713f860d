"""Writes deviations as JSON and reads them back."""

import json
from collections.abc import Iterable

from corpus.extraction.extract import Deviation, DeviationKind, DeviationName


def deviations_to_json(deviations: Iterable[Deviation]) -> bytes:
    """Returns a JSON list, a list of kind, name, text and position for each deviation."""
    fields = [[d.kind.value, d.name.value, d.text, d.position] for d in deviations]
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def deviations_from_json(content: bytes) -> tuple[Deviation, ...]:
    """Returns the deviations that ``deviations_to_json`` wrote.

    Raises:
        ValueError: if the bytes are others.
    """
    try:
        return tuple(
            Deviation(DeviationKind(kind), DeviationName(name), str(text), int(position))
            for kind, name, text, position in json.loads(content)
        )
    except (TypeError, RecursionError) as error:
        raise ValueError("no deviations") from error
