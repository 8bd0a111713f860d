"""Another sentence-transformers model than the default: a tiny one, made here, with E5's name."""

from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from transformers import AutoTokenizer, BertConfig, BertModel

from bot.composition import open_answerer, open_refresher
from bot.settings import Settings
from bot.terminal import progress_bar
from embeddings import IndexMismatch, SentenceTransformerEmbedder, find_model

DIMENSION = 32


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an untrained one-layer BERT of 32 dimensions, called tiny-e5-test."""
    raw = tmp_path_factory.mktemp("raw")
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(str(find_model().path))
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=DIMENSION,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(raw)
    tokenizer.save_pretrained(raw)
    folder = tmp_path_factory.mktemp("models") / "tiny-e5-test"
    modules = [Transformer(str(raw), max_seq_length=64), Pooling(DIMENSION)]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder))
    return folder


def test_its_prompts_and_its_dimension_are_used(model_folder: Path) -> None:
    embedder = SentenceTransformerEmbedder(find_model(str(model_folder)))
    assert (embedder.identity.query_prompt, embedder.identity.passage_prompt) == (
        "query: ",
        "passage: ",
    )
    query, passage = embedder.read_query("trade").vector, embedder.embed_passages(["trade"])[0]
    assert (query.shape, passage.shape) == ((DIMENSION,), (DIMENSION,))
    assert not np.allclose(query, passage)
    plain = find_model(str(model_folder), query_prompt="", passage_prompt="")
    unprompted = SentenceTransformerEmbedder(plain)
    np.testing.assert_allclose(query, unprompted.read_query("query: trade").vector, atol=1e-5)


def test_one_setting_changes_the_model_and_the_index_follows(
    model_folder: Path, tmp_path: Path
) -> None:
    console = Console(stderr=True)

    def bar(text: str):
        return progress_bar(console, text)

    chosen = Settings.from_environment(
        {"VERBATIM_HOME": str(tmp_path), "VERBATIM_MODEL": str(model_folder)}
    )
    default = Settings.from_environment({"VERBATIM_HOME": str(tmp_path)})
    reply = open_answerer(chosen, progress_bar=bar).answer("How many members are there?")
    assert reply.generation == 1
    with pytest.raises(IndexMismatch, match="verbatim refresh"):
        open_answerer(default, progress_bar=bar)
    assert open_refresher(default, progress_bar=bar).refresh().embedded > 0
    assert open_answerer(default, progress_bar=bar).answer("eighty-five members").quotes
