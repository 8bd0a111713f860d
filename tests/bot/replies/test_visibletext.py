"""Evidence first: what a person reads in a chat without a tap."""

import io
import json
import statistics
from dataclasses import replace
from pathlib import Path

from citeddocuments import Kept
from hypothesis import given, settings
from hypothesis import strategies as st
from renderedquotes import check_limits
from rich.console import Console
from strategies import awkward_texts

from bot.answering.answerer import Answerer
from bot.answering.answers import Answer, Outcome, Quote
from bot.answering.passagequotes import quote_of
from bot.chat.messages import EntityKind, Message
from bot.citations.citation import Citation, cite
from bot.citations.citationparser import read_citations
from bot.citations.quotelines import shown
from bot.cli.terminal import print_answer
from bot.jsonforms.answerfields import citation_fields
from bot.language.utf16 import utf16_length, utf16_slice
from bot.replies.rendering import render
from bot.verification.verification import Verdict, verify
from corpus import Corpus, Document, Passage, Span, document_from_text

QUESTIONS = Path(__file__).parents[2] / "quality" / "peoplequestions.jsonl"
FOLDED_PREVIEW_UNITS = 150
"""Three lines of a folded quote, which a telephone shows before a tap."""

FOLDED = EntityKind.EXPANDABLE_BLOCKQUOTE


def folded_in(message: Message) -> list[str]:
    return [
        utf16_slice(message.text, each.offset, each.length)
        for each in message.entities
        if each.kind is FOLDED
    ]


def visible_units(message: Message) -> int:
    folded = [utf16_length(each) for each in folded_in(message)]
    preview = sum(min(each, FOLDED_PREVIEW_UNITS) for each in folded)
    return utf16_length(message.text) - sum(folded) + preview


def bold_in(message: Message) -> list[str]:
    return [
        utf16_slice(message.text, each.offset, each.length)
        for each in message.entities
        if each.kind is EntityKind.BOLD
    ]


def quoted(
    document: Document, number: int, evidence: Span, **more: Span | tuple[Span, ...]
) -> Quote:
    def cited(passage: Passage, part: Span | None) -> Citation:
        return cite(document, passage, part=part)

    return quote_of(document.passage(number), evidence, Corpus((document,)), cited, **more)  # type: ignore[arg-type]


def answer_with(*quotes: Quote) -> Answer:
    return Answer("q", generation=1, outcome=Outcome.ANSWER, quotes=quotes)


def test_half_of_the_answers_of_one_quote_are_read_at_a_glance(shipped_answerer: Answerer) -> None:
    asked = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    lengths = []
    for each in asked:
        if each["corpus"] != "shipped" or each["outcome"] != "answered" or each["earlier"]:
            continue
        reply = shipped_answerer.answer(each["question"])
        if len(reply.quotes) == 1:
            messages = render(reply, shipped_answerer.corpus, opens=True)
            lengths.append(sum(map(visible_units, messages)))
    assert len(lengths) >= 20
    assert statistics.median(lengths) <= 450


def test_the_sentence_that_answers_is_visible_and_its_paragraph_follows_folded(
    shipped: Corpus,
) -> None:
    (document,) = shipped.documents
    passage = document.passage(7)
    sentence = passage.sentences[3].span
    (message,) = render(answer_with(quoted(document, 7, sentence)), shipped)
    assert message.text.startswith(f"{sentence.of(document.text)}\nJoint Statement")
    assert folded_in(message) == [passage.text]
    assert message.text.endswith(passage.text)
    assert bold_in(message) == [sentence.of(document.text)]


def test_the_short_answer_is_bold_inside_the_sentence(shipped: Corpus) -> None:
    (document,) = shipped.documents
    sentence = document.passage(7).sentences[3].span
    at = document.text.index("eighty-five")
    quote = quoted(document, 7, sentence, answer=Span(at, at + 11))
    (message,) = render(answer_with(quote), shipped)
    assert bold_in(message) == ["eighty-five", sentence.of(document.text)]
    first = next(each for each in message.entities if each.kind is EntityKind.BOLD)
    assert first.offset < len(sentence)


