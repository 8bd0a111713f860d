"""Names the publisher of a source; the host that it came from stands for an unknown one."""

from typing import Protocol
from urllib.parse import urlsplit


class _Published(Protocol):
    @property
    def publisher(self) -> str | None: ...
    @property
    def url(self) -> str | None: ...
    @property
    def fetched(self) -> str | None: ...
    @property
    def said_by_source(self) -> frozenset[str]: ...


def publisher_name(source: _Published) -> str | None:
    """Return the publisher, else the host of the source's address, such as "canada.ca"; None
    without an address.
    """
    return source.publisher or publishing_host(source)


def publishing_host(source: _Published) -> str | None:
    """Return the host of the address of a source, without "www."; None without an address.

    An address that only the source itself states counts only if it was not fetched from the web.
    """
    claimed = "url" in source.said_by_source
    addresses = (source.fetched, source.url) if claimed else (source.url, source.fetched)
    return next(filter(None, map(_host, filter(None, addresses))), None)


def _host(address: str) -> str | None:
    try:
        parts = urlsplit(address)
        host = parts.hostname if parts.scheme in {"http", "https"} else None
    except ValueError:
        return None
    return None if host is None else host.removesuffix(".").removeprefix("www.") or None
