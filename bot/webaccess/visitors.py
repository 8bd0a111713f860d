"""Finds the Visitor of each request, and refuses callers who may not ask."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.language import webtexts
from bot.webaccess.addresses import address_of
from bot.webaccess.refusedresponses import refused
from bot.webaccess.tokens import Tokens
from bot.webaccess.visitor import Visitor, language_of
from bot.websettings import WebSettings

FindVisitor = Callable[[HTTPConnection], Awaitable[Visitor | None]]
"""Finds who a request says that it is; None if it does not say."""

OPEN_PATHS = ("/healthz", "/login", "/robots.txt", "/favicon.ico", "/static/")
"""Paths that show nothing of the documents; one that ends with a slash stands for all below it."""


async def nobody(_: HTTPConnection) -> None:
    """Find nobody: there are no sessions."""


class Visitors:
    """Puts the Visitor and the address of a request into its state, for what comes after it.

    A bearer token says who calls, else the session of a person; a caller without either is
    anonymous, where anybody may ask.
    """

    def __init__(
        self,
        application: ASGIApp,
        *,
        web: WebSettings,
        session: FindVisitor = nobody,
    ) -> None:
        """``session`` finds the person of a session; see ``FindVisitor``."""
        self._application = application
        self._web = web
        self._tokens = Tokens(web.tokens)
        self._session = session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; see ASGI."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        token = _bearer_token(connection)
        if token is not None:
            known = self._tokens.find(token)
            visitor = None if known is None else Visitor(known.groups)
            unknown = webtexts.UNKNOWN_TOKEN
        else:
            visitor, unknown = await self._session(connection), webtexts.UNKNOWN_CALLER
            if visitor is None and (self._web.anybody_may_ask or _is_open(scope["path"])):
                visitor = Visitor()
        if visitor is None:
            challenge = {"www-authenticate": "Bearer"}
            await refused(scope, 401, unknown, challenge)(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["visitor"] = replace(visitor, language=language_of(connection))
        state["address"] = address_of(connection, self._web.proxies)
        if visitor.person is not None:
            scope = _uncompressed(scope)
        await self._application(scope, receive, send)


def _uncompressed(scope: Scope) -> Scope:
    """Return a request to which no answer is compressed.

    A foreign site can make a browser with a session ask for pages, and its questions stand in them:
    the length of compressed pages would say, guess by guess, which words are restricted.
    """
    headers = [each for each in scope["headers"] if each[0] != b"accept-encoding"]
    return {**scope, "headers": headers}


def _bearer_token(connection: HTTPConnection) -> str | None:
    """Return the bearer token of a request, None without one."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _is_open(path: str) -> bool:
    return any(
        path == each or (each.endswith("/") and path.startswith(each)) for each in OPEN_PATHS
    )
