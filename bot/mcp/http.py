"""Serves the tools at one path of the web server, each request as the visitor who sends it."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.answering.answerer import Answerer
from bot.errors import SettingsError
from bot.mcp.clerks import Caller, Clerk, NotNow
from bot.mcp.messages import refusal_of
from bot.mcp.tools import tools
from bot.verification.visibletexts import VisibleTexts
from bot.webaccess.desk import Busy, Desk, TooManyRequests
from bot.webaccess.refusedresponses import refused
from bot.webaccess.visitor import Visitor

if TYPE_CHECKING:
    from bot.mcp.toolserver import ToolServer

T = TypeVar("T")

PATH = "/mcp"
MOST_BODY_BYTES = 1_500_000

RequireServer = Callable[[], "type[ToolServer]"]
"""Returns the class of the server, or raises ``SettingsError`` where its library is missing."""


def mcp_route(
    desk: Desk, visible: VisibleTexts, *, hosts: frozenset[str], require_server: RequireServer
) -> Route:
    """Return the route of streamable HTTP; ``hosts`` are the names of this server."""
    door = McpDoor(desk, visible, hosts=hosts, require_server=require_server)
    return Route(PATH, door, methods=["POST"])


class McpDoor:
    """Serves streamable HTTP without sessions: each request stands alone, and gets JSON.

    The library is loaded with the first request.
    """

    def __init__(
        self,
        desk: Desk,
        visible: VisibleTexts,
        *,
        hosts: frozenset[str],
        require_server: RequireServer,
    ) -> None:
        self._desk = desk
        self._visible = visible
        self._hosts = hosts
        self._require_server = require_server
        self._opening: asyncio.Task[ASGIApp] | None = None
        self._serving: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; see ASGI."""
        if not self._is_of_this_server(HTTPConnection(scope).headers.getlist("origin")):
            sentence = "A page of another site may not call this address."
            await refused(scope, 403, sentence)(scope, receive, send)
            return
        try:
            application = await self._application()
        except SettingsError as error:
            await refused(scope, 501, str(error))(scope, receive, send)
            return

        async def send_with_status(message: Message) -> None:
            not_now: NotNow | None = scope["state"].get("not_now")
            if message["type"] == "http.response.start" and not_now is not None:
                message["status"] = not_now.status
                MutableHeaders(scope=message)["retry-after"] = str(not_now.retry_after_s)
            await send(message)

        body = await Request(scope, receive).body()
        refusal = refusal_of(body)
        if refusal is not None:
            response = Response(refusal, 400, media_type="application/json")
            await response(scope, receive, send)
            return
        whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_again() -> Message:
            return whole.pop() if whole else await receive()

        await application(scope, receive_again, send_with_status)

    def _is_of_this_server(self, origins: list[str]) -> bool:
        """Return whether a request is of no page, or of a page of this server."""
        try:
            return all(urlsplit(each).hostname in self._hosts for each in origins)
        except ValueError:
            return False

    async def _application(self) -> ASGIApp:
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._open())
        try:
            return await asyncio.shield(self._opening)
        except SettingsError:
            self._opening = None
            raise

    async def _open(self) -> ASGIApp:
        server_class = await asyncio.to_thread(self._require_server)
        server = server_class(tools(self._visible), clerk_of=self._clerk_of)
        opened: asyncio.Future[ASGIApp] = asyncio.get_running_loop().create_future()

        async def serve() -> None:
            async with server.http_application(most_body_bytes=MOST_BODY_BYTES) as application:
                opened.set_result(application)
                await asyncio.Event().wait()  # until the event loop ends

        self._serving = asyncio.create_task(serve())
        return await opened

    def _clerk_of(self, request: Request | None) -> Clerk:
        if request is None:
            raise ValueError("a message came by no request")
        return VisitorClerk(self._desk, request.state.visitor, request.state.address)


class VisitorClerk:
    """Takes the calls of a visitor to the desk."""

    work = "Reading"

    def __init__(self, desk: Desk, visitor: Visitor, address: str) -> None:
        self._desk = desk
        self._visitor = visitor
        self._address = address
        self.caller = Caller(visitor.groups, visitor.language)

    async def ask(self, call: Callable[[Answerer], T]) -> T:
        """Return what ``call`` makes of the visitor's Answerer, as one question of an address.

        Raises:
            NotNow: if the address asks too fast, or too many calls wait.
        """
        try:
            return await self._desk.ask(self._visitor, self._address, call)
        except TooManyRequests as error:
            raise NotNow(
                f"Too many questions came from this address; ask again in {error.retry_after_s} s.",
                status=429,
                retry_after_s=error.retry_after_s,
            ) from error
        except Busy as error:
            raise _busy(error) from error

    async def read(self, call: Callable[[Answerer], T]) -> T:
        """Return what ``call`` makes of the visitor's Answerer.

        Raises:
            NotNow: if too many calls wait.
        """
        try:
            return await self._desk.read(self._visitor, call)
        except Busy as error:
            raise _busy(error) from error


def _busy(error: Busy) -> NotNow:
    return NotNow(
        f"Too many people ask at the moment; ask again in {error.retry_after_s} s.",
        status=503,
        retry_after_s=error.retry_after_s,
    )
