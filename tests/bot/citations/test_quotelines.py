"""Line ends of a source are spaces when a quote is shown, and nothing else changes."""

import io
import json
from itertools import pairwise

import pytest
from growth import TOO_FAST, exponent, pumped
from hypothesis import given, settings
from hypothesis import strategies as st
from renderedquotes import quote_of, rendered
from rich.console import Console
from strategies import awkward_texts

from bot.answering.answers import Answer, Outcome
from bot.chat.messages import EntityKind
from bot.citations.citation import cite, link_selects
from bot.citations.citationparser import read_citations
from bot.citations.quotelines import without_line_ends
from bot.citations.textfragment import PageText, fragment_link
from bot.cli.terminal import print_answer, print_passages
from bot.jsonforms.answerfields import answer_fields
from bot.language.utf16 import utf16_slice
from bot.verification.verification import Verdict, verify
from corpus import Corpus, document_from_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("We met\nin Rabat.", "We met in Rabat."),
        ("We met \n\tin Rabat.", "We met  \tin Rabat."),
        ("We met.\nWe left.", "We met. We left."),
        ("We met:\n- one\n- two", "We met:\n- one\n- two"),
        ("- one\n  - deep\n  and on\n- two", "- one\n  - deep\n  and on\n- two"),
        ("- one that\ngoes on\n- two", "- one that goes on\n- two"),
        ("• one\n• two", "• one\n• two"),
        ("The coalition\n– of 86 members –\nmet.", "The coalition – of 86 members – met."),
        ("The coalition\n- founded in 2014 - met.", "The coalition - founded in 2014 - met."),
        ("1. one\n2. two\nand more", "1. one\n2. two and more"),
        ("We call on all:\n3. to act", "We call on all:\n3. to act"),
        ("(a) one, and\n(b) two", "(a) one, and\n(b) two"),
        ("ii) one\niii) two", "ii) one\niii) two"),
        ("1.1 One\n1.2 Two", "1.1 One\n1.2 Two"),
        ("It rose by\n3.5 percent.", "It rose by 3.5 percent."),
        ("They met on May\n12. We left.", "They met on May 12. We left."),
        ("Secretary Antony\nJ. Blinken met", "Secretary Antony J. Blinken met"),
        ("a | b\n1 | 2", "a | b\n1 | 2"),
        ("Members\na | b\nEurope\n1 | 2", "Members\na | b\nEurope\n1 | 2"),
        ("Rabat | May\nand on", "Rabat | May and on"),
        ("One.\n\nTwo\nthree.", "One.\n\nTwo three."),
        ("## Head\nText\nand on", "## Head\nText and on"),
        ("\n", "\n"),
        ("", ""),
    ],
)
def test_a_mere_line_end_is_shown_as_a_space(text: str, shown: str) -> None:
    assert without_line_ends(text) == shown


WORDS = st.lists(st.sampled_from(["We", "met", "12.", "J.", "(a)", "–", "-", "3.5", "😀", "on,"]), min_size=1, max_size=6)  # fmt: skip
LINES = st.lists(WORDS.map(" ".join), min_size=1, max_size=5)


@given(st.text(alphabet="ab -.|#1(:\t\n😀", max_size=60) | awkward_texts)
def test_nothing_but_line_ends_differs_and_the_length_stays(text: str) -> None:
    shown = without_line_ends(text)
    assert len(shown) == len(text)
    assert all(a == b or (a, b) == ("\n", " ") for a, b in zip(text, shown, strict=True))


@given(LINES)
def test_running_text_is_shown_in_one_line(lines: list[str]) -> None:
    begun = [f"and {line} and" for line in lines]
    assert without_line_ends("\n".join(begun)) == " ".join(begun)


SIGNS = st.sampled_from(["- ", "– ", "• ", "{}. ", "{}) ", "({}) ", "1.{} ", "[{}] "])


@given(st.lists(WORDS.map(" ".join), min_size=2, max_size=5), SIGNS)
def test_each_point_of_a_list_begins_a_line(points: list[str], sign: str) -> None:
    listed = [f"{sign.format(at)}and {point}\nand on" for at, point in enumerate(points, start=1)]
    shown = [point.replace("\n", " ") for point in listed]
    assert without_line_ends("\n".join(listed)) == "\n".join(shown)


