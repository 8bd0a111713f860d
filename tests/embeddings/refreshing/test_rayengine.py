"""A refresh by Ray: what is written is what one process writes, whoever dies meanwhile."""

import json
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from fakes import LetterEmbedder, corpus_of
from nodefakes import BROKEN, DEADLY, OURS, LetterSource
from processes import VERBATIM, environment, verbatim

from corpus import Corpus
from corpus.filelocks import file_lock
from embeddings import (
    EmbeddingsError,
    EngineFailed,
    EngineUnavailable,
    FolderIndex,
    LocalEngine,
    Progress,
    RefreshReport,
    find_model,
    refresh,
)
from embeddings.arrays import FloatMatrix
from embeddings.index.tokenvectors import token_basis
from embeddings.refreshing.engine import Block
from embeddings.refreshing.rayengine import RETRIES, RayEngine
from embeddings.refreshing.raynode import ModelSource, NodeWork, embed_on_node

TEXTS_A_DOCUMENT = 1 + 65 + 65 * 3
"""Its context, its paragraphs and their sentences: one block a document."""


def a_document(number: int, *, word: str = "") -> str:
    """65 paragraphs of three sentences each, of many lengths: company decides the last bits."""
    return "\n\n".join(
        " ".join(
            f"Statement {number} of {OURS} says {paragraph} times {what}{word}."
            for what in ("peace", f"trade{' and again' * (paragraph * 7 % 40)}", "clean water")
        )
        for paragraph in range(65)
    )


def a_corpus(documents: int, *, last: str = "") -> Corpus:
    """So many documents; each sentence of the last has the word."""
    return corpus_of(
        *(a_document(n) for n in range(documents - 1)), a_document(documents, word=f" {last}")
    )


class TwoNodes:
    """A Ray cluster of a head without a processor and nodes with one each, on this machine."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": 80_000_000}
        self._cluster: Any = Cluster(initialize_head=True, head_node_args=head)
        self.nodes = [self._add(), self._add()]

    @property
    def address(self) -> str:
        return str(self._cluster.address)

    def lose_one(self) -> None:
        """Kills the processes of a node."""
        self._cluster.remove_node(self.nodes.pop(), allow_graceful=False)

    def complete(self) -> None:
        """Adds what was lost."""
        while len(self.nodes) < 2:
            self.nodes.append(self._add())

    def close(self) -> None:
        self._cluster.shutdown()

    def _add(self) -> Any:
        return self._cluster.add_node(num_cpus=1, object_store_memory=80_000_000)


@pytest.fixture(scope="module")
def cluster() -> Iterator[TwoNodes]:
    folder = tempfile.mkdtemp(prefix="ray-")  # a socket's path must be short
    with pytest.MonkeyPatch.context() as patch, closing(started(patch, folder)) as nodes:
        yield nodes
    shutil.rmtree(folder, ignore_errors=True)


def started(patch: pytest.MonkeyPatch, folder: str) -> TwoNodes:
    """Quiet, on loopback, with a token of its own, and quick to find that a node is gone.

    Ray reads some of it when it is imported.
    """
    assert "ray" not in sys.modules
    for name, value in {
        "RAY_TMPDIR": folder,
        "PYTHONPATH": os.pathsep.join(
            [
                str(Path(__file__).parents[2] / "support"),
                *filter(None, [os.environ.get("PYTHONPATH")]),
            ]
        ),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_health_check_initial_delay_ms": "0",
        "RAY_health_check_period_ms": "500",
        "RAY_health_check_timeout_ms": "1000",
        "RAY_health_check_failure_threshold": "3",
    }.items():
        patch.setenv(name, value)
    return TwoNodes()


@pytest.fixture
def on_ray(cluster: TwoNodes, tmp_path: Path) -> Callable[..., tuple[RefreshReport, FolderIndex]]:
    """Refreshes a new index, with processes of the cluster as the source says."""
    cluster.complete()

    def refreshed(
        corpus: Corpus, source: LetterSource, *, progress: Progress | None = None
    ) -> tuple[RefreshReport, FolderIndex]:
        store = FolderIndex(tmp_path / "by-ray")
        embedder = LetterEmbedder()
        with closing(RayEngine(embedder, source, address=cluster.address)) as engine:
            report = refresh(
                corpus, index=store, embedder=embedder, engine=engine, progress=progress
            )
        return report, store

    return refreshed


def written(store: FolderIndex) -> tuple[object, list[tuple[bytes, bytes]]]:
    """The digests of a generation's files, and all that is kept of texts, in order."""
    with closing(sqlite3.connect(store.known_vectors_file)) as known:
        rows = known.execute("SELECT key, content FROM known ORDER BY rowid").fetchall()
    return store.open_current().manifest.files, rows


