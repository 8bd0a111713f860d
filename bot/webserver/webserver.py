"""Serves an ASGI application inside the event loop, with uvicorn, within limits."""

import asyncio
import logging
import resource
import socket
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Self

import uvicorn
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.errors import SettingsError
from bot.webserver.bodies import Body
from bot.webserver.connectionslots import ConnectionSlots
from bot.webserver.longanswers import LongAnswers
from bot.webserver.refusals import Refusals
from bot.webserver.webconnections import WebConnection, quiet_protocol_log

log = logging.getLogger(__name__)

_STOP_S = 5

_MOST_CONNECTIONS = 1024
_FEWEST_CONNECTIONS = 64
_PART_ACCEPTED_AT_ONCE = 8
"""One turn of the loop accepts an eighth of the slots, so that it reads heads before they go."""
_WAITING_TO_BE_ACCEPTED = 1024
MOST_HEAD_BYTES = 64 * 1024


class WebServer:
    """Serves from ``async with`` to the end of the block, then finishes what has begun.

    Whatever the application does, a caller gets a response: an exception becomes status 500 with
    one sentence, and one line of the log says where it was raised, without its message, in which
    words of a caller may stand.
    """

    def __init__(
        self,
        application: ASGIApp,
        *,
        host: str,
        port: int,
        most_body_bytes: int = 0,
        most_head_bytes: int = MOST_HEAD_BYTES,
        refusals: Refusals | None = None,
        on_response: Callable[[int], None] = lambda _: None,
    ) -> None:
        """``most_body_bytes`` is the longest body taken; longer ones are answered 413.

        ``refusals`` counts the connections that were cut, and what was no HTTP. ``on_response``
        gets the status of each response.
        """
        self._on_response = on_response
        self._application = application
        self._host = host
        self._port = port
        self._most_body_bytes = most_body_bytes
        self._most_head_bytes = most_head_bytes
        self._refusals = refusals or Refusals("the web server")
        self._slots = ConnectionSlots(_most_connections())
        self._long_answers = LongAnswers()

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
            why = (error.strerror or "").partition(" (while ")[0]  # the rest says the address again
            raise SettingsError(
                f"{self._host} port {self._port} cannot be opened ({why}). Choose another one."
            ) from error
        quiet_protocol_log()
        config = uvicorn.Config(
            self._serve,
            log_config=None,
            access_log=False,
            interface="asgi3",
            http=partial(WebConnection, slots=self._slots, on_refused=self._refusals.count),  # type: ignore[arg-type]
            proxy_headers=False,
            ws="none",
            lifespan="off",
            server_header=False,
            h11_max_incomplete_event_size=self._most_head_bytes,
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

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request: the ASGI application that the server calls."""
        if scope["type"] != "http":
            return
        body = Body(scope, receive, most_bytes=self._most_body_bytes, refusals=self._refusals)
        has_begun = False

        async def send_head_and_rest(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                self._on_response(message["status"])
                if not body.is_whole:  # its rest is not waited for
                    closing = (b"connection", b"close")
                    message = {**message, "headers": [*message.get("headers", ()), closing]}
            await send(message)

        if _has_two_lengths(scope):  # a proxy may take the other one, and end the request elsewhere
            self._refusals.count("two lengths")
            refused = PlainTextResponse("The request says its length in two ways.\n", 400)
            await refused(scope, body.receive, send_head_and_rest)
            return

        async def respond(send_pieces: Send) -> None:
            await self._application(scope, body.receive, send_pieces)

        try:
            await self._long_answers.run(scope, send_head_and_rest, respond)
        except ClientDisconnect:
            return  # nobody reads a response
        except HTTPException as error:
            refused = PlainTextResponse(f"{error.detail}\n", error.status_code)
        except Exception as error:  # noqa: BLE001 (whatever it is, the caller gets a response)
            log.error("a request failed: %s", _place(error))  # noqa: TRY400 (a message may hold words of a caller)
            refused = PlainTextResponse("The server failed at this request.\n", 500)
        else:
            return
        if not has_begun:
            await refused(scope, body.receive, send_head_and_rest)


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


def _has_two_lengths(scope: Scope) -> bool:
    names = {name for name, _ in scope["headers"]}
    return b"content-length" in names and b"transfer-encoding" in names


def _place(error: BaseException) -> str:
    """Return the type of an error and the line that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def _most_connections() -> int:
    """Return the number of slots: a third of the files that the process may open."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return _MOST_CONNECTIONS
    return max(_FEWEST_CONNECTIONS, min(_MOST_CONNECTIONS, files // 3))
