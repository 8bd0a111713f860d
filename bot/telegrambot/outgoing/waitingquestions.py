"""Keeps questions that wait for their turn in the inbox, each person's in a lane of their own."""

import json
import time
from collections.abc import Mapping
from typing import Any

from bot.chat.events import TextMessage

_DUE = "due"
_WAIT = "wait_s"

SEEN = "👀"
"""The reaction that says that a question waits for its turn. Telegram offers few."""


def waiting_lane(event: TextMessage) -> str:
    """Return the lane of a person's questions that wait for their turn."""
    return f"pace {event.person.id}"


def to_wait(raw: Mapping[str, Any], wait_s: float) -> str:
    """Return the payload of an update that is to be answered after some seconds."""
    return json.dumps({**raw, _DUE: time.time() + wait_s, _WAIT: wait_s}, ensure_ascii=True)


def has_waited(raw: Mapping[str, Any]) -> bool:
    """Return whether an update was put off before: its turn is paid for."""
    return _DUE in raw


def seconds_left(raw: Mapping[str, Any]) -> float:
    """Return the seconds until an update is due, at most those that it was put off for.

    The clock of the machine may have been changed since then.
    """
    due, wait_s = raw.get(_DUE), raw.get(_WAIT)
    if not isinstance(due, int | float) or not isinstance(wait_s, int | float):
        return 0.0
    return max(0.0, min(due - time.time(), wait_s))
