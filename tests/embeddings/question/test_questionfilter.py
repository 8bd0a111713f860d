"""Filters from a question: read where the words are about documents, and nowhere else."""

import json
from datetime import date

import pytest
from evaluationdata import EVALUATION
from hypothesis import given
from strategies import awkward_texts

from bot.evaluation.sets.questionsets import (
    QuestionSet,
    corpus_of_records,
    read_beir,
    read_questions,
)
from corpus import Corpus, document_from_text
from embeddings import Filter, QuestionFilters


def document(number: int, title: str, publisher: str | None, published: date | None) -> object:
    return document_from_text(
        "Some text.",
        document_id=f"2021-0{number}-statement",
        title=title,
        publisher=publisher,
        published=published,
    )


@pytest.fixture(scope="module")
def filters() -> QuestionFilters:
    return QuestionFilters(
        Corpus(
            (
                document(1, "Carbis Bay G7 Summit Communiqué", "G7", date(2021, 6, 13)),
                document(2, "Quad Statement", "U.S. Department of State", date(2021, 3, 12)),
                document(3, "Syria", "Russia", None),
                document(4, "Joint Statement", "G7 Finance", None),
            )
        )
    )


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("Which statements from 2022 mention ISIS?", "2022-01-01", "2022-12-31"),
        ("What do the communiqués published in March 2021 say?", "2021-03-01", "2021-03-31"),
        ("statements since sept. 2021 on AUKUS", "2021-09-01", None),
        ("Which declarations issued after 2021 mention fish?", "2022-01-01", None),
        ("What do statements from March 2021 onwards say of trade?", "2021-03-01", None),
        ("documents published before June 2, 2021 about oil", None, "2021-06-01"),
        ("readouts between May 2021 and 3 July 2022: oil", "2021-05-01", "2022-07-03"),
        ("statements from 2021 to 2023 on oil", "2021-01-01", "2023-12-31"),
        ("What did the statement published on 12 March 2021 say?", "2021-03-12", "2021-03-12"),
        ("Since March 2021, what has been said about prisons?", "2021-03-01", None),
        ("What have they said about prisons since March 2021?", "2021-03-01", None),
        ("prisons in Iraq, published since 2021-03", "2021-03-01", None),
        ("in 2022: prisons", "2022-01-01", "2022-12-31"),
        ("Que disent les déclarations depuis mars 2021 sur le climat ?", "2021-03-01", None),
        ("Que disent les communiqués publiés avant le 1er mai 2022 ?", None, "2022-04-30"),
        ("statements until 2022-02", None, "2022-02-28"),
        ("the latest statement since 2023", "2023-01-01", None),
        ("list statements on the war in Iraq since 2021", "2021-01-01", None),
        ("déclarations sur le climat depuis mars 2021", "2021-03-01", None),
        ("What did the ministers say since May 2021?", "2021-05-01", None),
        ("anything new since 2021?", "2021-01-01", None),
        ("news since 2021-03", "2021-03-01", None),
    ],
)
def test_dates_of_publication_are_read(
    filters: QuestionFilters, question: str, since: str | None, until: str | None
) -> None:
    read = filters.read(question)
    assert read is not None
    assert read.filter == Filter(
        since=date.fromisoformat(since) if since else None,
        until=date.fromisoformat(until) if until else None,
    )
    assert all(words in question for words in read.words)


@pytest.mark.parametrize(
    "question",
    [
        "How many people were displaced in 2019?",
        "What article was published in 1937?",
        "Where was the October 2025 Cambodia-Thailand declaration signed?",
        "What does the 2015 agreement commit to?",
        "What did the Jerusalem declaration of 2022 say?",
        "Which task forces did leaders welcome in Jeddah in 2022?",
        "How much energy will Europe buy from 2025 to 2028?",
        "Where will the conference take place in 2025?",
        "What has been said about the people displaced since 2019?",
        "Who has been president since 2021?",
        "statements on people displaced since 2019",
        "What did the war displace since 2019?",
        "What do they say about attacks since 2019?",
        "Since 2005, what is the gender of the companion?",
        "After 1935, who would be forbidden to enter?",
        "What do statements say about elections before 2022?",
        "statements from 30 February 2021",
        "What happened in 1991?",
        "attacks by Russia",
        "Which attacks by Russia did the statement mention?",
        "What did the G7 say about trade?",
        "What is in the statement by the G7 and the Quad?",
        "What did the G7's statement say?",
        "statements by Canada",
        'Who wrote "Quad Statement"?',
        "What does Syria say?",
        "",
    ],
)
def test_a_date_or_name_that_may_be_content_is_no_filter(
    filters: QuestionFilters, question: str
) -> None:
    assert filters.read(question) is None


@pytest.mark.parametrize(
    ("question", "publisher"),
    [
        ("Which statements by the G7 mention fish?", "g7"),
        ("What was said by the G7?", "g7"),
        ("statements from the US Department of State", "us department of state"),
        ("statements issued by the u.s. department of state about oil", "us department of state"),
        ("declarations by G7 Finance", "g7 finance"),
    ],
)
def test_a_publisher_of_the_corpus_is_read(
    filters: QuestionFilters, question: str, publisher: str
) -> None:
    read = filters.read(question)
    assert read is not None
    assert read.filter == Filter(publishers=frozenset({publisher}))


def test_a_document_is_read_by_its_id_and_by_its_quoted_title(filters: QuestionFilters) -> None:
    for question in (
        "What does 2021-01-statement say about fish?",
        "What about fish in the “carbis bay G7 Summit Communiqué”?",
    ):
        read = filters.read(question)
        assert read is not None
        assert read.filter == Filter(documents=frozenset({"2021-01-statement"}))


@pytest.mark.parametrize(
    "question",
    [
        "Which statements by the G7 published since 2022 mention fish?",
        "What has been said by the G7 since 2022?",
    ],
)
def test_what_is_read_together_must_all_hold(filters: QuestionFilters, question: str) -> None:
    read = filters.read(question)
    assert read is not None
    assert read.filter == Filter.of(publishers=["G7"], since=date(2022, 1, 1))
    assert len(read.words) == 2


@given(awkward_texts)
def test_any_text_can_be_read(text: str) -> None:
    filters = QuestionFilters(Corpus((document(1, text, text, None),)))
    for question in (text, f"statements by {text}", f"statements since {text} 2021"):
        filters.read(question)


def evaluation_sets() -> list[QuestionSet]:
    us = EVALUATION / "official-statements-us" / "corpus.jsonl"
    with us.open(encoding="utf-8") as lines:
        corpus, places = corpus_of_records(map(json.loads, lines))
    beir = [read_beir(EVALUATION / n) for n in ("xquad/en", "mtrag-un", "mtrag-human-partial")]
    return [read_questions(EVALUATION / "statements-qa", corpus, places), *beir]


@pytest.mark.skipif(not EVALUATION.exists(), reason="the evaluation sets are not here")
def test_no_question_of_the_evaluation_sets_loses_its_answer() -> None:
    for questions in evaluation_sets():
        filters = QuestionFilters(questions.corpus)
        for question in questions.questions:
            read = filters.read(question.text)
            if read is not None and question.answers:
                kept = [questions.corpus.document(key[0]) for key in question.answers]
                assert any(read.filter.matches(d) for d in kept), question.text
