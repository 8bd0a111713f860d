"""Texts that are no message of JSON-RPC get an error in a sentence."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.mcp.messages import refusal_of

ASKED = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


@pytest.mark.parametrize(
    "message",
    [
        ASKED,
        {**ASKED, "id": "a", "params": {}},
        {**ASKED, "params": None},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 1, "result": {}},
        {"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "no"}},
    ],
)
def test_a_message_is_taken(message: object) -> None:
    assert refusal_of(json.dumps(message).encode()) is None


@pytest.mark.parametrize(
    ("content", "code", "sentence"),
    [
        (b"", -32700, "This is not JSON."),
        (b"too long", -32700, "This is not JSON."),
        (b"\xff{}", -32700, "This is not JSON."),
        (b'{"a": "\\ud800"}', -32700, "This is not JSON."),
        (b"[" * 100_000, -32700, "This is not JSON."),
        (b"1" * 5_000, -32700, "This is not JSON."),
        (b"[]", -32600, 'A message is an object with "jsonrpc": "2.0".'),
        (b"{}", -32600, 'A message is an object with "jsonrpc": "2.0".'),
        (b'{"jsonrpc": "2.0", "id": 7}', -32600, "A message has a method."),
        (b'{"jsonrpc": "2.0", "method": 7}', -32600, "A message has a method."),
        (
            b'{"jsonrpc": "2.0", "id": 7, "method": "a", "params": []}',
            -32600,
            "The params of a message are an object.",
        ),
        (
            b'{"jsonrpc": "2.0", "id": true, "method": "a"}',
            -32600,
            "The id of a message is a text or a whole number.",
        ),
    ],
)
def test_anything_else_is_refused_in_a_sentence(content: bytes, code: int, sentence: str) -> None:
    refusal = refusal_of(content)
    assert refusal is not None
    found = json.loads(refusal)
    assert found["error"] == {"code": code, "message": sentence}
    assert found["id"] == (7 if b'"id": 7' in content else None)


@given(st.binary(max_size=200))
def test_whatever_bytes_come_there_is_a_message_or_an_error(content: bytes) -> None:
    refusal = refusal_of(content)
    assert refusal is None or json.loads(refusal)["jsonrpc"] == "2.0"
