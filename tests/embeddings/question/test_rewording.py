"""A question is searched in the words of the corpus, too, if its own find less."""

import pytest
from fakes import LetterEmbedder, corpus_of

from embeddings import FolderIndex, Query, Retriever, refresh
from embeddings.search.retriever import best_search

TEXTS = (
    "The Syrian Democratic Forces (SDF) fought. SDF units held the town.",
    "The World Health Organization met. There are eighty-five members of Côte d’Ivoire.",
    "The World Health Organization met again, with 700 guests from São Tomé.",
    "The United Nations Security Council resolution was adopted by the Turkiye delegation.",
)


@pytest.fixture
def retriever(store: FolderIndex) -> Retriever:
    embedder = LetterEmbedder()
    refresh(corpus_of(*TEXTS), index=store, embedder=embedder)
    return Retriever(store.open_current(), embedder)


@pytest.mark.parametrize(
    ("asked", "reworded"),
    [
        ("What did WHO do?", "What did World Health Organization do?"),
        ("Are there 85 members?", "Are there eighty-five members?"),
        ("seven hundred guests", "700 guests"),
        ("Cote d'Ivoire", "côte d'Ivoire"),
        ("from Sao Tome", "from são tomé"),
        ("the Türkiye delegation", "the turkiye delegation"),
        ("What does UNSCR say?", "What does United Nations Security Council Resolution say?"),
        ("what does unscr say", "what does United Nations Security Council Resolution say"),
        ("was it adoptd by the organisation", "was it adoptd by the organization"),
        ("who met?", None),
        ("What did the SDF do?", None),
        ("Are there eighty-five members?", None),
        ("", None),
        ("😀", None),
    ],
)
def test_a_word_takes_the_form_that_the_corpus_has(
    retriever: Retriever, asked: str, reworded: str | None
) -> None:
    found = retriever.reworded(Query(asked))
    assert (None if found is None else found.text) == reworded


def test_the_form_that_finds_more_counts_and_nothing_is_called_corrected(
    retriever: Retriever,
) -> None:
    query = Query("Are there 85 members?")
    found = best_search(retriever, query, top=1)
    alone = retriever.search(query, top=1)
    assert found.hits[0].score >= alone[0].score
    assert (found.corrected, found.used_correction) == (None, False)


def test_a_question_that_may_not_be_corrected_is_searched_as_it_is(retriever: Retriever) -> None:
    query = Query("the membrs delegaton")
    asked = []

    def never(text: str) -> bool:
        asked.append(text)
        return False

    found = best_search(retriever, query, top=1, may_correct=never)
    assert (found.query, found.corrected, asked) == (query, None, [query.text])
    assert best_search(retriever, query, top=1).corrected == "the members delegation"
