"""Checks that a text is a message of JSON-RPC, before the library reads it."""

import json
from typing import Any

_PARSE_ERROR, _INVALID_REQUEST = -32700, -32600


def refusal_of(content: bytes) -> str | None:
    """Return the error, as a message, for a text that is no message of JSON-RPC; None for one."""
    try:
        found = json.loads(content.decode("utf-8"))
        json.dumps(found, ensure_ascii=False).encode("utf-8")  # refuses half of a character
    except (ValueError, RecursionError):
        return _error(_PARSE_ERROR, "This is not JSON.", None)
    fault = _fault_of(found)
    return None if fault is None else _error(_INVALID_REQUEST, fault, found)


def _fault_of(found: Any) -> str | None:
    if not isinstance(found, dict) or found.get("jsonrpc") != "2.0":
        return 'A message is an object with "jsonrpc": "2.0".'
    is_reply = "method" not in found and ("result" in found or "error" in found)
    if not is_reply and not isinstance(found.get("method"), str):
        return "A message has a method."
    if found.get("params") is not None and not isinstance(found["params"], dict):
        return "The params of a message are an object."
    if "id" in found and not _is_id(found["id"]):
        return "The id of a message is a text or a whole number."
    return None


def _error(code: int, sentence: str, message: Any) -> str:
    number = message.get("id") if isinstance(message, dict) else None
    return json.dumps(
        {
            "jsonrpc": "2.0",
            "id": number if _is_id(number) else None,
            "error": {"code": code, "message": sentence},
        }
    )


def _is_id(value: Any) -> bool:
    return isinstance(value, str) or type(value) is int
