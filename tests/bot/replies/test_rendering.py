"""Chat messages: what is marked as a quote is the source's slice, unit by unit."""

import io
import itertools
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from renderedquotes import check_limits, quote_of, rendered
from rich.console import Console
from strategies import awkward_texts

from bot.answering.answers import Answer, Outcome, Quote
from bot.chat.messages import EntityKind, Message, QuotedPart, check_message
from bot.citations.citation import cite
from bot.citations.quotelines import shown, without_line_ends
from bot.cli.terminal import print_answer
from bot.errors import UnfaithfulQuote
from bot.jsonforms.answerfields import answer_fields
from bot.language.utf16 import shorten, utf16_length, utf16_prefix, utf16_slice
from bot.replies.rendering import render
from corpus import Corpus, Document, Span, document_from_text
from corpus.documents.documentbuilder import passage_at

QUOTE_KINDS = {EntityKind.BLOCKQUOTE, EntityKind.EXPANDABLE_BLOCKQUOTE}


@settings(max_examples=10_000)
@given(awkward_texts, st.integers(0, 5))
def test_every_entity_decoded_from_utf16_equals_its_source(text: str, evidence: int) -> None:
    document = document_from_text(
        text, document_id="d", title="T <b> & _x_ 😀", publisher="P", url="https://example.org/"
    )
    if not document.passages:
        return
    messages = rendered(document, evidence=evidence)
    quoted: list[str] = []
    bold: list[str] = []
    for message in messages:
        check_limits(message)
        for entity in message.entities:
            marked = utf16_slice(message.text, entity.offset, entity.length)
            if entity.kind in QUOTE_KINDS:
                quoted.append(marked)
            elif entity.kind is EntityKind.BOLD:
                bold.append(marked)
            else:
                assert marked == "Read at example.org"
                assert entity.url is not None
                assert entity.url.startswith("https://example.org/#:~:text=")
        assert [utf16_slice(message.text, p.offset, p.length) for p in message.quoted] == [
            shown(p.span, quote=p.quote, source=document.text) for p in message.quoted
        ]
    assert quoted == [without_line_ends(passage.text) for passage in document.quotable[:3]]
    for passage in document.quotable[:3]:
        sentence = passage.sentences[evidence % len(passage.sentences)]
        start = sentence.span.start - passage.span.start
        marked = without_line_ends(passage.text)[start : start + len(sentence.text)]
        assert sentence.text == passage.text or marked in bold


def test_a_quote_carries_its_citation(shipped: Corpus) -> None:
    (document,) = shipped.documents
    message = render(
        Answer(
            "q",
            generation=1,
            outcome=Outcome.ANSWER,
            quotes=(quote_of(document, document.passages[0]),),
        ),
        shipped,
    )[0]
    assert message.text == (
        f"{document.passages[0].text}\nJoint Statement by Ministers of the Global Coalition "
        "against Daesh · Global Affairs Canada · 2022-05-12 · ¶ 1 · Read at canada.ca"
    )
    assert [e.kind for e in message.entities] == [EntityKind.BLOCKQUOTE, EntityKind.TEXT_LINK]


def test_the_generation_is_named_on_a_terminal_and_in_no_chat(shipped: Corpus) -> None:
    (document,) = shipped.documents
    quotes = tuple(quote_of(document, passage) for passage in document.passages[:3])
    answer = Answer("q", generation=17, outcome=Outcome.ANSWER, quotes=quotes)
    assert not any("generation" in message.text for message in render(answer, shipped))
    console = Console(file=io.StringIO())
    print_answer(answer, console)
    assert console.file.getvalue().count(" · score 0.50 · generation 17\n") == 3


def test_the_evidence_sentence_is_bold_inside_its_quote(shipped: Corpus) -> None:
    (document,) = shipped.documents
    quote = quote_of(document, document.passages[6], evidence=3)
    message = render(Answer("q", generation=1, outcome=Outcome.ANSWER, quotes=(quote,)), shipped)[0]
    block, bold, _ = message.entities
    assert block.kind is EntityKind.BLOCKQUOTE
    assert bold.kind is EntityKind.BOLD
    assert utf16_slice(message.text, bold.offset, bold.length) == quote.evidence_text