@given(st.lists(st.lists(WORDS.map(" ".join), min_size=2, max_size=3), min_size=2, max_size=4))
def test_each_row_of_a_table_is_a_line(rows: list[list[str]]) -> None:
    table = "\n".join(" | ".join(row) for row in rows)
    assert without_line_ends(table) == table
    above, below = "Members and\nguests and", "and so\nthey met"
    shown = without_line_ends(f"{above}\n{table}\n{below}")
    assert shown == f"{above.replace(chr(10), ' ')}\n{table}\n{below.replace(chr(10), ' ')}"


@settings(max_examples=300)
@given(awkward_texts, st.integers(0, 5))
def test_marks_stand_on_the_same_words_as_in_the_source(text: str, evidence: int) -> None:
    document = document_from_text(text, document_id="d", url="https://example.org/")
    if not document.passages:
        return
    bold = [
        utf16_slice(message.text, entity.offset, entity.length)
        for message in rendered(document, evidence=evidence)
        for entity in message.entities
        if entity.kind is EntityKind.BOLD
    ]
    for passage in document.quotable[:3]:
        sentence = passage.sentences[evidence % len(passage.sentences)]
        start = sentence.span.start - passage.span.start
        shown = without_line_ends(passage.text)[start : start + len(sentence.text)]
        assert sentence.span == passage.span or shown in bold


@settings(max_examples=300, deadline=None)
@given(awkward_texts)
def test_what_is_shown_is_verified_as_what_is_stored(text: str) -> None:
    document = document_from_text(text, document_id="d", url="https://example.org/")
    if not document.passages:
        return
    corpus = Corpus((document,))
    console = Console(file=io.StringIO())
    print_passages(document, document.quotable, console)
    printed = read_citations(console.file.getvalue())
    assert [cited.span for cited in printed] == [p.span for p in document.quotable]
    for passage in document.quotable:
        shown = without_line_ends(passage.text)
        fields = {"quote": shown, "reference": cite(document, passage).reference}
        printed += read_citations(json.dumps(fields))
        link = fragment_link(document, passage.span)
        assert link_selects(link, document.url, shown, page=None, pages=[PageText(document.text)])
    assert {verify(c, corpus, lambda _: None).verdict for c in printed} == {Verdict.INTACT}


def test_json_has_the_slice_and_the_terminal_shows_a_line() -> None:
    document = document_from_text("We met\nin Rabat. We\nleft.", document_id="d")
    reply = Answer(
        "q",
        generation=1,
        outcome=Outcome.ANSWER,
        quotes=(quote_of(document, document.passages[0], evidence=1),),
    )
    (quote,) = answer_fields(reply)["quotes"]
    assert quote["quote"] == "We met\nin Rabat. We\nleft."
    assert quote["evidence"] == "We\nleft."
    console = Console(file=io.StringIO())
    print_answer(reply, console)
    lines = console.file.getvalue().split("\n")
    assert lines[0] == "We met in Rabat. We left."
    assert lines[1].endswith("We left.")


@pytest.mark.parametrize(
    "piece",
    ["a\n", "\n", "- a\n", "1. ", "1.\n", "1.1.1.", ".)\n", ".)", " \n", "  - a\n", "i\n", "iv. a\n", "a | b\n", "| ", "# "],
)  # fmt: skip
def test_the_time_to_show_lines_grows_with_their_length_and_not_faster(piece: str) -> None:
    found = exponent(lambda n: without_line_ends(pumped(piece, n)), first=64_000)
    assert found <= TOO_FAST


@given(st.lists(st.sampled_from(["- a", "  - b", "  c", "d", "1. e", "", "f | g", "# h"])))
def test_a_line_end_that_stays_is_one_of_a_list_a_table_a_heading_or_a_blank_line(
    lines: list[str],
) -> None:
    text = "\n".join(lines)
    shown = without_line_ends(text)
    at = -1
    for before, line in pairwise(lines):
        at += len(before) + 1
        plain = before.isalpha() and line.isalpha()
        assert not (plain and shown[at] == "\n")
