"""Limits how fast each person may ask, by a bucket of tokens each."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Protocol

MOST_AHEAD = 3
"""The questions of one person that may wait for their turn."""

MOST_BUCKETS = 100_000
TOLD_AGAIN_S = 60.0


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float
    told_s: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to a request for tokens: go on, or wait some seconds, and whether to say so.

    If they are ``reserved``, they are taken, and are the person's to use after ``wait_s``.
    """

    allowed: bool
    wait_s: float = 0.0
    say_so: bool = False
    reserved: bool = False


class Paces(Protocol):
    """A limit of how fast each person may ask."""

    def take(self, key: Hashable, tokens: float = 1.0, *, ahead: float = 0.0) -> Verdict:
        """Take so many tokens, or none where there are too few.

        Of those that are still to come, ``ahead`` may be reserved.
        """
        ...


class TokenBuckets:
    """Lets each person have ``burst`` tokens at once and ``per_minute`` in the long run.

    That there were too few is to be said once, and again when the bucket was full in between or
    ``TOLD_AGAIN_S`` have passed. Safe to call from several threads; of more than ``MOST_BUCKETS``
    those are forgotten that rested longest, which gives them a full bucket.
    """

    def __init__(
        self, *, per_minute: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_s = per_minute / 60
        self._burst = float(burst)
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: Hashable, tokens: float = 1.0, *, ahead: float = 0.0) -> Verdict:
        """See ``Paces.take``. A bucket from which tokens were reserved holds less than none."""
        with self._lock:
            now_s = self._clock()
            bucket = self._buckets.setdefault(key, _Bucket(self._burst, now_s))
            self._buckets.move_to_end(key)
            while len(self._buckets) > MOST_BUCKETS:
                self._buckets.popitem(last=False)
            gained = (now_s - bucket.at_s) * self._per_s
            bucket.tokens, bucket.at_s = min(self._burst, bucket.tokens + gained), now_s
            if bucket.tokens >= self._burst:
                bucket.told_s = None
            if bucket.tokens >= tokens:
                bucket.tokens -= tokens
                return Verdict(True)
            wait_s = (tokens - bucket.tokens) / self._per_s
            if ahead and bucket.tokens - tokens >= -ahead:
                bucket.tokens -= tokens
                return Verdict(False, wait_s, reserved=True)
            untold = bucket.told_s is None or now_s - bucket.told_s >= TOLD_AGAIN_S
            if untold:
                bucket.told_s = now_s
            return Verdict(False, wait_s, untold)
