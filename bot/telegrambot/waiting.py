"""How long Telegram asks to wait."""

import warnings
from datetime import timedelta

from telegram.error import RetryAfter
from telegram.warnings import PTBDeprecationWarning


def seconds_of(error: RetryAfter) -> float:
    """The seconds to wait; the library is changing the type, and warns of it at each use."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PTBDeprecationWarning)
        wait = error.retry_after
    return float(wait.total_seconds() if isinstance(wait, timedelta) else wait)
