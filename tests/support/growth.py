"""Measures how the time of an action grows with the length of its input.

Only processor time of this thread counts, the least of several runs where growth looks too fast,
so that other work on the machine does not fail a test.
"""

import math
import time
from collections.abc import Callable

ENOUGH_S = 0.02
"""A run that takes so long is compared with one a quarter as long."""

TOO_FAST = 1.5
"""An exponent above this is faster than linear: 1 is linear, 2 is quadratic."""

_TRIES = 6


def cpu_s(action: Callable[..., object], *arguments: object) -> float:
    """Processor time of one run, in seconds."""
    start = time.thread_time()
    action(*arguments)
    return time.thread_time() - start


def exponent(run: Callable[[int], object], *, first: int = 8, most: int = 64_000) -> float:
    """The exponent with which the time of ``run(n)`` grows with n; 1.0 where n = most is quick.

    n rises slowly from ``first``, so that exponential growth is seen before it takes for ever.
    """
    n = first
    while (seconds := cpu_s(run, n)) < ENOUGH_S:
        if n >= most:
            return 1.0
        n = min(most, max(n + 2, n * 5 // 4))
    if n < 32:
        return math.inf
    long, short = seconds, math.inf
    for _ in range(_TRIES):
        short = min(short, cpu_s(run, n // 4))
        if (found := math.log(long / max(short, 1e-7), 4)) <= TOO_FAST:
            return found
        long = min(long, cpu_s(run, n))
    return found


def pumped(piece: str, length: int) -> str:
    """``piece`` over and over, ``length`` characters."""
    return (piece * (length // len(piece) + 1))[:length]
