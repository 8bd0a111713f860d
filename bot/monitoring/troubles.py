"""Collects recent troubles that otherwise only the log shows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.state.contracts import NOT_KEPT
from bot.supervisor.endrecord import End, EndRecord


@dataclass(frozen=True, slots=True)
class Troubles:
    """The troubles: updates set aside, ends of the last day, and damaged files.

    ``set_aside`` are the ids of those that ended the bot, None if that cannot be read.
    ``damaged`` are names of files that still lie there.
    """

    set_aside: Sequence[int] | None = ()
    ends: Sequence[End] = ()
    damaged: Sequence[str] = ()


def troubles_of(directory: Path, set_aside: Callable[[], Sequence[int]]) -> Troubles:
    """Return the troubles of the bot whose files lie in a directory."""
    ids: Sequence[int] | None
    try:
        ids = set_aside()
    except NOT_KEPT:
        ids = None
    damaged = [
        each.name
        for each in sorted(directory.glob("*.damaged-*"))
        if not each.name.endswith(("-wal", "-shm"))
    ]
    return Troubles(ids, EndRecord(directory / "ends.json").recent(), damaged)
