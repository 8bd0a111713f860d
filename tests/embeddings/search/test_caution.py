"""How sure an answer has to be: one setting moves the thresholds of reader and retrieval alike."""

from collections.abc import Sequence

import pytest
from fakereader import WordReader
from fakes import LetterEmbedder, corpus_of

from embeddings import (
    Calibration,
    Caution,
    FolderIndex,
    PassageReading,
    PassageText,
    Query,
    Retriever,
    refresh,
)
from embeddings.errors import ReadingFailed
from embeddings.search.thresholds import RETRIEVAL_CAUTION, Thresholds

FIELDS = {
    "reader": WordReader().digest,
    "weights": {"one": -1.0, "reader": 1.0},
    "thresholds": {"answer": 0.5, "related": 0.2},
}
CAUTION = {"low": {"answer": 0.3, "related": 0.1}, "high": {"answer": 0.8, "related": 0.4}}


class NoMemory(WordReader):
    """Has no memory to read."""

    def read(
        self, question: str, history: Sequence[str], passages: Sequence[PassageText]
    ) -> list[PassageReading]:
        raise ReadingFailed("no memory")


def test_a_calibration_may_have_thresholds_for_each_caution() -> None:
    found = Calibration.from_fields({**FIELDS, "caution": CAUTION})
    assert found.at(Caution.LOW).thresholds == Thresholds(answer=0.3, related=0.1)
    assert found.at(Caution.USUAL).thresholds == Thresholds(answer=0.5, related=0.2)
    assert found.at(Caution.HIGH).thresholds == Thresholds(answer=0.8, related=0.4)
    assert found.at(Caution.HIGH).weights.tolist() == found.weights.tolist()


def test_a_calibration_without_them_keeps_the_usual_ones_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = Calibration.from_fields(FIELDS)
    assert found.at(Caution.USUAL) is found
    assert not caplog.records
    assert found.at(Caution.HIGH).thresholds == found.thresholds
    assert "VERBATIM_CAUTION=high" in caplog.text


@pytest.mark.parametrize(
    "caution",
    [
        {"low": {"answer": 0.6, "related": 0.1}},
        {"high": {"answer": 0.6, "related": 0.1}},
        {"high": {"answer": 0.6}},
        {"high": {"answer": 1.2, "related": 0.3}},
        {"some": {"answer": 0.6, "related": 0.3}},
        [1],
    ],
)
def test_thresholds_that_contradict_their_caution_are_refused(caution: object) -> None:
    with pytest.raises(ValueError, match=r"calibration|threshold"):
        Calibration.from_fields({**FIELDS, "caution": caution})


def test_without_a_reader_more_caution_has_higher_thresholds() -> None:
    low, usual, high = (RETRIEVAL_CAUTION[each] for each in Caution)
    assert low.answer < usual.answer < high.answer
    assert low.related < usual.related < high.related


@pytest.mark.parametrize("caution", list(Caution))
def test_the_same_caution_holds_with_a_reader_without_and_when_it_fails(
    store: FolderIndex, caution: Caution
) -> None:
    texts = ("aaa bbb ccc.", "ddd eee fff.", "aaa eee ggg.")
    refresh(corpus_of(*texts), index=store, embedder=LetterEmbedder())
    generation = store.open_current()
    calibration = Calibration.from_fields({**FIELDS, "caution": CAUTION})

    def retriever(reader: WordReader | None) -> Retriever:
        return Retriever(
            generation, LetterEmbedder(), reader=reader, calibration=calibration, caution=caution
        )

    plain, failing = retriever(None), retriever(NoMemory())
    own = calibration.at(caution).thresholds
    assert retriever(WordReader()).thresholds == failing.thresholds == own
    assert retriever(WordReader()).seen_by(frozenset()).thresholds == own
    assert plain.thresholds == RETRIEVAL_CAUTION[caution]
    for text in ("aaa", "eee ggg", "zzz", "aaa bbb ccc ddd"):
        before = plain.search(Query(text), top=3)
        after = failing.search(Query(text), top=3)
        for name in ("answer", "related"):
            assert [h.score >= getattr(own, name) for h in after] == [
                h.score >= getattr(plain.thresholds, name) for h in before
            ]
