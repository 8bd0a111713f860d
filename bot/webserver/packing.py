"""Compresses long answers in the thread that makes them, so that the event loop does not wait."""

import gzip

from starlette.requests import Request

_PACKED = b"\x1f\x8b"
_LEAST_PACKED = 1_000
_PACKING = 5


def takes_packed(request: Request) -> bool:
    """Return whether the caller reads compressed answers."""
    return "gzip" in request.headers.get("accept-encoding", "")


def packed(content: bytes) -> bytes:
    """Return the content, compressed if it is long."""
    return gzip.compress(content, _PACKING, mtime=0) if len(content) >= _LEAST_PACKED else content


def packing_headers(content: bytes) -> dict[str, str]:
    """Return the headers that say whether a content, which is a text, was compressed."""
    return {"content-encoding": "gzip"} if content.startswith(_PACKED) else {}
