"""Evaluation sets in BEIR's layout."""

import json
from pathlib import Path

import pytest

from bot.evaluation.sets.questionsets import (
    corpus_of_records,
    read_beir,
    read_question_set,
    read_questions,
)
from corpus import UnreadableSource


def write_lines(path: Path, *records: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(json.dumps(r) for r in records), "utf-8")


RECORDS = (
    {"_id": "d#0", "title": "T", "text": "One. Two.", "date": "2021-05-06"},
    {"_id": "d#1", "title": "T", "text": "Three\n\nfour."},
    {"_id": "e", "title": "", "text": "Five."},
)


def test_records_become_passages_of_documents_one_each() -> None:
    corpus, places = corpus_of_records(RECORDS)
    assert [(d.id, d.title, len(d.passages)) for d in corpus.documents] == [
        ("d", "T", 2),
        ("e", "", 1),
    ]
    assert places == {"d#0": ("d", 1), "d#1": ("d", 2), "e": ("e", 1)}
    document = corpus.documents[0]
    assert document.published is not None
    for passage in document.passages:
        assert passage.span.of(document.text) == passage.text
        assert all(s.span.of(document.text) == s.text for s in passage.sentences)


def test_a_set_is_read_with_its_answers_and_conversations(tmp_path: Path) -> None:
    write_lines(tmp_path / "corpus.jsonl", *RECORDS)
    write_lines(
        tmp_path / "queries.jsonl", {"_id": "c_t2", "text": "and?", "history": ["what?", "that"]}
    )
    write_lines(tmp_path / "queries_unanswerable.jsonl", {"_id": "x", "text": "no?"})
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("q\tc\ts\nc_t2\td#1\t1\nc_t2\te\t0\n")
    first, second = read_beir(tmp_path).questions
    assert (first.answers, first.group, first.history) == (frozenset({("d", 2)}), "c", ("what?",))
    assert (second.answers, second.kind) == (frozenset(), "unanswerable")


def test_question_files_name_passages_or_a_text_that_they_contain(tmp_path: Path) -> None:
    corpus, places = corpus_of_records(RECORDS)
    write_lines(
        tmp_path / "questions.jsonl", {"id": "1", "question": "a?", "gold": "Five", "kind": "k"}
    )
    write_lines(tmp_path / "unanswerable.jsonl", {"id": "2", "question": "b?"})
    turns = [
        {"question": "c?", "gold": "x", "passages": ["d#0"]},
        {"question": "d?", "gold": "four"},
    ]
    write_lines(tmp_path / "followups.jsonl", {"id": "3", "turns": turns})
    one, two, three, four = read_questions(tmp_path, corpus, places).questions
    assert (one.answers, one.kind) == (frozenset({("e", 1)}), "k")
    assert (two.answers, two.kind) == (frozenset(), "unanswerable")
    assert (three.answers, three.kind) == (frozenset({("d", 1)}), "first turn")
    assert (four.answers, four.history, four.group) == (frozenset({("d", 2)}), ("c?",), "3")


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match=r"corpus\.jsonl"):
        read_beir(tmp_path)
    (tmp_path / "corpus.jsonl").write_text('{"_id": "a"\n')
    with pytest.raises(UnreadableSource, match="line 1 is not JSON"):
        read_beir(tmp_path)


def beir_folder(folder: Path, *, qrels: str = "q\tc\ts\n1\td#1\t1\n") -> Path:
    write_lines(folder / "corpus.jsonl", *RECORDS)
    write_lines(folder / "queries.jsonl", {"_id": "1", "text": "a?"}, {"_id": "2", "text": "b?"})
    (folder / "qrels").mkdir(exist_ok=True)
    (folder / "qrels" / "test.tsv").write_text(qrels)
    return folder


def test_questions_that_no_judgement_names_are_left_out_and_counted(tmp_path: Path) -> None:
    questions = read_question_set(beir_folder(tmp_path))
    assert ([q.id for q in questions.questions], questions.unjudged) == (["1"], 1)


def test_qrels_without_a_line_of_names_lose_no_row(tmp_path: Path) -> None:
    questions = read_question_set(beir_folder(tmp_path, qrels="1\td#1\t1\n2\te\t2\n"))
    assert [q.answers for q in questions.questions] == [{("d", 2)}, {("e", 1)}]


