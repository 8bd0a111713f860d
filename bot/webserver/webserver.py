"""Serves HTTP inside the event loop, with uvicorn and ``bot.webserver.webconnections``.

Four addresses need no framework: a server that speaks HTTP correctly is enough.

Four addresses need no framework: a server that speaks HTTP correctly is enough.
"""

import asyncio
import resource
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import Any, Self

import uvicorn

from bot.errors import SettingsError
from bot.webserver.connectionslots import ConnectionSlots
from bot.webserver.refusals import Refusals
from bot.webserver.webconnections import WebConnection, quiet_protocol_log

_STOP_S = 5
_BODY_S = 5.0
"""The proxy in front sends what it has; a slow sender holds a slot that others need."""

_MOST_CONNECTIONS = 1024
_FEWEST_CONNECTIONS = 64
_PART_ACCEPTED_AT_ONCE = 8
"""One turn of the loop accepts an eighth of the slots, so that it reads heads before they go."""
_WAITING_TO_BE_ACCEPTED = 1024
_CLOSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})
"""Statuses that close the connection: the rest of the body is not waited for."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request; the names of ``headers`` are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """A response."""

    status: int
    body: str = ""
    content_type: str = "text/plain; charset=utf-8"


Respond = Callable[[Request], Awaitable[Response]]

Refuse = Callable[[Request], Response | None]
"""Returns the response to a request before its body is read; None to read the body."""


def _nothing_refused(_: Request) -> None:
    """Refuse nothing."""


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
        refusals: Refusals | None = None,
    ) -> None:
        """``most_body_bytes`` is the longest body taken; longer ones are answered 413.

        ``refusals`` counts the connections that were cut, and what was no HTTP.
        """
        self._respond = respond
        self._refuse = refuse
        self._host = host
        self._port = port
        self._most_body_bytes = most_body_bytes
        self._refusals = refusals or Refusals("the web server")
        self._slots = ConnectionSlots(_most_connections())

    @property
    def connections(self) -> int:
        """The number of open connections."""
        return len(self._slots)

    async def __aenter__(self) -> Self:
        """Listen.

        Raises:
            SettingsError: if the address cannot be listened on.
        """
        try:
            family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
            listening = socket.create_server((self._host, self._port), family=family)
        except OSError as error:
            raise SettingsError(
                f"{self._host} port {self._port} cannot be opened ({error.strerror}). "
                "Choose another one."
            ) from error
        quiet_protocol_log()
        config = uvicorn.Config(
            self._application,
            log_config=None,
            access_log=False,
            interface="asgi3",
            http=partial(WebConnection, slots=self._slots, on_refused=self._refusals.count),  # type: ignore[arg-type]
            proxy_headers=False,
            ws="none",
            lifespan="off",
            server_header=False,
            backlog=self._slots.most // _PART_ACCEPTED_AT_ONCE,
            timeout_graceful_shutdown=_STOP_S,
        )
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening, and return when what has begun is answered."""
        self._server.should_exit = True
        await self._serving
        self._refusals.close()

    async def _application(
        self,
        scope: Mapping[str, Any],
        receive: Callable[[], Awaitable[Mapping[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        """Serve one request: the ASGI application."""
        if scope["type"] != "http":
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        head = Request(scope["method"], scope["path"], headers, b"")
        refused = self._refuse(head)
        response = refused or await self._answer(head, receive)
        content = response.body.encode("utf-8")
        named = [
            (b"content-type", response.content_type.encode("latin-1")),
            (b"content-length", str(len(content)).encode("ascii")),
        ]
        if refused is not None or response.status in _CLOSING:
            named.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": response.status, "headers": named})
        await send({"type": "http.response.body", "body": content})

    async def _answer(
        self, head: Request, receive: Callable[[], Awaitable[Mapping[str, Any]]]
    ) -> Response:
        try:
            async with asyncio.timeout(_BODY_S):
                body = await self._body(head.headers, receive)
        except TimeoutError:
            self._refusals.count("slow body")
            return Response(408, "too slow\n")
        except ConnectionAbortedError:
            return Response(400)  # nobody reads it
        if body is None:
            self._refusals.count("long body")
            return Response(413, "too long\n")
        return await self._respond(replace(head, body=body))

    async def _body(
        self, headers: Mapping[str, str], receive: Callable[[], Awaitable[Mapping[str, Any]]]
    ) -> bytes | None:
        """Return the body, None for one that is too long.

        Raises:
            ConnectionAbortedError: if the caller left before its end.
        """
        announced = headers.get("content-length", "0")
        if not announced.isdecimal() or int(announced[:12]) > self._most_body_bytes:
            return None
        if "transfer-encoding" in headers and not self._most_body_bytes:
            return None
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise ConnectionAbortedError
            body += message["body"]
            if len(body) > self._most_body_bytes:
                return None
            if not message.get("more_body"):
                return bytes(body)


class _Server(uvicorn.Server):
    """Leaves signals to the bot."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen with a backlog longer than the event loop accepts in one turn."""
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(_WAITING_TO_BE_ACCEPTED)


def _most_connections() -> int:
    """Return the number of slots: a third of the files that the process may open."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return _MOST_CONNECTIONS
    return max(_FEWEST_CONNECTIONS, min(_MOST_CONNECTIONS, files // 3))
