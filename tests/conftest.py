"""Fixtures shared by the tests."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from botapi_server import BotApiServer
from evaluationdata import TINY_DIMENSION
from fakes import Open
from hypothesis import HealthCheck, settings

from bot.answering.answerer import Answerer
from corpus import Corpus, shipped_corpus
from embeddings import (
    Embedder,
    FolderIndex,
    PassageIndex,
    Retriever,
    find_model,
    open_embedder,
    open_reader,
    refresh,
)
from embeddings.models.modelfolder import shipped_model
from embeddings.reader.readerchoice import shipped_reader
from embeddings.search.calibrationfile import calibration_of

settings.register_profile(
    "verbatim", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("verbatim")


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tests' processes share what was exported of models."""
    own = tmp_path_factory.getbasetemp()
    return (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "exports"


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch, exports: Path) -> None:
    """No test sees the settings, token or language of who runs it, or reaches a model hub."""
    for name in list(os.environ):
        if name.startswith(("VERBATIM_", "TELEGRAM_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("VERBATIM_LANGUAGE", "en")
    monkeypatch.setenv("VERBATIM_EXPORTS", str(exports))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def shipped() -> Corpus:
    """The corpus that ships with the project."""
    return shipped_corpus()


@pytest.fixture(scope="session")
def real_embedder(exports: Path) -> Embedder:
    """The model that this version embeds with."""
    return open_embedder(find_model(shipped_model()), exports=exports)


@pytest.fixture(scope="session")
def shipped_retriever(
    shipped: Corpus,
    real_embedder: Embedder,
    exports: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Retriever:
    """A Retriever over the shipped statement with the model and the reader that ship."""
    store = FolderIndex(tmp_path_factory.mktemp("index"))
    refresh(shipped, index=store, embedder=real_embedder)
    reader = open_reader(shipped_reader(), exports=exports)
    return Retriever(
        store.open_current(), real_embedder, reader=reader, calibration=calibration_of(reader)
    )


@pytest.fixture(scope="session")
def shipped_answerer(shipped_retriever: Retriever) -> Answerer:
    """An Answerer over the shipped statement with the model and the reader that ship."""
    return Answerer(shipped_retriever)


@pytest.fixture(scope="session")
def built_home(tmp_path_factory: pytest.TempPathFactory, exports: Path) -> Path:
    """A data directory in which the real index of the shipped statement is built."""
    from rich.console import Console

    from bot.cli.progressbar import progress_bar
    from bot.composition.serving import open_refresher
    from bot.settings import Settings

    home = tmp_path_factory.mktemp("home")
    configuration = Settings.from_environment(
        {"VERBATIM_HOME": str(home), "VERBATIM_EXPORTS": str(exports)}
    )
    console = Console(stderr=True)
    bar = lambda text: progress_bar(console, text)  # noqa: E731 (one line, used once)
    open_refresher(configuration, progress_bar=bar).refresh()
    return home


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an untrained one-layer BERT of 32 dimensions, called tiny-e5-test."""
    import torch  # slow to import
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import AutoTokenizer, BertConfig, BertModel

    raw = tmp_path_factory.mktemp("raw")
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(str(find_model().path))
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=TINY_DIMENSION,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(raw)
    tokenizer.save_pretrained(raw)
    folder = tmp_path_factory.mktemp("models") / "tiny-e5-test"
    modules = [Transformer(str(raw), max_seq_length=64), Pooling(TINY_DIMENSION)]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder))
    return folder


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server with pgvector, by the URL of a database in which nothing is to be made."""
    from postgresserver import PostgresServer  # needs an extra

    with PostgresServer() as running:
        yield running.url()


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL of an empty database of the test's own."""
    from postgresserver import new_database  # needs an extra

    with new_database(postgres_url) as url:
        yield url


@pytest.fixture(params=["disk", "postgres"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens an index on a disk, or one in PostgreSQL, as often as is wanted."""
    if request.param == "disk":
        yield lambda: FolderIndex(tmp_path / "index")
        return
    from embeddings.storage.postgres.index import PostgresIndex

    url = request.getfixturevalue("postgres_database")
    indexes: list[PostgresIndex] = []

    def once_more() -> PassageIndex:
        indexes.append(PostgresIndex(url, directory=tmp_path / f"machine-{len(indexes)}"))
        return indexes[-1]

    yield once_more
    for index in indexes:
        index.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FolderIndex]:
    """An empty index in a folder."""
    yield FolderIndex(tmp_path / "index")


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number: int = listening.getsockname()[1]
        return number


@pytest.fixture
def server() -> Iterator[BotApiServer]:
    """A strict Bot API server on loopback; what Telegram would not take fails the test."""
    with BotApiServer() as running:
        yield running
        assert running.violations == []