def with_places(
    count: int, *, title: str = "Other", text: str = "One is. Two is."
) -> tuple[Quote, Corpus]:
    """A quote of d0 that stands in ``count`` more documents too."""
    documents = tuple(
        document_from_text(
            text,
            document_id=f"d{number}",
            title=title,
            published=date(2021, 3, number + 1),
            url="https://example.org/",
        )
        for number in range(count + 1)
    )
    also = tuple(cite(document, document.passages[0]) for document in documents[1:])
    quote = replace(quote_of(documents[0], documents[0].passages[0]), also=also)
    return quote, Corpus(documents)


def test_other_places_of_a_quote_are_named_up_to_three_each_with_its_link() -> None:
    quote, corpus = with_places(5)
    (message,) = render(Answer("q", generation=1, outcome=Outcome.ANSWER, quotes=(quote,)), corpus)
    assert message.text.endswith(
        "\nalso in: Other (2021-03-02, ¶ 1); Other (2021-03-03, ¶ 1); Other (2021-03-04, ¶ 1)"
        " and 2 more"
    )
    links = [e for e in message.entities if e.kind is EntityKind.TEXT_LINK]
    shown = [utf16_slice(message.text, e.offset, e.length) for e in links]
    assert shown == ["Read at example.org", "Other", "Other", "Other"]
    assert [e.url for e in links[1:]] == [c.link for c in quote.also[:3]]
    console = Console(file=io.StringIO())
    print_answer(Answer("q", generation=1, outcome=Outcome.ANSWER, quotes=(quote,)), console)
    assert "  also in: Other (2021-03-02, ¶ 1); " in console.file.getvalue()
    assert "(2021-03-04, ¶ 1) and 2 more\n" in console.file.getvalue()


def test_other_places_of_a_quote_are_named_in_the_language_of_the_reply() -> None:
    quote, corpus = with_places(4)
    reply = Answer("q", generation=1, outcome=Outcome.ANSWER, quotes=(quote,), language="fr")
    said = (
        "également dans\u00a0: Other (2021-03-02, ¶ 1)\u202f; Other (2021-03-03, ¶ 1)\u202f; "
        "Other (2021-03-04, ¶ 1) et 1 autre"
    )
    (message,) = render(reply, corpus)
    assert message.text.endswith(f"\n{said}")
    links = [e for e in message.entities if e.kind is EntityKind.TEXT_LINK]
    shown = [utf16_slice(message.text, e.offset, e.length) for e in links]
    assert shown == ["Lire sur example.org", "Other", "Other", "Other"]
    console = Console(file=io.StringIO())
    print_answer(reply, console)
    assert f"  {said}\n" in console.file.getvalue()


@given(st.integers(1, 5), st.text(min_size=1, max_size=300), st.integers(1, 600))
def test_other_places_stay_within_the_limits_of_messages(
    count: int, title: str, length: int
) -> None:
    quote, corpus = with_places(count, title=title, text="Les 😀😀 ont parlé. " * length)
    messages = render(
        Answer("q", generation=1, outcome=Outcome.ANSWER, quotes=(quote,) * 3), corpus
    )
    for message in messages:
        check_limits(message)
    assert sum("also in: " in message.text for message in messages) >= 1


def test_related_and_no_answer_say_what_they_are(shipped: Corpus) -> None:
    (document,) = shipped.documents
    related = render(
        Answer(
            "q",
            generation=1,
            outcome=Outcome.RELATED,
            quotes=(quote_of(document, document.passages[0]),),
        ),
        shipped,
    )
    nothing = render(
        Answer("q", generation=1, outcome=Outcome.NONE, notices=("A notice.",)), shipped
    )
    assert related[0].text.startswith("I found no passage that answers this. Related, but not")
    assert [m.text for m in nothing] == ["A notice.\n\nI found no passage that answers this."]


def test_a_chat_names_the_command_that_forgets_and_other_doors_do_not(shipped: Corpus) -> None:
    about = "About: Rabat, from your earlier questions."
    answer = Answer(
        "q", generation=1, outcome=Outcome.NONE, notices=(about, "Another."), about="Rabat"
    )
    (message,) = render(answer, shipped)
    assert message.text.startswith(f"{about} /new forgets them.\n\nAnother.\n\n")
    assert answer_fields(answer)["notices"] == [about, "Another."]


