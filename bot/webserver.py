"""A small web server inside the event loop. The only module that imports uvicorn.

Four addresses need no framework: a server that speaks HTTP correctly is enough.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.errors import SettingsError

_STOP_S = 5
_HEAD_S = 10.0
_BODY_S = 10.0
"""The proxy in front sends what it has; who sends slowly holds a place that others need."""


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

Refuse = Callable[[Request], Reply | None]
"""What is answered at once, before the body is read: it is empty still. None to read it."""


def _nothing_refused(_: Request) -> None:
    """Refuses nothing."""


class WebServer:
    """Serves from ``async with`` to the end of the block, then finishes what has begun."""

    def __init__(
        self,
        respond: Respond,
        *,
        host: str,
        port: int,
        refuse: Refuse = _nothing_refused,
        most_body_bytes: int = 0,
    ) -> None:
        """``most_body_bytes`` is the longest body taken; longer ones are answered 413."""
        self._respond = respond
        self._refuse = refuse
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
            http=_Protocol,
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
        head = Request(scope["method"], scope["path"], headers, b"")
        refused = self._refuse(head)
        reply = refused or await self._answer(head, receive)
        content = reply.body.encode("utf-8")
        named = [
            (b"content-type", reply.content_type.encode("latin-1")),
            (b"content-length", str(len(content)).encode("ascii")),
        ]
        if refused is not None or reply.status == HTTPStatus.REQUEST_TIMEOUT:
            # what is left of the body is not waited for
            named.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": reply.status, "headers": named})
        await send({"type": "http.response.body", "body": content})

    async def _answer(
        self, head: Request, receive: Callable[[], Awaitable[Mapping[str, Any]]]
    ) -> Reply:
        try:
            async with asyncio.timeout(_BODY_S):
                body = await self._body(head.headers, receive)
        except TimeoutError:
            return Reply(408, "too slow\n")
        if body is None:
            return Reply(413, "too long\n")
        return await self._respond(replace(head, body=body))

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


class _Protocol(H11Protocol):
    """Cuts a connection on which a request is begun, or none, and not all of its headers come."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._expect_none()

    def _expect_head(self) -> None:
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering:
            self._expect_none()
        elif self._late is None:
            loop = asyncio.get_running_loop()
            self._late = loop.call_later(_HEAD_S, self.transport.close)

    def _expect_none(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class _Server(uvicorn.Server):
    """Leaves signals to the bot."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield
