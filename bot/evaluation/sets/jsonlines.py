"""Reads records of JSON Lines files; errors name the file and the line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpus.errors import UnreadableSource


def is_file(path: Path) -> bool:
    """Return whether a file is there.

    Raises:
        UnreadableSource: if the folder cannot be read.
    """
    try:
        return path.is_file()
    except OSError as error:
        raise UnreadableSource(f"{path}: cannot be read ({error.strerror}).") from error


def read_text(path: Path) -> str:
    """Return the UTF-8 text of a file, without a byte order mark.

    Raises:
        UnreadableSource: if it is missing, unreadable or not UTF-8.
    """
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableSource(f"{path}: is not UTF-8 text.") from error
    except OSError as error:
        raise UnreadableSource(f"{path}: cannot be read ({error.strerror}).") from error


def read_records(path: Path, *needed: str) -> Iterator[dict[str, Any]]:
    """Yield the records of a file. Each has the ``needed`` fields: texts, a list of turns, ids.

    Raises:
        UnreadableSource: if the file is unreadable, a line is no JSON object or lacks a field.
    """
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise UnreadableSource(f"{path}: line {number} is not JSON.") from error
        if not isinstance(record, dict):
            raise UnreadableSource(f"{path}: line {number} is not a JSON object.")
        for field in needed:
            kinds = {"_id": (str, int), "id": (str, int), "turns": (list,)}.get(field, (str,))
            if not isinstance(record.get(field), kinds):
                raise UnreadableSource(f'{path}: line {number} has no proper "{field}".')
        yield record


def read_optional(path: Path, *needed: str) -> list[dict[str, Any]]:
    """Return the records of a file, none if there is no such file; see ``read_records``."""
    return list(read_records(path, *needed)) if is_file(path) else []