def uncut(text: str) -> Document:
    """A document each of whose paragraphs is one passage, however long."""
    document = document_from_text(text, document_id="d", url="https://example.org/")
    pieces = text.split("\n\n")
    starts = itertools.accumulate((len(piece) + 2 for piece in pieces[:-1]), initial=0)
    passages = tuple(
        passage_at(
            text,
            Span(start, start + len(piece.rstrip())),
            document_id="d",
            number=number,
            language="en",
        )
        for number, (start, piece) in enumerate(zip(starts, pieces, strict=True), start=1)
    )
    return replace(document, passages=passages)


@pytest.mark.parametrize("sentence", ["The Ministers met and spoke. ", "Les 😀😀 ont parlé. "])
def test_a_long_quote_goes_on_in_the_next_message_at_the_end_of_a_sentence(sentence: str) -> None:
    document = uncut(sentence * 700)
    messages = rendered(document)
    assert len(messages) > 3
    parts = [part for message in messages for part in message.quoted]
    ends = {s.span.end for s in document.passages[0].sentences}
    starts = {s.span.start for s in document.passages[0].sentences}
    assert all(part.span.end in ends and part.span.start in starts for part in parts)
    assert (parts[0].span.start, parts[-1].span.end) == (0, len(document.passages[0].text))
    for before, after in itertools.pairwise(parts):
        assert document.text[before.span.end : after.span.start].isspace()
    for number, message in enumerate(messages, start=1):
        check_limits(message)
        assert f"¶ 1 ({number} of {len(messages)})" in message.text


def test_a_sentence_longer_than_a_message_is_broken_between_words() -> None:
    document = document_from_text("word " * 3_000, document_id="d")
    messages = rendered(document)
    for message in messages:
        check_limits(message)
        assert set(message.quoted[0].span.of(document.text).split()) == {"word"}
    assert sum(m.text.split("\n")[0].count("word") for m in messages) == 3_000


def test_a_word_longer_than_a_message_is_broken_between_characters() -> None:
    document = document_from_text("😀x" * 3_000, document_id="d")
    messages = rendered(document)
    assert "".join(p.span.of(document.text) for m in messages for p in m.quoted) == "😀x" * 3_000
    for message in messages:
        check_limits(message)


def test_a_very_long_title_or_link_does_not_push_the_quote_out() -> None:
    document = document_from_text(
        "Short text.", document_id="d", title="T" * 9_000, url=f"https://example.org/{'a' * 3_000}"
    )
    (message,) = rendered(document)
    check_limits(message)
    assert utf16_length(message.text) < 400
    assert [e.kind for e in message.entities] == [EntityKind.BLOCKQUOTE]


def test_quotes_that_fit_share_a_message_and_others_get_their_own() -> None:
    short = document_from_text("One is.\n\nTwo is.\n\nThree is.", document_id="d")
    long = uncut("\n\n".join(["Word is here. " * 200] * 3))
    assert [len(m.quoted) for m in rendered(short)] == [3]
    assert [len(m.quoted) for m in rendered(long)] == [1, 1, 1]


def test_a_payload_that_differs_from_its_source_is_held_back(shipped: Corpus) -> None:
    (document,) = shipped.documents
    message = render(
        Answer(
            "q",
            generation=1,
            outcome=Outcome.ANSWER,
            quotes=(quote_of(document, document.passages[0]),),
        ),
        shipped,
    )[0]
    part = message.quoted[0]
    for wrong in (
        replace(message, text=message.text.replace("Ministers", "Minister", 1)),
        replace(message, quoted=(replace(part, offset=part.offset + 1),)),
        replace(message, quoted=(replace(part, span=Span(part.span.start, part.span.end + 1)),)),
        Message("😀", (), (QuotedPart(document.id, Span(0, 1), 1, 1, Span(0, 1)),)),
    ):
        with pytest.raises(UnfaithfulQuote, match="held back"):
            check_message(wrong, shipped)


def test_lengths_are_counted_in_utf16_units() -> None:
    assert utf16_length("😀a") == 3
    assert utf16_slice("x😀a", 1, 2) == "😀"
    assert utf16_prefix("a😀", 2) == "a"
    assert shorten("abcdef", units=4) == "abc…"
    assert shorten("a😀😀", units=4) == "a😀…"


@given(st.text(), st.integers(1, 50))
def test_a_shortened_text_fits(text: str, units: int) -> None:
    assert utf16_length(shorten(text, units=units)) <= units or not text
