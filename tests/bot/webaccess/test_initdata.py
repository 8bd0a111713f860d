"""Only what Telegram signed for this bot, within an hour, says who a person is."""

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from initdatas import TOKEN, fields_of, init_data_of, signed

from bot.webaccess.initdata import InitDataRefused, VouchedPerson, vouched_person

NOW_S = 1_790_000_000.5
GOOD = init_data_of(11, NOW_S)


def is_refused(init_data: str, token: str = TOKEN) -> bool:
    try:
        vouched_person(init_data, token=token, now_s=NOW_S)
    except InitDataRefused:
        return True
    return False


def test_the_hash_of_another_implementation_is_taken() -> None:
    # made with the shell: openssl dgst -sha256 -mac HMAC, by the recipe
    digest = "e49dd929e8e5b06b94fd6b77113b9cf7a70d55d3e02ebcb8550a43e91500ffe0"
    known = f"auth_date=1790000000&user=%7B%22id%22%3A11%7D&hash={digest}"
    assert vouched_person(known, token=TOKEN, now_s=NOW_S) == VouchedPerson(11, 1_790_000_000)


@pytest.mark.parametrize("age_s", [0, 1, 1_800, 3_600])
def test_a_person_is_vouched_for_within_an_hour(age_s: int) -> None:
    at_s = int(NOW_S) + 1 - max(1, age_s)
    found = vouched_person(init_data_of(11, at_s), token=TOKEN, now_s=NOW_S)
    assert found == VouchedPerson(11, at_s)


@pytest.mark.parametrize(
    "init_data",
    [
        "",
        "hash=",
        "x",
        "a=1&b",
        GOOD[:-1],
        GOOD[:-1] + ("0" if GOOD[-1] != "0" else "1"),
        GOOD + "0",
        GOOD.upper(),
        GOOD + "&x=1",
        GOOD + "&auth_date=1790000000",
        GOOD.replace("auth_date=179", "auth_date=178"),
        GOOD.replace("%22id%22%3A+11", "%22id%22%3A+12"),
        GOOD + "&" + GOOD,
        GOOD.replace("hash=", "Hash="),
        GOOD.replace("hash=", "hash=é"),
        "%ff=1&" + GOOD,
        "&".join(f"f{number}=1" for number in range(40)) + "&" + GOOD,
        GOOD + "&x=" + "y" * 10_000,
        "\ud800",
        init_data_of(11, NOW_S, token="123456789:ANOTHER"),
        init_data_of(11, NOW_S - 3_602),
        init_data_of(11, NOW_S + 60),
        init_data_of(0, NOW_S),
        init_data_of(-5, NOW_S),
        init_data_of(2**60, NOW_S),
        signed({**fields_of(11, NOW_S), "auth_date": "now"}),
        signed({**fields_of(11, NOW_S), "auth_date": "-1"}),
        signed({**fields_of(11, NOW_S), "auth_date": "١٧٩٠٠٠٠٠٠٠"}),
        signed({**fields_of(11, NOW_S), "user": "[]"}),
        signed({**fields_of(11, NOW_S), "user": "{"}),
        signed({**fields_of(11, NOW_S), "user": '{"id": true}'}),
        signed({**fields_of(11, NOW_S), "user": '{"id": "11"}'}),
        signed({**fields_of(11, NOW_S), "user": '{"id": 11.0}'}),
        signed({**fields_of(11, NOW_S), "user": "[" * 3_000}),
        signed({"auth_date": str(int(NOW_S))}),
        signed({"user": '{"id": 11}'}),
    ],
)
def test_forged_old_repeated_and_odd_data_vouches_for_nobody(init_data: str) -> None:
    assert is_refused(init_data)
    assert not is_refused(GOOD)


@given(st.integers(0, 400), st.characters())
def test_whatever_character_is_changed_the_data_vouches_for_nobody_else(at: int, c: str) -> None:
    at %= len(GOOD)
    changed = GOOD[:at] + c + GOOD[at + 1 :]
    try:
        found = vouched_person(changed, token=TOKEN, now_s=NOW_S)
    except InitDataRefused:
        return
    assert found == VouchedPerson(11, int(NOW_S))
    assert parse_qsl(changed) == parse_qsl(GOOD)


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=8))
def test_any_fields_that_nobody_signed_are_refused_with_one_error(fields: dict[str, str]) -> None:
    assert is_refused(urlencode(fields, errors="replace"))
