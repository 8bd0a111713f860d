"""Token vectors: packed, joined, matched, each against a slow oracle."""

import io

import numpy as np
import pytest
from fakes import LETTERS, LetterEmbedder, corpus_of
from hypothesis import given
from hypothesis import strategies as st

from embeddings import Embedder, FolderIndex, IndexDamaged, refresh
from embeddings.index.tokenvectors import TokenVectors, project, token_basis

UNITS = ("red green", "", "blue", "...", "green red tea")
words = st.text("abcde", min_size=1, max_size=4)
units = st.lists(st.lists(words, max_size=4).map(" ".join), min_size=1, max_size=6)


def packed(texts: tuple[str, ...] | list[str], basis: np.ndarray) -> TokenVectors:
    """All units as the pieces of one text."""
    text, starts = "", []
    for unit in texts:
        starts.append(len(text))
        text += unit + " "
    return TokenVectors.pack(LetterEmbedder().read_query(text), basis, np.array(starts))


@pytest.fixture(scope="module")
def basis() -> np.ndarray:
    return token_basis(LetterEmbedder())


def test_the_basis_keeps_every_angle_where_it_has_all_dimensions(basis: np.ndarray) -> None:
    size = len(LETTERS) + 1
    assert basis.shape == (size, size)
    np.testing.assert_allclose(basis.T @ basis, np.eye(size), atol=1e-5)


def test_the_axes_come_by_how_much_of_the_sample_lies_along_them(basis: np.ndarray) -> None:
    embedder = LetterEmbedder()
    tokens = np.concatenate(
        [r.token_vectors for r in embedder.read_passages(["the quick brown fox", "see the sea"])]
    )
    along = ((tokens @ basis) ** 2).sum(axis=0)
    assert along[:5].sum() > 3 * along[-5:].sum()


@given(texts=units, question=st.lists(words, min_size=1, max_size=3).map(" ".join))
def test_each_asked_token_counts_as_its_nearest_one_in_a_unit(
    basis: np.ndarray, texts: list[str], question: str
) -> None:
    embedder = LetterEmbedder()
    tokens = packed(texts, basis)
    asked = embedder.read_query(question).token_vectors
    order = np.arange(len(texts))[::-1]
    got = tokens.best_matches(project(asked, basis), order)
    for column, unit in enumerate(order):
        own = embedder.read_query(texts[unit]).token_vectors
        expected = (asked @ own.T).max(axis=1) if len(own) else np.zeros(len(asked))
        np.testing.assert_allclose(got[:, column], expected, atol=0.03)


def test_a_unit_without_a_token_matches_nothing(basis: np.ndarray) -> None:
    tokens = packed(UNITS, basis)
    assert np.diff(tokens.starts).tolist() == [2, 0, 1, 0, 3]
    asked = project(LetterEmbedder().read_query("blue").token_vectors, basis)
    assert tokens.best_matches(asked, np.array([1, 3])).tolist() == [[0, 0]]
    assert tokens.best_matches(asked[:0], np.array([0, 1])).shape == (0, 2)


def test_parts_join_to_the_whole(basis: np.ndarray) -> None:
    whole = packed(UNITS, basis)
    joined = TokenVectors.join(
        [whole.part(slice(0, 2)), whole.part(slice(2, 5))],
        units=5,
        tokens=len(whole.ids),
        dimension=27,
    )
    for name in ("starts", "ids", "vectors"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name))
    assert len(TokenVectors.join([], units=0, tokens=0, dimension=27)) == 0


def test_a_token_is_counted_once_in_each_text_that_has_it(basis: np.ndarray) -> None:
    tokens = packed(("red red", "red tea", "tea"), basis)
    frequencies = tokens.frequencies(np.array([0, 0, 1]), counted=np.array([True, True]))
    red, tea = (int(LetterEmbedder().read_query(word).token_ids[0]) for word in ("red", "tea"))
    assert (frequencies[red], frequencies[tea], frequencies.sum()) == (1, 2, 3)


def written(tokens: TokenVectors) -> dict[str, bytes]:
    found = {}
    for name, write in tokens.to_files("t").items():
        stream = io.BytesIO()
        write(stream)
        found[name] = stream.getvalue()
    return found


def test_files_give_back_the_tokens_or_an_error(basis: np.ndarray) -> None:
    tokens = packed(UNITS, basis)
    files = written(tokens)
    again = TokenVectors.from_files(files, "t")
    np.testing.assert_array_equal(again.vectors, tokens.vectors)
    with pytest.raises(IndexDamaged):
        TokenVectors.from_files(
            {**files, "t-ids.npy": written(packed(("a",), basis))["t-ids.npy"]}, "t"
        )
    del files["t-starts.npy"]
    with pytest.raises(IndexDamaged):
        TokenVectors.from_files(files, "t")


def test_a_rarer_token_weighs_more(store: FolderIndex) -> None:
    embedder = LetterEmbedder()
    refresh(corpus_of("red tea.\n\nred sea.\n\nred sky."), index=store, embedder=embedder)
    generation = store.open_current()
    ids = embedder.read_query("red tea zoo").token_ids
    often, once, never = generation.token_weights(ids)
    assert 0 < often < once < never == 1


def test_the_real_model_reads_tokens_where_they_stand(
    real_embedder: Embedder,
) -> None:
    text = "The Coalition met, in Marrakesh. " * 60 + "Penguins!"
    (reading,) = real_embedder.read_passages([text])
    np.testing.assert_allclose(reading.vector, real_embedder.embed_passages([text])[0], atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(reading.token_vectors, axis=1), 1, atol=1e-5)
    assert len(reading.token_ids) == len(reading.token_starts) == len(reading.token_vectors)
    assert (np.diff(reading.token_starts) > 0).all()
    assert all(text[start].isalnum() for start in reading.token_starts)
    assert reading.token_starts[-1] >= text.index("Penguins")
    near = real_embedder.read_query("Penguins").token_vectors @ reading.token_vectors.T
    assert text[reading.token_starts[near.max(axis=0).argmax()] :].startswith(("Peng", "ins"))
