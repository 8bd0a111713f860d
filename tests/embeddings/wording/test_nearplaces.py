"""Words that are nearly said are found, with just the words that differ."""

import numpy as np
import pytest
from indexedtexts import indexed

from embeddings.wording.nearplaces import near_places
from embeddings.wording.quotation import quotation_of
from embeddings.wording.wordindex import IndexedText, WordIndex

SAID = indexed(
    "The Ministers met in Marrakesh on May 12.",
    "They saluted the entry of Benin, bringing the total number of members up to eighty-five, "
    "and did not forget the Coalition’s 1,000 partners in the field.",
)


def differences(asked: str, *texts: IndexedText) -> list[tuple[list[str], list[str]]]:
    """The removed and the added words of each place."""
    places = near_places(quotation_of(asked), WordIndex(texts))
    return [
        (
            [
                piece.said.of(texts[place.row].text)
                for piece in place.pieces
                if piece.said is not None and not piece.same
            ],
            [
                piece.asked.of(asked)
                for piece in place.pieces
                if piece.asked is not None and not piece.same
            ],
        )
        for place in places
    ]


@pytest.mark.parametrize(
    ("asked", "removed", "added"),
    [
        ("total number of members up to eighty-six", ["eighty-five"], ["eighty-six"]),
        ("the entry of Togo, bringing the total", ["Benin"], ["Togo"]),
        ("and did forget the Coalition's 1,000 partners", ["not"], []),
        ("they have not saluted the entry of Benin", [], ["have not"]),
        ("the Coalition’s 1000 partners in the field", ["1,000"], ["1000"]),
        ("The Ministers met in Rabat on May 12", ["Marrakesh"], ["Rabat"]),
        ("Ambassadors met in Marrakesh on May 12", ["Ministers"], ["Ambassadors"]),
        ("The Ministers met in Marrakesh on May 13", ["12"], ["13"]),
        ("not the Ministers met in Marrakesh", [], ["not"]),
        ("the total number of members up to eighty", ["eighty-five"], ["eighty"]),
        ("saluted the entry of Togo … and did not forget", ["Benin"], ["Togo"]),
    ],
)
def test_just_the_words_that_differ_are_marked(
    asked: str, removed: list[str], added: list[str]
) -> None:
    assert differences(asked, SAID) == [(removed, added)]


@pytest.mark.parametrize(
    "asked",
    [
        "The Ministers agreed to leave Syria in June.",
        "the number of people in the field",
        "met in Rabat",
        "",
        "…",
    ],
)
def test_other_words_are_not_nearly_said(asked: str) -> None:
    assert differences(asked, SAID) == []


def test_words_as_they_are_said_are_not_nearly_said() -> None:
    assert differences("saluted the entry of Benin, bringing the total", SAID) == []


def test_the_places_with_the_fewest_changes_are_found_and_all_of_them() -> None:
    one = indexed("We have 85 members in all today.")
    other = indexed("We had 84 members in all today.")
    assert differences("we have 86 members in all today", one, other, one) == [
        (["85"], ["86"]),
        (["85"], ["86"]),
    ]


def test_a_text_that_is_not_allowed_is_not_nearly_there() -> None:
    index = WordIndex([SAID, indexed("We have 85 members in all today.")])
    asked = quotation_of("we have 86 members in all today")
    assert len(near_places(asked, index)) == 1
    assert near_places(asked, index, np.array([True, False])) == ()
