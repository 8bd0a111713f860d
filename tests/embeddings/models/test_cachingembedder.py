"""Vectors that are kept by text and model."""

from pathlib import Path

import numpy as np
import pytest
from fakes import LetterEmbedder

from embeddings.models import cachingembedder
from embeddings.models.cachingembedder import CachingEmbedder


def test_a_text_is_embedded_once_and_comes_back_equal(tmp_path: Path) -> None:
    first = CachingEmbedder(LetterEmbedder(), tmp_path / "v.sqlite")
    vectors = first.embed_passages(["abc", "b", "abc"])
    again = CachingEmbedder(LetterEmbedder(), tmp_path / "v.sqlite")
    np.testing.assert_array_equal(again.embed_passages(["b", "abc"]), vectors[[1, 0]])
    np.testing.assert_array_equal(again.read_query("abc").vector, again.read_query("abc").vector)
    assert (first.embedded, again.embedded) == (2, 1)
    assert again.embed_passages([]).shape == (0, 27)


def test_another_model_does_not_see_these_vectors(tmp_path: Path) -> None:
    CachingEmbedder(LetterEmbedder(), tmp_path / "v.sqlite").embed_passages(["abc"])
    other = CachingEmbedder(LetterEmbedder(digest="1" * 64), tmp_path / "v.sqlite")
    other.embed_passages(["abc"])
    assert other.embedded == 1


def test_a_reading_comes_back_with_its_tokens(tmp_path: Path) -> None:
    first = CachingEmbedder(LetterEmbedder(), tmp_path / "v.sqlite")
    read = [*first.read_passages(["ab cd", "", "ab cd"]), first.read_query("ab cd")]
    again = CachingEmbedder(LetterEmbedder(), tmp_path / "v.sqlite")
    for kept, plain in zip(
        [*again.read_passages(["ab cd", "", "ab cd"]), again.read_query("ab cd")], read, strict=True
    ):
        np.testing.assert_array_equal(kept.vector, plain.vector)
        np.testing.assert_array_equal(kept.token_ids, plain.token_ids)
        np.testing.assert_array_equal(kept.token_starts, plain.token_starts)
        np.testing.assert_array_equal(kept.token_vectors, plain.token_vectors)
    assert (first.embedded, again.embedded) == (3, 0)
    np.testing.assert_allclose(
        read[0].token_vectors, LetterEmbedder().read_query("ab cd").token_vectors, atol=1e-3
    )


def test_what_was_embedded_before_an_interruption_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cachingembedder, "_STORED_AT_ONCE", 2)
    told: list[tuple[int, int]] = []

    def stop_at_the_end(done: int, in_all: int) -> None:
        told.append((done, in_all))
        if done == in_all:
            raise KeyboardInterrupt

    cut_short = CachingEmbedder(LetterEmbedder(), tmp_path / "v.sqlite")
    with pytest.raises(KeyboardInterrupt):
        cut_short.embed_passages(["a", "b", "c", "d", "e"], progress=stop_at_the_end)
    assert told == [(2, 5), (4, 5), (5, 5)]
    again = CachingEmbedder(LetterEmbedder(), tmp_path / "v.sqlite")
    again.embed_passages(["a", "b", "c", "d", "e"])
    assert again.embedded == 1


def test_progress_of_readings_goes_up_to_the_number_of_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cachingembedder, "_FETCHED_AT_ONCE", 2)
    told: list[tuple[int, int]] = []
    reading = CachingEmbedder(LetterEmbedder(), tmp_path / "v.sqlite")
    texts = ["a", "b", "c", "d", "e"]
    assert len([*reading.read_passages(texts, progress=lambda *done: told.append(done))]) == 5
    assert told == [(2, 5), (4, 5), (5, 5)]