def written_here(corpus: Corpus, folder: Path) -> tuple[object, list[tuple[bytes, bytes]]]:
    store = FolderIndex(folder)
    refresh(corpus, index=store, embedder=LetterEmbedder())
    return written(store)


def test_a_node_killed_in_the_middle_changes_no_byte(
    cluster: TwoNodes, on_ray: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    corpus = a_corpus(9)
    source = LetterSource(str(tmp_path), pause_s=0.6)
    told: list[tuple[int, int]] = []

    def progress(done: int, in_all: int) -> None:
        told.append((done, in_all))

    ended = threading.Event()

    def lose_one_at_work() -> None:
        """Takes a node away as soon as both have a block that will not be done for a while."""
        began_at: dict[int, float] = {}
        known = 0
        while len(cluster.nodes) == 2 and not ended.is_set():
            begun = source.begun()
            began_at |= dict.fromkeys(begun[known:], time.monotonic())
            known = len(begun)
            if len(began_at) == 2 and time.monotonic() - min(began_at.values()) < 0.4:
                cluster.lose_one()
            time.sleep(0.01)

    loss = threading.Thread(target=lose_one_at_work)
    loss.start()
    try:
        report, store = on_ray(corpus, source, progress=progress)
    finally:
        ended.set()
        loss.join()
    assert len(cluster.nodes) == 1
    assert len(source.begun()) > 9  # what the node had begun was begun again
    assert report.embedded == 9 * TEXTS_A_DOCUMENT
    assert written(store) == written_here(corpus, tmp_path / "here")
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1] == (report.embedded, report.embedded)
    assert capfd.readouterr().out == ""  # where the report goes


def test_a_process_that_dies_costs_a_retry(on_ray: Any, tmp_path: Path) -> None:
    corpus = a_corpus(3, last=DEADLY)
    source = LetterSource(str(tmp_path), deaths=1)
    _, store = on_ray(corpus, source)
    assert len(source.begun()) == 4
    assert written(store) == written_here(corpus, tmp_path / "here")


def test_a_block_whose_process_always_dies_is_given_up_and_the_others_are_kept(
    on_ray: Any, tmp_path: Path
) -> None:
    corpus = a_corpus(3, last=DEADLY)
    source = LetterSource(str(tmp_path), deaths=99)
    with pytest.raises(EngineFailed, match=r'kept: type "verbatim refresh" to go on'):
        on_ray(corpus, source)
    assert len(source.begun()) == 2 + 1 + RETRIES
    store = FolderIndex(tmp_path / "by-ray")
    report = refresh(corpus, index=store, embedder=LetterEmbedder())
    assert report.embedded == TEXTS_A_DOCUMENT


class Clock:
    """The time, so many seconds ahead."""

    ahead_s = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead_s


