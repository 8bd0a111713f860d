"""A source that is too much of one thing is refused with that for a reason."""

import pytest
from corpora import shared_extractor

from corpus import UnreadableSource
from corpus.extraction.process.answers import MOST_HEAD_BYTES, Answer, check_size


def reason(data: bytes, name: str) -> str:
    with pytest.raises(UnreadableSource) as refused:
        shared_extractor().extract(data, name=name)
    return str(refused.value)


def test_a_piece_that_no_markup_divides_is_not_called_nested() -> None:
    assert reason("漢。".encode() * 2_000_000, "a.md").startswith("a piece of over 10 MB in it")


def test_what_is_nested_is_called_so() -> None:
    assert reason(b"<html>" + b"<div>" * 1_000 + b"We met.", "a.html").startswith("nested too")


@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_signs_without_a_letter_are_not_called_empty(name: str) -> None:
    assert reason(b"* * *\n\n?! ", name).startswith("no letter or digit in its text")
    assert reason(b" \n\n ", name).startswith("empty")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Answer({}, "é" * 501), "over 0 MB of text"),
        (Answer({"notes": "x" * MOST_HEAD_BYTES}), "over 8 MB in it beside its text"),
    ],
)
def test_an_answer_that_nobody_would_take_becomes_a_reason(answer: Answer, sentence: str) -> None:
    with pytest.raises(UnreadableSource, match=sentence):
        check_size(answer, text_bytes=1_000)
