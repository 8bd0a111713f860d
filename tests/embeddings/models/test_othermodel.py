"""Another sentence-transformers model than the default: a tiny one, made here, with E5's name."""

from pathlib import Path

import numpy as np
import pytest
from evaluationdata import TINY_DIMENSION
from rich.console import Console

from bot.cli.progressbar import progress_bar
from bot.composition.serving import open_refresher, open_served
from bot.settings import Settings
from embeddings import IndexMismatch, SentenceTransformerEmbedder, find_model


def test_its_prompts_and_its_dimension_are_used(model_folder: Path) -> None:
    embedder = SentenceTransformerEmbedder(find_model(str(model_folder)))
    assert (embedder.identity.query_prompt, embedder.identity.passage_prompt) == (
        "query: ",
        "passage: ",
    )
    query, passage = embedder.read_query("trade").vector, embedder.embed_passages(["trade"])[0]
    assert (query.shape, passage.shape) == ((TINY_DIMENSION,), (TINY_DIMENSION,))
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
    reply = open_served(chosen, progress_bar=bar).answerers.everything.answer(
        "How many members are there?"
    )
    assert reply.generation == 1
    with pytest.raises(IndexMismatch, match="verbatim refresh"):
        open_served(default, progress_bar=bar)
    assert open_refresher(default, progress_bar=bar).refresh().embedded > 0
    assert (
        open_served(default, progress_bar=bar)
        .answerers.everything.answer("eighty-five members")
        .quotes
    )
