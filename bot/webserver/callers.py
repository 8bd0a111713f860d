"""Tells callers apart by their addresses."""

import ipaddress

_SUBSCRIBER_BITS = 64
"""One IPv6 subscriber has at least so large a network."""


def caller_of(address: str) -> str:
    """Return the part of an address that counts as one caller: for IPv6 a subscriber's network."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, _SUBSCRIBER_BITS), strict=False))
