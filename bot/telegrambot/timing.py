"""Defines how patient the bot is with Telegram and with its inbox."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Pauses and bounds of the bot in Telegram; those that end in ``_s`` are seconds.

    Telegram may hold a poll for ``poll_s``. ``longest_pause_s`` is the longest pause between polls
    that fail, ``full_pause_s`` the pause while the inbox is full, and ``look_s`` the pause between
    two looks at the webhook. ``retry_s`` are the pauses before an answer is tried again, and
    ``answered_at_once`` is how many updates are worked on. Files that another program holds are
    opened again after ``open_again_s``.
    """

    poll_s: int = 10
    longest_pause_s: float = 30.0
    full_pause_s: float = 0.5
    look_s: float = 10.0
    retry_s: Sequence[float] = (2.0, 5.0, 15.0, 30.0, *[60.0] * 59)
    answered_at_once: int = 200
    open_again_s: float = 2.0


USUAL_TIMING = Timing()
