"""An explanation shows the calibrated probability, and why a passage is only related."""

import math
from collections.abc import Sequence

import pytest
from fakereader import WordReader
from fakes import LetterEmbedder, corpus_of

from bot.answering.answerer import Answerer
from bot.answering.answers import Outcome
from bot.cli.explanationoutput import explanation_fields, explanation_lines
from embeddings import Calibration, FolderIndex, Retriever, refresh
from embeddings.search.calibration import CALIBRATION_NAMES

TEXTS = (
    "The bridge was built in 1937 by engineers.",
    "Apples are sold in Paris.",
    "The bridge is of wood.",
)


def answerer_of(
    store: FolderIndex, *, weights: dict[str, float] | None, texts: Sequence[str] = TEXTS
) -> Answerer:
    refresh(corpus_of(*texts), index=store, embedder=LetterEmbedder())
    reader = WordReader()
    calibration = None
    if weights is not None:
        fields = {
            "reader": reader.digest,
            "weights": weights,
            "thresholds": {"answer": 0.6, "related": 0.05},
        }
        calibration = Calibration.from_fields(fields)
    return Answerer(
        Retriever(store.open_current(), LetterEmbedder(), reader=reader, calibration=calibration)
    )


def test_what_counted_adds_up_to_the_probability_that_is_shown(store: FolderIndex) -> None:
    answerer = answerer_of(store, weights={"one": -2.0, "reader": 1.0, "retrieval": 0.2})
    found = answerer.explain("When was the bridge built?", candidates=3)
    fields = explanation_fields(found)
    assert fields["calibrated"] is True
    assert [each["reader_probability"] for each in fields["candidates"]] == [
        each["probability"] for each in fields["candidates"]
    ]
    for each in fields["candidates"]:
        logit = sum(part["added"] for part in each["counted"])
        assert 1 / (1 + math.exp(-logit)) == pytest.approx(each["probability"], abs=1e-3)
    said = "\n".join(line.plain for line in explanation_lines(found, answerer.corpus))
    assert f"probability {fields['candidates'][0]['probability']:.2f}: to begin with -2.00" in said


def test_it_says_why_a_passage_is_only_related(store: FolderIndex) -> None:
    answerer = answerer_of(store, weights={"one": 1.0, "reader": 1.0, "retrieval": 0.05})
    found = answerer.explain("Who painted a bridge green at night?", candidates=3)
    assert found.answer.outcome is Outcome.RELATED
    said = "\n".join(line.plain for line in explanation_lines(found, answerer.corpus))
    lacks = found.thresholds.answer - found.candidates[0].candidate.hit.score
    assert "related, no answer" in said
    assert f"to be an answer it lacks {lacks:.2f}" in said
    assert "the reader -1.00" in said
    assert "painted, green, night" in said


def test_a_reader_without_a_calibration_is_called_uncalibrated(store: FolderIndex) -> None:
    answerer = answerer_of(store, weights=None)
    found = answerer.explain("When was the bridge built?", candidates=3)
    fields = explanation_fields(found)
    assert fields["calibrated"] is False
    assert {each["reader_probability"] for each in fields["candidates"]} == {None}
    assert all(each["reader_logit"] is not None for each in fields["candidates"])
    said = "\n".join(line.plain for line in explanation_lines(found, answerer.corpus))
    assert "read by words, uncalibrated" in said
    assert "that of retrieval for this place" in said


def test_each_column_of_a_calibration_has_a_name_in_the_explanation() -> None:
    from bot.cli.explanationoutput import _COUNTED_NAMES

    assert {*_COUNTED_NAMES} == {*CALIBRATION_NAMES}