def test_after_long_good_work_a_node_is_waited_for_as_long_as_at_first(
    on_ray: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    clock, told = Clock(), ray.cluster_resources
    monkeypatch.setattr("embeddings.refreshing.rayengine.time", clock)
    source = LetterSource(str(tmp_path), pause_s=1.0)
    asked: list[float] = []

    def no_node() -> dict[str, float]:
        asked.append(time.monotonic())
        return {} if asked[-1] - asked[0] < 2 else told()

    def progress(done: int, in_all: int) -> None:
        """Much time goes by with the first result; then it is told of no node for a while."""
        clock.ahead_s = 1_000.0
        if done > 2 * TEXTS_A_DOCUMENT:
            monkeypatch.setattr(ray, "cluster_resources", no_node)
            monkeypatch.setattr("embeddings.refreshing.rayengine._LOOK_S", 0.1)

    report, _ = on_ray(a_corpus(9), source, progress=progress)
    assert len(asked) > 5
    assert report.embedded == 9 * TEXTS_A_DOCUMENT


def test_where_nothing_is_ever_finished_it_is_given_up(
    on_ray: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.refreshing.rayengine._NOTHING_S", 3.0)
    with pytest.raises(EngineFailed, match=r"no node of Ray has finished.*verbatim refresh"):
        on_ray(a_corpus(1), LetterSource(str(tmp_path), pause_s=15))


def test_an_error_in_a_block_is_told_and_not_tried_again(on_ray: Any, tmp_path: Path) -> None:
    source = LetterSource(str(tmp_path))
    with pytest.raises(EngineFailed, match=r"ZeroDivisionError.*a mistake in the program"):
        on_ray(a_corpus(2, last=BROKEN), source)
    assert len(source.begun()) == 2


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (LetterSource("", digest="1" * 64), "another model under the name letters"),
        (LetterSource("", runtime="letters 2"), "embeds with letters 2, this machine with"),
        (LetterSource("", turned=True), "other numbers than this machine"),
    ],
)
def test_a_node_that_would_embed_otherwise_is_refused(source: LetterSource, message: str) -> None:
    embedder = LetterEmbedder()
    work = NodeWork.of(embedder, source, token_basis(embedder))
    with pytest.raises(EngineFailed, match=message):
        embed_on_node(Block((), ("ours",)), work)


def test_a_node_with_another_library_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = LetterEmbedder()
    work = NodeWork.of(embedder, LetterSource(""), token_basis(embedder))
    monkeypatch.setattr("embeddings.refreshing.raynode.version", lambda name: f"0.1 of {name}")
    with pytest.raises(EngineFailed, match=r"has numpy 0\.1 of numpy, tokenizers 0\.1"):
        embed_on_node(Block((), ("ours",)), work)


def test_a_node_is_probed_with_what_statements_do_not_have_too() -> None:
    """There other libraries are first to differ."""

    class Elsewhere(LetterSource):
        def open(self) -> LetterEmbedder:
            return ReadsSignsOtherwise(digest=self.digest)

    class ReadsSignsOtherwise(LetterEmbedder):
        def _vector(self, text: str) -> FloatMatrix:
            return super()._vector("a" if "🙂" in text else text)

    embedder = LetterEmbedder()
    work = NodeWork.of(embedder, Elsewhere(""), token_basis(embedder))
    with pytest.raises(EngineFailed, match="other numbers than this machine"):
        embed_on_node(Block((), ("ours",)), work)


def test_what_a_node_refuses_is_told_where_the_refresh_runs(on_ray: Any, tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match=r"^The node .* has another model under the name"):
        on_ray(a_corpus(1), LetterSource(str(tmp_path), digest="1" * 64))


def test_blocks_are_taken_as_they_are_needed_and_given_in_order(
    cluster: TwoNodes, tmp_path: Path
) -> None:
    cluster.complete()
    embedder = LetterEmbedder()
    basis = token_basis(embedder)
    taken: list[int] = []

    def blocks() -> Iterator[Block]:
        for number in range(40):
            taken.append(number)
            yield Block(((f"{OURS} {'a' * number}", (0,)),), ("b" * number,))

    source = LetterSource(str(tmp_path))
    with closing(RayEngine(embedder, source, address=cluster.address)) as engine:
        found = engine.embed(blocks(), basis=basis)
        first = next(found)
        assert len(taken) < 12
        digests = [block.digest() for block in (first, *found)]
    here = LocalEngine(embedder).embed(blocks(), basis=basis)
    assert digests == [block.digest() for block in here]
    assert len(set(digests)) == 40


