"""Finding a model and checking it before it is loaded."""

import json
import shutil
from pathlib import Path

import pytest

from embeddings import ModelDamaged, ModelFolder, ModelNotFound, find_model
from embeddings.models import modelfolder


def folder(path: Path, name: str, prompts: dict[str, str] | None = None) -> Path:
    made = path / name
    made.mkdir()
    (made / "model.safetensors").write_bytes(b"weights")
    (made / "modules.json").write_text("[]")
    if prompts is not None:
        (made / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts}))
    return made


def prompts_of(found: ModelFolder) -> tuple[str, str]:
    return found.identity.query_prompt, found.identity.passage_prompt


def test_the_default_model_has_the_published_weights() -> None:
    found = find_model()
    assert prompts_of(found) == ("", "")
    assert found.path.name == "model"
    assert (
        find_model("sentence-transformers/all-MiniLM-L6-v2").identity.digest
        == found.identity.digest
    )


def test_one_flipped_bit_in_the_default_weights_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "model"
    shutil.copytree(find_model().path, copy)
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[len(weights) // 2] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    monkeypatch.setattr(modelfolder, "_default_folder", lambda: copy)
    with pytest.raises(ModelDamaged, match="pip install --force-reinstall"):
        find_model()


def test_a_folder_is_a_model_and_its_prompts_are_its_own_or_its_familys(tmp_path: Path) -> None:
    own = find_model(str(folder(tmp_path, "own", {"query": "q: ", "document": "d: "})))
    assert prompts_of(own) == ("q: ", "d: ")
    e5 = find_model(str(folder(tmp_path, "multilingual-e5-small")))
    assert prompts_of(e5) == ("query: ", "passage: ")
    bge = find_model(str(folder(tmp_path, "bge-small-en-v1.5", {"query": "", "document": ""})))
    assert prompts_of(bge)[0].startswith("Represent this sentence")
    plain = find_model(str(folder(tmp_path, "plain")))
    assert prompts_of(plain) == ("", "")


def test_given_prompts_win_even_when_empty(tmp_path: Path) -> None:
    found = find_model(str(folder(tmp_path, "e5-base")), query_prompt="", passage_prompt="p ")
    assert prompts_of(found) == ("", "p ")


def test_the_digest_is_of_the_content_not_of_the_place(tmp_path: Path) -> None:
    first, second = folder(tmp_path, "a"), folder(tmp_path, "b")
    assert find_model(str(first)).identity.digest == find_model(str(second)).identity.digest
    (second / "model.safetensors").write_bytes(b"weightz")
    assert find_model(str(first)).identity.digest != find_model(str(second)).identity.digest


def test_pickled_weights_are_never_loaded(tmp_path: Path) -> None:
    made = tmp_path / "pickled"
    made.mkdir()
    (made / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(ModelDamaged, match="never loaded"):
        find_model(str(made))


@pytest.mark.parametrize("name", ["/nowhere/model", "./model", "no-such-model", "a/b/c"])
def test_a_name_that_is_no_model_is_an_error_that_says_what_to_set(name: str) -> None:
    with pytest.raises(ModelNotFound, match="VERBATIM_MODEL"):
        find_model(name)


def test_a_hub_name_without_a_hub_is_an_error_that_says_what_to_check() -> None:
    with pytest.raises(ModelNotFound, match="could not be fetched"):
        find_model("nobody/no-such-model")


def test_noted_digests_are_taken_as_long_as_no_file_changes(tmp_path: Path) -> None:
    folder, memo = tmp_path / "model", tmp_path / "digests.json"
    folder.mkdir()
    weights = folder / "model.safetensors"
    weights.write_bytes(b"weights")
    first = find_model(str(folder), memo=memo)
    noted = json.loads(memo.read_text("utf-8"))
    noted["digests"]["model.safetensors"] = "0" * 64
    memo.write_text(json.dumps(noted), "utf-8")
    taken = find_model(str(folder), memo=memo)
    assert taken.identity.digest != first.identity.digest
    with pytest.raises(ModelDamaged, match="has changed"):
        taken.check()
    weights.write_bytes(b"heavier weights")
    assert find_model(str(folder), memo=memo) == find_model(str(folder))
    memo.write_text("no memo", "utf-8")
    assert find_model(str(folder), memo=memo) == find_model(str(folder))
