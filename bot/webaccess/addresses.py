"""Finds the address of a caller behind proxies that a setting names."""

import ipaddress

from starlette.requests import HTTPConnection

from bot.websettings import Network

_MOST_HOPS = 20


def address_of(connection: HTTPConnection, proxies: tuple[Network, ...]) -> str:
    """Return the address that a request came from.

    A forwarded address counts only if a trusted proxy sent it: the list is read from its end, as
    long as each entry is a trusted proxy, too. What is no address ends the list.
    """
    address = connection.client.host if connection.client else ""
    if not proxies:
        return address
    forwarded = ",".join(connection.headers.getlist("x-forwarded-for"))
    for hop in reversed(forwarded.rsplit(",", _MOST_HOPS)[-_MOST_HOPS:]):
        if not _is_in(address, proxies) or not (named := _plain(hop)):
            break
        address = named
    return address


def _is_in(address: str, networks: tuple[Network, ...]) -> bool:
    plain = _plain(address)
    if not plain:
        return False
    found = ipaddress.ip_address(plain)
    return any(found.version == each.version and found in each for each in networks)


def _plain(text: str) -> str:
    """Return an address in its usual form; an empty text for what is none."""
    try:
        found = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return ""
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)
