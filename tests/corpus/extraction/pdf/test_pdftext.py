"""A PDF becomes text in paragraphs as people see them."""

import pytest
from pdfs import At, column, pdf

from corpus.errors import UnreadableSource
from corpus.extraction.extract import Extract
from corpus.extraction.pdf.pdftext import read_pdf

FIRST = (
    "The Coalition reaffirms its determination to continue the fight against terror",
    "in a common effort, and to stabilise the areas that have been liberated, as its",
    "members have agreed in Marrakesh.",
)
SECOND = (
    "Ministers thanked the Kingdom of Morocco for its hospitality and welcomed the",
    "creation of a group on Africa, which will meet for the first time this year.",
)


def paragraphs(*pages: list[At]) -> list[str]:
    return read_pdf(pdf(*pages)).text.strip().split("\n\n")


def test_lines_are_joined_and_a_larger_gap_begins_a_paragraph() -> None:
    assert paragraphs(column(*FIRST, "", *SECOND)) == [" ".join(FIRST), " ".join(SECOND)]


def test_an_indented_line_begins_a_paragraph() -> None:
    lines = column(*FIRST, *SECOND)
    moved = [
        At(line.x + 18, line.y, line.text) if n in {0, 3} else line for n, line in enumerate(lines)
    ]
    assert paragraphs(moved) == [" ".join(FIRST), " ".join(SECOND)]


def test_a_line_that_ends_a_sentence_early_ends_its_paragraph() -> None:
    assert paragraphs(column(*FIRST, *SECOND)) == [" ".join(FIRST), " ".join(SECOND)]


def test_bullets_and_numbers_begin_paragraphs_and_hang() -> None:
    lines = [
        *column("The ministers agreed on this:", top=740),
        *column(
            "• to share what they know about the networks and about all those who pay",
            x=72,
            top=726,
        ),
        *column("for them;", x=84, top=712),
        *column("• to meet again.", x=72, top=698),
        *column(
            "1. The first of the points is longer than the line that it begins on and so it",
            x=72,
            top=684,
        ),
        *column("goes on in the next.", x=84, top=670),
        *column("2. The second.", x=72, top=656),
    ]
    assert paragraphs(lines) == [
        "The ministers agreed on this:",
        "• to share what they know about the networks and about all those who pay for them;",
        "• to meet again.",
        "1. The first of the points is longer than the line that it begins on and so it goes on in the next.",
        "2. The second.",
    ]


def test_larger_and_bold_lines_are_headings() -> None:
    lines = [
        At(72, 760, "Joint communiqué", 20),
        *column(*FIRST, top=720),
        At(72, 678, "Next steps", 11, bold=True),
        *column(*SECOND, top=664),
    ]
    extract = read_pdf(pdf(lines))
    assert extract.text.strip().split("\n\n") == [
        "## Joint communiqué",
        " ".join(FIRST),
        "## Next steps",
        " ".join(SECOND),
    ]
    assert extract.title == "Joint communiqué"


def test_words_parted_at_a_lines_end_are_whole_again() -> None:
    lines = column(
        "Counter-terrorism is a long-term effort, and stabilisation needs the determi-",
        "nation of all. The members of the group will pay for a long-",
        "term plan, for counter-",
        "terrorism and for the stabili-",
        "sation of a well-",
        "governed region between 2020-",
        "2025 and after.",
    )
    assert paragraphs(lines) == [
        "Counter-terrorism is a long-term effort, and stabilisation needs the determination of all. "
        "The members of the group will pay for a long-term plan, for counter-terrorism and for the "
        "stabilisation of a well-governed region between 2020-2025 and after."
    ]


def test_a_paragraph_goes_on_over_columns_and_pages() -> None:
    left = column("We met today in the", "city of Marrakesh to", "speak of what unites", x=72)
    right = column("all of us and of what", "is still to be done in", "the years that lie", x=320)
    after = column("before us, and we will", "do it.", "", "Another paragraph.", x=72)
    assert paragraphs(left + right, after) == [
        "We met today in the city of Marrakesh to speak of what unites all of us and of what is "
        "still to be done in the years that lie before us, and we will do it.",
        "Another paragraph.",
    ]


def test_running_heads_feet_and_page_numbers_are_dropped() -> None:
    pages = [
        [At(72, 810, f"Joint statement – page {n} of 3"), *column(*text), At(290, 30, str(n))]
        for n, text in enumerate((FIRST, SECOND, FIRST), start=1)
    ]
    assert paragraphs(*pages) == [" ".join(FIRST), " ".join(SECOND), " ".join(FIRST)]


def test_footnotes_stand_behind_the_text_and_part_no_paragraph() -> None:
    first = [
        *column(*FIRST[:2], top=200),
        *column(
            "1 See the report of the group of 2021, which was",
            "written in Rome.",
            top=120,
            size=8,
            pitch=10,
        ),
    ]
    second = [*column(FIRST[2]), *column("2 Ibid.", top=120, size=8)]
    assert paragraphs(first, second) == [
        " ".join(FIRST),
        "[1] See the report of the group of 2021, which was written in Rome.",
        "[2] Ibid.",
    ]


def test_a_turned_page_reads_as_it_is_shown() -> None:
    assert "Marrakesh" in read_pdf(pdf(column(*FIRST), rotate=90)).text


def test_a_table_of_contents_is_one_block() -> None:
    lines = column("Preamble ........................ 2", "Annex ........................... 12")
    assert paragraphs(lines) == [
        "Preamble ........................ 2\nAnnex ........................... 12"
    ]


@pytest.mark.parametrize(
    ("info", "title"),
    [
        ("/Title (Statement on security)", "Statement on security"),
        ("/Title (Microsoft Word - Statement on security.docx)", "Statement on security"),
        ("/Title (statement_final_v2.doc)", None),
        ("/Title (Untitled)", None),
        ("/Title <FEFFD8000041>", None),
        ("/CreationDate (D:20220512103000Z)", None),
    ],
)
def test_a_title_is_taken_and_a_file_name_or_a_day_of_making_is_not(
    info: str, title: str | None
) -> None:
    extract = read_pdf(pdf(column(*FIRST), info=info))
    assert (extract.title, extract.published, extract.language) == (title, None, "en-GB")


def test_one_large_word_is_no_title() -> None:
    assert read_pdf(pdf([At(72, 760, "NATO", 30), *column(*FIRST, top=720)])).title is None


def refusal(data: bytes) -> str:
    with pytest.raises(UnreadableSource) as caught:
        read_pdf(data)
    return str(caught.value)


def test_what_cannot_be_read_says_why() -> None:
    whole = pdf(column(*FIRST))
    assert refusal(pdf([])).startswith("no text: it looks scanned.")
    assert refusal(b"%PDF-1.7\n" + whole[:60]).startswith("truncated:")
    assert refusal(b"%PDF-1.7\nnothing\n%%EOF").startswith("damaged:")


def test_the_same_bytes_give_the_same_text() -> None:
    data = pdf(column(*FIRST, "", *SECOND))
    first, second = read_pdf(data), read_pdf(data)
    assert isinstance(first, Extract)
    assert first == second
