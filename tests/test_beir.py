"""Evaluation sets in BEIR's layout."""

import json
from pathlib import Path

import pytest

from corpus import UnreadableSource
from corpus.beir import corpus_of_records, read_beir, read_questions


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
