"""A session is a signed cookie that ends within an hour."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.webaccess.initdata import VouchedPerson
from bot.webaccess.sessions import COOKIE, Sessions

NOW_S = 1_790_000_000.0


def sessions(now_s: float = NOW_S, token: str = "1:a") -> Sessions:  # noqa: S107 (no real one)
    return Sessions(token, clock=lambda: now_s)


def parts_of(cookie: str) -> tuple[str, list[str]]:
    """The value of a cookie, and its attributes."""
    named, *attributes = cookie.split("; ")
    name, _, value = named.partition("=")
    assert name == COOKIE
    return value, attributes


VALUE, ATTRIBUTES = parts_of(sessions().set_cookie(VouchedPerson(11, int(NOW_S))))


def test_a_browser_gives_the_cookie_to_this_host_alone_and_to_no_script() -> None:
    assert COOKIE.startswith("__Host-")
    assert set(ATTRIBUTES) == {
        "Path=/",
        "Max-Age=3600",
        "Secure",
        "HttpOnly",
        "SameSite=None",
        "Partitioned",
    }


@pytest.mark.parametrize(("age_s", "left_s"), [(0, 3_600), (600, 3_000), (3_600, 0), (-5, 3_600)])
def test_a_session_ends_an_hour_after_telegram_vouched_for_the_person(
    age_s: int, left_s: int
) -> None:
    value, attributes = parts_of(sessions().set_cookie(VouchedPerson(11, int(NOW_S) - age_s)))
    assert f"Max-Age={left_s}" in attributes
    assert sessions(NOW_S + left_s).person_in(value) is None
    if left_s:
        assert sessions(NOW_S + left_s - 1).person_in(value) == 11


def test_another_token_ends_all_sessions() -> None:
    assert sessions().person_in(VALUE) == 11
    assert sessions(token="1:b").person_in(VALUE) is None


def test_a_cookie_shows_no_person_in_the_clear() -> None:
    assert "11" not in base64.urlsafe_b64decode(VALUE).decode("latin-1")


@given(st.integers(0, 10_000), st.characters())
def test_whatever_character_is_changed_no_session_goes_on(at: int, c: str) -> None:
    at %= len(VALUE)
    changed = VALUE[:at] + c + VALUE[at + 1 :]
    assert changed == VALUE or sessions().person_in(changed) is None


@given(st.text(max_size=300))
def test_other_values_are_no_session(value: str) -> None:
    assert sessions().person_in(value) is None
