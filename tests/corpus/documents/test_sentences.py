"""Sentences of a paragraph."""

import itertools

import pytest
from growth import TOO_FAST, cpu_s, exponent, pumped
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import awkward_texts

from corpus import split_sentences
from corpus.documents.sentences import trim
from corpus.model import Span


def sentences(text: str, language: str = "en") -> list[str]:
    return [span.of(text) for span in split_sentences(text, language=language)]


def test_abbreviations_and_initials_do_not_end_a_sentence() -> None:
    text = (
        "They met at the invitation of U.S. Secretary of State Antony J. Blinken. "
        "Mr. Smith of the U.N. spoke on Jan. 5."
    )
    assert sentences(text) == [text[:72], text[73:]]


def test_full_stops_of_other_scripts_end_a_sentence() -> None:
    assert sentences("会いました。話しました。", "ja") == ["会いました。", "話しました。"]
    assert sentences("كيف حالك؟ مرحبا.", "ar") == ["كيف حالك؟", "مرحبا."]


def test_an_unknown_language_is_split_all_the_same() -> None:
    assert sentences("One went. Two came.", "xx") == ["One went.", "Two came."]


def test_white_space_alone_has_no_sentence() -> None:
    assert sentences(" \n\t ") == []
    assert sentences("") == []


def test_a_span_of_white_space_trims_to_nothing() -> None:
    assert trim("a  b", Span(1, 3)) is None
    assert trim(" ab ", Span(0, 4)) == Span(1, 3)


@settings(max_examples=1_000)
@given(awkward_texts)
def test_every_character_that_is_seen_lies_in_exactly_one_sentence(text: str) -> None:
    spans = split_sentences(text)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    assert all(span.of(text) == span.of(text).strip() != "" for span in spans)
    covered = "".join(span.of(text) for span in spans)
    assert [c for c in covered if not c.isspace()] == [c for c in text if not c.isspace()]


PUMPS = [
    "漢。", "`", "(漢。)", "「漢。」", "“a.” B. ", "' ", "a", ".", "! ", "a@b.cc. ", "[1]. ", "‘a. ", "«漢。",
    "क।", "ا؟", "😀. ", "e\u0301. ", "\u200b.", "\n", "漢。" * 499 + " ",
]  # fmt: skip


@pytest.mark.parametrize("piece", PUMPS)
def test_the_time_for_a_paragraph_grows_with_its_length_and_not_faster(piece: str) -> None:
    for length in (4_000, 50_000, 200_000):
        text = pumped(piece, length)
        assert cpu_s(split_sentences, text) < 2
    assert exponent(lambda n: split_sentences(pumped(piece, n)), first=20_000) <= TOO_FAST


@settings(max_examples=30, deadline=None)
@given(st.lists(awkward_texts.filter(str.strip), min_size=1, max_size=5), st.integers(4_000, 9_000))
def test_a_text_that_is_split_in_parts_loses_nothing(pieces: list[str], length: int) -> None:
    text = pumped(" ".join(pieces) + " ", length)
    spans = split_sentences(text)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    covered = "".join(span.of(text) for span in spans)
    assert "".join(covered.split()) == "".join(text.split())


def test_sentences_of_a_text_in_parts_are_those_of_the_whole() -> None:
    sentence = "会议通过了《关于阿勒颇的决议》，各方「表示欢迎。十分欢迎。」并将继续合作。"
    text = sentence * 400
    assert sentences(text, "zh") == sentences(sentence, "zh") * 400
    longest = "漢" * 30_000 + "。"
    assert sentences(longest + "会议。", "zh") == [longest, "会议。"]
