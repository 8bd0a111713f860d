"""The choice of the runtime: an export that is made once and checked, otherwise torch with a line
in the log.
"""

import json
import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from heavylibraries import FORBIDDEN
from processes import environment, verbatim

from embeddings import (
    FolderIndex,
    ModelDamaged,
    ModelIdentity,
    find_model,
    open_embedder,
    refresh,
)
from embeddings.models import runtimechoice
from embeddings.models.runtimechoice import LEAST_FIDELITY, least_cosine
from embeddings.models.runtimes.exportedmodel import (
    ExportedModel,
    ModelShape,
    export_once,
    open_exported,
)
from embeddings.models.runtimes.onnxembedder import OnnxEmbedder
from embeddings.models.runtimes.sentencetransformer import SentenceTransformerEmbedder


def whole(exports: Path, model: ModelIdentity) -> bool:
    exported = open_exported(exports, model)
    return exported is not None and exported.weights_are_whole()


def test_the_export_gives_the_vectors_of_the_model(exports: Path) -> None:
    embedder = open_embedder(find_model(), exports=exports)
    assert isinstance(embedder, OnnxEmbedder)
    exported = open_exported(exports, embedder.identity)
    assert exported is not None
    assert exported.fidelity >= LEAST_FIDELITY
    original = SentenceTransformerEmbedder(find_model())
    assert least_cosine(embedder, original) >= LEAST_FIDELITY


def test_a_model_with_prompts_and_other_dimensions_exports(
    model_folder: Path, tmp_path: Path
) -> None:
    model = find_model(str(model_folder))
    embedder = open_embedder(model, exports=tmp_path)
    assert isinstance(embedder, OnnxEmbedder)
    again = open_embedder(model, exports=tmp_path)
    np.testing.assert_array_equal(
        embedder.read_query("trade").vector, again.read_query("trade").vector
    )


@pytest.mark.parametrize("name", ["model.onnx", "model.weights", "tokenizer.json", "exported.json"])
def test_a_damaged_export_is_made_again(model_folder: Path, tmp_path: Path, name: str) -> None:
    model = find_model(str(model_folder))
    open_embedder(model, exports=tmp_path)
    (folder,) = tmp_path.iterdir()
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    assert not whole(tmp_path, model.identity)
    assert isinstance(open_embedder(model, exports=tmp_path), OnnxEmbedder)
    assert whole(tmp_path, model.identity)


def test_a_model_that_does_not_export_is_run_by_torch_and_one_line_says_so(
    model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(*_: object) -> ModelShape:
        raise RuntimeError("no symbol\nfor this")

    monkeypatch.setattr(SentenceTransformerEmbedder, "export", fails)
    with caplog.at_level(logging.WARNING, "embeddings"):
        embedder = open_embedder(find_model(str(model_folder)), exports=tmp_path)
    assert isinstance(embedder, SentenceTransformerEmbedder)
    assert [r.getMessage().count("no symbol for this") for r in caplog.records] == [1]
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ModelDamaged, match="VERBATIM_PRECISION"):
        open_embedder(find_model(str(model_folder), precision="int8"), exports=tmp_path)


def test_an_export_with_other_vectors_is_not_used(
    model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(runtimechoice, "least_cosine", lambda *_: 0.9998)
    embedder = open_embedder(find_model(str(model_folder)), exports=tmp_path)
    assert isinstance(embedder, SentenceTransformerEmbedder)
    assert "0.999800" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_cannot_be_written_leaves_torch(
    model_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    embedder = open_embedder(find_model(str(model_folder)), exports=tmp_path / "file")
    assert isinstance(embedder, SentenceTransformerEmbedder)
    assert "cannot be exported" in caplog.text


def test_two_exports_at_a_time_end_with_one(tmp_path: Path) -> None:
    model = find_model().identity
    shape = ModelShape(3, 4, 0)

    def write(folder: Path) -> ModelShape:
        (folder / "model.onnx").write_bytes(b"graph")
        (folder / "model.weights").write_bytes(b"weights")
        return shape

    def measured_late(exported: ExportedModel) -> float:
        if len(list(tmp_path.glob(".unfinished-*"))) == 1:
            export_once(tmp_path, model, write=write, measure=measured_late)
        return 1.0

    found = export_once(tmp_path, model, write=write, measure=measured_late)
    assert [path.name for path in tmp_path.iterdir()] == [found.folder.name]


def test_precisions_are_never_mixed(
    model_folder: Path, tmp_path: Path, store: FolderIndex, shipped
) -> None:
    whole = open_embedder(find_model(str(model_folder)), exports=tmp_path)
    fast = open_embedder(find_model(str(model_folder), precision="int8"), exports=tmp_path)
    assert not whole.identity.comparable(fast.identity)
    assert not np.array_equal(whole.read_query("trade").vector, fast.read_query("trade").vector)
    first = refresh(shipped, index=store, embedder=whole)
    second = refresh(shipped, index=store, embedder=fast)
    assert first.embedded == second.embedded > 0
    manifest = store.open_current().manifest
    assert (manifest.model.precision, manifest.runtime) == ("int8", fast.runtime)
    assert refresh(shipped, index=store, embedder=whole).embedded == 0


def test_a_question_is_answered_without_torch(built_home: Path) -> None:
    program = (
        "import sys, json\n"
        "from bot.__main__ import main\n"
        "sys.argv = ['verbatim', 'ask', 'How many members does the Coalition have?', '--json']\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        f"found = [name for name in {FORBIDDEN!r} if name in sys.modules]\n"
        "print(json.dumps(found), file=sys.stderr)\n"
    )
    assert verbatim("ask", "Who met?", home=built_home).returncode in {0, 3}  # exports the reader
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program],
        env=environment(built_home),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(run.stdout)["quotes"]
    assert json.loads(run.stderr.splitlines()[-1]) == []


def test_an_unknown_precision_is_told(tmp_path: Path) -> None:
    run = verbatim("ask", "Who?", home=tmp_path, VERBATIM_PRECISION="fp8")
    assert run.returncode == 1
    assert "VERBATIM_PRECISION=fp8: it must be one of fp32, int8." in run.stderr


def test_the_identity_tells_precisions_apart() -> None:
    whole = find_model().identity
    fast = replace(whole, precision="int8")
    assert whole.vectors_key == whole.digest != fast.vectors_key
