"""Reads the body of a request within limits of length and time."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from bot.webserver.refusals import Refusals

_BODY_S = 5.0
"""The proxy in front sends what it has; a slow sender holds a slot that others need."""


class Body:
    """The body of one request. An application that asks for it gets it, or an ``HTTPException``."""

    def __init__(
        self, scope: Scope, receive: Receive, *, most_bytes: int, refusals: Refusals
    ) -> None:
        headers = dict(scope["headers"])
        self._announced = headers.get(b"content-length", b"0")
        self._is_chunked = b"transfer-encoding" in headers
        self._receive = receive
        self._most_bytes = most_bytes
        self._refusals = refusals
        self._read_bytes = 0
        self._until_s: float | None = None
        self.is_whole = self._announced == b"0" and not self._is_chunked
        """True if nothing of it is still to come."""

    async def receive(self) -> Message:
        """Return the next message of the request; see ASGI.

        Raises:
            HTTPException: if the body is too long (413) or too slow (408).
        """
        if self.is_whole:
            return await self._receive()
        self._refuse_if_announced_too_long()
        loop = asyncio.get_running_loop()
        if self._until_s is None:
            self._until_s = loop.time() + _BODY_S
        try:
            async with asyncio.timeout_at(self._until_s):
                message = await self._receive()
        except TimeoutError:
            self._refusals.count("slow body")
            raise HTTPException(408, "too slow") from None
        self._read_bytes += len(message.get("body", b""))
        if self._read_bytes > self._most_bytes:
            raise self._too_long()
        self.is_whole = message["type"] == "http.request" and not message.get("more_body")
        return message

    def _refuse_if_announced_too_long(self) -> None:
        announced = self._announced
        if not announced.isdigit() or int(announced[:12]) > self._most_bytes:
            raise self._too_long()
        if self._is_chunked and not self._most_bytes:
            raise self._too_long()

    def _too_long(self) -> HTTPException:
        self._refusals.count("long body")
        return HTTPException(413, "too long")
