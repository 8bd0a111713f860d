"""Paragraphs and the furniture around them."""

from datetime import date

import pytest

from corpus import document_from_text
from corpus.documents.paragraphs import lay_out

PROSE = "The Ministers met in the capital and agreed on the next steps."


def paragraphs(text: str, title: str | None = None) -> list[str]:
    return [span.of(text) for span in lay_out(text, title=title).paragraphs]


def test_blank_lines_separate_paragraphs_and_single_line_ends_do_not() -> None:
    assert paragraphs("One is here.\nStill one.\n \t\n\nTwo is here.") == [
        "One is here.\nStill one.",
        "Two is here.",
    ]


def test_furniture_around_a_statement_is_no_passage_but_tells_its_provenance() -> None:
    text = (
        "Joint Statement on Trade\n\nw example.org/news/1.html\n\nFrom: Office of Trade\n\n"
        f"Statement\n\nMay 3, 2021 – Paris, France - Office of Trade\n\n{PROSE}\n\n"
        "They will meet again.\n\nContacts\n\nPress office, telephone 1234"
    )
    layout = lay_out(text)
    assert [span.of(text) for span in layout.paragraphs] == [PROSE, "They will meet again."]
    assert layout.title == "Joint Statement on Trade"
    assert layout.publisher == "Office of Trade"
    assert layout.published == date(2021, 5, 3)
    assert layout.place == "Paris, France"
    assert layout.dateline is not None
    assert layout.dateline.of(text) == "May 3, 2021 – Paris, France - Office of Trade"


@pytest.mark.parametrize(
    ("line", "published"),
    [
        ("12 May 2022 – Marrakesh - Somebody", date(2022, 5, 12)),
        ("1er février 2023 – Paris, France", date(2023, 2, 1)),
        ("Sept. 3, 2021 – Oslo - Ministry", date(2021, 9, 3)),
        ("4 Dec 2021 – Oslo - Ministry", date(2021, 12, 4)),
        ("2020-02-29 – Rome - Ministry", date(2020, 2, 29)),
        ("February 31, 2020 – Rome - Ministry", None),
    ],
)
def test_a_dateline_is_read_in_the_usual_forms(line: str, published: date | None) -> None:
    layout = lay_out(f"A Title Stands Here Alone\n\n{line}\n\n{PROSE}")
    assert layout.dateline is not None
    assert layout.published == published


def test_the_title_repeated_at_the_head_or_the_end_is_no_passage() -> None:
    title = "Statement by the Group of Seven on many long things of the year"
    text = f"{title}\n\n{PROSE}\n\nSecond paragraph here.\n\n{title}"
    assert paragraphs(text, title) == [PROSE, "Second paragraph here."]


def test_a_text_of_short_lines_alone_keeps_them_all() -> None:
    assert paragraphs("A short note") == ["A short note"]
    assert paragraphs("Note one\n\nNote two") == ["Note one", "Note two"]


def test_prose_that_comes_first_is_a_passage() -> None:
    assert paragraphs(f"{PROSE}\n\nContact was made with both sides.") == [
        PROSE,
        "Contact was made with both sides.",
    ]


def test_blocks_without_a_letter_or_digit_are_dropped() -> None:
    assert paragraphs(f"{PROSE}\n\n* * *\n\n😀\n\nMore was said.") == [PROSE, "More was said."]


def test_white_space_alone_has_no_paragraph() -> None:
    assert paragraphs(" \n\n\t\n") == []


def test_a_preamble_that_ends_with_a_comma_is_text() -> None:
    text = f"The Security Council,\n\nRecalling its resolutions,\n\n{PROSE}"
    layout = lay_out(text)
    assert next(s.of(text) for s in layout.paragraphs) == "The Security Council,"
    assert layout.title is None
    named = "We, the Heads of State and Government of the Union, meeting in Brussels"
    assert paragraphs(f"{named}\n\n{PROSE}", "Resolution") == [named, PROSE]


def test_short_lines_without_plain_furniture_beside_them_are_text() -> None:
    assert paragraphs(f"Canada\n\nFrance\n\n{PROSE}", "A Title") == ["Canada", "France", PROSE]


def test_a_text_that_goes_on_after_contacts_is_kept() -> None:
    heading = f"{PROSE}\n\n## Contacts\n\nPress office, telephone 1234"
    assert paragraphs(heading) == [PROSE]
    text = f"{PROSE}\n\nContacts\n\n{PROSE} {PROSE}"
    assert paragraphs(text) == [PROSE, "Contacts", f"{PROSE} {PROSE}"]


def test_furniture_alone_has_no_passage() -> None:
    assert paragraphs("From: Somebody\n\nhttps://example.org/a") == []


def test_headings_are_no_paragraphs_but_stay_in_the_text() -> None:
    text = "Intro is here.\n\n## Security\n\nWe met.\n\n### Next steps ###\nWe leave.\n\n# End"
    document = document_from_text(text, document_id="d", title="T")
    assert [p.text for p in document.passages] == ["Intro is here.", "We met.", "We leave."]
    assert document.text == text


def test_a_heading_at_the_top_is_the_title_without_its_marks() -> None:
    document = document_from_text("# A Good Title\n\nWe met.", document_id="d")
    assert (document.title, [p.text for p in document.passages]) == ("A Good Title", ["We met."])
    again = document_from_text("# A Good Title\n\nWe met.", document_id="d", title="A good title")
    assert [p.text for p in again.passages] == ["We met."]


def test_a_text_of_headings_alone_can_be_quoted() -> None:
    document = document_from_text("## We met.\n\n## We left.", document_id="d", title="T")
    assert [p.text for p in document.passages] == ["## We met.", "## We left."]


@pytest.mark.parametrize("month", ["Auguſt", "Aprıl", "AprİL"])
def test_letters_that_only_look_like_those_of_a_month_make_no_date(month: str) -> None:
    layout = lay_out(
        f"A Title Stands Here Alone\n\n12 {month} 2021 - Paris - The ministers\n\n{PROSE}"
    )
    assert layout.published is None
