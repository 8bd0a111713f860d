"""Answer, Related and NoAnswer."""

from dataclasses import replace

import pytest
from fakes import LetterEmbedder, corpus_of

from bot import texts
from bot.answering import (
    ANSWER_SCORE,
    RELATED_SCORE,
    Answer,
    Answerer,
    NoAnswer,
    Outcome,
    check_quote,
    outcome_of,
)
from bot.citation import Citation
from bot.errors import UnfaithfulQuote
from bot.jsonform import reply_fields
from corpus import Span
from embeddings import Generation, GenerationStore, Hit, Query, refresh


class ScriptedRetriever:
    """Finds the passages in reading order with the scores that the question names: "0.9 0.5"."""

    def __init__(self, generation: Generation) -> None:
        self.generation = generation

    def search(self, query: Query, *, top: int) -> tuple[Hit, ...]:
        if query.text.startswith("misspelt "):
            return ()
        scores = [float(word) for word in query.text.split() if word[0].isdigit()]
        pairs = zip(self.generation.passages, scores, strict=False)
        return tuple(
            Hit(passage, score, rank, passage.sentences[-1])
            for rank, (passage, score) in enumerate(pairs, start=1)
        )[:top]

    def corrected(self, query: Query) -> Query | None:
        """A question that begins with "misspelt" has the rest for its correction."""
        return Query(query.text[9:]) if query.text.startswith("misspelt ") else None


@pytest.fixture
def answerer(store: GenerationStore) -> Answerer:
    """Answers from three passages in two documents by the scores in the question."""
    corpus = corpus_of(
        "aaa bbb. ccc ddd.\n\nzzz qqq.", "bbb bbb.", publisher="P", url="https://example.org/"
    )
    refresh(corpus, store=store, embedder=LetterEmbedder())
    return Answerer(ScriptedRetriever(store.open_current()))


def test_a_probable_passage_is_an_answer_with_checked_quotes(answerer: Answerer) -> None:
    reply = answerer.answer("0.9")
    assert isinstance(reply, Answer)
    quote = reply.quotes[0]
    assert (quote.text, quote.evidence_text) == ("aaa bbb. ccc ddd.", "ccc ddd.")
    text = answerer.corpus.document(quote.citation.document).text
    assert text[quote.citation.start : quote.citation.end] == quote.text
    assert quote.evidence.of(text) == quote.evidence_text
    assert reply.generation == answerer.generation == 1


def test_the_probability_of_the_first_decides_the_outcome(answerer: Answerer) -> None:
    for question, outcome in (
        (f"{ANSWER_SCORE}", Outcome.ANSWER),
        (f"{ANSWER_SCORE - 0.01}", Outcome.RELATED),
        (f"{RELATED_SCORE}", Outcome.RELATED),
        (f"{RELATED_SCORE - 0.01}", Outcome.NONE),
        ("nothing", Outcome.NONE),
    ):
        assert outcome_of(answerer.answer(question)) is outcome
    assert answerer.answer("0.0").quotes == ()


def test_further_quotes_are_not_far_less_probable_than_the_first(answerer: Answerer) -> None:
    assert [q.score for q in answerer.answer("0.9 0.5 0.1").quotes] == [0.9, 0.5, 0.1]
    assert [q.score for q in answerer.answer("0.9 0.01 0.008").quotes] == [0.9, 0.01]


def test_at_most_as_many_quotes_as_asked_for(answerer: Answerer) -> None:
    assert len(answerer.answer("0.9 0.8 0.7", top=1).quotes) == 1
    assert len(answerer.answer("0.9 0.8 0.7", top=10).quotes) == 3
    for top in (0, 11):
        with pytest.raises(ValueError, match="from 1 to 10"):
            answerer.answer("0.9", top=top)


@pytest.mark.parametrize("question", ["", "  \n\t", "😀😀", "\x00\x07", "\u200b", "???"])
def test_a_question_without_a_word_is_told_so(answerer: Answerer, question: str) -> None:
    reply = answerer.answer(question)
    assert isinstance(reply, NoAnswer)
    assert reply.message == "There is no word in this question. Please type one."
    assert reply_fields(reply)["notices"] == [reply.message]


def test_of_a_very_long_question_the_start_is_searched_and_that_is_said(
    answerer: Answerer,
) -> None:
    reply = answerer.answer("0.9 " + "x " * 5_000)
    assert "first 1,000 characters" in reply.notices[0]


@pytest.mark.parametrize("text", ["hello", "Thanks!", "who made you?", "  WHAT can you do ?? "])
def test_small_talk_gets_a_fixed_reply_and_never_a_quote(answerer: Answerer, text: str) -> None:
    reply = answerer.answer(text)
    assert isinstance(reply, NoAnswer)
    assert reply.message != texts.NOTHING
    assert reply_fields(reply)["notices"] == [reply.message]


def test_a_correction_is_used_where_it_helps_and_that_is_said(answerer: Answerer) -> None:
    helped = answerer.answer("misspelt 0.9")
    assert helped.notices == ("Showing results for “0.9”.",)
    assert isinstance(helped, Answer)


def test_a_correction_that_does_not_help_is_not_used(answerer: Answerer) -> None:
    class Unhelpful(ScriptedRetriever):
        def corrected(self, query: Query) -> Query | None:
            return Query("0.5")

    retriever = Unhelpful(answerer._retriever.generation)
    reply = Answerer(retriever).answer("0.8")
    assert (reply.notices, reply.quotes[0].score) == ((), 0.8)


def test_where_nothing_answers_a_question_in_another_language_is_told_so(
    answerer: Answerer,
) -> None:
    for score, told in ((ANSWER_SCORE, 0), (ANSWER_SCORE - 0.01, 1), (RELATED_SCORE - 0.01, 1)):
        reply = answerer.answer(f"Où les ministres se sont-ils réunis en {score} ?")
        assert len(reply.notices) == told
        assert all("aucune déclaration n’est en français" in notice for notice in reply.notices)
        assert answerer.answer(f"Where did the ministers meet in {score} ?").notices == ()


def test_notices_are_in_the_language_asked_for(answerer: Answerer) -> None:
    assert answerer.answer("misspelt 0.9", language="fr").notices == (
        "Résultats pour «\u00a00.9\u00a0».",
    )
    with pytest.raises(ValueError, match="one of en, fr"):
        answerer.answer("0.9", language="de")


def test_a_quote_that_differs_from_its_source_is_held_back(answerer: Answerer) -> None:
    quote = answerer.answer("0.9").quotes[0]
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
    fields = reply_fields(answerer.answer("0.9", top=1))
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
