"""The default embedder, with the real model."""

import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import awkward_texts

from embeddings import ModelDamaged, SentenceTransformerEmbedder, find_model
from embeddings.modelfolder import ModelFolder


def test_vectors_are_unit_rows_in_the_order_of_the_texts(
    real_embedder: SentenceTransformerEmbedder,
) -> None:
    texts = ["A much longer text about trade and the sea, with many words.", "Peace.", "Trade."]
    vectors = real_embedder.embed_passages(texts)
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(texts, vectors, strict=True):
        np.testing.assert_allclose(real_embedder.read_query(text).vector, vector, atol=1e-5)


def test_no_text_gives_no_row(real_embedder: SentenceTransformerEmbedder) -> None:
    assert real_embedder.embed_passages([]).shape == (0, 384)


def test_the_tail_of_a_long_paragraph_counts(real_embedder: SentenceTransformerEmbedder) -> None:
    head = "The Ministers welcomed the report on fisheries. " * 60
    tail = "Penguins live in Antarctica. " * 60
    question = real_embedder.read_query("Where do penguins live?").vector
    alone, both = real_embedder.embed_passages([head, head + tail])
    assert float(both @ question) > float(alone @ question) + 0.2


def test_no_window_is_longer_than_the_model_reads(
    real_embedder: SentenceTransformerEmbedder,
) -> None:
    text = "Gegenseitigkeitsabkommen über Donaudampfschifffahrt, x1y2z3 " * 200
    windows = [window.text for window in real_embedder._windows([text], "query: ")]
    tokenizer = real_embedder._model.tokenizer
    assert len(windows) > 1
    longest = max(len(tokenizer("query: " + window)["input_ids"]) for window in windows)
    assert longest <= real_embedder._model.max_seq_length
    assert "".join("".join(windows).split()) == "".join(text.split())


@settings(max_examples=60)
@given(text=awkward_texts)
def test_any_text_has_a_unit_vector(real_embedder: SentenceTransformerEmbedder, text: str) -> None:
    np.testing.assert_allclose(np.linalg.norm(real_embedder.read_query(text).vector), 1, atol=1e-4)


def test_progress_ends_at_the_number_of_texts(real_embedder: SentenceTransformerEmbedder) -> None:
    told: list[tuple[int, int]] = []
    real_embedder.embed_passages(["a"] * 20, progress=lambda *counts: told.append(counts))
    assert told[-1] == (20, 20)


def test_a_folder_that_is_no_model_is_an_error_in_one_line() -> None:
    found = find_model()
    wrong = ModelFolder(found.path / "1_Pooling", found.identity)
    with pytest.raises(ModelDamaged, match="not a usable") as caught:
        SentenceTransformerEmbedder(wrong)
    assert "\n" not in str(caught.value)


def test_a_question_takes_its_turn_while_thousands_of_texts_are_embedded(
    real_embedder: SentenceTransformerEmbedder,
) -> None:
    texts = [f"The Ministers met for the {n}th time and spoke of zebras." for n in range(400)]
    done: list[float] = []
    refreshing = threading.Thread(
        target=lambda: (real_embedder.embed_passages(texts), done.append(time.monotonic()))
    )
    real_embedder.read_query("warm up")
    refreshing.start()
    time.sleep(0.2)
    for number in range(5):
        real_embedder.read_query(f"Where did they meet {number} times?")
    asked = time.monotonic()
    refreshing.join()
    assert asked < done[0]
