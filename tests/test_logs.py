"""No secret in a log line."""

import io
import logging

from bot.logs import RedactingFormatter


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
