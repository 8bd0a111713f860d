"""A reader that brought no calibration gets one from sets of questions, and the product uses it."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakereader import WordReader
from fakes import LetterEmbedder

from bot.errors import EvaluationFailed
from bot.evaluation.calibration.setcalibration import (
    CalibrationFigures,
    calibrate,
    calibration_fields,
    calibration_lines,
)
from bot.evaluation.report import report_lines
from bot.evaluation.setevaluation import evaluate
from bot.evaluation.systems import System
from corpus import document_from_bytes
from embeddings import Caution, Progress, Reader, calibration_of
from embeddings.search.calibrationfile import CALIBRATION_FILE, keep_calibration

NOUNS = (
    "bridge tower school harbour mill road canal market tunnel library museum station garden "
    "church palace theatre hospital prison factory airport"
).split()
VERBS = ("built", "opened")


@contextlib.contextmanager
def quiet(_: str) -> Iterator[Progress]:
    yield lambda done, in_all: None


def set_of(folder: Path) -> Path:
    """Ten documents of two buildings each; of every building a question that nothing answers."""

    def lines(name: str, rows: list[dict[str, Any]]) -> None:
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")

    (folder / "qrels").mkdir(parents=True)
    passages, asked, never, judged = [], [], [], ["query-id\tcorpus-id\tscore"]
    for number, noun in enumerate(NOUNS):
        document = number // 2
        text = f"The {noun} was {VERBS[number % 2]} in {1900 + number} by engineers of the state."
        passages.append(
            {"_id": f"d{document}#{number}", "title": f"Works {document}", "text": text}
        )
        question = f"In what year was the {noun} {VERBS[number % 2]}?"
        asked.append({"_id": f"q{number}", "text": question, "answers": [str(1900 + number)]})
        judged.append(f"q{number}\td{document}#{number}\t1")
        never.append(
            {"_id": f"u{number}", "text": f"Who painted the {noun} green?", "of": f"q{number}"}
        )
    lines("corpus.jsonl", passages)
    lines("queries.jsonl", asked)
    lines("queries_unanswerable.jsonl", never)
    (folder / "qrels" / "test.tsv").write_text("\n".join(judged), "utf-8")
    return folder


def calibrated(folder: Path, kept: Path, **options: Any) -> CalibrationFigures:
    given: dict[str, Any] = {
        "reader": WordReader(),
        "kept": kept,
        "open_embedders": lambda: (LetterEmbedder(), LetterEmbedder()),
        "corpus": None,
        "read": document_from_bytes,
        "language": None,
        "limit": None,
        "deleted": 0,
        "seed": 0,
        "plot_file": None,
        "progress_bar": quiet,
    }
    return calibrate([folder], **{**given, **options})


def test_a_calibration_from_sets_is_kept_for_its_reader_and_used(tmp_path: Path) -> None:
    folder, kept, reader = set_of(tmp_path / "works"), tmp_path / "calibrations", WordReader()
    assert calibration_of(reader, kept=kept) is None
    figures = calibrated(folder, kept, deleted=4)
    found = calibration_of(reader, kept=kept)
    assert found is not None
    assert found.digest == reader.digest
    assert calibration_of(WordReader(digest="2" * 64), kept=kept) is None
    answer = [found.at(each).thresholds.answer for each in Caution]
    assert answer == sorted(answer)
    assert [figures.answered[each][0] for each in Caution] == answer
    assert figures.questions == {
        "works: answerable": 20,
        "works: without an answer": 20,
        "works: alone": 4,
        "works: alone, answer taken out": 4,
    }
    assert figures.groups == 10
    assert figures.refusals.auroc is not None
    assert figures.refusals.auroc.value > 0.9
    assert figures.refusals.threshold == found.thresholds.answer
    said = "\n".join(calibration_lines(figures))
    assert figures.file in said
    assert "calibration error" in said
    assert json.loads(json.dumps(calibration_fields(figures)))["answered"]["high"]["threshold"]


def test_the_same_sets_give_the_same_calibration(tmp_path: Path) -> None:
    folder = set_of(tmp_path / "works")
    first = calibrated(folder, tmp_path / "one")
    second = calibrated(folder, tmp_path / "two")
    assert Path(first.file).read_bytes() == Path(second.file).read_bytes()


def evaluated(folder: Path, reader: Reader | None, kept: Path) -> tuple[str, float]:
    figures = evaluate(
        [folder],
        open_embedders=lambda: (LetterEmbedder(), LetterEmbedder()),
        corpus=None,
        read=document_from_bytes,
        language=None,
        systems=(System.OURS,),
        compare=None,
        top=3,
        limit=6,
        seed=0,
        plot_file=None,
        progress_bar=quiet,
        reader=reader,
        kept=kept,
    )
    assert figures[0].refusals is not None
    return "\n".join(report_lines(figures)), figures[0].refusals.threshold


def test_scores_are_labelled_uncalibrated_until_they_are_calibrated(tmp_path: Path) -> None:
    folder, kept, reader = set_of(tmp_path / "works"), tmp_path / "calibrations", WordReader()
    said, _ = evaluated(folder, reader, kept)
    assert "words are uncalibrated" in said
    assert "uncalibrated" not in evaluated(folder, None, kept)[0]
    figures = calibrated(folder, kept)
    said, threshold = evaluated(folder, reader, kept)
    assert "uncalibrated" not in said
    assert threshold == figures.refusals.threshold


def test_a_reader_with_a_calibration_of_its_own_keeps_it(tmp_path: Path) -> None:
    own = tmp_path / "reader"
    own.mkdir()
    reader = WordReader(name=str(own))
    fields = {
        "reader": reader.digest,
        "weights": {"one": -1.0, "reader": 1.0},
        "thresholds": {"answer": 0.6, "related": 0.2},
    }
    (own / CALIBRATION_FILE).write_text(json.dumps(fields), "utf-8")
    other = {**fields, "thresholds": {"answer": 0.9, "related": 0.2}}
    keep_calibration(other, tmp_path / "calibrations")
    found = calibration_of(reader, kept=tmp_path / "calibrations")
    assert found is not None
    assert found.thresholds.answer == 0.6
    with pytest.raises(EvaluationFailed, match="calibration of its own"):
        calibrated(set_of(tmp_path / "works"), tmp_path / "calibrations", reader=reader)


def test_what_cannot_be_calibrated_is_one_clear_sentence(tmp_path: Path) -> None:
    folder = set_of(tmp_path / "works")
    with pytest.raises(EvaluationFailed, match="VERBATIM_READER"):
        calibrated(folder, tmp_path / "kept", reader=None)
    with pytest.raises(EvaluationFailed, match="not enough"):
        calibrated(folder, tmp_path / "kept", limit=5)
    (tmp_path / "file").write_text("")
    with pytest.raises(EvaluationFailed, match="cannot be written"):
        calibrated(folder, tmp_path / "file" / "kept")
    assert not (tmp_path / "kept").exists()


def test_the_curves_of_a_calibration_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    drawn = tmp_path / "curves.png"
    calibrated(set_of(tmp_path / "works"), tmp_path / "kept", plot_file=drawn)
    assert drawn.read_bytes().startswith(b"\x89PNG")
