"""Distinct quotes: nothing is said twice, and every place of a text is kept."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.answering.distinctquotes import distinct_hits
from corpus import Corpus, document_from_text
from embeddings import Hit, same_text

PEACE = "We reaffirm the importance of peace and stability across the Strait and call for talks."
NEARLY = "We stress the importance of peace and stability across the Strait and call for talks."
TRADE = "We will lower duties on grain and open our ports to ships of all members at once."
FISH = "Overfishing must end before 2030."
TEXTS = (
    PEACE,
    NEARLY,
    PEACE.replace(" of ", "\nof  "),
    TRADE,
    FISH,
    "Overfishing must end before 2031.",
)


def hits_of(*texts: str, scores: tuple[float, ...] = ()) -> tuple[tuple[Hit, ...], Corpus]:
    """A document for each text, d0 and on, and a Hit for each different text; scores fall."""
    documents = tuple(document_from_text(text, document_id=f"d{n}") for n, text in enumerate(texts))
    hits: list[Hit] = []
    for n, document in enumerate(documents):
        (passage,) = document.passages
        same = [at for at, hit in enumerate(hits) if same_text(hit.passage.text, passage.text)]
        if same:
            hits[same[0]] = replace(hits[same[0]], also=(*hits[same[0]].also, passage))
            continue
        score = scores[n] if scores else 0.9 - n / 100
        hits.append(Hit(passage, score, len(hits) + 1, passage.sentences[0]))
    return tuple(hits), Corpus(tuple(sorted(documents, key=lambda d: d.id)))


def places(*texts: str, top: int = 3, **more: tuple[float, ...]) -> list[tuple[str, ...]]:
    """For each distinct Hit its document and the other documents with its text."""
    hits, corpus = hits_of(*texts, **more)
    found = distinct_hits(hits, corpus, top=top, related_score=0.1, further_score=0.1)
    return [tuple(p.document_id for p in (hit.passage, *hit.also)) for hit in found]


def test_one_text_in_two_documents_is_one_quote_under_the_first() -> None:
    assert places(PEACE, TRADE, PEACE) == [("d0", "d2"), ("d1",)]
    assert places(PEACE, f"{PEACE}\n".replace(" of ", "\nof  ")) == [("d0", "d1")]


def test_another_place_of_a_text_counts_whatever_its_score() -> None:
    assert places(PEACE, TRADE, PEACE, scores=(0.9, 0.05, 0.01)) == [("d0", "d2")]


def test_what_says_the_same_is_skipped_and_never_cited_for_the_other_text() -> None:
    assert places(PEACE, NEARLY, TRADE, FISH) == [("d0",), ("d2",), ("d3",)]


def test_what_says_the_same_is_shown_where_nothing_else_is_left() -> None:
    assert places(PEACE, NEARLY, NEARLY) == [("d0",), ("d1", "d2")]
    assert places(PEACE, NEARLY, NEARLY.replace("stress", "underline")) == [("d0",), ("d1",)]
    assert places(PEACE, NEARLY, top=1) == [("d0",)]


def test_as_many_distinct_quotes_are_looked_for_as_wanted() -> None:
    assert len(places(*[PEACE] * 50, TRADE, FISH, top=3)) == 3
    assert places() == []


@given(st.lists(st.sampled_from(TEXTS), max_size=12), st.integers(1, 5))
def test_no_text_is_shown_twice_and_every_place_is_of_its_text(texts: list[str], top: int) -> None:
    hits, corpus = hits_of(*texts)
    found = distinct_hits(hits, corpus, top=top, related_score=0, further_score=0)
    assert len(found) <= top
    assert [hit.rank for hit in found] == sorted(hit.rank for hit in found)
    assert all(found[0] == hits[0] for _ in found[:1])
    shown = [" ".join(hit.passage.text.split()) for hit in found]
    assert len(set(shown)) == len(shown)
    for hit in found:
        assert all(same_text(each.text, hit.passage.text) for each in hit.also)
