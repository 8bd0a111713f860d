"""How long Telegram asks to wait."""

from datetime import timedelta

from telegram.error import RetryAfter


def seconds_of(error: RetryAfter) -> float:
    """The seconds to wait; the library is changing the type."""
    wait = error.retry_after
    return float(wait.total_seconds() if isinstance(wait, timedelta) else wait)
