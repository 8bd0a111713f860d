"""Answers: their outcome, their quotes and what is said beside them."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from fakes import LetterEmbedder, corpus_of

from bot.answering.answerer import ANSWER_SCORE, RELATED_SCORE, Answerer
from bot.answering.answers import Answer, Outcome, check_quote
from bot.citations.citation import Citation, cite
from bot.errors import UnfaithfulQuote
from bot.jsonforms.answerfields import answer_fields
from bot.language import texts
from bot.language.filtertexts import in_words
from bot.language.translation import LANGUAGES, translator
from corpus import Span
from embeddings import (
    RETRIEVAL_THRESHOLDS,
    Filter,
    FolderIndex,
    Generation,
    Hit,
    Query,
    refresh,
)
from embeddings.cores import usable_cores
from embeddings.search.thresholds import Thresholds


class ScriptedRetriever:
    """Finds the texts in reading order with the scores that the question names: "0.9 0.5"."""

    thresholds = RETRIEVAL_THRESHOLDS

    def __init__(self, generation: Generation) -> None:
        self.generation = generation

    def search(self, query: Query, *, top: int, only: Filter | None = None) -> tuple[Hit, ...]:
        if query.text.startswith("misspelt "):
            return ()
        scores = [float(word) for word in query.text.split() if word[0].isdigit()]
        allowed = [
            passage
            for passage in self.generation.passages
            if only is None or only.matches(self.generation.document_of(passage))
        ]
        places = {
            passage.text: [p for p in allowed if p.text == passage.text] for passage in allowed
        }
        pairs = zip(places.values(), scores, strict=False)
        return tuple(
            Hit(passage, score, rank, passage.sentences[-1], tuple(also))
            for rank, ((passage, *also), score) in enumerate(pairs, start=1)
        )[:top]

    def reworded(self, query: Query) -> Query | None:
        return None

    def corrected(self, query: Query) -> Query | None:
        """A question that begins with "misspelt" has the rest for its correction."""
        return Query(query.text[9:]) if query.text.startswith("misspelt ") else None

    def knows_word(self, word: str) -> bool:
        """No word is misspelt."""
        return bool(word)

    def follow_up_share(self, query: Query) -> float:
        """All of what was asked before counts."""
        return float(bool(query.earlier))


@pytest.fixture
def answerer(store: FolderIndex) -> Answerer:
    """Answers from three passages in two documents by the scores in the question."""
    corpus = corpus_of(
        "aaa bbb. ccc ddd.\n\nzzz qqq.", "bbb bbb.", publisher="P", url="https://example.org/"
    )
    refresh(corpus, index=store, embedder=LetterEmbedder())
    return Answerer(ScriptedRetriever(store.open_current()))


def test_a_readers_own_thresholds_decide(store: FolderIndex) -> None:
    class Calibrated(ScriptedRetriever):
        thresholds = Thresholds(answer=0.7, related=0.5)

    refresh(corpus_of("aaa."), index=store, embedder=LetterEmbedder())
    answerer = Answerer(Calibrated(store.open_current()))
    outcomes = [answerer.answer(score).outcome for score in ("0.7", "0.69", "0.5", "0.49")]
    assert outcomes == [Outcome.ANSWER, Outcome.RELATED, Outcome.RELATED, Outcome.NONE]
    assert answerer.thresholds.answer == 0.7
    assert answerer.thresholds.related == 0.5


def test_a_probable_passage_is_an_answer_with_checked_quotes(answerer: Answerer) -> None:
    reply = answerer.answer("0.9")
    assert reply.outcome is Outcome.ANSWER
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
        assert answerer.answer(question).outcome is outcome
    assert answerer.answer("0.0").quotes == ()


def test_further_quotes_are_related_at_least_where_retrieval_alone_judges(
    answerer: Answerer,
) -> None:
    assert [q.score for q in answerer.answer("0.9 0.5 0.13").quotes] == [0.9, 0.5, 0.13]
    assert [q.score for q in answerer.answer("0.9 0.5 0.11").quotes] == [0.9, 0.5]
    assert [q.score for q in answerer.answer("0.3 0.2 0.1").quotes] == [0.3, 0.2]


def test_beside_a_readers_answer_a_further_quote_is_an_answer_by_itself(
    store: FolderIndex,
) -> None:
    refresh(corpus_of("aaa.\n\nbbb.\n\nccc."), index=store, embedder=LetterEmbedder())

    class Calibrated(ScriptedRetriever):
        thresholds = Thresholds(answer=0.6, related=0.2)

    answerer = Answerer(Calibrated(store.open_current()))
    assert [q.score for q in answerer.answer("0.9 0.7 0.5").quotes] == [0.9, 0.7]
    assert [q.score for q in answerer.answer("0.5 0.4 0.3").quotes] == [0.5]


def test_the_ranked_list_leaves_nothing_out_and_says_what_is_shown(answerer: Answerer) -> None:
    reply = answerer.answer("0.9 0.5 0.01 0.001", top=3, listed=True)
    assert [q.score for q in reply.ranked] == [0.9, 0.5, 0.01]
    assert [q.score for q in reply.quotes] == [0.9, 0.5]
    fields = answer_fields(reply)["quotes"]
    assert [each["shown"] for each in fields] == [True, True, False]
    assert answerer.answer("0.05", listed=True).ranked == ()


def test_at_most_as_many_quotes_as_asked_for(answerer: Answerer) -> None:
    assert len(answerer.answer("0.9 0.8 0.7", top=1).quotes) == 1
    assert len(answerer.answer("0.9 0.8 0.7", top=10).quotes) == 3
    for top in (0, 11):
        with pytest.raises(ValueError, match="from 1 to 10"):
            answerer.answer("0.9", top=top)


@pytest.mark.parametrize("question", ["", "  \n\t", "😀😀", "\x00\x07", "\u200b", "???"])
def test_a_question_without_a_word_is_told_so(answerer: Answerer, question: str) -> None:
    reply = answerer.answer(question)
    assert reply.outcome is Outcome.NONE
    assert reply.message == "There is no word in this question. Please type one."
    assert answer_fields(reply)["notices"] == [reply.message]


def test_of_a_very_long_question_the_start_is_searched_and_that_is_said(
    answerer: Answerer,
) -> None:
    reply = answerer.answer("0.9 " + "x " * 5_000)
    assert "first 1,000 characters" in reply.notices[0]


@pytest.mark.parametrize("text", ["hello", "Thanks!", "who made you?", "  WHAT can you do ?? "])
def test_small_talk_gets_a_fixed_reply_and_never_a_quote(answerer: Answerer, text: str) -> None:
    reply = answerer.answer(text)
    assert reply.outcome is Outcome.SMALLTALK
    assert reply.message != texts.NOTHING
    assert answer_fields(reply)["notices"] == [reply.message]


def test_a_correction_is_used_where_it_helps_and_that_is_said(answerer: Answerer) -> None:
    helped = answerer.answer("misspelt 0.9")
    assert helped.notices == ("Showing results for “0.9”.",)
    assert helped.outcome is Outcome.ANSWER


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


def test_what_was_searched_is_said_whenever_a_filter_applies(answerer: Answerer) -> None:
    only = Filter.of(documents=["d2"], publishers=["p"])
    reply = answerer.answer("0.9", only=only)
    assert [q.citation.document for q in reply.quotes] == ["d2"]
    assert reply.notices == ("Searched only “Title 2” by P.",)
    for question in ("0.2", "0.0"):
        assert answerer.answer(question, only=only).notices == reply.notices
    assert answer_fields(reply)["filter"] == {
        "documents": ["d2"],
        "publishers": ["p"],
        "since": None,
        "until": None,
    }


def test_a_filter_that_leaves_nothing_is_an_answer_that_says_so(answerer: Answerer) -> None:
    reply = answerer.answer("0.9", only=Filter.of(since=date(2022, 1, 1)))
    assert reply.outcome is Outcome.NONE
    assert reply.notices == (
        "There is nothing to search: there are no statements published since 2022.",
    )


def test_a_filter_of_the_question_that_leaves_nothing_finds_nothing_and_that_is_said(
    answerer: Answerer,
) -> None:
    for only in (None, Filter.of(documents=["d1"])):
        reply = answerer.answer("0.9 in statements since March 2021", only=only)
        assert reply.outcome is Outcome.NONE
        assert "since March 2021" in reply.notices[0]
        assert reply.notices[0].startswith("There is nothing to search")


def test_dates_in_the_question_leave_as_few_statements_as_the_options_do(
    answerer: Answerer,
) -> None:
    since = Filter.of(since=date(2021, 3, 1))
    by_option = answerer.answer("0.9", only=since)
    for question in (
        "0.9 in statements since March 2021",
        "0.9 of declarations after February 2021",
    ):
        reply = answerer.answer(question)
        assert (reply.outcome, reply.quotes, reply.only) == (Outcome.NONE, (), since)
        assert reply.notices == by_option.notices
    assert by_option.notices == (
        "There is nothing to search: there are no statements published since March 2021.",
    )


def test_a_filter_of_the_question_is_used_and_joins_the_one_that_is_given(
    answerer: Answerer,
) -> None:
    reply = answerer.answer("0.9 in statements by P")
    assert reply.notices == ("Searched only statements by P.",)
    both = answerer.answer("0.9 in statements by P", only=Filter.of(documents=["d2"]))
    assert [q.citation.document for q in both.quotes] == ["d2"]


@pytest.mark.parametrize(
    ("since", "until", "english", "french"),
    [
        (date(2021, 3, 1), None, "since March 2021", "depuis mars 2021"),
        (date(2021, 1, 1), None, "since 2021", "depuis 2021"),
        (date(2021, 3, 12), None, "since 12 March 2021", "depuis le 12 mars 2021"),
        (None, date(2021, 12, 31), "until 2021", "jusqu’en 2021"),
        (None, date(2021, 2, 28), "until February 2021", "jusqu’en février 2021"),
        (None, date(2021, 8, 1), "until 1 August 2021", "jusqu’au 1er août 2021"),
        (date(2021, 1, 1), date(2021, 12, 31), "in 2021", "en 2021"),
        (date(2021, 3, 1), date(2021, 3, 31), "in March 2021", "en mars 2021"),
        (date(2021, 3, 1), date(2021, 3, 1), "on 1 March 2021", "le 1er mars 2021"),
        (
            date(2021, 3, 1),
            date(2022, 12, 31),
            "from March 2021 to 2022",
            "depuis mars 2021 jusqu’en 2022",
        ),
        (
            date(2021, 3, 2),
            date(2022, 12, 5),
            "from 2 March 2021 to 5 December 2022",
            "depuis le 2 mars 2021 jusqu’au 5 décembre 2022",
        ),
    ],
)
def test_dates_of_a_filter_are_said_as_short_as_they_are(
    answerer: Answerer, since: date | None, until: date | None, english: str, french: str
) -> None:
    only = Filter(since=since, until=until)
    assert [in_words(only, answerer.corpus, translator(language)) for language in LANGUAGES] == [
        f"statements published {english}",
        f"déclarations publiées {french}",
    ]


def test_many_documents_of_a_filter_are_counted(store: FolderIndex) -> None:
    only = Filter.of(documents=["d1", "d2", "d3", "d4", "d5"])
    assert in_words(only, corpus_of(*"abcde"), translator("en")) == (
        "“Title 1”, “Title 2”, “Title 3” and 2 more"
    )
    assert in_words(only, corpus_of(*"abcd"), translator("fr")) == (
        "«\u00a0Title 1\u00a0», «\u00a0Title 2\u00a0», «\u00a0Title 3\u00a0» et 1 autre"
    )
    both = Filter.of(documents=["d1", "d2"], publishers=["nobody"])
    assert in_words(both, corpus_of(*"abcd"), translator("fr")) == (
        "«\u00a0Title 1\u00a0» et «\u00a0Title 2\u00a0» par nobody"
    )


def test_a_filter_is_said_and_kept_in_a_reply_in_another_language(answerer: Answerer) -> None:
    only = Filter.of(publishers=["P"])
    for score, outcome in (
        ("0.9", Outcome.ANSWER),
        ("0.2", Outcome.RELATED),
        ("0.0", Outcome.NONE),
    ):
        reply = answerer.answer(score, only=only, language="fr")
        assert reply.outcome is outcome
        assert (reply.only, reply.language) == (only, "fr")
        assert reply.notices == ("Recherche limitée à\u00a0: déclarations publiées par P.",)
    nothing = answerer.answer("0.9", only=Filter.of(since=date(2022, 1, 1)), language="fr")
    assert nothing.notices == (
        "Rien à parcourir\u00a0: il n’y a pas de déclarations publiées depuis 2022.",
    )
    stated = answerer.answer("0.9 in statements since March 2021", language="fr")
    assert stated.notices == (
        "Rien à parcourir\u00a0: il n’y a pas de déclarations publiées depuis mars 2021.",
    )


def test_an_answer_has_quotes_exactly_where_its_outcome_says_so(answerer: Answerer) -> None:
    quotes = answerer.answer("0.9").quotes
    for outcome in (Outcome.ANSWER, Outcome.RELATED):
        assert Answer("q", generation=1, outcome=outcome, quotes=quotes).is_to_question
        with pytest.raises(ValueError, match=f"{outcome.name} has 0 quotes"):
            Answer("q", generation=1, outcome=outcome)
    with pytest.raises(ValueError, match="NONE has"):
        Answer("q", generation=1, outcome=Outcome.NONE, quotes=quotes)


def test_a_quote_that_differs_from_its_source_is_held_back(answerer: Answerer) -> None:
    quote = answerer.answer("0.9").quotes[0]
    check_quote(quote, answerer.corpus)

    def cited(**changes: object) -> Citation:
        return replace(quote.citation, **changes)

    elsewhere = cite(answerer.corpus.document("d2"), answerer.corpus.document("d2").passages[0])
    for wrong in (
        replace(quote, also=(elsewhere,)),
        replace(quote, also=(cited(digest="0" * 64),)),
        replace(quote, also=(cited(end=quote.citation.end - 1),)),
        replace(quote, text=quote.text.replace("aaa", "aab")),
        replace(quote, evidence_text="ccc dd."),
        replace(quote, evidence=Span(0, 3)),
        replace(quote, citation=cited(start=quote.citation.start + 1)),
        replace(quote, citation=cited(digest="0" * 64)),
        replace(quote, citation=cited(start=quote.evidence.start + 1)),
    ):
        with pytest.raises(UnfaithfulQuote, match="held back"):
            check_quote(wrong, answerer.corpus)


def test_a_text_that_stands_in_several_documents_is_one_quote_with_all_its_places(
    store: FolderIndex,
) -> None:
    refresh(corpus_of("aaa.\n\nbbb.", "bbb.", "ccc."), index=store, embedder=LetterEmbedder())
    answerer = Answerer(ScriptedRetriever(store.open_current()))
    reply = answerer.answer("0.9 0.8 0.7 0.6", top=3)
    assert [q.text for q in reply.quotes] == ["aaa.", "bbb.", "ccc."]
    assert [(c.document, c.paragraph) for c in reply.quotes[1].also] == [("d2", 1)]
    (also,) = answer_fields(reply)["quotes"][1]["also"]
    text = answerer.corpus.document("d2").text
    assert text[also["start"] : also["end"]] == "bbb."
    assert also["digest"] == answerer.corpus.document("d2").digest


def test_the_json_form_is_as_documented(answerer: Answerer) -> None:
    fields = answer_fields(answerer.answer("0.9", top=1))
    (quote,) = fields["quotes"]
    assert list(fields) == [
        "question",
        "outcome",
        "generation",
        "filter",
        "notices",
        "documents",
        "quotes",
        "said",
    ]
    assert fields["said"] is None
    assert fields["documents"] == []
    assert fields["filter"] is None
    assert list(quote) == [
        "quote",
        "evidence",
        "evidence_start",
        "evidence_end",
        "answer",
        "shown",
        "score",
        "citation",
        "also",
    ]
    assert quote["quote"][quote["evidence_start"] : quote["evidence_end"]] == quote["evidence"]
    assert (quote["evidence"], quote["answer"], quote["shown"]) == ("ccc ddd.", None, True)
    assert quote["also"] == []
    assert 0 <= quote["score"] <= 1
    assert quote["citation"] == {
        "document": "d1",
        "title": "Title 1",
        "publisher": "P",
        "date": None,
        "paragraph": 1,
        "page": None,
        "last_page": None,
        "start": 0,
        "end": 17,
        "url": "https://example.org/",
        "link": "https://example.org/#:~:text=aaa%20bbb.%20ccc%20ddd.",
        "digest": (digest := answerer.corpus.document("d1").digest),
        "reference": f"d1[0:17]@{digest[:12]}",
        "publisher_said_by": None,
        "url_said_by": None,
        "fetched": None,
    }


def test_an_answer_says_what_it_was_read_with(answerer: Answerer) -> None:
    asked = ("What of the Africa Focus Group?", "who?")
    reply = answerer.answer("0.9", earlier=asked)
    assert reply.notices == ("About: Africa Focus Group, from your earlier questions.",)
    assert answerer.answer("0.9").notices == ()


def test_small_talk_is_no_question_to_remember(answerer: Answerer) -> None:
    assert [answerer.answer(text).is_to_question for text in ("hello", "?!", "0.9", "0.0")] == [
        False,
        False,
        True,
        True,
    ]


def test_no_more_questions_than_cores_are_worked_on_at_a_time(store: FolderIndex) -> None:
    refresh(corpus_of("aaa bbb."), index=store, embedder=LetterEmbedder())
    lock = threading.Lock()
    now: list[int] = []
    most: list[int] = []

    class Counting(ScriptedRetriever):
        def search(self, query: Query, *, top: int, only: Filter | None = None) -> tuple[Hit, ...]:
            with lock:
                now.append(1)
                most.append(len(now))
            time.sleep(0.02)
            with lock:
                now.pop()
            return super().search(query, top=top, only=only)

    answerer = Answerer(Counting(store.open_current()))
    count = 4 * usable_cores()
    with ThreadPoolExecutor(count) as threads:
        replies = list(threads.map(answerer.answer, ["0.9"] * count))
    assert all(reply.outcome is Outcome.ANSWER for reply in replies)
    assert len(most) == count
    assert max(most) <= usable_cores()
