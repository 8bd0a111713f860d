"""Questions about the statements themselves are answered from records and first sentences."""

from dataclasses import replace
from datetime import date

import pytest
from fakes import LetterEmbedder

from bot.answering.answerer import Answerer
from bot.answering.answers import Answer, Outcome
from corpus import Corpus, document_from_text
from embeddings import FolderIndex, Retriever, refresh

STATEMENTS = {
    "a-japan-2021": (
        "Joint Statement of Canada and Japan",
        "We met in Tokyo today, and it was a good day. We were glad.\n\n"
        "Trade between our two countries grows each year. It will grow.",
        date(2021, 3, 1),
    ),
    "b-japan-2023": (
        "Readout of the Call with the Japanese Prime Minister",
        "The ministers spoke about fish and about Togo today.",
        date(2023, 5, 2),
    ),
    "c-peru-2022": (
        "Statement on the Elections in Peru",
        "The vote in the whole country was calm and free.\n\nJANE Q. PUBLIC",
        date(2022, 7, 9),
    ),
    "d-secret": (
        "Internal Notice on Zanzibar and Japan",
        "Zanzibar is secret to all others, and so is this.",
        date(2024, 1, 1),
    ),
}


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    """A Retriever of four statements, one of them for the desk alone."""
    documents = tuple(
        document_from_text(
            text,
            document_id=name,
            title=title,
            publisher="Office of Trade",
            published=day,
            access=frozenset({"desk"} if name == "d-secret" else ()),
        )
        for name, (title, text, day) in sorted(STATEMENTS.items())
    )
    index = FolderIndex(tmp_path_factory.mktemp("plain"))
    embedder = LetterEmbedder()
    refresh(Corpus(documents), index=index, embedder=embedder)
    return Retriever(index.open_current(), embedder)


@pytest.fixture(scope="module")
def answerer(retriever: Retriever) -> Answerer:
    """An Answerer of the public statements."""
    return Answerer(retriever).seen_by(frozenset())


@pytest.fixture(scope="module")
def unsure(retriever: Retriever) -> Answerer:
    """One that is never sure of an answer."""
    every = Answerer(retriever, answer_score=1.0, contact="press@example.org")
    return every.seen_by(frozenset())


def ids(answer: Answer) -> list[str]:
    return [document.id for document in answer.documents]


def test_an_outline_is_the_first_sentences_and_is_said_to_be_no_summary(answerer: Answerer) -> None:
    answer = answerer.answer("summarise the statement with Canada")
    assert answer.outcome is Outcome.OUTLINE
    assert [quote.evidence_text for quote in answer.quotes] == [
        "We met in Tokyo today, and it was a good day.",
        "Trade between our two countries grows each year.",
    ]
    assert (answer.message or "").startswith("I cannot summarise.")


def test_a_record_says_that_it_is_not_from_the_text(answerer: Answerer) -> None:
    answer = answerer.answer("who signed the statement on Peru?")
    assert answer.outcome is Outcome.METADATA
    assert ids(answer) == ["c-peru-2022"]
    assert "not from its text" in (answer.message or "")
    assert "Published by: Office of Trade" in (answer.message or "")
    assert [quote.text for quote in answer.quotes] == ["JANE Q. PUBLIC"]


def test_a_statement_is_found_by_any_name_of_its_country(answerer: Answerer) -> None:
    for question in (
        "when was the Peruvian statement published",
        "date de la déclaration du Pérou",
    ):
        answer = answerer.answer(question)
        assert ids(answer) == ["c-peru-2022"], question
        assert "2022-07-09" in (answer.message or "")


def test_the_latest_is_the_newest_by_date(answerer: Answerer) -> None:
    assert ids(answerer.answer("latest statement"))[0] == "b-japan-2023"
    assert ids(answerer.answer("latest on Japan"))[0] == "b-japan-2023"
    assert ids(answerer.answer("what is new")) == ["b-japan-2023", "c-peru-2022", "a-japan-2021"]


