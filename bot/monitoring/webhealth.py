"""Reports whether a web server without a bot answers."""

from collections.abc import Callable


class WebHealth:
    """Knows the state of a web server; see ``bot.monitoring.health.ReportsHealth``."""

    def __init__(self, *, is_full: Callable[[], bool]) -> None:
        """``is_full`` returns whether no more questions are taken."""
        self._is_full = is_full

    def why_not_alive(self) -> str | None:
        """Return None: while the event loop answers this, a restart helps nobody."""

    def why_not_ready(self) -> str | None:
        """Return the reason why a question would be refused; None if it would be taken."""
        return "too many questions wait" if self._is_full() else None
