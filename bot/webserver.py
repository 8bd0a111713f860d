"""A small web server inside the event loop. The only module that imports uvicorn.

Four addresses need no framework: a server that speaks HTTP correctly is enough.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import uvicorn

from bot.errors import SettingsError

_STOP_S = 5


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked; the names of ``headers`` are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered."""

    status: int
    body: str = ""
    content_type: str = "text/plain; charset=utf-8"


Respond = Callable[[Request], Awaitable[Reply]]


class WebServer:
    """Serves from ``async with`` to the end of the block, then finishes what has begun."""

    def __init__(self, respond: Respond, *, host: str, port: int, most_body_bytes: int = 0) -> None:
        """``most_body_bytes`` is the longest body taken; longer ones are answered 413."""
        self._respond = respond
        self._host = host
        self._port = port
        self._most_body_bytes = most_body_bytes

    async def __aenter__(self) -> Self:
        """Listens.

        Raises:
            SettingsError: if the address cannot be listened on.
        """
        try:
            family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
            listening = socket.create_server((self._host, self._port), family=family)
        except OSError as error:
            raise SettingsError(
                f"{self._host} port {self._port} cannot be listened on ({error.strerror}). "
                "Choose another one."
            ) from error
        config = uvicorn.Config(
            self._application,
            log_config=None,
            access_log=False,
            interface="asgi3",
            proxy_headers=False,
            ws="none",
            lifespan="off",
            server_header=False,
            limit_concurrency=200,
            timeout_graceful_shutdown=_STOP_S,
        )
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stops listening, and returns when what has begun is answered."""
        self._server.should_exit = True
        await self._serving

    async def _application(
        self,
        scope: Mapping[str, Any],
        receive: Callable[[], Awaitable[Mapping[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        """The ASGI application."""
        if scope["type"] != "http":
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        body = await self._body(headers, receive)
        if body is None:
            reply = Reply(413, "too long\n")
        else:
            reply = await self._respond(Request(scope["method"], scope["path"], headers, body))
        content = reply.body.encode("utf-8")
        named = [
            (b"content-type", reply.content_type.encode("latin-1")),
            (b"content-length", str(len(content)).encode("ascii")),
        ]
        await send({"type": "http.response.start", "status": reply.status, "headers": named})
        await send({"type": "http.response.body", "body": content})

    async def _body(
        self, headers: Mapping[str, str], receive: Callable[[], Awaitable[Mapping[str, Any]]]
    ) -> bytes | None:
        """The body, None for one that is too long."""
        announced = headers.get("content-length", "0")
        if not announced.isdecimal() or int(announced[:12]) > self._most_body_bytes:
            return None
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > self._most_body_bytes:
                return None
            if not message.get("more_body"):
                return bytes(body)


class _Server(uvicorn.Server):
    """Leaves signals to the bot."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield
