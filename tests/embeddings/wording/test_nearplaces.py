"""Words that are nearly said are found, with just the words that differ."""

import random

import numpy as np
import pytest
from indexedtexts import indexed

from embeddings.wording import nearplaces
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


@pytest.mark.parametrize("most", [300_000, 40])
def test_texts_that_are_not_searched_make_no_difference(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(nearplaces, "_MOST_POSITIONS", most)
    chance = random.Random(4)
    words = "amber birch cedar delta ember fjord grove heath inlet jetty knoll larch".split()
    found = 0
    for _ in range(300):
        texts = [
            " ".join(chance.choices(words, k=chance.randrange(8, 60)))
            for _ in range(chance.randrange(2, 8))
        ]
        seen = np.array([chance.random() < 0.6 for _ in texts], bool)
        rows = np.flatnonzero(seen)
        said = chance.choice(texts).split()
        start = chance.randrange(len(said) - 6)
        asked = said[start : start + chance.randrange(5, 30)]
        asked[chance.randrange(len(asked))] = chance.choice(["not", "oslo", *words])
        quotation = quotation_of(" ".join(asked))
        among = near_places(quotation, WordIndex(map(indexed, texts)), seen)
        alone = near_places(quotation, WordIndex(indexed(texts[row]) for row in rows))
        assert [(each.row, each.span, each.pieces) for each in among] == [
            (int(rows[each.row]), each.span, each.pieces) for each in alone
        ]
        found += bool(alone)
    assert found > 100
