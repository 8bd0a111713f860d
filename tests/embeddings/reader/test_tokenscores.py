"""The numbers of tokens become those of sentences and a short answer, a slice of the passage."""

from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Span
from embeddings import PassageText, find_model
from embeddings.reader.encoding import PairEncoder, ReadPair
from embeddings.reader.tokenscores import WindowRead, answering_sentences, passage_reading

TEXT = "They met in Rome. Eighty-two members came. Nobody left."
SENTENCES = (Span(0, 17), Span(18, 42), Span(43, 55))


@lru_cache(maxsize=1)
def the_encoder() -> PairEncoder:
    return PairEncoder(Path(find_model().path) / "tokenizer.json")


@pytest.fixture
def encoder() -> PairEncoder:
    return the_encoder()


def window(pair: ReadPair, *, logit: float = 0.0, **marked: dict[str, float]) -> WindowRead:
    """A window whose tokens have -3 in every column, but for those that begin where it is said."""
    tokens = np.full((len(pair.ids), 3), -3.0, np.float32)
    for column, name in enumerate(("evidence", "start", "end")):
        for begin, number in marked.get(name, {}).items():
            places = [i for i, (a, _) in enumerate(pair.offsets) if a == begin]
            tokens[pair.passage_start + places[0], column] = number
    return WindowRead(pair, logit, tokens)


def test_a_sentence_has_the_mean_of_its_tokens_and_the_answer_is_whole_words(
    encoder: PairEncoder,
) -> None:
    (pair,) = encoder.windows("How many came?", TEXT)
    eighty = {a: 2.0 for a, _ in pair.offsets if 18 <= a < 42}
    read = window(pair, logit=1.5, evidence=eighty, start={18: 4.0}, end={25: 4.0})
    found = passage_reading(PassageText("", "", TEXT, SENTENCES), [read])
    assert found.logit == 1.5
    assert found.sentence_scores == pytest.approx([1 / (1 + np.exp(-x)) for x in (-3, 2, -3)])
    assert found.answer is not None
    assert found.answer.of(TEXT) == "Eighty-two"
    assert found.answer_score == pytest.approx(1 / (1 + np.exp(-14)))


def test_an_answer_that_is_less_sure_than_none_is_left_out(encoder: PairEncoder) -> None:
    (pair,) = encoder.windows("How many came?", TEXT)
    read = window(pair, start={18: 4.0}, end={25: 4.0})
    read.tokens[0, 1:] = 5.0
    found = passage_reading(PassageText("", "", TEXT, SENTENCES), [read])
    assert found.answer is None
    assert found.answer_score == 0


def test_an_answer_lies_in_the_sentences_that_answer(encoder: PairEncoder) -> None:
    (pair,) = encoder.windows("Where?", TEXT)
    rome = {a: 3.0 for a, _ in pair.offsets if a < 17}
    read = window(pair, evidence=rome, start={18: 9.0, 12: 2.0}, end={25: 9.0, 12: 2.0})
    found = passage_reading(PassageText("", "", TEXT, SENTENCES), [read])
    assert found.answer is not None
    assert found.answer.of(TEXT) == "Rome"


def test_a_sentence_that_one_window_cuts_has_the_score_of_the_window_that_has_it_whole(
    encoder: PairEncoder,
) -> None:
    text = f"{'Nothing of note was said. ' * 60}The giraffe sleeps standing up."
    windows = encoder.windows("How does it sleep?", text)
    whole = windows[-1]
    sentence = Span(text.index("The giraffe"), len(text))
    cut = ReadPair(
        whole.ids[: whole.passage_start + len(whole.offsets) - 3],
        whole.question_length,
        whole.passage_start,
        whole.offsets[: len(whole.offsets) - 4],
    )
    first = whole.offsets[-8][0]
    read = [
        window(cut, evidence={a: 9.0 for a, _ in cut.offsets if a >= sentence.start}),
        window(whole, evidence={first: 1.0}),
    ]
    for windows_in_order in (read, read[::-1]):
        found = passage_reading(PassageText("", "", text, (sentence,)), windows_in_order)
        assert found.sentence_scores[0] < 0.5


def test_a_neighbour_that_scores_nearly_as_well_is_evidence_too() -> None:
    assert answering_sentences([0.1, 0.9, 0.2]) == (1, 1)
    assert answering_sentences([0.1, 0.9, 0.8]) == (1, 2)
    assert answering_sentences([0.8, 0.9, 0.8, 0.9]) == (0, 2)
    assert answering_sentences([0.0, 0.0]) == (0, 0)
    assert answering_sentences([0.4]) == (0, 0)


@given(
    text=st.text(max_size=300),
    question=st.text(max_size=80),
    cuts=st.lists(st.integers(0, 300), max_size=6),
    seed=st.integers(0, 1_000),
)
def test_whatever_the_text_the_answer_is_a_slice_of_what_answers(
    text: str, question: str, cuts: list[int], seed: int
) -> None:
    ends = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    sentences = tuple(Span(a, b) for a, b in pairwise(ends))
    random = np.random.default_rng(seed)
    read = [
        WindowRead(pair, 0.0, random.normal(0, 3, (len(pair.ids), 3)).astype(np.float32))
        for pair in the_encoder().windows(question, text)
    ]
    found = passage_reading(PassageText("", "", text, sentences), read)
    assert len(found.sentence_scores) == len(sentences)
    assert all(0 <= score <= 1 for score in found.sentence_scores)
    assert (found.answer is None) == (found.answer_score == 0)
    if found.answer is None:
        return
    first, last = answering_sentences(found.sentence_scores) if sentences else (0, 0)
    assert found.answer.of(text)
    assert sentences[first].start <= found.answer.start
    assert found.answer.end <= sentences[last].end