def test_marked_words_are_bold_in_place_of_the_evidence(shipped: Corpus) -> None:
    (document,) = shipped.documents
    sentence = document.passage(7).sentences[3].span
    marks = tuple(
        Span(document.text.index(word), document.text.index(word) + len(word))
        for word in ("saluted", "eighty-five")
    )
    (message,) = render(answer_with(quoted(document, 7, sentence, marks=marks)), shipped)
    assert bold_in(message)[:2] == ["saluted", "eighty-five"]


def test_reference_and_link_are_of_the_words_that_are_visible(shipped: Corpus) -> None:
    (document,) = shipped.documents
    sentence = document.passage(7).sentences[3].span
    quote = quoted(document, 7, sentence)
    (message,) = render(answer_with(quote), shipped)
    (link,) = (each.url for each in message.entities if each.kind is EntityKind.TEXT_LINK)
    assert quote.cited.reference.endswith(f"[{sentence.start}:{sentence.end}]@bc8f0aa202ec")
    assert link == quote.cited.link != quote.citation.link
    assert link is not None
    assert link.split(":~:text=")[1].startswith("The%20Ministers%20saluted")


def test_below_long_evidence_nothing_is_folded(shipped: Corpus) -> None:
    (document,) = shipped.documents
    sentences = document.passage(7).sentences
    both = Span(sentences[1].span.start, sentences[2].span.end)
    (message,) = render(answer_with(quoted(document, 7, both)), shipped)
    assert folded_in(message) == []
    assert message.text.startswith(both.of(document.text))


@settings(max_examples=300)
@given(awkward_texts, st.integers(0, 10**6), st.integers(0, 10**6))
def test_all_that_is_visible_or_folded_is_the_sources_own(
    text: str, number: int, length: int
) -> None:
    document = document_from_text(text * 9, document_id="d", title="T", url="https://e.org/")
    corpus = Corpus((document,))
    for passage in document.quotable[:2]:
        sentence = passage.sentences[number % len(passage.sentences)].span
        start = sentence.start + number % len(sentence)
        evidence = Span(start, min(sentence.end, start + 1 + length % len(sentence)))
        words = evidence.of(document.text)
        if words != words.strip():
            continue
        quote = quoted(document, passage.number, evidence)
        quote = replace(quote, answer=Span(evidence.start, evidence.start + 1))
        messages = render(answer_with(quote), corpus)
        for message in messages:
            check_limits(message)
            for part in message.quoted:
                sent = utf16_slice(message.text, part.offset, part.length)
                assert sent == shown(part.span, quote=part.quote, source=document.text)
        first = messages[0].quoted[0].span
        assert Span(quote.cited.start, quote.cited.end).contains(first)


def test_the_citation_of_every_sentence_of_the_statement_is_intact_when_verified(
    shipped: Corpus,
) -> None:
    (document,) = shipped.documents
    for passage in document.quotable:
        for sentence in passage.sentences:
            quote = quoted(document, passage.number, sentence.span)
            fields = json.dumps(citation_fields(quote.cited))
            (cited,) = read_citations(fields)
            found = verify(cited, shipped, Kept(document))
            assert found.verdict is Verdict.INTACT, fields
            (referred,) = read_citations(quote.cited.reference)
            assert verify(referred, shipped, Kept(document)).verdict is Verdict.INTACT


def printed(quote: Quote, *, full: bool) -> list[str]:
    console = Console(file=io.StringIO())
    print_answer(answer_with(quote), console, full=full)
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined]


def test_a_terminal_shows_the_evidence_with_its_neighbours_and_the_paragraph_on_demand(
    shipped: Corpus,
) -> None:
    (document,) = shipped.documents
    passage = document.passage(7)
    before, sentence, after = (each.span for each in passage.sentences[2:5])
    quote = quoted(document, 7, sentence)
    lines = printed(quote, full=False)
    assert lines[0] == document.text[before.start : after.end]
    assert lines[1] == f"  evidence: {sentence.of(document.text)}"
    assert lines[3] == f"  {quote.cited.link}"
    assert lines[4].startswith(f"  {quote.cited.reference} · ")
    whole = printed(quote, full=True)
    assert whole[0] == passage.text
    assert whole[3] == f"  {quote.citation.link}"
    assert whole[4].startswith(f"  {quote.citation.reference} · ")
