"""Sentences of a paragraph."""

import itertools

from hypothesis import given, settings
from strategies import awkward_texts

from corpus import split_sentences
from corpus.model import Span
from corpus.sentences import trim


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
