"""The calibration of a reader: held-back statements alone, stated shares, readings that are kept."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from fakereader import WordReader
from fakes import LetterEmbedder
from trainingrows import CLAUSE, write_shared

from embeddings import Caution, FolderIndex, PassageReading, PassageText, Retriever, refresh
from embeddings.search.calibration import CALIBRATION_NAMES
from embeddings.search.calibrationfile import read_calibration
from training.calibration.fit import Example, examples, fit, write
from training.calibration.questions import ANSWERABLE, Case, calibration_questions
from training.calibration.readings import KeptReadings
from training.material.split import is_held_back
from training.material.statements import read_statements
from training.measuring.devsplit import DevSplit


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    """The questions on twenty held-back statements, read by a reader that counts words."""
    folder = tmp_path_factory.mktemp("shared")
    statements = read_statements(write_shared(folder, learned=4, held=20, foreign=4))
    store = FolderIndex(folder / "index")
    refresh(statements.corpus, index=store, embedder=LetterEmbedder())
    retriever = Retriever(store.open_current(), LetterEmbedder())
    questions = calibration_questions(DevSplit(statements, ()), most=20)
    return examples(questions, retriever, WordReader())


def test_only_held_back_statements_are_asked_about(found: list[Example]) -> None:
    assert found
    assert all(is_held_back(e.question.document) for e in found)
    assert {e.question.case for e in found} == set(Case)


def test_a_passage_without_its_answer_is_read_in_its_place(found: list[Example]) -> None:
    for example in found:
        texts = [example.to_judge.text_of(i) for i in range(len(example.right))]
        own = [t for t, p in zip(texts, example.passages, strict=True) if t.text != p.text]
        if example.question.case in {Case.DELETED, Case.ALONE_DELETED}:
            assert own
            assert not any(CLAUSE in t.text for t in own)
            assert all(span.of(t.text).strip() for t in own for span in t.sentences)
            assert not example.right.any()
        else:
            assert not own
        assert example.right.any() == (example.question.case in ANSWERABLE)


def test_alone_only_the_passages_of_the_statement_are_searched(found: list[Example]) -> None:
    alone = [e for e in found if e.question.alone]
    assert all({p.document_id for p in e.passages} == {e.question.document} for e in alone)
    assert {e.to_judge.passages for e in alone} == {2}


def test_a_fit_has_the_stated_shares_and_is_for_its_reader(
    found: list[Example], tmp_path: Path
) -> None:
    reader = WordReader()
    calibration, fields = fit(found, reader)
    again, _ = fit(found, reader)
    assert calibration.weights.tolist() == again.weights.tolist()
    assert {*fields["weights"]} == {*CALIBRATION_NAMES}
    assert fields["figures"]["single"]["n"] == sum(e.question.case is Case.SINGLE for e in found)
    file = write(fields, tmp_path)
    assert json.loads(file.read_text())["statements"] == len({e.question.document for e in found})
    read = read_calibration(tmp_path, digest=reader.digest)
    assert read is not None
    assert read.thresholds == calibration.thresholds
    assert 0 <= read.thresholds.related <= read.thresholds.answer <= 1


def test_more_caution_answers_the_share_that_is_stated_for_it(found: list[Example]) -> None:
    calibration, fields = fit(found, WordReader())
    answer = [calibration.at(each).thresholds.answer for each in Caution]
    related = [calibration.at(each).thresholds.related for each in Caution]
    assert answer == sorted(answer)
    assert related == sorted(related)
    answered = {name: each["shares"]["answered"] for name, each in fields["caution"].items()} | {
        "usual": fields["shares"]["answered"]
    }
    assert answered["low"] > answered["usual"] > answered["high"]
    able = {
        case: [
            p
            for e, (p, _, _) in zip(found, fields["cross_validated"], strict=True)
            if e.question.case is case
        ]
        for case in ANSWERABLE
    }
    for each in Caution:
        least = calibration.at(each).thresholds.answer
        shares = [sum(p >= least for p in some) / len(some) for some in able.values()]
        assert sum(shares) / len(shares) >= answered[each] - 0.01


class Counting(WordReader):
    """Counts the passages that it reads."""

    count = 0

    def read(
        self, question: str, history: Sequence[str], passages: Sequence[PassageText]
    ) -> list[PassageReading]:
        self.count += len(passages)
        return super().read(question, history, passages)


def test_what_was_read_is_not_read_again(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    passages = [PassageText("T", "1 May 2022", f"The {n} ministers met.") for n in range(3)]
    first = Counting()
    kept = KeptReadings(first, file)
    expected = kept.read("Who met?", ("Where?",), passages)
    kept.close()
    assert first.count == 3
    second = Counting()
    kept = KeptReadings(second, file)
    assert kept.read("Who met?", ("Where?",), passages[::-1]) == expected[::-1]
    assert second.count == 0
    kept.read("Who met?", (), passages[:1])
    kept.close()
    assert second.count == 1
    other = Counting(digest="2" * 64)
    kept = KeptReadings(other, file)
    kept.read("Who met?", ("Where?",), passages)
    kept.close()
    assert other.count == 3
