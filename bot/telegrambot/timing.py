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

    A thread that works on one act for longer than ``longest_act_s`` is lost; for an update that was
    in work when an earlier process ended it is ``longest_suspect_s``. At its end the bot waits
    ``drain_s`` for the updates in work, and then ``close_s`` for its threads.

    A suspect update waits ``quiet_s`` for work that was begun before. After ``alone_s`` other work
    begins beside it, which may never end.
    """

    poll_s: int = 10
    longest_pause_s: float = 30.0
    full_pause_s: float = 0.5
    look_s: float = 10.0
    retry_s: Sequence[float] = (2.0, 5.0, 15.0, 30.0, *[60.0] * 59)
    answered_at_once: int = 200
    open_again_s: float = 2.0
    longest_act_s: float = 300.0
    longest_suspect_s: float = 90.0
    drain_s: float = 50.0
    close_s: float = 5.0
    quiet_s: float = 3.0
    alone_s: float = 20.0


USUAL_TIMING = Timing()
