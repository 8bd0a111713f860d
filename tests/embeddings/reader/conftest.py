"""A reader with random weights on a tiny base model."""

from pathlib import Path

import pytest
from readerweights import write_base, write_weights

from embeddings import find_model
from embeddings.reader.networkreader import NetworkReader, open_network_reader


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A tiny base model's folder and the SHA-256 of its weights."""
    folder = tmp_path_factory.mktemp("base")
    return folder, write_base(folder, find_model().path / "tokenizer.json")


@pytest.fixture(scope="session")
def weights(base: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a reader's weights on that base."""
    return write_weights(tmp_path_factory.mktemp("weights"), base_sha256=base[1])


@pytest.fixture(scope="session")
def reader(
    base: tuple[Path, str], weights: Path, tmp_path_factory: pytest.TempPathFactory
) -> NetworkReader:
    """That reader."""
    return open_network_reader(
        weights,
        name="tiny",
        base=base[0],
        base_sha256=base[1],
        exports=tmp_path_factory.mktemp("reader-exports"),
    )