def test_a_folder_named_by_a_language_gives_language_and_name(tmp_path: Path) -> None:
    questions = read_question_set(beir_folder(tmp_path / "many" / "de"))
    assert questions.name == "many/de"
    assert {d.language for d in questions.corpus.documents} == {"de"}
    assert read_question_set(tmp_path / "many" / "de", language="fr").corpus.documents[
        0
    ].language == ("fr")


def test_a_passage_without_text_may_be_judged(tmp_path: Path) -> None:
    folder = beir_folder(tmp_path, qrels="1\td#1\t1\n1\tblank\t1\n")
    write_lines(folder / "corpus.jsonl", *RECORDS, {"_id": "blank", "text": " "})
    assert read_question_set(folder).questions[0].answers == {("d", 2)}


def test_question_files_ask_about_the_folder_their_ids_point_into(tmp_path: Path) -> None:
    write_lines(tmp_path / "qa" / "questions.jsonl", {"question": "a?", "passages": ["e"]})
    with pytest.raises(UnreadableSource, match="Add --corpus FOLDER"):
        read_question_set(tmp_path / "qa")
    questions = read_question_set(tmp_path / "qa", beir_folder(tmp_path / "about"))
    assert questions.questions[0].answers == {("e", 1)}


def test_question_files_without_ids_ask_about_statements(tmp_path: Path) -> None:
    write_lines(tmp_path / "questions.jsonl", {"question": "How many?", "gold": "eighty-five"})
    (found,) = read_question_set(tmp_path).questions[0].answers
    assert found[1] == 7
    statements = tmp_path / "statements"
    statements.mkdir()
    (statements / "a.txt").write_text("They were eighty-five.\n")
    assert read_question_set(tmp_path, statements).questions[0].answers == {("a", 1)}


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("corpus.jsonl", None, r"corpus\.jsonl: cannot be read \(No such file"),
        ("corpus.jsonl", "{}\n", 'line 1 has no proper "_id"'),
        ("corpus.jsonl", '{"_id": "a", "text": "b"}\n\n[1]', "line 3 is not a JSON object"),
        ("corpus.jsonl", '{"_id": "a", "text": "b", "date": "soon"}', 'has the date "soon"'),
        ("queries.jsonl", '{"_id": "1", "text": "a"}\n{"_id', "line 2 is not JSON"),
        ("queries.jsonl", '{"_id": "1", "text": null}', 'line 1 has no proper "text"'),
        ("queries.jsonl", "", "names the question .1., which is not in"),
        ("qrels/test.tsv", None, r"test\.tsv: cannot be read"),
        ("qrels/test.tsv", "q\tc\ts\n1\td#1\n", "line 2 is not a question's id"),
        ("qrels/test.tsv", "q\tc\ts\n1\td#1\tyes\n", "line 2 is not a question's id"),
        ("qrels/test.tsv", "q\tc\ts\n1\tzz\t1\n", 'line 2 names the passage "zz"'),
        ("qrels/test.tsv", "q\tc\ts\n", "no question in it"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line(
    tmp_path: Path, file: str, content: str | None, message: str
) -> None:
    beir_folder(tmp_path)
    if content is None:
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_text(content)
    with pytest.raises(UnreadableSource, match=message):
        read_question_set(tmp_path)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"question": "a?", "gold": "nowhere to be read"}, "no passage has its gold text"),
        ({"question": "a?", "passages": ["zz"]}, 'names the passage "zz", which is nowhere'),
        ({"question": "a?"}, 'has neither "gold" nor "passages"'),
        ({"gold": "Five"}, 'no proper "question"'),
    ],
)
def test_a_question_file_that_fits_no_corpus_is_refused(
    tmp_path: Path, record: dict[str, object], message: str
) -> None:
    write_lines(tmp_path / "qa" / "questions.jsonl", record)
    with pytest.raises(UnreadableSource, match=message):
        read_question_set(tmp_path / "qa", beir_folder(tmp_path / "about"))


def test_a_folder_without_an_evaluation_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="no evaluation set"):
        read_question_set(tmp_path)
    (tmp_path / "unanswerable.jsonl").write_bytes(b"\xff")
    with pytest.raises(UnreadableSource, match="not UTF-8"):
        read_question_set(tmp_path)