def test_a_refresh_without_a_new_text_needs_no_cluster(tmp_path: Path) -> None:
    store, embedder = FolderIndex(tmp_path), LetterEmbedder()
    refresh(corpus_of("One. Two.", "Three."), index=store, embedder=embedder)
    engine = RayEngine(embedder, LetterSource(""), address="127.0.0.1:1")
    report = refresh(corpus_of("One. Two."), index=store, embedder=embedder, engine=engine)
    assert (report.published, report.embedded) == (True, 0)


def test_an_address_where_nothing_answers_is_told_at_once(port: int) -> None:
    began = time.monotonic()
    with pytest.raises(EngineUnavailable, match=f"No Ray cluster answers at 127.0.0.1:{port}"):
        embed_one(RayEngine(LetterEmbedder(), LetterSource(""), address=f"127.0.0.1:{port}"))
    assert time.monotonic() - began < 6


def test_an_address_of_something_else_is_told_within_a_bounded_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("embeddings.refreshing.rayengine._JOIN_S", 4.0)
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(EngineUnavailable, match="no Ray cluster that this machine can join"):
            embed_one(RayEngine(LetterEmbedder(), LetterSource(""), address=address))


def embed_one(engine: RayEngine) -> None:
    embedder = LetterEmbedder()
    with closing(engine):
        list(engine.embed([Block((), ("ours",))], basis=token_basis(embedder)))


def test_without_ray_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(EngineUnavailable, match=r'pip install "verbatim-bot\[ray\]"'):
        RayEngine(LetterEmbedder(), LetterSource(""))


def test_a_model_that_torch_runs_is_refused() -> None:
    embedder = LetterEmbedder()
    embedder.runtime = "torch 2.13.0"
    with pytest.raises(EngineFailed, match="without --engine ray"):
        RayEngine(embedder, LetterSource(""))


def test_a_key_is_that_of_the_texts_their_units_and_the_model() -> None:
    model = LetterEmbedder().identity
    one = Block((("a b", (0,)),), ("c",))
    others = [
        Block((("a b", (0, 2)),), ("c",)),
        Block((), ("a b", "c")),
        Block((("a b", (0,)),), ("c", "")),
        Block((("a", (0,)),), ("bc",)),
    ]
    keys = {block.key(model) for block in (one, *others)}
    keys.add(one.key(LetterEmbedder(digest="1" * 64).identity))
    assert len(keys) == 6
    assert one.key(model) == Block((("a b", (0,)),), ("c",)).key(LetterEmbedder(name="x").identity)


def test_a_folder_that_no_node_can_write_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    source = ModelSource.of(find_model(), exports=tmp_path / "file" / "exports")
    with pytest.raises(EmbeddingsError, match="VERBATIM_EXPORTS"):
        source.open()


