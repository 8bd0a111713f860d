"""Serves the style, the script and the icon of the pages from memory."""

import hashlib
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_FOLDER = Path(__file__).parent / "static"
_KINDS = {
    "verbatim.css": "text/css; charset=utf-8",
    "login.js": "text/javascript; charset=utf-8",
    "copy.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_A_YEAR = "public, max-age=31536000, immutable"
_AN_HOUR = "public, max-age=3600"


@cache
def _file(name: str) -> tuple[bytes, str]:
    content = (_FOLDER / name).read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:12]


def static_address(name: str) -> str:
    """Return the address of a file, which changes with its content."""
    return f"/static/{name}?v={_file(name)[1]}"


async def static_file(request: Request) -> Response:
    """Answer with a file; browsers may keep the one of an exact address for a year.

    Raises:
        HTTPException: if there is no such file.
    """
    name = request.path_params["name"]
    if name not in _KINDS:
        raise HTTPException(404)
    content, digest = _file(name)
    kept = _A_YEAR if request.query_params.get("v") == digest else _AN_HOUR
    headers = {"cache-control": kept, "etag": f'"{digest}"'}
    return Response(content, headers=headers, media_type=_KINDS[name])
