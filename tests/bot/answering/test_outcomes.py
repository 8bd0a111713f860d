"""The outcomes of a question, and the JSON of an answer, of today and of earlier versions."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from citeddocuments import Kept
from renderedquotes import quote_of

from bot.answering.answers import Answer, Outcome, Quote, check_quote
from bot.citations.citation import cite
from bot.citations.citationparser import read_citations
from bot.errors import MalformedCitation, UnfaithfulQuote
from bot.jsonforms.answerfields import answer_fields
from bot.replies.rendering import render
from bot.verification.verification import Verdict, verify
from corpus import Corpus, Document, Span, document_from_text

EARLIER = Path(__file__).parent / "earlier_reply.json"
"""A reply that ``verbatim ask --json`` printed before 2026-11-29, from the shipped statement."""


@pytest.fixture
def quote(shipped: Corpus) -> Quote:
    (document,) = shipped.documents
    found = quote_of(document, document.passage(7), evidence=3)
    at = document.text.index("eighty-five")
    return replace(found, answer=Span(at, at + len("eighty-five")))


def test_only_an_answer_that_helps_has_the_exit_code_0() -> None:
    assert {each for each in Outcome if not each.helps} == {Outcome.NONE, Outcome.RELATED}
    assert {each.value for each in Outcome} == {
        "answer",
        "related",
        "none",
        "outline",
        "metadata",
        "list",
        "said",
        "smalltalk",
    }


@pytest.mark.parametrize("outcome", [Outcome.OUTLINE, Outcome.METADATA, Outcome.SAID])
def test_these_outcomes_may_have_quotes_and_a_message(outcome: Outcome, quote: Quote) -> None:
    for quotes in ((), (quote,)):
        said = Answer("q", generation=1, outcome=outcome, quotes=quotes, message="It begins so.")
        assert said.is_to_question
        fields = answer_fields(said)
        assert (fields["outcome"], fields["notices"]) == (outcome.value, ["It begins so."])
        assert [each["quote"] for each in fields["quotes"]] == [each.text for each in quotes]


def test_small_talk_has_a_message_and_no_quote(quote: Quote) -> None:
    talk = Answer("hello", generation=1, outcome=Outcome.SMALLTALK, message="Hello.")
    assert not talk.is_to_question
    with pytest.raises(ValueError, match="no message"):
        Answer("hello", generation=1, outcome=Outcome.SMALLTALK)
    with pytest.raises(ValueError, match="SMALLTALK has 1 quotes"):
        Answer("q", generation=1, outcome=Outcome.SMALLTALK, message="x", quotes=(quote,))


def test_a_message_is_shown_before_the_quotes(shipped: Corpus, quote: Quote) -> None:
    said = Answer(
        "q", generation=1, outcome=Outcome.OUTLINE, quotes=(quote,), message="It begins so."
    )
    (message,) = render(said, shipped)
    assert message.text.startswith("It begins so.\n\n")
    assert message.quoted


def test_a_list_names_each_statement_on_a_line_that_opens_it(shipped: Corpus) -> None:
    (document,) = shipped.documents
    said = Answer(
        "q", generation=1, outcome=Outcome.LIST, documents=(document,), message="1 statement:"
    )
    (message,) = render(said, shipped, opens=True)
    assert message.text == (
        "1 statement:\n\n• Joint Statement by Ministers of the Global Coalition against Daesh"
        " · Global Affairs Canada · 2022-05-12"
    )
    (entity,) = message.entities
    assert entity.url is not None
    assert entity.url.startswith("p1-")
    assert [each["document"] for each in answer_fields(said)["documents"]] == [document.id]


def test_a_list_longer_than_a_message_goes_on_in_the_next() -> None:
    documents = tuple(
        document_from_text("One is.", document_id=f"d{number:03}", title=f"Title {number} " * 9)
        for number in range(150)
    )
    said = Answer("q", generation=1, outcome=Outcome.LIST, documents=documents)
    messages = render(said, Corpus(documents), opens=True)
    assert sum(message.text.count("• ") for message in messages) == 150
    assert len(messages) == 4
    assert all(len(message.entities) <= 100 for message in messages)


def test_the_ranked_list_says_which_quotes_are_shown(quote: Quote, shipped: Corpus) -> None:
    (document,) = shipped.documents
    other = quote_of(document, document.passage(6))
    said = Answer("q", generation=1, outcome=Outcome.ANSWER, quotes=(quote,), ranked=(quote, other))
    fields = answer_fields(said)["quotes"]
    assert [(each["citation"]["paragraph"], each["shown"]) for each in fields] == [
        (7, True),
        (6, False),
    ]
    first = fields[0]
    assert first["answer"] == "eighty-five"
    assert first["quote"][first["evidence_start"] : first["evidence_end"]] == first["evidence"]


def test_what_lies_outside_its_place_is_held_back(quote: Quote, shipped: Corpus) -> None:
    (document,) = shipped.documents
    check_quote(quote, shipped)
    start, end = quote.evidence.start, quote.evidence.end
    part = replace(quote.citation, start=start, end=end)
    check_quote(replace(quote, excerpt=part), shipped)
    for wrong in (
        replace(quote, answer=Span(start - 5, start + 3)),
        replace(quote, marks=(Span(end - 1, end + 1),)),
        replace(quote, excerpt=replace(part, start=start + 1)),
        replace(quote, excerpt=replace(part, end=quote.citation.end + 1)),
        replace(quote, excerpt=replace(part, digest="0" * 64)),
        replace(quote, excerpt=cite(document, document.passage(6))),
    ):
        with pytest.raises(UnfaithfulQuote, match="held back"):
            check_quote(wrong, shipped)


def verdict_of(value: object, document: Document) -> Verdict:
    (cited,) = read_citations(json.dumps(value))
    return verify(cited, Corpus((document,)), Kept(document)).verdict


def test_the_json_of_an_earlier_version_is_still_read(shipped: Corpus) -> None:
    (document,) = shipped.documents
    reply = json.loads(EARLIER.read_text("utf-8"))
    assert [verdict_of(each, document) for each in reply["quotes"]] == [Verdict.INTACT] * 2
    assert len(read_citations(EARLIER.read_text("utf-8"))) == 2


def test_the_fields_of_the_evidence_are_verified(quote: Quote, shipped: Corpus) -> None:
    (document,) = shipped.documents
    said = Answer("q", generation=1, outcome=Outcome.ANSWER, quotes=(quote,))
    (fields,) = json.loads(json.dumps(answer_fields(said)))["quotes"]
    assert verdict_of(fields, document) is Verdict.INTACT
    part = fields["quote"].index("bringing the total")
    words = "bringing the total number of members up to eighty-five"
    place = {"evidence_start": part, "evidence_end": part + len(words)}
    assert verdict_of({**fields, **place, "evidence": words}, document) is Verdict.INTACT
    for wrong in (
        {"answer": "eighty-six"},
        {"answer": "eighty-fiv"},
        {"evidence_start": fields["evidence_start"] + 1},
        {"evidence_end": fields["evidence_end"] - 2},
        {"evidence_end": 10**6},
        {**place, "evidence": words.replace("five", "six")},
    ):
        assert verdict_of({**fields, **wrong}, document) is Verdict.MISQUOTED, wrong
    for malformed in ({"evidence_start": -1}, {"evidence_end": None}, {"answer": 85}):
        with pytest.raises(MalformedCitation):
            read_citations(json.dumps({**fields, **malformed}))
