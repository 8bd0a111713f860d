"""The weights that ship are small, whole, and tell an answer from its neighbours."""

import json
from pathlib import Path

import pytest

from corpus import Corpus
from embeddings import NO_READER, find_model, open_reader, passage_text, shipped_reader
from embeddings.models.modelfolder import ADAPTED_WEIGHTS, DEFAULT_WEIGHTS_SHA256
from embeddings.models.trainedweights import Kind, has_trained_weights, read_trained_weights
from embeddings.reader.readerchoice import SHIPPED_WEIGHTS

SHARED = Path(__file__).resolve().parents[3] / "shared"
MOST_BYTES, MOST_BYTES_IN_ALL = 30_000_000, 50_000_000


@pytest.mark.parametrize(
    ("folder", "kind"), [(SHIPPED_WEIGHTS, "reader"), (ADAPTED_WEIGHTS, "embedder")]
)
def test_shipped_weights_are_whole_and_small(folder: Path, kind: Kind) -> None:
    if not has_trained_weights(folder):
        pytest.skip("this version has no such weights")
    read_trained_weights(folder, kind=kind, base_sha256=DEFAULT_WEIGHTS_SHA256)
    assert sum(file.stat().st_size for file in folder.iterdir()) <= MOST_BYTES
    both = [file for each in (SHIPPED_WEIGHTS, ADAPTED_WEIGHTS) for file in each.glob("*")]
    assert sum(file.stat().st_size for file in both) <= MOST_BYTES_IN_ALL


@pytest.mark.parametrize("folder", [SHIPPED_WEIGHTS, ADAPTED_WEIGHTS])
def test_shipped_weights_were_fitted_on_documents_of_the_training_list_alone(folder: Path) -> None:
    questions = SHARED / "train" / "statements" / "questions.jsonl"
    if not has_trained_weights(folder) or not questions.is_file():
        pytest.skip("this version has no such weights, or the training list is not here")
    learned = json.loads((folder / "weights.json").read_text("utf-8"))["documents"]
    lines = questions.read_text("utf-8").splitlines()
    assert learned
    assert set(learned) <= {json.loads(line)["document"] for line in lines}


def test_the_shipped_reader_prefers_the_paragraph_that_answers(
    shipped: Corpus, exports: Path
) -> None:
    name = shipped_reader()
    if name == NO_READER:
        pytest.skip("this version has no such weights")
    reader = open_reader(name, exports=exports)
    assert reader is not None
    (document,) = shipped.documents
    passages = [
        passage_text(passage, title=document.title, published=document.published)
        for passage in document.passages
    ]
    read = reader.read("How many members does the Coalition have?", (), passages)
    best = max(range(len(read)), key=lambda i: read[i].logit)
    assert "eighty-five" in passages[best].text.casefold()
    scores = read[best].sentence_scores
    sentence = passages[best].sentences[scores.index(max(scores))]
    assert "eighty-five" in sentence.of(passages[best].text).casefold()


def test_an_adapted_model_is_as_wide_as_its_base() -> None:
    if not has_trained_weights(ADAPTED_WEIGHTS):
        pytest.skip("this version has no such weights")
    assert find_model("verbatim-embedder").identity.digest != find_model().identity.digest
