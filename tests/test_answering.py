"""Answer, Related and NoAnswer."""

from dataclasses import replace

import pytest
from fakes import LetterEmbedder, corpus_of

from bot.answering import (
    Answer,
    Answerer,
    NoAnswer,
    Outcome,
    Related,
    check_quote,
    outcome_of,
)
from bot.citation import Citation
from bot.errors import UnfaithfulQuote
from bot.jsonform import reply_fields
from corpus import Span
from embeddings import GenerationStore, Retriever, refresh


@pytest.fixture
def answerer(store: GenerationStore) -> Answerer:
    """Answers from two small documents by their letters."""
    embedder = LetterEmbedder()
    corpus = corpus_of(
        "aaa bbb. ccc ddd.\n\nzzz qqq.", "bbb bbb.", publisher="P", url="https://example.org/"
    )
    refresh(corpus, store=store, embedder=embedder)
    return Answerer(Retriever(store.open_current(), embedder))


def test_what_the_texts_say_is_answered_with_checked_quotes(answerer: Answerer) -> None:
    reply = answerer.answer("ccc ddd")
    assert isinstance(reply, Answer)
    quote = reply.quotes[0]
    assert (quote.text, quote.evidence_text) == ("aaa bbb. ccc ddd.", "ccc ddd.")
    text = answerer.corpus.document(quote.citation.document).text
    assert text[quote.citation.start : quote.citation.end] == quote.text
    assert quote.evidence.of(text) == quote.evidence_text
    assert reply.generation == answerer.generation == 1


def test_what_is_near_is_related_and_what_is_not_is_no_answer(answerer: Answerer) -> None:
    assert isinstance(answerer.answer("c e f"), Related)
    assert isinstance(answerer.answer("xxxx yyyy"), NoAnswer)
    assert answerer.answer("xxxx yyyy").quotes == ()


def test_at_most_as_many_quotes_as_asked_for(answerer: Answerer) -> None:
    assert len(answerer.answer("bbb", top=1).quotes) == 1
    assert 2 <= len(answerer.answer("bbb", top=10).quotes) <= 3
    for top in (0, 11):
        with pytest.raises(ValueError, match="from 1 to 10"):
            answerer.answer("bbb", top=top)


@pytest.mark.parametrize("question", ["", "  \n\t", "😀😀", "\x00\x07", "\u200b", "???"])
def test_a_question_without_a_word_is_told_so(answerer: Answerer, question: str) -> None:
    reply = answerer.answer(question)
    assert isinstance(reply, NoAnswer)
    assert reply.notices == ("There is no word in this question.",)


def test_of_a_very_long_question_the_start_is_searched_and_that_is_said(
    answerer: Answerer,
) -> None:
    reply = answerer.answer("bbb " + "x " * 5_000)
    assert "first 1,000 characters" in reply.notices[0]


def test_the_outcome_is_one_of_three(answerer: Answerer) -> None:
    assert outcome_of(answerer.answer("ccc ddd")) is Outcome.ANSWER
    assert outcome_of(answerer.answer("c e f")) is Outcome.RELATED
    assert outcome_of(answerer.answer("xxxx")) is Outcome.NONE


def test_a_quote_that_differs_from_its_source_is_held_back(answerer: Answerer) -> None:
    quote = answerer.answer("ccc ddd").quotes[0]
    check_quote(quote, answerer.corpus)

    def cited(**changes: object) -> Citation:
        return replace(quote.citation, **changes)

    for wrong in (
        replace(quote, text=quote.text.replace("aaa", "aab")),
        replace(quote, evidence_text="ccc dd."),
        replace(quote, evidence=Span(0, 3)),
        replace(quote, citation=cited(start=quote.citation.start + 1)),
        replace(quote, citation=cited(digest="0" * 64)),
        replace(quote, citation=cited(start=quote.evidence.start + 1)),
    ):
        with pytest.raises(UnfaithfulQuote, match="held back"):
            check_quote(wrong, answerer.corpus)


def test_the_json_form_is_as_documented(answerer: Answerer) -> None:
    fields = reply_fields(answerer.answer("ccc ddd", top=1))
    (quote,) = fields["quotes"]
    assert list(fields) == ["question", "outcome", "generation", "notices", "quotes"]
    assert list(quote) == ["quote", "evidence", "score", "citation"]
    assert 0 <= quote["score"] <= 1
    assert quote["citation"] == {
        "document": "d1",
        "title": "Title 1",
        "publisher": "P",
        "date": None,
        "paragraph": 1,
        "start": 0,
        "end": 17,
        "url": "https://example.org/",
        "link": "https://example.org/#:~:text=aaa%20bbb.%20ccc%20ddd.",
        "digest": answerer.corpus.document("d1").digest,
    }