def test_a_list_has_titles_before_texts_and_says_so(answerer: Answerer) -> None:
    assert set(ids(answerer.answer("list statements about Japan"))) == {
        "a-japan-2021",
        "b-japan-2023",
    }
    of_text = answerer.answer("which statements mention Togo?")
    assert ids(of_text) == ["b-japan-2023"]
    assert "in the text" in (of_text.message or "")


def test_dates_leave_what_fits_or_it_is_said_that_nothing_does(answerer: Answerer) -> None:
    assert ids(answerer.answer("statements from 2022")) == ["c-peru-2022"]
    none = answerer.answer("statements since 2025")
    assert none.outcome is Outcome.NONE
    assert "since 2025" in " ".join(none.notices)
    dated = answerer.answer("and in 2021?", earlier=("list statements about Japan",))
    assert ids(dated) == ["a-japan-2021"]


def test_an_unknown_topic_is_said_to_have_no_statement(answerer: Answerer) -> None:
    answer = answerer.answer("list statements about Brazil")
    assert answer.outcome is Outcome.NONE
    assert answer.notices == ("I found no statement on “Brazil”.",)


def test_a_question_without_its_statement_is_asked_back(answerer: Answerer) -> None:
    answer = answerer.answer("what is this statement about?")
    assert answer.outcome is Outcome.LIST
    assert "Which statement do you mean?" in (answer.message or "")


def test_it_is_the_statement_of_the_answer_before(answerer: Answerer) -> None:
    about = answerer.answer("what is it about?", earlier=("latest statement on Peru",))
    assert about.outcome is Outcome.OUTLINE
    assert ids(about) == ["c-peru-2022"]
    chain = ("latest statement on Peru", "what is it about?")
    assert ids(answerer.answer("and who signed it?", earlier=chain)) == ["c-peru-2022"]


def test_what_found_nothing_and_another_language_are_no_context(
    answerer: Answerer, shipped_answerer: Answerer
) -> None:
    assert answerer.leads_on(answerer.answer("dernière déclaration sur le Pérou"))
    assert not answerer.leads_on(answerer.answer("list statements about Brazil"))
    assert not answerer.leads_on(answerer.answer("hello"))
    members = shipped_answerer.answer("How many members does the Coalition have?")
    assert shipped_answerer.leads_on(members)
    french = replace(members, question="Combien de membres compte la Coalition mondiale ?")
    assert not shipped_answerer.leads_on(french)


@pytest.mark.parametrize(
    "question",
    [
        "list all statements",
        "latest statement",
        "what is new",
        "list statements about Zanzibar",
        "statements since 2024",
        "summarise the notice on Zanzibar",
        "who issued the notice on Zanzibar and Japan?",
        "what does Zanzibar want?",
        "title of the notice on Zanzibar",
    ],
)
def test_a_restricted_statement_is_in_no_list_outline_record_or_topic(
    answerer: Answerer, question: str
) -> None:
    answer = answerer.answer(question)
    assert "d-secret" not in ids(answer)
    assert all(quote.citation.document != "d-secret" for quote in answer.quotes)
    said = " ".join((answer.message or "", *answer.notices, *answer.topics))
    assert "secret to all" not in said
    assert "Internal" not in said


def test_a_related_quote_says_what_it_lacks(unsure: Answerer) -> None:
    related = unsure.answer("Was the vote in Peru free of Martians?")
    assert related.outcome is Outcome.RELATED
    assert related.message == (
        "I found no passage that answers this. Related, but not an answer; not in it: “Martians”."
    )
    counted = unsure.answer("How many ministers spoke about fish?")
    assert (counted.message or "").endswith("it says no number for this.")


def test_who_to_ask_is_named_where_nothing_answers(unsure: Answerer) -> None:
    refused = unsure.answer("Zebra xylophone quartz?")
    assert "You can ask a person: press@example.org" in refused.notices


def test_a_refusal_offers_other_topics_than_those_of_the_question(
    shipped_answerer: Answerer,
) -> None:
    refused = shipped_answerer.answer("Who won the football match in Togo?")
    assert refused.outcome in {Outcome.RELATED, Outcome.NONE}
    assert 1 <= len(refused.topics) <= 3
    assert shipped_answerer.answer("Where did the ministers meet?").topics == ()
