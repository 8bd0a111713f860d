"""Deviations, which are omissions, guesses and repairs, keep their true places on their way."""

import os
import time
from array import array
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import awkward_texts

from corpus.extraction.extract import (
    MOST_CHARACTERS_IN_ALL,
    MOST_DEVIATION_CHARACTERS,
    MOST_DEVIATIONS,
    Deviation,
    DeviationKind,
    DeviationName,
    Extract,
    bounded,
    counted,
)
from corpus.extraction.process import answers
from corpus.extraction.process.extractanswer import answer_of, extract_of
from corpus.extraction.process.frames import FrameError
from corpus.normalisation import normalise, stored_positions
from corpus.pages import PageStart, page_at


def left_out(name: DeviationName, text: str = "x", position: int = 0) -> Deviation:
    return Deviation(DeviationKind.LEFT_OUT, name, text, position)


def test_deviations_are_counted_in_one_phrase() -> None:
    assert counted([]) == ""
    assert (
        counted(
            [
                left_out(DeviationName.NOTE, "1"),
                left_out(DeviationName.RUNNING_HEAD, "S/RES/2254"),
                left_out(DeviationName.NOTE, "2"),
                Deviation(DeviationKind.REPAIRED, DeviationName.BYTE, "\ufffd", 7),
                left_out(DeviationName.NOTE, "3"),
                Deviation(DeviationKind.REPAIRED, DeviationName.BYTE, "\ufffd", 9),
                Deviation(DeviationKind.GUESSED, DeviationName.ENCODING, "", 0),
                left_out(DeviationName.MARKUP),
                left_out(DeviationName.MARKUP),
            ]
        )
        == "3 notes, 1 running head, 2 bytes repaired, 1 encoding guessed, 2 pieces of markup"
    )


def test_deviations_are_bounded_in_number_and_in_length() -> None:
    long = left_out(DeviationName.HIDDEN_TEXT, "y" * (MOST_DEVIATION_CHARACTERS + 1))
    kept = bounded([long] * (MOST_DEVIATIONS + 1))
    assert len(kept) == MOST_DEVIATIONS
    assert kept[0].text == "y" * (MOST_DEVIATION_CHARACTERS - 1) + "…"
    assert sum(len(part.text) for part in kept) <= MOST_CHARACTERS_IN_ALL
    assert kept[-1].text == ""


def test_a_character_stands_on_the_page_that_began_last_before_it() -> None:
    pages = (PageStart(0, 1), PageStart(40, 2), PageStart(90, 5), PageStart(120, 2))
    assert [page_at(pages, at) for at in (0, 39, 40, 89, 90, 120, 500)] == [1, 1, 2, 2, 5, 2, 2]
    assert page_at((), 3) is None
    assert page_at((PageStart(4, 1),), 3) is None


EXTRACT = Extract(
    text="The fund counts 85 members.",
    published=date(2024, 3, 4),
    notes=("a sentence",),
    deviations=(
        left_out(DeviationName.NOTE, "1", 18),
        Deviation(DeviationKind.REPAIRED, DeviationName.BYTE, "\ufffd", 27),
        left_out(DeviationName.PAGE_NUMBER, "7", 27),
    ),
    pages=(PageStart(0, 1), PageStart(9, 3)),
)


def test_deviations_and_pages_travel_between_the_processes() -> None:
    ours, theirs = os.pipe()
    answers.send(theirs, answer_of(EXTRACT))
    answer = answers.receive(ours, text_bytes=100, deadline=time.monotonic() + 5)
    for fd in (ours, theirs):
        os.close(fd)
    assert extract_of(answer) == EXTRACT


@pytest.mark.parametrize(
    "deviations",
    [
        None,
        [["left out", "note", "1"]],
        [["left out", "note", 1, 0]],
        [["left out", "no such thing", "1", 0]],
        [["thrown away", "note", "1", 0]],
        [["left out", "note", "1", 28]],
        [["left out", "note", "1", -1]],
    ],
)
def test_what_is_no_deviation_is_refused(deviations: object) -> None:
    answer = answer_of(EXTRACT)
    with pytest.raises(FrameError):
        extract_of(replace(answer, head={**answer.head, "deviations": deviations}))


@pytest.mark.parametrize("pages", [[0], [0, 0], [28, 1], [5, 1, 5, 2], [5, 1, 4, 2]])
def test_what_is_no_page_is_refused(pages: list[int]) -> None:
    with pytest.raises(FrameError):
        extract_of(replace(answer_of(EXTRACT), numbers=array("I", pages)))


@given(awkward_texts, st.data())
def test_a_place_in_a_text_is_the_same_place_in_its_stored_form(
    text: str, data: st.DataObject
) -> None:
    position = data.draw(st.integers(0, len(text)))
    (stored,) = stored_positions(text, [position])
    whole, before = normalise(text), normalise(text[:position])
    assert 0 <= stored <= len(whole)
    if text[position - 1 : position + 1] != "\r\n":
        assert whole[:stored] == before


@pytest.mark.parametrize("position", [-1, 4])
def test_a_place_outside_a_text_is_refused(position: int) -> None:
    with pytest.raises(ValueError, match="outside a text of 3 characters"):
        stored_positions("abc", [0, position])


def test_no_place_needs_no_text() -> None:
    assert stored_positions("", []) == []
    assert stored_positions("a\r\n\x00b", [5, 2, 3, 0]) == [3, 2, 2, 0]
