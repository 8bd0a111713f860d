"""Shows the box for questions in pages of other sites, where a setting names them."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.webaccess.securityheaders import CONTENT_POLICY, content_policy

EMBED_PATH = "/embed"

Page = Callable[[Request], Awaitable[Response]]
"""Answers a request with the page of a question, for a frame."""


def embed_route(page: Page, *, embedders: tuple[str, ...]) -> BaseRoute:
    """Return the route of the page; only pages of the ``embedders`` may frame it.

    These are origins, or "*" for every one; without any nobody may.
    """
    framing = "*" if "*" in embedders else " ".join(embedders) or "'none'"
    policy = content_policy(frame_ancestors=framing)

    async def embedded(request: Request) -> Response:
        response = await page(request)
        response.headers[CONTENT_POLICY] = policy
        return response

    return Route(EMBED_PATH, embedded, methods=["GET"])
