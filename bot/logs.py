"""Logging that cannot leak a secret."""

import logging
import sys
from collections.abc import Iterable

_HIDDEN = "[secret]"


class RedactingFormatter(logging.Formatter):
    """Formats a record, traceback included, with every secret replaced."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._secrets = [secret for secret in secrets if secret]

    def format(self, record: logging.LogRecord) -> str:
        """The record as one redacted text."""
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text


def configure_logging(*, level: str, secrets: Iterable[str]) -> None:
    """Sends all log records to standard error, redacted.

    The HTTP client logs from WARNING on and the Telegram library from INFO on, whatever the
    level: below that they write addresses with the token and people's questions.

    Raises:
        ValueError: if ``level`` is not a level's name.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter(secrets))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name, least in (
        ("httpx", logging.WARNING),
        ("httpcore", logging.WARNING),
        ("telegram", logging.INFO),
    ):
        logging.getLogger(name).setLevel(max(least, logging.getLogger().level))
