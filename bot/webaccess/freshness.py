"""Says by the generation whether a page is still the one that a browser keeps."""

import hashlib
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.webaccess.visitor import Visitor

_VARY = "Accept-Encoding, Accept-Language, Authorization, Cookie"

StateOf = Callable[[Visitor], str]
"""Returns a text that changes whenever a page of the visitor may change."""


class Freshness:
    """Gives each page an ETag of the generation, the visitor's groups and the address.

    A browser that keeps the page of the same ETag is told so (304) before the page is made. What
    a response says about itself counts: one with an ETag of its own, or with ``no-store``, is
    left as it is. What was refused is not kept: a statement that one visitor does not find may be
    there for another.
    """

    def __init__(self, application: ASGIApp, *, state_of: StateOf) -> None:
        self._application = application
        self._state_of = state_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; see ASGI."""
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await self._application(scope, receive, send)
            return
        visitor: Visitor = scope["state"]["visitor"]
        tag = self._tag(scope, visitor)
        kept = ",".join(HTTPConnection(scope).headers.getlist("if-none-match"))
        told = {"etag": tag, "cache-control": _cache_control(visitor), "vary": _VARY}
        if tag in {_weak(each.strip()) for each in kept.split(",")}:
            await Response(status_code=304, headers=told)(scope, receive, send)
            return

        async def send_tagged(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                own = headers.get("cache-control", "")
                if message["status"] != 200:  # noqa: PLR2004
                    headers.setdefault("cache-control", "no-store")
                elif "etag" not in headers and "no-store" not in own:
                    for name, value in told.items():
                        headers.setdefault(name, value)
            await send(message)

        await self._application(scope, receive, send_tagged)

    def _tag(self, scope: Scope, visitor: Visitor) -> str:
        state = hashlib.blake2b(digest_size=12)
        for part in (
            self._state_of(visitor).encode("utf-8"),
            visitor.language.encode("ascii"),
            b"known" if visitor.person is not None else b"",
            scope.get("raw_path") or scope["path"].encode("utf-8"),
            scope["query_string"],
        ):
            state.update(len(part).to_bytes(8, "big") + part)
        return f'W/"{state.hexdigest()}"'


def _weak(tag: str) -> str:
    """Return a tag as a weak one: a proxy or a client may have made a strong one of it."""
    return f"W/{tag}" if tag.startswith('"') else tag


def _cache_control(visitor: Visitor) -> str:
    """Let nobody but the visitor's browser keep what is not for everybody."""
    is_for_all = not visitor.groups and visitor.person is None
    return "no-cache" if is_for_all else "private, no-cache"
