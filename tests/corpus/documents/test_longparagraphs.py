"""Very long paragraphs: cut at sentences, nothing lost."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from corpus import Span, document_from_text, split_sentences
from corpus.documents.paragraphs import LONGEST_PARAGRAPH, cut_long

SENTENCES = st.lists(
    st.text("abc ", min_size=1, max_size=400).map(lambda t: f"A{t}b."), max_size=60
)


@given(SENTENCES)
def test_pieces_are_whole_sentences_in_order_and_lose_nothing(sentences: list[str]) -> None:
    text = " ".join(sentences)
    pieces = cut_long(text, Span(0, len(text)), language="en")
    starts = {span.start for span in split_sentences(text)} | {0}
    assert all(piece.start in starts for piece in pieces)
    assert all(one.end <= other.start for one, other in itertools.pairwise(pieces))
    kept = "".join(piece.of(text) for piece in pieces)
    assert "".join(kept.split()) == "".join(text.split())


def test_a_paragraph_of_usual_length_stays_whole() -> None:
    text = "A sentence of words. " * 100
    assert cut_long(text, Span(3, 2_000), language="en") == (Span(3, 2_000),)


def test_pieces_are_of_about_equal_length_and_numbered_one_after_another() -> None:
    text = "Short.\n\n" + "A sentence of words. " * 400 + "\n\nLast."
    passages = document_from_text(text, document_id="d", title="T").passages
    assert [p.number for p in passages] == [1, 2, 3, 4, 5, 6]
    lengths = [len(p.text) for p in passages[1:-1]]
    assert max(lengths) - min(lengths) <= 2 * len("A sentence of words. ")
    assert max(lengths) < LONGEST_PARAGRAPH


def test_a_long_table_is_cut_between_its_rows() -> None:
    rows = [f"row {n} | value {n}" for n in range(400)]
    text = "\n".join(rows)
    pieces = cut_long(text, Span(0, len(text)), language="en")
    assert len(pieces) > 1
    assert "\n".join(piece.of(text) for piece in pieces) == text


def test_a_sentence_is_never_cut() -> None:
    text = "word " * 2_000
    assert len(cut_long(text, Span(0, len(text)), language="en")) == 1
