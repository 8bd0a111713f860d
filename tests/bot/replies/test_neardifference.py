"""Near copies stay apart, and an answer says how they differ."""

import io
from datetime import date

import pytest
from growth import cpu_s
from hypothesis import given
from hypothesis import strategies as st
from renderedquotes import check_limits, quote_of
from rich.console import Console
from strategies import awkward_texts

from bot.answering.answers import Answer, Outcome
from bot.cli.terminal import print_answer
from bot.language.bidiisolation import without_controls
from bot.language.translation import translator
from bot.replies.neardifference import near_difference
from bot.replies.rendering import render
from corpus import Corpus, document_from_text

TEXT = "The coalition met in Rabat on May 12, and its eighty-five members agreed on a fund."
ENGLISH = translator("en")


def said(text: str, *earlier: str, first: int = 1) -> str | None:
    line = near_difference(text, earlier, ENGLISH, first=first)
    return None if line is None else without_controls(line)


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        (TEXT.replace("eighty-five", "eighty-six"), "“eighty-five” → “eighty-six”"),
        (TEXT.replace("May 12,", "June 1,"), "“May 12,” → “June 1,”"),
        (TEXT.replace("agreed", "never agreed"), "– → “never”"),
        (TEXT.replace(" in Rabat", ""), "“in Rabat” → –"),
        (
            TEXT.replace("May", "June").replace("eighty-five", "86"),
            "“May” → “June”; “eighty-five” → “86”",
        ),
    ],
)
def test_a_word_a_number_or_a_date_that_differs_is_named(changed: str, line: str) -> None:
    assert said(changed, TEXT) == f"nearly quote 1, but {line}"


def test_the_most_similar_quote_is_named_by_its_number() -> None:
    changed = TEXT.replace("May", "June").replace("Rabat", "Fez")
    assert said(TEXT.replace("May", "June"), "Other words.", TEXT, changed, first=4) == (
        "nearly quote 5, but “May” → “June”"
    )


def test_other_texts_and_equal_ones_are_no_near_copies() -> None:
    assert said(TEXT, "Nobody spoke of a fund in the autumn.") is None
    assert said(TEXT, TEXT.replace(" ", "\n")) is None
    assert said(TEXT) is None


def test_long_texts_are_compared_in_bounded_time() -> None:
    assert cpu_s(said, "a b " * 20_000, "b a a " * 14_000) < 3


def test_chat_and_terminal_say_how_two_statements_differ() -> None:
    texts = (TEXT, TEXT.replace("eighty-five", "eighty-six"))
    documents = tuple(
        document_from_text(text, document_id=f"d{n}", title=f"T{n}", published=date(2021, 1, 1))
        for n, text in enumerate(texts)
    )
    quotes = tuple(quote_of(d, d.passages[0]) for d in documents)
    for language, head in (("en", "nearly quote 1, but "), ("fr", "presque la citation 1, mais ")):
        reply = Answer("q", generation=1, outcome=Outcome.ANSWER, quotes=quotes, language=language)
        (message,) = render(reply, Corpus(documents))
        check_limits(message)
        lines = without_controls(message.text).split("\n")
        assert lines[-1] == f"{head}“eighty-five” → “eighty-six”"
        console = Console(file=io.StringIO())
        print_answer(reply, console)
        assert without_controls(console.file.getvalue()).count(f"  {head}“eighty-five”") == 1


@given(awkward_texts, st.sampled_from(["", "x", "never ", "\n86 "]), st.integers(0, 200))
def test_any_texts_can_be_told_apart_in_a_message(text: str, more: str, place: int) -> None:
    texts = (text, text[:place] + more + text[place:])
    documents = tuple(document_from_text(t, document_id=f"d{n}") for n, t in enumerate(texts))
    if not all(document.passages for document in documents):
        return
    quotes = tuple(quote_of(d, d.passages[0]) for d in documents)
    for message in render(
        Answer("q", generation=1, outcome=Outcome.ANSWER, quotes=quotes), Corpus(documents)
    ):
        check_limits(message)
