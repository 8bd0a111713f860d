"""Adds the headers by which browsers keep pages apart from the rest of the web."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.webaccess.visitor import Visitor

CONTENT_POLICY = "content-security-policy"
FRAME_OPTIONS = "x-frame-options"

TELEGRAM_WEB = "https://web.telegram.org"
"""Shows a Mini App in a frame of its page; the other programs of Telegram frame nothing."""

_FIXED = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def content_policy(*, scripts: str = "'self'", frame_ancestors: str = "'none'") -> str:
    """Return a Content-Security-Policy: everything is of this server, and nothing is inline.

    ``frame_ancestors`` are the origins whose pages may frame the page.
    """
    return (
        f"default-src 'none'; style-src 'self'; script-src {scripts}; img-src 'self'; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
        f"base-uri 'none'; frame-ancestors {frame_ancestors}"
    )


def add_security_headers(headers: MutableHeaders, *, is_mini_app: bool = False) -> None:
    """Add the headers to those of a response. A policy that the response brought is kept.

    The pages of a Mini App may be framed by Telegram's.
    """
    for name, value in _FIXED.items():
        headers.setdefault(name, value)
    if CONTENT_POLICY in headers:
        return
    if is_mini_app:
        headers[CONTENT_POLICY] = content_policy(frame_ancestors=TELEGRAM_WEB)
    else:
        headers[CONTENT_POLICY] = content_policy()
        headers[FRAME_OPTIONS] = "DENY"


class SecurityHeaders:
    """Adds the headers to each response of an ASGI application."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; see ASGI."""

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                visitor: Visitor | None = scope.get("state", {}).get("visitor")
                is_mini_app = visitor is not None and visitor.person is not None
                add_security_headers(MutableHeaders(scope=message), is_mini_app=is_mini_app)
            await send(message)

        await self._application(scope, receive, send_secured)
