"""A question is asked before and after the sentence that answers was taken out of its document."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation.sets.deletions import deletions, without_answer
from bot.evaluation.sets.questionsets import (
    EvaluationQuestion,
    QuestionSet,
    corpus_of_records,
)
from corpus import Corpus, Document

RECORDS = (
    {"_id": "a#0", "title": "A", "text": "Apples are sold in Paris. Pears are not. It rained."},
    {"_id": "a#1", "title": "A", "text": "The bridge was built in 1937."},
    {"_id": "b#0", "title": "B", "text": "Ministers met in Marrakesh. They spoke of peace."},
)


def question(name: str, document: str, number: int, gold: str) -> EvaluationQuestion:
    return EvaluationQuestion(
        name, f"{name}?", frozenset({(document, number)}), document, answer_texts=(gold,)
    )


def the_set(*questions: EvaluationQuestion) -> QuestionSet:
    return QuestionSet("tiny", corpus_of_records(RECORDS)[0], questions)


def faithful(document: Document) -> bool:
    return all(
        each.span.of(document.text) == each.text
        for passage in document.passages
        for each in (passage, *passage.sentences)
    )


def texts(corpus: Corpus) -> list[str]:
    return [passage.text for document in corpus.documents for passage in document.passages]


def test_the_answering_sentence_is_gone_and_nothing_else() -> None:
    (found,) = deletions(the_set(question("q", "a", 1, "Pears are not")), most=5, seed=0)
    assert texts(found.before) == [RECORDS[0]["text"], RECORDS[1]["text"]]
    assert texts(found.after) == ["Apples are sold in Paris. It rained.", RECORDS[1]["text"]]
    assert faithful(found.after.documents[0])
    assert found.after.documents[0].title == "A"


def test_a_passage_that_was_nothing_but_the_answer_is_gone_and_the_others_are_numbered() -> None:
    corpus = corpus_of_records(RECORDS)[0]
    without = without_answer(corpus.document("a"), question("q", "a", 2, "built in 1937"))
    assert without is not None
    assert [(p.number, p.text) for p in without.passages] == [(1, RECORDS[0]["text"])]
    first = [
        {"_id": "c#0", "title": "C", "text": "It was 1937."},
        {"_id": "c#1", "title": "C", "text": "Much later it rained."},
    ]
    document = corpus_of_records(first)[0].document("c")
    without = without_answer(document, question("q", "c", 1, "1937"))
    assert without is not None
    assert [(p.number, p.text) for p in without.passages] == [(1, "Much later it rained.")]
    assert faithful(without)


def test_an_answer_that_is_said_twice_or_is_all_there_is_cannot_be_taken_out() -> None:
    twice = [
        {"_id": "c#0", "title": "C", "text": "Apples cost two euros. They are red."},
        {"_id": "c#1", "title": "C", "text": "Two euros, the minister said."},
        {"_id": "d", "title": "D", "text": "Apples cost two euros."},
    ]
    corpus = corpus_of_records(twice)[0]
    assert without_answer(corpus.document("c"), question("q", "c", 1, "two euros")) is None
    assert without_answer(corpus.document("D"), question("q", "D", 1, "two euros")) is None


def test_a_passage_that_answers_in_words_unknown_leaves_the_question_out() -> None:
    asked = EvaluationQuestion(
        "q", "q?", frozenset({("a", 1), ("a", 2)}), "a", answer_texts=("Paris",)
    )
    assert deletions(the_set(asked), most=5, seed=0) == ()


def test_every_document_gives_one_question_before_any_gives_a_second() -> None:
    asked = (
        question("one", "a", 1, "Paris"),
        question("two", "a", 1, "Pears are not"),
        question("three", "b", 1, "Marrakesh"),
    )
    for seed in range(5):
        chosen = deletions(the_set(*asked), most=2, seed=seed)
        assert {d.question.group for d in chosen} == {"a", "b"}
    assert len(deletions(the_set(*asked), most=9, seed=0)) == 3
    assert deletions(the_set(*asked), most=0, seed=0) == ()


def test_follow_ups_and_questions_without_a_known_answer_are_left_out() -> None:
    later = EvaluationQuestion(
        "q", "q?", frozenset({("a", 1)}), "a", history=("what?",), answer_texts=("Paris",)
    )
    unknown = EvaluationQuestion("r", "r?", frozenset({("a", 1)}), "a")
    assert deletions(the_set(later, unknown), most=5, seed=0) == ()


@given(st.lists(st.text("ab. \n", min_size=1, max_size=30), min_size=1, max_size=5), st.data())
def test_what_is_left_is_always_a_faithful_document(pieces: list[str], data: st.DataObject) -> None:
    records = [{"_id": f"d#{i}", "title": "D", "text": text} for i, text in enumerate(pieces)]
    corpus = corpus_of_records(records)[0]
    if not corpus.documents[0].passages:
        return
    document = corpus.documents[0]
    passage = data.draw(st.sampled_from(document.passages))
    sentence = data.draw(st.sampled_from(passage.sentences))
    without = without_answer(document, question("q", "d", passage.number, sentence.text))
    if without is not None:
        assert faithful(without)
        assert sentence.text not in [s.text for p in without.passages for s in p.sentences]


def test_the_shipped_statement_keeps_its_dateline(shipped: Corpus, tmp_path: Path) -> None:
    document = shipped.documents[0]
    passage = document.passages[3]
    gold = passage.sentences[0].text
    without = without_answer(document, question("q", document.id, passage.number, gold))
    assert without is not None
    assert document.dateline is not None
    assert without.dateline == document.dateline
    assert faithful(without)
