"""Bounds the memory of long answers that callers have not read yet."""

from collections.abc import Awaitable, Callable

from starlette.types import Message, Scope, Send

_LONG_BYTES = 256 * 1024
_MOST_BYTES = 64 * 1024 * 1024
_PIECE_BYTES = 64 * 1024
_RETRY_AFTER = b"2"


class LongAnswers:
    """Long answers hold at most ``most_bytes`` together; one alone may be longer."""

    def __init__(self, *, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._held_bytes = 0

    async def run(
        self, scope: Scope, send: Send, application: Callable[[Send], Awaitable[None]]
    ) -> None:
        """Run the application with a ``send`` that sends long answers in pieces, as they are read.

        An answer that finds no room becomes status 503.
        """
        held = 0
        is_refused = False

        async def send_in_pieces(message: Message) -> None:
            nonlocal held, is_refused
            if message["type"] == "http.response.start":
                length = 0 if scope["method"] == "HEAD" else _length(message)
                is_refused = bool(self._held_bytes) and not self._has_room(length)
                if is_refused:
                    await _refuse(send)
                    return
                held = length if length > _LONG_BYTES else 0
                self._held_bytes += held
            if is_refused:
                return
            body = message.get("body", b"")
            if message["type"] != "http.response.body" or len(body) <= _PIECE_BYTES:
                await send(message)
                return
            for start in range(0, len(body), _PIECE_BYTES):
                is_last = start + _PIECE_BYTES >= len(body)
                more = not is_last or message.get("more_body", False)
                piece = body[start : start + _PIECE_BYTES]
                await send({"type": "http.response.body", "body": piece, "more_body": more})

        try:
            await application(send_in_pieces)
        finally:
            self._held_bytes -= held

    def _has_room(self, length: int) -> bool:
        return length <= _LONG_BYTES or self._held_bytes + length <= self._most_bytes


def _length(message: Message) -> int:
    """Return the length that the head of an answer announces, 0 if it does not."""
    for name, value in message.get("headers", ()):
        if name.lower() == b"content-length" and value.isdigit():
            return int(value[:15])
    return 0


async def _refuse(send: Send) -> None:
    sentence = b"Too many people read long pages at the moment. Ask again in 2 s.\n"
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(sentence)).encode("ascii")),
        (b"retry-after", _RETRY_AFTER),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": sentence})
