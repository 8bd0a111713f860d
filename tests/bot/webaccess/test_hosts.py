"""Requests for other hosts are refused, whatever their form."""

import pytest

from bot.webaccess.hosts import host_name, known_hosts
from bot.websettings import WebSettings


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Statements.Example.org", "statements.example.org"),
        ("statements.example.org:443", "statements.example.org"),
        ("statements.example.org.", "statements.example.org"),
        ("[::1]:8080", "::1"),
        ("[::1]", "::1"),
        ("", None),
        (":80", None),
        ("host:80:90", None),
        ("host:x", None),
        ("[::1", None),
        ("[::1]x", None),
        ("host@evil.example:80", "host@evil.example"),
    ],
)
def test_a_host_header_is_a_name_and_perhaps_a_port(header: str, name: str | None) -> None:
    assert host_name(header) == name


def test_a_server_has_the_names_of_the_settings_and_those_of_this_machine() -> None:
    web = WebSettings(
        "::", 80, public_url="https://Statements.example.org", hosts=frozenset({"inside"})
    )
    assert known_hosts(web) == {
        "localhost", "127.0.0.1", "::1", "inside", "statements.example.org"
    }  # fmt: skip
    assert "192.0.2.1" in known_hosts(WebSettings("192.0.2.1", 80))
