"""Quotes of Hits: what is shown first, the reader's short answer, and which quotes are shown."""

from dataclasses import replace

import numpy as np
import pytest
from fakereader import WordReader
from fakes import LetterEmbedder, corpus_of
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.answerer import Answerer
from bot.answering.distinctquotes import distinct_hits
from bot.answering.passagequotes import SURE_ANSWER, quote_of, quote_of_hit
from bot.citations.citation import Citation, cite
from bot.jsonforms.answerfields import answer_fields
from bot.replies.rendering import render
from corpus import Corpus, Document, Passage, Span, document_from_text
from embeddings import (
    FolderIndex,
    Hit,
    PassageReading,
    Query,
    Retriever,
    fits_question,
    refresh,
)
from embeddings.reader.reading import answer_in
from embeddings.search.calibration import CALIBRATION_NAMES, Calibration
from embeddings.search.thresholds import Thresholds

BENIN = "The Ministers saluted the entry of Benin, bringing the total up to eighty-five members."
TEXT = f"They met in Marrakesh on 11 May and spoke about the region for many hours. {BENIN} {'They went on. ' * 20}".strip()
DOCUMENT = document_from_text(TEXT, document_id="d", url="https://example.org/")
CORPUS = Corpus((DOCUMENT,))
(PASSAGE,) = DOCUMENT.passages


def cited(passage: Passage, part: Span | None) -> Citation:
    return cite(DOCUMENT, passage, part=part)


def hit(words: str | None, score: float = 0.99) -> Hit:
    answer = None
    if words is not None:
        start = TEXT.index(words)
        answer = Span(start, start + len(words))
    reading = PassageReading(1.0, (), answer, score)
    return Hit(PASSAGE, 0.8, 1, PASSAGE.sentences[1], (), reading, (), answer)


def answer_of(found: Hit) -> str | None:
    return quote_of_hit(found, CORPUS, cited, question="How many members?").answer_text


def test_a_short_answer_of_which_the_reader_is_sure_is_a_slice_of_the_evidence() -> None:
    assert answer_of(hit("eighty-five")) == "eighty-five"
    assert answer_of(hit(" eighty-five members.")) == "eighty-five members"


@pytest.mark.parametrize(
    ("words", "score"),
    [
        ("eighty-five", SURE_ANSWER - 0.01),
        ("Marrakesh", 0.99),
        ("The Ministers", 0.99),
        (BENIN, 0.99),
        (None, 0.99),
    ],
)
def test_an_unsure_answer_or_one_outside_the_evidence_is_none(
    words: str | None, score: float
) -> None:
    assert answer_of(hit(words, score)) is None


def test_the_excerpt_is_the_sentence_with_a_citation_of_its_own() -> None:
    quote = quote_of_hit(hit("eighty-five"), CORPUS, cited, question="")
    assert quote.excerpt is not None
    assert DOCUMENT.text[quote.cited.start : quote.cited.end] == BENIN
    assert (
        quote.cited.link
        == f"https://example.org/#:~:text={BENIN.replace(' ', '%20').replace(',', '%2C').replace('-', '%2D')}"
    )
    assert quote.citation.start == 0
    assert quote.text == TEXT


def test_a_short_passage_is_quoted_whole() -> None:
    document = document_from_text(f"They met. {BENIN}", document_id="s")
    (passage,) = document.passages
    quote = quote_of(
        passage,
        passage.sentences[1].span,
        Corpus((document,)),
        lambda p, part: cite(document, p, part=part),
    )
    assert quote.excerpt is None
    assert quote.cited == quote.citation


@given(st.lists(st.sampled_from(["aa", "b", "ccc", "é"]), min_size=1), st.data())
def test_an_answer_keeps_its_letters_in_another_place_of_the_text(
    words: list[str], data: st.DataObject
) -> None:
    read = " ".join(words)
    document = document_from_text("\n".join(words), document_id="d")
    (passage,) = document.passages
    start = data.draw(st.integers(0, len(read) - 1))
    end = data.draw(st.integers(start + 1, len(read)))
    reading = PassageReading(1.0, (), Span(start, end), 1.0)
    found = answer_in(passage, reading, read=read)
    if not read[start:end].strip():
        return
    assert found is not None
    assert found.of(document.text).split() == read[start:end].split()


