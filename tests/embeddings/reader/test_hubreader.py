"""Any cross-encoder of the hub can be the reader: what it needs, and what it is refused for."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from readerweights import write_weights
from rich.console import Console
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from bot.cli.progressbar import progress_bar
from bot.composition.serving import open_refresher, open_served
from bot.settings import Settings
from corpus import Span
from embeddings import (
    NO_READER,
    SHIPPED_READER,
    ModelDamaged,
    ModelNotFound,
    PassageReading,
    PassageText,
    find_model,
    open_reader,
    shipped_reader,
)
from embeddings.models.modelfolder import find_cross_encoder
from embeddings.models.runtimes.crossencoder import CrossEncoderScores
from embeddings.reader import readerchoice
from embeddings.reader.hubreader import HubReader


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an untrained one-layer cross-encoder."""
    made = tmp_path_factory.mktemp("cross-encoder")
    save_model(made, labels=1)
    return made


def save_model(target: Path, *, labels: int) -> None:
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(str(find_model().path))
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        num_labels=labels,
    )
    model = BertForSequenceClassification(config)
    with torch.no_grad():  # logits far apart, so that pieces of a text can be told apart
        model.classifier.weight.mul_(100)
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)


def test_a_cross_encoder_scores_each_passage_with_the_question(folder: Path) -> None:
    model = CrossEncoderScores(find_cross_encoder(str(folder)))
    passages = ["Trade grew.", "Ministers met in Rome.", "Trade grew.", ""]
    scores = model.scores("Who met?", passages)
    assert (scores.shape, scores.dtype) == ((4,), np.float32)
    assert scores[0] == pytest.approx(scores[2], abs=1e-5)
    assert len({round(float(s), 4) for s in scores}) == 3
    alone = [model.scores("Who met?", [passage])[0] for passage in passages]
    np.testing.assert_allclose(scores, alone, atol=1e-4)
    assert model.scores("What grew?", passages)[0] != pytest.approx(scores[0], abs=1e-4)
    assert model.scores("Who met?", []).shape == (0,)


def test_a_cross_encoder_reads_title_date_and_earlier_questions(folder: Path) -> None:
    reader = HubReader(find_cross_encoder(str(folder)), name="tiny")
    passage = PassageText("Report", "3 May 2022", "Ministers met.", (Span(0, 14),))
    (found,) = reader.read("Who met?", ["Where?"], [passage])
    (expected,) = CrossEncoderScores(folder).scores(
        "Where? Who met?", ["Report, 3 May 2022\nMinisters met."]
    )
    assert found == PassageReading(pytest.approx(expected, abs=1e-5), (0.0,))
    assert reader.name == "tiny"
    assert reader.digest == HubReader(folder, name="other").digest
    assert reader.read("Who?", (), []) == []


def test_the_end_of_a_long_passage_counts(folder: Path) -> None:
    """32 words are a window of this model: a text of two has the score of the better one."""
    model = CrossEncoderScores(find_cross_encoder(str(folder)))
    one, other = "trade grew " * 16, "ministers met " * 16
    alone = model.scores("Who met?", [one, other])
    for text in (one + other, other + one):
        assert model.scores("Who met?", [text])[0] == pytest.approx(alone.max(), abs=1e-4)


def test_one_setting_turns_it_on_and_the_outcome_stays(folder: Path, tmp_path: Path) -> None:
    console = Console(stderr=True)

    def bar(text: str):
        return progress_bar(console, text)

    home = {"VERBATIM_HOME": str(tmp_path)}
    off = Settings.from_environment({**home, "VERBATIM_READER": "off"})
    on = Settings.from_environment({**home, "VERBATIM_READER": str(folder)})
    open_refresher(off, progress_bar=bar).refresh()
    question = "How many members does the Coalition have?"
    before = open_served(off, progress_bar=bar).answerers.everything.answer(question)
    after = open_served(on, progress_bar=bar).answerers.everything.answer(question)
    assert type(after) is type(before)
    assert after.quotes[0].score == before.quotes[0].score
    broken = Settings.from_environment({**home, "VERBATIM_READER": str(tmp_path / "none")})
    with pytest.raises(ModelNotFound, match="VERBATIM_READER"):
        open_served(broken, progress_bar=bar)


@pytest.mark.parametrize("name", ["/nowhere/model", "./model", "no-such-model", "a/b/c", "a/b"])
def test_a_reader_that_is_not_there_is_an_error_that_says_what_to_set(name: str) -> None:
    with pytest.raises(ModelNotFound, match="VERBATIM_READER"):
        find_cross_encoder(name)


def test_pickled_weights_are_never_loaded(folder: Path, tmp_path: Path) -> None:
    pickled = tmp_path / "pickled"
    shutil.copytree(folder, pickled)
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with pytest.raises(ModelDamaged, match=r"never loaded.*VERBATIM_READER"):
        find_cross_encoder(str(pickled))


def test_an_embedding_model_is_refused_where_a_cross_encoder_is_wanted() -> None:
    with pytest.raises(ModelDamaged, match=r"no cross-encoder.*VERBATIM_READER"):
        find_cross_encoder(str(find_model().path))


def test_damaged_weights_and_several_scores_are_refused(folder: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(folder, damaged)
    weights = (damaged / "model.safetensors").read_bytes()
    (damaged / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(ModelDamaged, match=r"not a usable cross-encoder.*VERBATIM_READER"):
        CrossEncoderScores(find_cross_encoder(str(damaged)))
    several = tmp_path / "several"
    save_model(several, labels=3)
    with pytest.raises(ModelDamaged, match="3 scores"):
        CrossEncoderScores(find_cross_encoder(str(several)))


def test_the_shipped_reader_is_named_only_where_its_weights_ship(
    base: tuple[Path, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(readerchoice, "SHIPPED_WEIGHTS", tmp_path / "none")
    assert shipped_reader() == NO_READER
    assert open_reader(NO_READER, exports=tmp_path) is None
    damaged = write_weights(tmp_path / "w", base_sha256=base[1], card={"sha256": "0" * 64})
    monkeypatch.setattr(readerchoice, "SHIPPED_WEIGHTS", damaged)
    assert shipped_reader() == SHIPPED_READER
    assert not caplog.records
    assert open_reader(SHIPPED_READER, exports=tmp_path) is None
    assert "questions are answered without a reader" in caplog.text
    with pytest.raises(ModelDamaged):
        open_reader(str(damaged), exports=tmp_path)
