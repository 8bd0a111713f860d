"""Configures a log that leaks no secret and no question."""

import json
import logging
import sys
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The number of the update in work; "-" outside any."""


_HIDDEN = "[secret]"
_OWN = frozenset({"bot", "corpus", "embeddings"})
_HTTP = frozenset({"httpx", "httpcore", "mcp"})


class RedactingFormatter(logging.Formatter):
    """Formats a record with its traceback, every secret replaced.

    With ``as_json`` a record is one line of JSON with its time, level, logger, request and message.
    """

    def __init__(self, secrets: Iterable[str], *, as_json: bool = False) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s [%(request)s]: %(message)s")
        # the longest first: one may begin with another
        self._secrets = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one redacted text."""
        request = request_id.get()
        record.__dict__["request"] = request
        text = super().format(record)
        if self._as_json:
            fields = {
                "time": datetime.fromtimestamp(record.created, UTC).isoformat("T", "milliseconds"),
                "level": record.levelname,
                "logger": record.name,
                "request": request,
                "message": self._redacted(record.message),
            }
            if record.exc_text:
                fields["exception"] = self._redacted(record.exc_text)
            # JSON writes some letters of a secret otherwise, so it is gone before
            return json.dumps(fields, ensure_ascii=True)
        return self._redacted(text)

    def _redacted(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text


def configure_logging(*, level: str, secrets: Iterable[str], as_json: bool = False) -> None:
    """Send all log records to standard error, redacted.

    Of libraries only what is INFO or more is taken, of the HTTP client WARNING, whatever the
    level: below that they write addresses with the token and people's questions.

    Raises:
        ValueError: if ``level`` is not a level's name.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter(secrets, as_json=as_json))
    handler.addFilter(_speaks_of_no_content)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def _speaks_of_no_content(record: logging.LogRecord) -> bool:
    """Return whether a record is the project's own, or serious enough to hold no content."""
    package = record.name.partition(".")[0]
    if package in _OWN:
        return True
    return record.levelno >= (logging.WARNING if package in _HTTP else logging.INFO)