def scored(*pairs: tuple[str, float]) -> tuple[tuple[Hit, ...], Corpus]:
    documents: list[Document] = [
        document_from_text(text, document_id=f"d{n}") for n, (text, _) in enumerate(pairs)
    ]
    hits = tuple(
        Hit(document.passages[0], score, n, document.passages[0].sentences[0])
        for n, (document, (_, score)) in enumerate(zip(documents, pairs, strict=True), start=1)
    )
    return hits, Corpus(tuple(documents))


YEMEN = "The fighting in Yemen must end at once."
SYRIA = "A political solution for Syria is overdue."
FISH = "Fish stocks are at their lowest since records began."


def shown(question: str, *pairs: tuple[str, float]) -> list[str]:
    hits, corpus = scored(*pairs)
    found = distinct_hits(
        hits, corpus, top=3, related_score=0.1, further_score=0.4, question=question
    )
    return [each.passage.text for each in found]


def test_a_further_quote_is_likely_to_answer_by_itself() -> None:
    pairs = ((YEMEN, 0.9), (SYRIA, 0.5), (FISH, 0.3))
    assert shown("What is said of Yemen?", *pairs) == [YEMEN, SYRIA]


def test_a_further_quote_may_speak_of_something_else_that_is_asked_for() -> None:
    pairs = ((YEMEN, 0.9), (FISH, 0.3), (SYRIA, 0.2))
    assert shown("What is said of Yemen and Syria?", *pairs) == [YEMEN, SYRIA]
    assert shown("yemen, syria", *pairs) == [YEMEN, SYRIA]
    assert shown("What is said of Yemen?", *pairs) == [YEMEN]
    assert shown("What is said of Yemen and Syria?", (YEMEN, 0.9), (SYRIA, 0.05)) == [YEMEN]


def test_nothing_is_shown_twice_for_one_thing_that_is_asked_for() -> None:
    again = "Aid for Syria was cut in half this year."
    pairs = ((YEMEN, 0.9), (SYRIA, 0.2), (again, 0.2))
    assert shown("What is said of Yemen and Syria?", *pairs) == [YEMEN, SYRIA]


def test_the_place_of_a_hits_answer_is_that_of_its_passage() -> None:
    found = hit("eighty-five", 0.8)
    assert found.answer_score == 0.8
    assert replace(found, answer=None).answer_score == 0.0


class SureReader(WordReader):
    """A reader that is sure of the first number in the best sentence."""

    def read(self, *given: object) -> list[PassageReading]:
        return [replace(each, answer_score=0.99) for each in super().read(*given)]  # type: ignore[arg-type]


def test_the_readers_short_answer_travels_to_the_quote_and_to_the_json(store: FolderIndex) -> None:
    text = f"Forty zoos met. They count 85 zoos now. {'Aaa bbb ccc. ' * 30}".strip()
    refresh(corpus_of(text), index=store, embedder=LetterEmbedder())
    retriever = Retriever(store.open_current(), LetterEmbedder(), reader=SureReader())
    (hit,) = retriever.search(Query("How many zoos do they count now?"), top=1)
    assert hit.answer is not None
    assert hit.answer.of(text) == "85"
    calibration = Calibration("1" * 64, np.zeros(len(CALIBRATION_NAMES)), Thresholds(0.4, 0.2))
    judged = Retriever(
        store.open_current(), LetterEmbedder(), reader=SureReader(), calibration=calibration
    )
    reply = Answerer(judged).answer("How many zoos do they count now?", listed=True)
    (quote,) = answer_fields(reply)["quotes"]
    assert (quote["evidence"], quote["answer"]) == ("They count 85 zoos now.", "85")
    (message,) = render(reply, Answerer(judged).corpus)
    assert message.text.startswith("They count 85 zoos now.\n")


@pytest.mark.parametrize(
    ("question", "answer", "fits"),
    [
        ("How many members are there?", "eighty-five", True),
        ("How many members are there?", "the members", False),
        ("When was the attack?", "January 2022", True),
        ("When was the attack?", "in the north", False),
        ("Who invited Blinken?", "Nasser Bourita", True),
        ("Who invited Blinken?", "Blinken", False),
        ("Where did they meet?", "Marrakesh", True),
        ("Why did they meet?", "Marrakesh", False),
        ("Combien de membres ?", "85", True),
    ],
)
def test_a_short_answer_is_of_the_kind_that_is_asked_for(
    question: str, answer: str, fits: bool
) -> None:
    assert fits_question(answer, question) is fits
