"""No secret in a log line."""

import io
import json
import logging
import sys

import pytest

from bot.errors import SettingsError
from bot.monitoring.logs import RedactingFormatter, configure_logging, request_id
from bot.settings import log_as_json


def test_a_secret_is_replaced_in_messages_arguments_and_tracebacks() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RedactingFormatter(["123:SECRET", ""]))
    logger = logging.Logger("test")
    logger.addHandler(handler)
    logger.error("GET https://api/bot%s/getMe", "123:SECRET")
    try:
        raise RuntimeError("failed for 123:SECRET")
    except RuntimeError:
        logger.exception("it failed")
    text = stream.getvalue()
    assert "SECRET" not in text
    assert text.count("[secret]") >= 3
    assert "RuntimeError" in text


def line_of(logger: logging.Logger, stream: io.StringIO) -> str:
    """The line of a failure that is logged with its traceback."""
    try:
        raise RuntimeError("failed for 123:SECRET")
    except RuntimeError:
        logger.exception("it failed with %s", "123:SECRET")
    return stream.getvalue()


def test_a_line_of_json_tells_time_level_logger_request_message_and_traceback() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RedactingFormatter(["123:SECRET"], as_json=True))
    logger = logging.Logger("test")
    logger.addHandler(handler)
    token = request_id.set("7001")
    try:
        text = line_of(logger, stream)
    finally:
        request_id.reset(token)
    assert text.count("\n") == 1
    fields = json.loads(text)
    assert fields["level"] == "ERROR"
    assert fields["logger"] == "test"
    assert fields["request"] == "7001"
    assert fields["message"] == "it failed with [secret]"
    assert fields["exception"].endswith("RuntimeError: failed for [secret]")
    assert fields["time"].endswith("+00:00")


@pytest.mark.parametrize(
    ("logger", "level", "told"),
    [
        ("bot.responders.questions", "DEBUG", True),
        ("telegram.ext.ExtBot", "DEBUG", False),
        ("telegram.ext.ExtBot", "INFO", True),
        ("httpx", "INFO", False),
        ("httpcore.http11", "DEBUG", False),
        ("httpx", "WARNING", True),
        ("a_library_of_tomorrow", "DEBUG", False),
        ("botany", "DEBUG", False),
    ],
)
def test_below_info_only_this_project_is_heard(
    monkeypatch: pytest.MonkeyPatch, logger: str, level: str, told: bool
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    root = logging.getLogger()
    handlers, before = root.handlers[:], root.level
    try:
        configure_logging(level="DEBUG", secrets=[])
        logging.getLogger(logger).log(logging.getLevelName(level), "what somebody asked")
    finally:
        root.handlers[:] = handlers
        root.setLevel(before)
    assert ("what somebody asked" in stream.getvalue()) == told


def test_the_format_of_the_log_is_text_or_json() -> None:
    assert [log_as_json({"VERBATIM_LOG_FORMAT": each}) for each in ("json", "text", "")] == [
        True,
        False,
        False,
    ]
    with pytest.raises(SettingsError, match="must be text or json"):
        log_as_json({"VERBATIM_LOG_FORMAT": "xml"})


def test_a_secret_that_json_writes_otherwise_is_replaced_too() -> None:
    formatter = RedactingFormatter(['pä"ss\\word'], as_json=True)
    record = logging.LogRecord("bot", logging.INFO, "", 0, 'with pä"ss\\word in it', (), None)
    assert json.loads(formatter.format(record))["message"] == "with [secret] in it"


def test_a_secret_that_begins_with_another_is_replaced_as_a_whole() -> None:
    formatter = RedactingFormatter(["abc12345", "abc12345xyz"])
    record = logging.LogRecord("bot", logging.INFO, "", 0, "abc12345xyz, abc12345", (), None)
    assert formatter.format(record).endswith("[secret], [secret]")