def test_the_command_writes_with_ray_what_it_writes_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where packages of the same names lie in the folder in which it is typed."""
    (tmp_path / "embeddings").mkdir()
    (tmp_path / "embeddings" / "__init__.py").write_text("raise RuntimeError('another')")
    monkeypatch.chdir(tmp_path)
    corpus = tmp_path / "texts"
    corpus.mkdir()
    for number in range(2):
        (corpus / f"{number}.txt").write_text(a_document(number))
    files = []
    for name, words in (("here", ()), ("ray", ("--engine", "ray"))):
        home = tmp_path / name
        run = verbatim("refresh", "--json", *words, home=home, VERBATIM_CORPUS=str(corpus))
        assert run.returncode == 0, run.stderr
        assert run.stderr == ""
        assert json.loads(run.stdout)["embedded"] > 2 * 256
        files.append(FolderIndex(home / "index").open_current().manifest.files)
    assert files[0] == files[1]


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """Statements that take two cores some 10 s to embed."""
    corpus = tmp_path / "texts"
    corpus.mkdir()
    for number in range(6):
        (corpus / f"{number}.txt").write_text(a_document(number))
    return corpus


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files; a socket's path in it must be short."""
    folder = Path(tempfile.mkdtemp(prefix="r", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


def test_a_block_for_which_memory_is_never_enough_is_given_up(
    tmp_path: Path, texts: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_task_oom_retries", raising=False)  # an engine here may have set it
    run = verbatim(
        *("refresh", "--engine", "ray"),
        home=tmp_path / "home",
        VERBATIM_CORPUS=str(texts),
        TMPDIR=str(temporary),
        RAY_memory_usage_threshold="0.01",
        RAY_memory_monitor_refresh_ms="100",
        RAY_task_oom_retry_delay_base_ms="10",
    )
    assert (run.returncode, run.stdout) == (1, "")
    assert "ran out of memory" in run.stderr
    assert 'type "verbatim refresh"' in " ".join(run.stderr.split())


def test_a_refresh_that_is_ended_stops_ray_and_leaves_no_files_nor_those_of_one_that_was_killed(
    tmp_path: Path, texts: Path, temporary: Path
) -> None:
    for name in ("killed", "running", "other"):
        (temporary / f"verbatim-ray-{name}").mkdir()
    (temporary / "verbatim-ray-killed" / "in-use").touch()
    given = environment(tmp_path, VERBATIM_CORPUS=str(texts), TMPDIR=str(temporary))
    known = tmp_path / "index" / "known-vectors.sqlite"
    with (
        file_lock(temporary / "verbatim-ray-running" / "in-use"),
        subprocess.Popen(  # noqa: S603
            [VERBATIM, "refresh", "--engine", "ray"],
            env=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as run,
    ):
        while not embedded(known):
            assert run.poll() is None
            time.sleep(0.1)
        assert len(list(temporary.glob("verbatim-ray-*"))) == 3  # its own beside two
        run.terminate()
        said = run.communicate(timeout=60)
    assert (run.returncode, said) == (128 + signal.SIGTERM, (b"", b""))
    left = {each.name for each in temporary.glob("verbatim-ray-*")}
    assert left == {"verbatim-ray-running", "verbatim-ray-other"}
    assert not [p for p in Path("/proc").glob("[0-9]*/cmdline") if names(p, str(temporary))]


def embedded(known: Path) -> bool:
    """Whether a refresh has kept a block of Ray's; the first row is made here, before."""
    if not known.exists():
        return False
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(known)) as connection:
        return bool(connection.execute("SELECT count(*) > 1 FROM known").fetchone()[0])
    return False


def names(command: Path, word: str) -> bool:
    """Whether a process has the word in its command."""
    try:
        return word.encode() in command.read_bytes()
    except OSError:  # it has ended
        return False


def test_an_address_needs_the_engine_and_a_form(built_home: Path) -> None:
    run = verbatim("refresh", "--ray-address", "a:1", home=built_home)
    assert (run.returncode, "--engine ray" in run.stderr) == (2, True)
    words = ("refresh", "--engine", "ray", "--ray-address", "ray://a:1")
    run = verbatim(*words, home=built_home)
    assert (run.returncode, "HOST:PORT" in run.stderr) == (2, True)
    run = verbatim("list", home=built_home, VERBATIM_RAY_ADDRESS="a")
    assert (run.returncode, "VERBATIM_RAY_ADDRESS" in run.stderr) == (1, True)


def test_a_dry_run_and_an_unchanged_corpus_start_no_ray(built_home: Path) -> None:
    address = "127.0.0.1:1"
    for word in ("--dry-run", "--json"):
        words = ("refresh", "--engine", "ray", "--ray-address", address, word)
        run = verbatim(*words, home=built_home)
        assert (run.returncode, run.stderr) == (0, "")
