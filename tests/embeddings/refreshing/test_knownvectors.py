"""Known vectors: what was embedded once, whole or missing, never wrong."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from embeddings import IndexWriteFailed, ModelIdentity
from embeddings.index.tokenvectors import TokenVectors
from embeddings.refreshing.knownvectors import KnownVectors, Units

MODEL = ModelIdentity("letters", "0" * 64, "", "")
UNITS: Units = ("one two", (0, 4))
TOKENS = TokenVectors(
    np.array([0, 1, 3], np.int64),
    np.array([5, 6, 7], np.int32),
    np.arange(6, dtype=np.int8).reshape(3, 2),
)
VECTOR = np.array([0.6, 0.8], np.float32)


def keep(file: Path) -> None:
    with KnownVectors.opened(file, MODEL) as known:
        known.keep(
            vectors={"one two": VECTOR}, tokens={UNITS: TOKENS}, basis=np.eye(2, dtype=np.float32)
        )


def known_of(file: Path, model: ModelIdentity = MODEL) -> tuple[list[str], list[Units]]:
    with KnownVectors.opened(file, model) as known:
        texts, units = known.those_of(
            ["one two", "three"], [UNITS, ("one two", (0,))], look_through=True
        )
        return sorted(texts), sorted(units)


def test_what_was_kept_is_found_again_to_the_last_bit(tmp_path: Path) -> None:
    keep(tmp_path / "k.sqlite")
    with KnownVectors.opened(tmp_path / "k.sqlite", MODEL) as known:
        (block,) = known.vectors(["one two", "one two"], dimension=2)
        np.testing.assert_array_equal(block, [VECTOR, VECTOR])
        again = list(known.tokens([UNITS, UNITS]))
        assert len(again) == 2
        assert known.token_count([UNITS, UNITS], dimension=2) == 6
        for name in ("starts", "ids", "vectors"):
            np.testing.assert_array_equal(getattr(again[1], name), getattr(TOKENS, name))
        np.testing.assert_array_equal(known.basis(), np.eye(2))  # type: ignore[arg-type]


def test_another_text_other_units_and_another_model_are_not_known(tmp_path: Path) -> None:
    keep(tmp_path / "k.sqlite")
    assert known_of(tmp_path / "k.sqlite") == (["one two"], [UNITS])
    for other in (
        ModelIdentity("letters", "1" * 64, "", ""),
        ModelIdentity("letters", "0" * 64, "", "passage: "),
    ):
        assert known_of(tmp_path / "k.sqlite", other) == ([], [])


def test_a_damaged_row_counts_as_missing(tmp_path: Path) -> None:
    file = tmp_path / "k.sqlite"
    keep(file)
    with sqlite3.connect(file) as connection:
        for key, content in connection.execute("SELECT key, content FROM known").fetchall():
            damaged = content[:-1] + bytes([content[-1] ^ 1])
            connection.execute("UPDATE known SET content = ? WHERE key = ?", (damaged, key))
    connection.close()
    assert known_of(file) == ([], [])


@pytest.mark.parametrize("content", [b"", b"junk" * 500])
def test_a_file_that_is_no_database_is_made_anew(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "k.sqlite"
    file.write_bytes(content)
    assert known_of(file) == ([], [])
    keep(file)
    assert known_of(file) == (["one two"], [UNITS])


def test_a_file_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexWriteFailed, match=r"k\.sqlite could not be written"):
        keep(tmp_path / "file" / "k.sqlite")


def test_without_a_file_nothing_outlives_the_process() -> None:
    with KnownVectors.opened(None, MODEL) as known:
        known.keep(vectors={"one two": VECTOR}, tokens={})
        assert len(known) == 1
