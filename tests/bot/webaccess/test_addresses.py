"""A forwarded address counts only if a trusted proxy sent it."""

from ipaddress import ip_network

import pytest
from starlette.requests import HTTPConnection

from bot.webaccess.addresses import address_of

PROXIES = (ip_network("10.0.0.0/8"), ip_network("::1"))


def address(peer: str, *forwarded: str, proxies: tuple = PROXIES) -> str:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    return address_of(
        HTTPConnection({"type": "http", "headers": headers, "client": (peer, 1)}), proxies
    )


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  # a stranger forged it
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, 203.0.113.9"], "203.0.113.9"),  # what came before is its word
        ("10.0.0.1", ["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, <script>"], "10.0.0.1"),
        ("::1", ["2001:db8::7"], "2001:db8::7"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", [",".join(["10.0.0.3"] * 1000)], "10.0.0.3"),
    ],
)
def test_the_nearest_address_that_is_no_trusted_proxy_is_the_callers(
    peer: str, forwarded: list[str], found: str
) -> None:
    assert address(peer, *forwarded) == found


def test_without_trusted_proxies_nothing_that_was_forwarded_counts() -> None:
    assert address("127.0.0.1", "198.51.100.1", proxies=()) == "127.0.0.1"
