"""The embedders, by torch and by the exported model, with the real model."""

import re
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import awkward_texts

from embeddings import Embedder, ModelDamaged, SentenceTransformerEmbedder, find_model
from embeddings.models.longtexts import pieces_of
from embeddings.models.modelfolder import ModelFolder


@pytest.fixture(scope="module")
def torch_embedder() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(find_model())


@pytest.fixture(scope="module", params=["torch", "exported"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    name = "torch_embedder" if request.param == "torch" else "real_embedder"
    found: Embedder = request.getfixturevalue(name)
    return found


def test_vectors_are_unit_rows_in_the_order_of_the_texts(
    embedder: Embedder,
) -> None:
    texts = ["A much longer text about trade and the sea, with many words.", "Peace.", "Trade."]
    vectors = embedder.embed_passages(texts)
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(texts, vectors, strict=True):
        np.testing.assert_allclose(embedder.read_query(text).vector, vector, atol=1e-5)


def test_no_text_gives_no_row(embedder: Embedder) -> None:
    assert embedder.embed_passages([]).shape == (0, 384)


def test_the_tail_of_a_long_paragraph_counts(embedder: Embedder) -> None:
    head = "The Ministers welcomed the report on fisheries. " * 60
    tail = "Penguins live in Antarctica. " * 60
    question = embedder.read_query("Where do penguins live?").vector
    alone, both = embedder.embed_passages([head, head + tail])
    assert float(both @ question) > float(alone @ question) + 0.2


def test_no_piece_is_longer_than_the_model_reads(
    torch_embedder: SentenceTransformerEmbedder,
) -> None:
    text = "Gegenseitigkeitsabkommen über Donaudampfschifffahrt, x1y2z3 " * 200
    pieces = [piece.text for piece in torch_embedder._pieces([text], "query: ")]
    tokenizer = torch_embedder._model.tokenizer
    assert len(pieces) > 1
    longest = max(len(tokenizer("query: " + piece)["input_ids"]) for piece in pieces)
    assert longest <= torch_embedder._model.max_seq_length
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(count=st.integers(0, 300), limit=st.integers(1, 60))
def test_pieces_cover_a_text_in_order_and_each_fits(count: int, limit: int) -> None:
    text = " ".join(str(number) for number in range(count))
    offsets = [match.span() for match in re.finditer(r"\S+", text)]
    pieces = pieces_of(7, text, offsets, limit=limit)
    assert " ".join(piece.text for piece in pieces) == text
    assert all(piece.tokens <= max(limit, 32) and piece.owner == 7 for piece in pieces)
    assert all(text[w.start : w.start + len(w.text)] == w.text for w in pieces)


@settings(max_examples=60)
@given(text=awkward_texts)
def test_any_text_has_a_unit_vector(embedder: Embedder, text: str) -> None:
    np.testing.assert_allclose(np.linalg.norm(embedder.read_query(text).vector), 1, atol=1e-4)


def test_progress_ends_at_the_number_of_texts(embedder: Embedder) -> None:
    told: list[tuple[int, int]] = []
    embedder.embed_passages(["a"] * 20, progress=lambda *counts: told.append(counts))
    assert told[-1] == (20, 20)


def test_a_folder_that_is_no_model_is_an_error_in_one_line() -> None:
    found = find_model()
    wrong = ModelFolder(found.path / "1_Pooling", found.identity)
    with pytest.raises(ModelDamaged, match="not a usable") as caught:
        SentenceTransformerEmbedder(wrong)
    assert "\n" not in str(caught.value)


def test_a_question_takes_its_turn_while_thousands_of_texts_are_embedded(
    embedder: Embedder,
) -> None:
    texts = [f"The Ministers met for the {n}th time and spoke of zebras." for n in range(400)]
    done: list[float] = []
    refreshing = threading.Thread(
        target=lambda: (embedder.embed_passages(texts), done.append(time.monotonic()))
    )
    embedder.read_query("warm up")
    refreshing.start()
    time.sleep(0.2)
    for number in range(5):
        embedder.read_query(f"Where did they meet {number} times?")
    asked = time.monotonic()
    refreshing.join()
    assert asked < done[0]
