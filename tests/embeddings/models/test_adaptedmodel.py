"""The default model with weights that were trained further: another model, checked like it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from adaptedmodels import put_default, tensors_file, write_adapted
from safetensors.numpy import load_file, save_file

from embeddings import (
    DEFAULT_MODEL,
    ModelDamaged,
    SentenceTransformerEmbedder,
    find_model,
    model_languages,
    open_earlier,
    open_embedder,
    shipped_model,
)
from embeddings.models import modelfolder
from embeddings.models.runtimechoice import LEAST_FIDELITY, least_cosine
from embeddings.models.runtimes.onnxembedder import OnnxEmbedder

TEXTS = ["Ministers met in Rome.", "Trade grew.", "", "aid " * 100]


@pytest.fixture
def base(model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    put_default(monkeypatch, model_folder)
    return model_folder


def test_its_vectors_are_those_of_a_folder_with_those_weights(base: Path, tmp_path: Path) -> None:
    weights = write_adapted(tmp_path / "weights", base)
    whole = shutil.copytree(base, tmp_path / "whole")
    tensors = load_file(tensors_file(base))
    for name, values in load_file(weights / "model.safetensors").items():
        tensors[name.removeprefix("encoder.model.")] = values.astype("f4")
    save_file(tensors, str(tensors_file(whole)), metadata={"format": "pt"})
    found = find_model(str(weights))
    adapted = open_embedder(found, exports=tmp_path / "exports")
    assert isinstance(adapted, OnnxEmbedder)
    by_torch = SentenceTransformerEmbedder(found)
    assert least_cosine(adapted, by_torch) > LEAST_FIDELITY
    expected = SentenceTransformerEmbedder(
        find_model(str(whole), query_prompt="", passage_prompt="")
    ).embed_passages(TEXTS)
    np.testing.assert_allclose(adapted.embed_passages(TEXTS), expected, atol=1e-4)
    plain = find_model()
    assert found.identity.digest != plain.identity.digest
    other = SentenceTransformerEmbedder(plain).embed_passages(TEXTS)
    assert not np.allclose(other, expected, atol=1e-2)
    earlier = open_earlier(found.identity, exports=tmp_path / "exports")
    assert earlier is not None
    np.testing.assert_array_equal(earlier.embed_passages(TEXTS), adapted.embed_passages(TEXTS))
    assert open_earlier(plain.identity, exports=tmp_path / "exports") is None


def test_it_is_the_default_where_its_weights_ship(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shipped_model() == DEFAULT_MODEL
    monkeypatch.setattr(modelfolder, "ADAPTED_WEIGHTS", write_adapted(tmp_path / "w", base))
    assert shipped_model() == "verbatim-embedder"
    assert find_model(shipped_model()).adapted is not None
    assert find_model(DEFAULT_MODEL).adapted is None
    assert model_languages(shipped_model()) == frozenset({"en"})


def test_damaged_weights_are_refused_with_what_to_type(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = write_adapted(tmp_path / "weights", base)
    monkeypatch.setattr(modelfolder, "ADAPTED_WEIGHTS", weights)
    found = find_model("verbatim-embedder")
    file = weights / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(ModelDamaged, match=r"pip install.*VERBATIM_MODEL=all-MiniLM-L6-v2"):
        find_model("verbatim-embedder")
    with pytest.raises(ModelDamaged):
        found.check()
    card = json.loads((weights / "weights.json").read_text())
    (weights / "weights.json").write_text(json.dumps({**card, "kind": "reader"}))
    with pytest.raises(ModelDamaged, match="embedder weights"):
        find_model(str(weights))
