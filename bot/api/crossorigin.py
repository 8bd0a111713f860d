"""Lets scripts of pages on other sites call the HTTP API, where a setting names them."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.webaccess.refusedresponses import API_PATH

_DAY_S = 86_400


class CrossOrigin:
    """Answers browsers that ask whether a page of another site may call the API.

    Only the API is open to them, by GET and POST, and never with cookies. It stands before the
    check of the caller, since a browser asks without the token.
    """

    def __init__(self, application: ASGIApp, *, origins: tuple[str, ...]) -> None:
        """``origins`` are those of the pages; "*" is every one, and none opens nothing."""
        self._application = application
        self._crossed = application
        if origins:
            self._crossed = CORSMiddleware(
                application,
                allow_origins=["*"] if "*" in origins else origins,
                allow_methods=("GET", "POST"),
                allow_headers=("Authorization", "Content-Type", "If-None-Match"),
                expose_headers=("ETag", "Retry-After"),
                max_age=_DAY_S,
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; see ASGI."""
        to_api = scope["type"] == "http" and scope["path"].startswith(API_PATH)
        await (self._crossed if to_api else self._application)(scope, receive, send)
