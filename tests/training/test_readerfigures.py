"""Held-back questions become sets for the evaluation, and the program of figures measures them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fakereader import WordReader
from fakes import LetterEmbedder
from trainingrows import documents, write_shared

from bot.evaluation.sets.questionsets import read_question_set
from embeddings import Reader

held_back = pytest.importorskip("scripts.held_back", reason="the sources are not here")
reader_figures = pytest.importorskip("scripts.reader_figures", reason="the sources are not here")

OWN_ROWS = ("statements", "twins", "deleted", "followups", "quantities")


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    return write_shared(tmp_path / "shared", held=3)


def product(
    shared: Path, home: Path, monkeypatch: pytest.MonkeyPatch, reader: Reader | None = None
) -> Any:
    """The program's product over vectors that count letters, and the given reader."""
    monkeypatch.setattr(
        reader_figures, "open_evaluation_embedders", lambda *_: (LetterEmbedder(), LetterEmbedder())
    )
    monkeypatch.setattr(reader_figures, "open_settings_reader", lambda _: reader)
    return reader_figures.Product(shared, home, limit=None, seed=0)


def lines(found: Any, rows: Sequence[str] = OWN_ROWS) -> list[str]:
    return [line for row in rows for line in reader_figures.ROWS[row](found)]


def test_only_documents_that_are_held_back_give_questions(shared: Path, tmp_path: Path) -> None:
    held_back.write_sets(shared, tmp_path / "sets")
    held = set(documents(held_back=True, count=3))
    corpus = shared / "eval" / "official-statements-us"
    for name, answered, unanswered in (("statements", 3, 3), ("twins", 3, 3), ("followups", 3, 0)):
        questions = read_question_set(tmp_path / "sets" / name, corpus).questions
        asked = [q for q in questions if q.answers]
        assert (len(asked), len(questions) - len(asked)) == (answered, unanswered), name
        assert {document for q in asked for document, _ in q.answers} == held
    twins = read_question_set(tmp_path / "sets" / "twins", corpus).questions
    assert [q.twin_of for q in twins if q.twin_of] == [q.id for q in twins if q.answers]


def test_a_follow_up_that_stands_alone_changes_the_topic(shared: Path, tmp_path: Path) -> None:
    file = shared / "train" / "statements" / "questions.jsonl"
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    for row in rows:
        if row["id"].startswith("f"):
            row["question"] = row["rewrite"]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    held_back.write_sets(shared, tmp_path / "sets")
    written = (tmp_path / "sets" / "followups" / "questions.jsonl").read_text("utf-8")
    kinds = {json.loads(line)["kind"] for line in written.splitlines()}
    assert kinds == {held_back.TOPIC_CHANGE}


def test_questions_how_many_ask_for_what_the_shipped_statement_does_not_count() -> None:
    found = held_back.uncounted_questions()
    assert len(found) == len(set(found)) == 30
    for counted in ("members", "meetings", "resolutions"):
        assert not any(counted in question for question in found if "famil" not in question)


def test_every_row_has_figures_and_its_number_of_questions(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = lines(product(shared, tmp_path / "home", monkeypatch, WordReader()))
    text = "\n".join(found)
    for part in ("R@1, n 3", "AUROC, 3 pairs", "called answered, n 30", "calibration error"):
        assert part in text
    assert any("AUROC, 3 statements alone" in line for line in found)


class NeverAsked(LetterEmbedder):
    """An embedder that must not be needed."""

    def read_query(self, text: str) -> Any:
        raise AssertionError(f"asked again: {text}")


def test_a_second_run_asks_nothing_again_and_another_reader_asks_everything(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    first = lines(product(shared, home, monkeypatch, WordReader()))
    again = product(shared, home, monkeypatch, WordReader())
    again.embedder = NeverAsked()
    assert lines(again) == first
    other = WordReader(digest="2" * 64)
    lines(product(shared, home, monkeypatch, other))
    assert other.asked


def test_a_line_that_was_cut_by_a_kill_is_asked_again(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    kept = reader_figures.Kept(file)
    assert kept.take("a", lambda: 1) == 1
    assert kept.take("b", lambda: 2) == 2
    file.write_bytes(file.read_bytes()[:-4])
    again = reader_figures.Kept(file)
    assert again.take("a", lambda: 3) == 1
    assert again.take("b", lambda: 4) == 4
    assert reader_figures.Kept(file).take("b", lambda: 5) == 4
