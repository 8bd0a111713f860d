"""Counts for Prometheus. It is the only module that imports prometheus_client.

No label holds what a person wrote, or who it was.
"""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class Metrics:
    """Counts the bot's work since its start."""

    def __init__(
        self,
        *,
        inbox_depth: Callable[[], float],
        generation: Callable[[], float],
        contact_age_s: Callable[[], float],
    ) -> None:
        """Take three functions, called each time that the counts are read."""
        self._registry = CollectorRegistry()
        self._updates = Counter(
            "verbatim_updates", "Updates taken in.", ["kind"], registry=self._registry
        )
        self._answers = Counter(
            "verbatim_answers",
            "Finished updates: quoted, nothing_found, said, ignored, failed, not_sent, "
            "set_aside, given_up.",
            ["outcome"],
            registry=self._registry,
        )
        self._errors = Counter(
            "verbatim_send_errors",
            "Calls of Telegram that failed.",
            ["method", "error"],
            registry=self._registry,
        )
        self._refused = Counter(
            "verbatim_webhook_refused",
            "Calls of strangers that the webhook refused, and connections that it cut.",
            ["reason"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "verbatim_answer_seconds",
            "Seconds from the arrival of an update to its end.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        for name, what, value in (
            ("verbatim_inbox_depth", "Updates that wait or are worked on.", inbox_depth),
            ("verbatim_generation", "The generation that answers, 0 if unknown.", generation),
            ("verbatim_contact_age_seconds", "Since Telegram last answered.", contact_age_s),
        ):
            Gauge(name, what, registry=self._registry).set_function(value)
        self._arrived_s: dict[int, float] = {}

    def arrived(self, update_id: int, kind: str) -> None:
        """Count an update that was taken in; one that is known and not done counts once."""
        if update_id in self._arrived_s:
            return
        self._updates.labels(kind).inc()
        self._arrived_s[update_id] = time.monotonic()

    def ended(self, update_id: int, outcome: str) -> None:
        """Count an update that is done with, and its duration if it is known."""
        self._answers.labels(outcome).inc()
        arrived_s = self._arrived_s.pop(update_id, None)
        if arrived_s is not None:
            self._seconds.observe(time.monotonic() - arrived_s)

    def failed(self, method: str, error: Exception) -> None:
        """Count a call that failed."""
        self._errors.labels(method, type(error).__name__).inc()

    def refused(self, reason: str) -> None:
        """Count a call of a stranger that the webhook refused."""
        self._refused.labels(reason).inc()

    def exposition(self) -> str:
        """Return all counts in Prometheus's text format."""
        return generate_latest(self._registry).decode("utf-8")


class WebCounts:
    """Counts the responses of the web server since its start, and what it refused."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._responses = Counter(
            "verbatim_web_responses",
            "Responses of the web server by status.",
            ["status"],
            registry=self._registry,
        )
        self._refused = Counter(
            "verbatim_web_refused",
            "Connections to the web server that were cut, and calls that were no HTTP.",
            ["reason"],
            registry=self._registry,
        )

    def watch(self, *, waiting: Callable[[], float], connections: Callable[[], float]) -> None:
        """Take two functions, called each time that the counts are read. Call it once."""
        for name, what, value in (
            ("verbatim_web_waiting", "Questions and pages that wait or are worked on.", waiting),
            ("verbatim_web_connections", "Open connections to the web server.", connections),
        ):
            Gauge(name, what, registry=self._registry).set_function(value)

    def responded(self, status: int) -> None:
        """Count a response."""
        self._responses.labels(str(status)).inc()

    def refused(self, reason: str) -> None:
        """Count a connection that was cut, or a call that was no HTTP."""
        self._refused.labels(reason).inc()

    def exposition(self) -> str:
        """Return all counts in Prometheus's text format."""
        return generate_latest(self._registry).decode("utf-8")
