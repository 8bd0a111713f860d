"""The optional cross-encoder: it orders the first candidates and changes no probability."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from fakes import LetterEmbedder, corpus_of
from rich.console import Console
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from bot.cli.terminal import progress_bar
from bot.composition.serving import open_refresher, open_served
from bot.settings import Settings
from embeddings import (
    CrossEncoderReranker,
    GenerationStore,
    ModelDamaged,
    ModelNotFound,
    Query,
    Retriever,
    find_model,
    find_reranker,
    refresh,
)
from embeddings.arrays import FloatMatrix
from embeddings.models.reranker import RERANKED


class CountingReranker:
    """Prefers the passages with the most letters z, and remembers what it read."""

    def __init__(self) -> None:
        self.read: list[tuple[str, str]] = []

    def scores(self, question: str, passages: Sequence[str]) -> FloatMatrix:
        self.read.extend((question, passage) for passage in passages)
        return np.array([passage.count("z") for passage in passages], np.float32)


def retrievers(
    store: GenerationStore, *texts: str
) -> tuple[Retriever, Retriever, CountingReranker]:
    """One without and one with a reranker, and the reranker."""
    refresh(corpus_of(*texts), store=store, embedder=LetterEmbedder())
    generation, reranker = store.open_current(), CountingReranker()
    return (
        Retriever(generation, LetterEmbedder()),
        Retriever(generation, LetterEmbedder(), reranker=reranker),
        reranker,
    )


def test_the_order_is_the_rerankers_and_each_place_keeps_its_probability(
    store: GenerationStore,
) -> None:
    plain, with_reranker, reranker = retrievers(store, "aaa bbb.", "aaa zz.", "aaa z.", "aaa bz.")
    before = plain.search(Query("aaa bbb"), top=4)
    after = with_reranker.search(Query("aaa bbb"), top=4)
    assert before[0].passage.text == "aaa bbb."
    assert after[0].passage.text == "aaa zz."
    assert after[-1].passage.text == "aaa bbb."
    equal = [h.passage for h in before if h.passage.text.count("z") == 1]
    assert [h.passage for h in after if h.passage.text.count("z") == 1] == equal
    assert [h.score for h in after] == [h.score for h in before]
    assert [h.rank for h in after] == [1, 2, 3, 4]
    assert {h.passage: h.evidence for h in after} == {h.passage: h.evidence for h in before}
    assert ("aaa bbb", "Title 2\naaa zz.") in reranker.read
    assert with_reranker.search(Query("aaa bbb"), top=1) == after[:1]


def test_only_the_first_thirty_are_reranked(store: GenerationStore) -> None:
    paragraphs = [f"aaa {'b' * n}." for n in range(RERANKED + 5)]
    plain, _, _ = retrievers(store, "\n\n".join(paragraphs))
    last = plain.search(Query("aaa"), top=100)[-1].passage.number
    paragraphs[last - 1] = paragraphs[last - 1].replace(".", " zz.")
    plain, with_reranker, reranker = retrievers(store, "\n\n".join(paragraphs))
    before = plain.search(Query("aaa"), top=100)
    after = with_reranker.search(Query("aaa"), top=100)
    assert len(reranker.read) == RERANKED
    assert [h.passage for h in after] == [h.passage for h in before]
    assert after[-1].passage.number == last


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
    reranker = CrossEncoderReranker(find_reranker(str(folder)))
    passages = ["Trade grew.", "Ministers met in Rome.", "Trade grew.", ""]
    scores = reranker.scores("Who met?", passages)
    assert (scores.shape, scores.dtype) == ((4,), np.float32)
    assert scores[0] == pytest.approx(scores[2], abs=1e-5)
    assert len({round(float(s), 4) for s in scores}) == 3
    alone = [reranker.scores("Who met?", [passage])[0] for passage in passages]
    np.testing.assert_allclose(scores, alone, atol=1e-4)
    assert reranker.scores("What grew?", passages)[0] != pytest.approx(scores[0], abs=1e-4)
    assert reranker.scores("Who met?", []).shape == (0,)


def test_the_end_of_a_long_passage_counts(folder: Path) -> None:
    """32 words are a window of this model: a text of two has the score of the better one."""
    reranker = CrossEncoderReranker(find_reranker(str(folder)))
    one, other = "trade grew " * 16, "ministers met " * 16
    alone = reranker.scores("Who met?", [one, other])
    for text in (one + other, other + one):
        assert reranker.scores("Who met?", [text])[0] == pytest.approx(alone.max(), abs=1e-4)


def test_one_setting_turns_it_on_and_the_outcome_stays(folder: Path, tmp_path: Path) -> None:
    console = Console(stderr=True)

    def bar(text: str):
        return progress_bar(console, text)

    home = {"VERBATIM_HOME": str(tmp_path)}
    off = Settings.from_environment(home)
    on = Settings.from_environment({**home, "VERBATIM_RERANKER": str(folder)})
    open_refresher(off, progress_bar=bar).refresh()
    question = "How many members does the Coalition have?"
    before = open_served(off, progress_bar=bar).answerers.everything.answer(question)
    after = open_served(on, progress_bar=bar).answerers.everything.answer(question)
    assert type(after) is type(before)
    assert after.quotes[0].score == before.quotes[0].score
    broken = Settings.from_environment({**home, "VERBATIM_RERANKER": str(tmp_path / "none")})
    with pytest.raises(ModelNotFound, match="VERBATIM_RERANKER"):
        open_served(broken, progress_bar=bar)


@pytest.mark.parametrize("name", ["/nowhere/model", "./model", "no-such-model", "a/b/c", "a/b"])
def test_a_reranker_that_is_not_there_is_an_error_that_says_what_to_set(name: str) -> None:
    with pytest.raises(ModelNotFound, match="VERBATIM_RERANKER"):
        find_reranker(name)


def test_pickled_weights_are_never_loaded(folder: Path, tmp_path: Path) -> None:
    pickled = tmp_path / "pickled"
    shutil.copytree(folder, pickled)
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with pytest.raises(ModelDamaged, match=r"never loaded.*VERBATIM_RERANKER"):
        find_reranker(str(pickled))


def test_an_embedding_model_is_refused_where_a_cross_encoder_is_wanted() -> None:
    with pytest.raises(ModelDamaged, match=r"no cross-encoder.*VERBATIM_RERANKER"):
        find_reranker(str(find_model().path))


def test_damaged_weights_and_several_scores_are_refused(folder: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(folder, damaged)
    weights = (damaged / "model.safetensors").read_bytes()
    (damaged / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(ModelDamaged, match=r"not a usable cross-encoder.*VERBATIM_RERANKER"):
        CrossEncoderReranker(find_reranker(str(damaged)))
    several = tmp_path / "several"
    save_model(several, labels=3)
    with pytest.raises(ModelDamaged, match="3 scores"):
        CrossEncoderReranker(find_reranker(str(several)))
