"""Raised signs in a PDF: note marks leave the text, exponents stay, and both are noted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pdfs import At, Mixed, column, mixed, pdf

from corpus.extraction.extract import Deviation, DeviationKind, DeviationName, Extract
from corpus.extraction.pdf.pdftext import read_pdf

BEFORE = (
    "The Council of the Donors met on 4 March 2024 to review the delivery of aid to the",
    "Region, which has been affected by floods and by the loss of its bridges and roads.",
)


def lines(*texts: str, top: float = 672, **style: float) -> list[Mixed]:
    return [mixed(text, y=top - 14 * n, **style) for n, text in enumerate(texts)]


def extract(*texts: str, feet: tuple[str, ...] = (), **style: float) -> Extract:
    notes = [mixed(text, y=90 - 12 * n, size=8, small=5.5, rise=3) for n, text in enumerate(feet)]
    return read_pdf(pdf([*column(*BEFORE, top=700), *lines(*texts, **style), *notes]))


def body(found: Extract) -> str:
    return found.text.split("\n\n")[0].removeprefix(" ".join(BEFORE)).strip()


def notes_of(found: Extract) -> list[str]:
    return [part.text for part in found.deviations if part.name is DeviationName.NOTE]


FEET = ("{^1} Including two observers.", "{^2} In current prices.", "{^3} Unaudited.")


@pytest.mark.parametrize("by_rise", [True, False])
def test_note_marks_leave_the_text_and_exponents_stay(by_rise: bool) -> None:
    found = extract(
        "The fund now counts 85{^1} members, and contributions reached 412{^2} million dollars",
        "by the end of 2023.{^3} The zone covers 120 km{^2} and about 10{^6} people live in it.",
        feet=FEET,
        by_rise=by_rise,
    )
    assert body(found) == (
        "The fund now counts 85 members, and contributions reached 412 million dollars by the end "
        "of 2023. The zone covers 120 km² and about 10⁶ people live in it."
    )
    assert notes_of(found) == ["1", "2", "3"]
    assert found.text.strip().split("\n\n")[1:] == [
        "[1] Including two observers.",
        "[2] In current prices.",
        "[3] Unaudited.",
    ]


def test_a_note_mark_is_recorded_where_it_stood() -> None:
    found = extract("The fund now counts 85{^1} members of the Group.", feet=FEET[:1])
    place = found.text.index("85") + 2
    assert found.deviations == (Deviation(DeviationKind.LEFT_OUT, DeviationName.NOTE, "1", place),)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            "The 21{^st} session was held on the 2{^nd} day.",
            "The 21st session was held on the 2nd day.",
        ),
        ("A rate of 10{^-5} was found.", "A rate of 10⁻⁵ was found."),
        ("A flow of 3 m{^3} a day was found.", "A flow of 3 m³ a day was found."),
        ("The gas is CO{_2} and no other.", "The gas is CO2 and no other."),
        ("As agreed by all{^1, 2} it stays.", "As agreed by all it stays."),
        ("As agreed by all{^*} it stays.", "As agreed by all it stays."),
        ("The district of Amaro{^[4]} was flooded.", "The district of Amaro was flooded."),
        ("In 1,250{^7} schools of the region.", "In 1,250 schools of the region."),
        ("It said “no”{^5}, and left.", "It said “no”, and left."),
        ("Members: 85{^1}", "Members: 85"),
        ("An area of 85² and 10³ km² was found.", "An area of 85² and 10³ km² was found."),
        ("The region of Amaro³ was flooded.", "The region of Amaro was flooded."),
    ],
)
def test_each_raised_sign_reads_as_a_person_reads_it(line: str, text: str) -> None:
    feet = ("{^9} A note that is on the page.",) if "85²" in line else ()
    assert body(extract(line, feet=feet)) == text


def test_a_guess_between_a_note_and_an_exponent_is_told() -> None:
    found = extract("A grid of 5{^2} was laid over the town.")
    assert "A grid of 5² was" in found.text
    (guess,) = found.deviations
    assert (guess.kind, guess.name) == (DeviationKind.GUESSED, DeviationName.EXPONENT)


def test_figures_on_the_line_are_no_marks() -> None:
    text = "In 2023 the 85 members paid 412 of 500 million, 4,5 per head and 3-5 each."
    assert body(extract(text)) == text


def test_a_table_cell_that_stands_higher_is_no_mark() -> None:
    row = [At(72, 600, "Country of Amaro"), At(300, 603, "784", 9), At(400, 603, "12", 9)]
    found = read_pdf(pdf([*column(*BEFORE, top=700), *row]))
    assert "784" in found.text
    assert "12" in found.text
    assert notes_of(found) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(11, 9999), min_size=1, max_size=6),
    st.booleans(),
    st.floats(5, 8),
    st.floats(3, 5),
)
def test_no_note_mark_is_ever_glued_to_a_number(
    numbers: list[int], by_rise: bool, small: float, rise: float
) -> None:
    texts = [
        f"The fund of group {chr(64 + n)} counts {number}{{^{n}}} members of its own."
        for n, number in enumerate(numbers, 1)
    ]
    feet = tuple(f"{{^{n}}} See the report of that group." for n in range(1, len(numbers) + 1))
    found = extract(*texts, feet=feet, by_rise=by_rise, small=small, rise=rise)
    text = " ".join(found.text.split("\n\n[1]")[0].split())
    assert text.endswith(" ".join(text.replace(f"{{^{n}}}", "") for n, text in enumerate(texts, 1)))
    assert notes_of(found) == [str(n) for n in range(1, len(numbers) + 1)]
    for part, number in zip(found.deviations, numbers, strict=True):
        assert found.text[: part.position].endswith(f" counts {number}")
