"""Refuses requests for other hosts, so that no foreign name leads to this server."""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.webaccess.refusedresponses import refused
from bot.websettings import LOOPBACK_NAMES, WebSettings

_OTHER_HOST = (
    "This server does not answer for the host in the request; its operator can add it to "
    "VERBATIM_WEB_HOSTS."
)
_WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 (compared, not listened on)


class Hosts:
    """Lets requests pass whose Host header names this server."""

    def __init__(self, application: ASGIApp, *, web: WebSettings) -> None:
        self._application = application
        self._known = known_hosts(web)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; see ASGI."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        named = HTTPConnection(scope).headers.getlist("host")
        host = host_name(named[0]) if len(named) == 1 else None
        if host is None:
            status, sentence = 400, "The request names no host, or more than one."
        elif host not in self._known:
            status, sentence = 421, _OTHER_HOST
        else:
            await self._application(scope, receive, send)
            return
        await refused(scope, status, sentence)(scope, receive, send)


def known_hosts(web: WebSettings) -> frozenset[str]:
    """Return the names of this server in lower case, without ports and brackets."""
    own = {web.host.lower()} - _WILDCARDS
    if web.public_url is not None:
        own.add(urlsplit(web.public_url).hostname or "")
    return LOOPBACK_NAMES | web.hosts | own


def host_name(header: str) -> str | None:
    """Return the name in a Host header in lower case, without its port; None for what is none."""
    text = header.strip().lower()
    if text.startswith("["):
        name, bracket, port = text[1:].partition("]")
        port = port.removeprefix(":") if bracket else "?"
    else:
        name, _, port = text.partition(":")
    if not name or (port and not (port.isascii() and port.isdecimal())):
        return None
    return name.removesuffix(".")
