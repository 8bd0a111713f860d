"""Acronyms are learned from texts that define them, in linear time."""

import time

import pytest
from hypothesis import given
from strategies import awkward_texts

from embeddings.text.acronyms import Acronyms, defined_acronyms, field_acronyms, long_key


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("by the Syrian Democratic Forces (SDF) in", ("SDF", "Syrian Democratic Forces")),
        ("a memorandum of understanding (MoU)", ("MoU", "memorandum of understanding")),
        ("Group of Seven (the “G7”)", None),
        ("the North Atlantic Council (“NAC”) met", ("NAC", "North Atlantic Council")),
        ("Displaced Persons (IDPs; see above)", None),
        (
            "internally displaced persons (IDPs; see above)",
            ("IDPs", "internally displaced persons"),
        ),
        ("SDF (Syrian Democratic Forces)", ("SDF", "Syrian Democratic Forces")),
        ("l'Organisation mondiale de la santé (OMS)", ("OMS", "Organisation mondiale de la santé")),
        (
            "People’s Republic of China (PRC). It",
            ("PRC", "People’s Republic of China"),
        ),
        ("They met (USA) and left", None),
        ("He said so. Forces (SDF)", None),
        ("the ministers (the Group) met", None),
        ("in 2022 (AB)", None),
        ("a long day of many words (see Annex)", None),
    ],
)
def test_a_long_form_before_brackets_or_in_them_is_read(
    text: str, pair: tuple[str, str] | None
) -> None:
    assert list(defined_acronyms(text)) == ([] if pair is None else [pair])


def test_the_most_frequent_long_form_counts_and_the_own_before_that_of_the_field() -> None:
    own = [("SDF", "Special Duty Force"), ("AB", "a b"), ("AB", "Alpha Beta"), ("AB", "Alpha Beta")]
    acronyms = Acronyms([*own, *field_acronyms()])
    assert acronyms.long_form("SDF") == "Special Duty Force"
    assert acronyms.long_form("AB") == "Alpha Beta"
    assert acronyms.long_form("UNSCR") == "United Nations Security Council Resolution"
    assert acronyms.short_form(long_key("World Health Organization")) == "WHO"
    assert acronyms.long_form("who") is None
    assert acronyms.short_form(("nothing",)) is None


@given(awkward_texts)
def test_any_text_is_survived_and_both_forms_stand_in_it(text: str) -> None:
    for short, long in defined_acronyms(f"{text} (AB) {text} ({text})"):
        assert short in f"{text} (AB) {text} ({text})"
        assert long in f"{text} (AB) {text} ({text})"


@pytest.mark.parametrize("part", ["(", "(A", "(AB) ", "A.(AB", "A B (AB) ", ")(", "a"])
def test_the_time_is_linear_in_the_length(part: str) -> None:
    def seconds(length: int) -> float:
        text = part * (length // len(part))
        start = time.process_time()
        list(defined_acronyms(text))
        return time.process_time() - start

    assert seconds(160_000) <= 8 * seconds(40_000) + 0.1
