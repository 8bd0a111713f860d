"""Texts are cut at marks, and no character of them is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.values.addresses import Addresses, web_link
from bot.web.values.pieces import cut, cuts_character, direction, language_tag
from corpus import Span


@given(
    st.text(min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=4),
    st.integers(0, 10),
)
def test_the_pieces_of_a_text_are_the_text(
    text: str, ends: list[tuple[int, int]], start: int
) -> None:
    spans = [Span(min(each), max(each)) for each in ends]
    pieces = cut(text, Span(start, start + len(text)), [("a", spans[:2]), ("b", spans[2:])])
    assert "".join(piece.text for piece in pieces) == text


def test_a_piece_has_the_marks_that_hold_all_of_it() -> None:
    pieces = cut("abcdef", Span(10, 16), [("x", [Span(11, 14)]), ("y", [Span(13, 99)])])
    assert [(p.text, p.marks) for p in pieces] == [
        ("a", ""),
        ("bc", "x"),
        ("d", "x y"),
        ("ef", "y"),
    ]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("G7 ترحب الدول", "ar", "rtl"),
        ("G7 ترحب الدول بهذا", "en", "rtl"),
        ("The word سلام in a sentence", "en", "ltr"),
        ("Plain text", "ar", "ltr"),
        ("שלום", "he-IL", "rtl"),
    ],
)
def test_a_paragraph_runs_as_its_letters_do(text: str, language: str, expected: str) -> None:
    assert direction(text, language) == expected


def test_a_language_that_is_no_tag_is_left_out() -> None:
    assert [language_tag(each) for each in ("fr", "zh-Hant", 'x" onload="', "")] == [
        "fr",
        "zh-Hant",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("cafe\u0301", 4, True),
        ("cafe\u0301", 5, False),
        ("👨\u200d👩", 1, True),
        ("👨\u200d👩", 2, True),
        ("👍\U0001f3fd", 1, True),
        ("ab", 1, False),
        ("a \u0301b", 2, False),
    ],
)
def test_a_place_inside_a_character_is_found(text: str, at: int, expected: bool) -> None:
    assert cuts_character(text, at) is expected


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//host",
        "https://",
        "https://a b",
        "https://a\u202e",
        "ftp://a",
        None,
        "https://" + "a" * 4_000,
    ],
)
def test_only_plain_web_addresses_are_links(address: str | None) -> None:
    assert web_link(address) is None


def test_an_address_keeps_odd_names_of_documents_whole() -> None:
    links = Addresses("fr")
    place = links.place("a b/ü?", "c0ffee0123456789", Span(4, 9), evidence=Span(5, 6))
    assert place == "/d/a%20b%2F%C3%BC%3F@c0ffee012345/4-9?evidence=5-6&lang=fr#quote"
