"""Excerpts: the slice of a passage that is shown first, and of a very long sentence a part of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import awkward_texts

from bot.citations.excerpt import (
    MOST_SENTENCE_CHARACTERS,
    evidence_slice,
    shown_first,
    with_neighbours,
)
from corpus import Span, document_from_text

CLAUSES = [
    f"member number {n} of the group has agreed to send {n} ships to the coast" for n in range(60)
]
LONG = f"The Ministers note that {'; '.join(CLAUSES)}."
TEXT = f"First they met. {LONG} Then they left. They wrote a text. It was long."


def of(words: str, text: str = TEXT) -> Span:
    start = text.index(words)
    return Span(start, start + len(words))


SENTENCES = [
    of(s)
    for s in ("First they met.", LONG, "Then they left.", "They wrote a text.", "It was long.")
]


@pytest.mark.parametrize("number", [0, 7, 31, 59])
def test_of_a_very_long_sentence_the_clauses_around_the_answer_are_quoted(number: int) -> None:
    answer = of(f"{number} ships")
    found = evidence_slice(TEXT, of(LONG), SENTENCES, answer=answer, question="How many ships?")
    assert found.contains(answer)
    assert len(found) <= MOST_SENTENCE_CHARACTERS
    words = found.of(TEXT)
    assert CLAUSES[number] in words
    assert words.startswith(("member number", "The Ministers note"))
    assert words.endswith((";", "."))


def test_without_a_short_answer_the_clauses_with_the_questions_words_are_quoted() -> None:
    text = LONG.replace(CLAUSES[40], "Benin will host the next conference of the chiefs of police")
    found = evidence_slice(
        text,
        Span(0, len(text)),
        [Span(0, len(text))],
        answer=None,
        question="Who hosts the conference of the chiefs of police?",
    )
    assert "Benin will host the next conference of the chiefs of police" in found.of(text)
    assert len(found) <= MOST_SENTENCE_CHARACTERS


def test_sentences_of_usual_length_are_quoted_whole() -> None:
    text = "First they met. Then they left."
    sentences = [of("First they met.", text), of("Then they left.", text)]
    both = Span(0, len(text))
    assert evidence_slice(text, both, sentences, answer=None, question="x") == both


@given(awkward_texts, st.text(max_size=40), st.integers(0, 10**6), st.integers(0, 10**6))
def test_any_evidence_has_a_slice_of_whole_words_inside_it(
    text: str, question: str, start: int, length: int
) -> None:
    document = document_from_text(text * 20, document_id="d")
    for passage in document.quotable[:2]:
        sentences = [each.span for each in passage.sentences]
        sentence = sentences[start % len(sentences)]
        at = sentence.start + start % len(sentence)
        answer = Span(at, min(sentence.end, at + 1 + length % 50))
        for given_answer in (None, answer):
            found = evidence_slice(
                document.text, sentence, sentences, answer=given_answer, question=question
            )
            assert sentence.contains(found)
            assert len(found) > 0
            if len(sentence) > MOST_SENTENCE_CHARACTERS:
                assert len(found) <= MOST_SENTENCE_CHARACTERS
            assert found.of(document.text) == found.of(document.text).strip()
            first = shown_first(passage.span, found, sentences)
            assert first.contains(found)
            assert passage.span.contains(with_neighbours(found, sentences))


def test_a_short_passage_is_shown_whole_and_a_long_one_by_its_sentences() -> None:
    assert shown_first(Span(0, 40), Span(0, 10), [Span(0, 10), Span(11, 40)]) == Span(0, 40)
    sentences = [Span(0, 150), Span(151, 300)]
    assert shown_first(Span(0, 300), Span(160, 170), sentences) == Span(151, 300)


def test_the_neighbours_of_the_evidence_are_the_sentences_beside_it() -> None:
    assert with_neighbours(of("They wrote a text."), SENTENCES).of(TEXT) == (
        "Then they left. They wrote a text. It was long."
    )
    assert with_neighbours(of("Then they left."), SENTENCES).of(TEXT) == (
        "Then they left. They wrote a text."
    )
    part = of(CLAUSES[3])
    assert with_neighbours(part, SENTENCES) == part
