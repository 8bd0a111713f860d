"""Days, months and years as people write them."""

import re
from datetime import date

import pytest

from corpus import months
from corpus.documents.paragraphs import lay_out
from embeddings.text.dateranges import DATE_PATTERN, iso_range, months_named, written_range


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2021", date(2021, 1, 1), date(2021, 12, 31)),
        (" 2021-02 ", date(2021, 2, 1), date(2021, 2, 28)),
        ("2024-02-29", date(2024, 2, 29), date(2024, 2, 29)),
    ],
)
def test_iso_dates_months_and_years_are_ranges(text: str, first: date, last: date) -> None:
    assert iso_range(text) == (first, last)


@pytest.mark.parametrize(
    "text",
    ["", "21", "2021-13", "2021-02-29", "2021-3", "yesterday", "0000", "٢٠٢١", "2021-01-01T"],
)
def test_anything_else_is_none(text: str) -> None:
    assert iso_range(text) is None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("March 2021", date(2021, 3, 1), date(2021, 3, 31)),
        ("12 March 2021", date(2021, 3, 12), date(2021, 3, 12)),
        ("March 12th, 2021", date(2021, 3, 12), date(2021, 3, 12)),
        ("3rd of May 2021", date(2021, 5, 3), date(2021, 5, 3)),
        ("Sept. 2021", date(2021, 9, 1), date(2021, 9, 30)),
        ("1er mai 2022", date(2022, 5, 1), date(2022, 5, 1)),
        ("août 2022", date(2022, 8, 1), date(2022, 8, 31)),
        ("2021-03", date(2021, 3, 1), date(2021, 3, 31)),
        ("1999", date(1999, 1, 1), date(1999, 12, 31)),
    ],
)
def test_written_dates_are_found_and_read(text: str, first: date, last: date) -> None:
    found = re.search(DATE_PATTERN, f"since {text}, please", re.I)
    assert found is not None
    assert written_range(found.group()) == (first, last)


@pytest.mark.parametrize("text", ["31 February 2021", "2021-02-30", "0 May 2021"])
def test_a_day_that_does_not_exist_is_none(text: str) -> None:
    assert written_range(text) is None


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("What may happen on a march?", set()),
        ("What happened in May, and in march 2022?", {3, 5}),
        ("call with japan sept. 2021", {9}),
        ("12 mai 2022 et août", {5, 8}),
        ("le 3 févr. 2020", {2}),
        ("Since 2021-03 and 2021", {3}),
        ("Did the Dec team meet Jan?", set()),
        ("Sept nations met", set()),
        ("31 February 2021", {2}),
    ],
)
def test_the_months_that_a_text_names(text: str, numbers: set[int]) -> None:
    assert months_named(text) == numbers


@pytest.mark.parametrize("name", ["sept", "Sept", "déc", "mar", "March", "août"])
def test_a_month_is_the_same_in_a_question_a_filter_and_a_dateline(name: str) -> None:
    number = months.NUMBERS[name.lower()]
    days = written_range(f"{name} 2021")
    assert days is not None
    assert days[0].month == number
    assert months_named(f"what was said in {name}. 2021") == {number}
    text = (
        f"A title\n\n12 {name}. 2021 - Paris - The ministry\n\nIt was said here that all is well."
    )
    layout = lay_out(text)
    assert layout.published == date(2021, number, 12)
