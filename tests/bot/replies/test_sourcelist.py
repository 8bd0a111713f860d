"""/sources lists the statements a page at a time, and those that fit some words."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answering.linkstyle import LinkStyle
from bot.chat.messages import Message
from bot.language.translation import translator
from bot.language.utf16 import MESSAGE_UNITS, utf16_length, utf16_slice
from bot.replies.sourcelist import A_PAGE, fitting_documents, read_page, source_page
from corpus import Corpus, document_from_text

WORDS = translator("en")


def corpus(*described: tuple[str, str, str]) -> Corpus:
    """Documents by title, publisher and day."""
    return Corpus(
        tuple(
            document_from_text(
                "Zebras zigzag.",
                document_id=f"d{number:03}",
                title=title,
                publisher=publisher or None,
                published=date.fromisoformat(day) if day else None,
                url=f"https://example.org/{number}",
            )
            for number, (title, publisher, day) in enumerate(described)
        )
    )


THREE = corpus(
    ("On Libya", "G7", "2021-03-05"),
    ("On “Mali”", "Global Affairs Canada", "2022-05-12"),
    ("Without a day", "", ""),
)


def page(of: Corpus, wanted: str = "", **more: int) -> Message:
    return source_page(of, wanted, WORDS, links=LinkStyle.PAGE, **more).message


def test_all_are_listed_newest_first_with_their_titles_as_links() -> None:
    message = page(THREE)
    lines = message.text.splitlines()
    assert [line[2:8] for line in lines[:3]] == ["On “Ma", "On Lib", "Withou"]
    assert lines[1] == "• On Libya · G7 · 2021-03-05 · 1 ¶"
    linked = {utf16_slice(message.text, e.offset, e.length): e.url for e in message.entities}
    assert linked["On Libya"] == "https://example.org/0"
    assert len(linked) == 3
    assert source_page(THREE, "", WORDS, links=LinkStyle.NONE).message.entities == ()


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ("canada", ["d001"]),
        ("CANADA mali", ["d001"]),
        ("2021", ["d000"]),
        ("since 2022", ["d001"]),
        ("since 2021", ["d001", "d000"]),
        ("g7 before 2022", ["d000"]),
        ("canada before 2022", []),
        ("from May 2022", ["d001"]),
        ("May 2022", ["d001"]),
        ("G7", ["d000"]),
        ("day", ["d002"]),
        ("pizza", []),
    ],
)
def test_words_and_dates_after_it_show_a_part(wanted: str, ids: list[str]) -> None:
    assert [document.id for document in fitting_documents(THREE, wanted)] == ids


def test_it_says_what_it_looked_for() -> None:
    assert page(THREE, " canada ").text.startswith("1 statement for “canada”:\n• On “Mali”")
    assert page(THREE, "pizza").text == "No statement fits “pizza”. /sources shows all."
    assert page(Corpus(())).text == "There are no statements yet."


def test_pages_lead_to_each_other_and_end() -> None:
    many = corpus(
        *((f"Title {n}", "G7", f"20{n:02}-01-01") for n in range(10, 10 + 2 * A_PAGE + 1))
    )
    first = source_page(many, "g7", WORDS, links=LinkStyle.PAGE)
    assert first.message.text.startswith(f"25 statements for “g7”, 1 to {A_PAGE}:\n• Title 34 · ")
    ((older,),) = first.buttons
    assert older.label == "Older ▶"
    assert read_page(older.data or "") == (1, "g7")
    second = source_page(many, "g7", WORDS, number=1, links=LinkStyle.PAGE)
    assert [button.label for button in second.buttons[0]] == ["◀ Newer", "Older ▶"]
    last = source_page(many, "g7", WORDS, number=99, links=LinkStyle.PAGE)
    assert [button.label for button in last.buttons[0]] == ["◀ Newer"]
    assert ", 25 to 25:" in last.message.text


@settings(max_examples=40)
@given(st.text(max_size=300), st.text(min_size=1, max_size=400), st.integers(0, 5))
def test_whatever_is_looked_for_it_fits_one_message_and_its_buttons(
    wanted: str, title: str, number: int
) -> None:
    many = corpus(*((f"{title} x {n}", title, "2022-01-01") for n in range(40)))
    found = source_page(many, wanted, WORDS, number=number, links=LinkStyle.PAGE)
    assert 0 < utf16_length(found.message.text) <= MESSAGE_UNITS
    for button in (each for row in found.buttons for each in row):
        assert len((button.data or "").encode("utf-8", "surrogatepass")) <= 64
        assert read_page(button.data or "") is not None
