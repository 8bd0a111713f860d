"""Questions about a document itself, and those that only look like one."""

import pytest
from fakes import LetterEmbedder

from corpus import Corpus, document_from_text
from embeddings import FolderIndex, Query, Retriever, refresh
from embeddings.question.documentquestion import DocumentQuestion
from embeddings.text.stemming import stems

TITLE = set(stems("Communiqué of the Finance Ministers on Trade"))


@pytest.mark.parametrize(
    "question",
    [
        "When was the communiqué issued?",
        "Where did the finance ministers meet?",
        "On what date was this statement adopted?",
        "Who published the declaration?",
        "WHERE WAS IT SIGNED",
        "Quand la déclaration a-t-elle été publiée ?",
    ],
)
def test_a_question_about_the_making_of_a_document_is_told(question: str) -> None:
    assert DocumentQuestion(question).is_about(TITLE)


@pytest.mark.parametrize(
    "question",
    [
        "When was the prison attacked?",
        "Where do penguins meet?",
        "Who published the map of Africa?",
        "Who met the finance ministers?",
        "What did the ministers say on trade?",
        "When?",
        "",
    ],
)
def test_a_question_about_the_content_is_not(question: str) -> None:
    assert not DocumentQuestion(question).is_about(TITLE)


PLACE = set(stems("Carbis Bay, Cornwall"))


@pytest.mark.parametrize(
    "question", ["Carbis Bay summit", "the finance ministers' cornwall meeting"]
)
def test_naming_the_event_by_its_place_is_taken_for_such_a_question(question: str) -> None:
    assert DocumentQuestion(question).is_about(TITLE, PLACE)


@pytest.mark.parametrize(
    "question",
    [
        "What was said in Carbis Bay?",
        "Carbis Bay",
        "fisheries in Cornwall",
        "the summit",
        "Did they meet in Cornwall?",
    ],
)
def test_a_place_alone_or_a_question_of_another_kind_is_not(question: str) -> None:
    assert not DocumentQuestion(question).is_about(TITLE, PLACE)


def test_such_a_question_is_answered_by_the_dateline(store: FolderIndex) -> None:
    text = "A Long Title Of It\n\nMay 3, 2021 – Paris, France - Office\n\nThey met and talked at length."
    corpus = Corpus((document_from_text(text, document_id="d"),))
    embedder = LetterEmbedder()
    refresh(corpus, index=store, embedder=embedder)
    hit = Retriever(store.open_current(), embedder).search(Query("When was it issued?"), top=1)[0]
    assert hit.passage.text == "May 3, 2021 – Paris, France - Office"
    assert hit.passage.number == 0
