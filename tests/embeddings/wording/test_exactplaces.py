"""Words are found at every place where they stand, and nowhere else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from indexedtexts import indexed
from saidsets import plain_words

from corpus import Span
from embeddings.wording.quotation import WordPlace, exact_places, quotation_of
from embeddings.wording.wordindex import IndexedText, WordIndex

WORDS = st.sampled_from("we will not leave Syria 85 members the of and".split())
PASSAGES = st.lists(WORDS, min_size=1, max_size=14).map(" ".join)
TEXTS = st.lists(st.lists(PASSAGES, min_size=1, max_size=4), min_size=1, max_size=4)


def found(texts: list[IndexedText], words: str) -> list[tuple[int, str]]:
    places = exact_places(quotation_of(words), WordIndex(texts))
    return [(place.row, place.span.of(texts[place.row].text)) for place in places]


def starts_by_hand(text: str, words: list[str]) -> set[int]:
    """Every index of a word at which the words stand in a row, looked for one by one."""
    whole = plain_words(text)
    return {at for at in range(len(whole)) if whole[at : at + len(words)] == words}


@given(TEXTS, st.lists(WORDS, min_size=1, max_size=5))
def test_the_index_finds_what_a_plain_search_finds(
    passages: list[list[str]], asked: list[str]
) -> None:
    texts = [indexed(*each) for each in passages]
    places = exact_places(quotation_of(" ".join(asked).upper()), WordIndex(texts))
    by_hand = {
        (row, at)
        for row, each in enumerate(texts)
        for at in starts_by_hand(each.text, [word.casefold() for word in asked])
    }
    by_index = {
        (place.row, len(plain_words(texts[place.row].text[: place.span.start]))) for place in places
    }
    assert by_index == by_hand
    assert len(places) == len(by_hand)


@given(TEXTS, st.lists(WORDS, min_size=1, max_size=3), st.lists(WORDS, min_size=1, max_size=3))
def test_parts_stand_in_order_within_a_passage(
    passages: list[list[str]], one: list[str], other: list[str]
) -> None:
    texts = [indexed(*each) for each in passages]
    places = exact_places(quotation_of(f"{' '.join(one)} … {' '.join(other)}"), WordIndex(texts))
    by_hand = set[tuple[int, int, int]]()
    for row, each in enumerate(passages):
        for number, passage in enumerate(each):
            ends = starts_by_hand(passage, [word.casefold() for word in other])
            for at in starts_by_hand(passage, [word.casefold() for word in one]):
                after = [end for end in ends if end >= at + len(one)]
                if after:
                    by_hand.add((row, number, at))
    found = set[tuple[int, int, int]]()
    for place in places:
        text = texts[place.row]
        number = next(n for n, span in enumerate(text.passages) if span.contains(place.span))
        before = text.text[text.passages[number].start : place.span.start]
        found.add((place.row, number, len(plain_words(before))))
        assert [part.of(text.text).split() for part in place.parts] == [one, other]
    assert found == by_hand


def test_a_place_maps_back_to_the_source_word_for_word() -> None:
    text = indexed("The Coalition’s  “85\u00a0members” — all of them — met.")
    assert found([text], "coalition's '85 MEMBERS' - all") == [
        (0, "Coalition’s  “85\u00a0members” — all")
    ]


@pytest.mark.parametrize(
    ("source", "asked"),
    [
        ("up to eighty-five members", "up to eighty"),
        ("prices fell to −5 degrees", "5 degrees"),
        ("they paid $5 million", "5 million"),
        ("it grew by 5% since", "it grew by 5"),
        ("of non-state actors", "state actors"),
        ("what we can’t do", "what we can"),
        ("an area of 10² miles", "an area of 10"),
    ],
)
def test_a_word_is_not_cut_from_one_that_it_is_written_with(source: str, asked: str) -> None:
    assert found([indexed(source)], asked) == []
    assert found([indexed(source)], source)


def test_words_do_not_go_on_from_one_text_to_the_next() -> None:
    assert found([indexed("we will"), indexed("not leave")], "will not") == []


def test_a_text_that_is_not_allowed_is_not_there() -> None:
    index = WordIndex([indexed("we will leave"), indexed("we will leave")])
    places = exact_places(quotation_of("will leave"), index, np.array([False, True]))
    assert places == (WordPlace(1, (Span(3, 13),)),)


def test_nothing_is_found_for_no_word_and_in_no_text() -> None:
    assert found([indexed("we will")], " … ") == []
    assert found([], "we will") == []
