"""Runs one action of a script under ``peers``, and prints its figures as one line of JSON.

Standard library only: it runs in the environment of every peer. ``python peer.py TASK.json`` reads
a ``Task``. The last line of the output is an object with ``work_s`` (the action alone, after the
imports and with the model loaded), ``setup_s`` (everything before) and the results of the action.
"""

import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

TOP = 10
"""The number of passages that answer a question."""

WARMING = 32
"""Texts that are embedded before the clock runs."""


@dataclass(frozen=True)
class Passage:
    """A text to index under its id; ``document`` names the document that it is a paragraph of."""

    id: str
    text: str
    document: str


@dataclass(frozen=True)
class Task:
    """One action on the index in the folder ``index``, with the model in the folder ``model``.

    ``passages`` are the present ones. ``changed`` holds the ids of those that differ from the
    indexed ones, for peers that need them. ``batch`` is for the action ``embed``; ``ranked`` asks
    for rankings if a peer's answers hold none.
    """

    action: str
    model: Path
    index: Path
    passages: tuple[Passage, ...]
    changed: frozenset[str]
    questions: tuple[str, ...]
    batch: int | None
    ranked: bool

    @classmethod
    def read(cls, file: Path) -> "Task":
        """Return the task in a file."""
        fields = json.loads(file.read_text("utf-8"))
        passages: tuple[Passage, ...] = ()
        if fields.get("passages"):
            lines = Path(fields["passages"]).read_text("utf-8").splitlines()
            passages = tuple(Passage(*json.loads(line)) for line in lines)
        return cls(
            action=fields["action"],
            model=Path(fields["model"]),
            index=Path(fields["index"]),
            passages=passages,
            changed=frozenset(fields.get("changed", ())),
            questions=tuple(fields.get("questions", ())),
            batch=fields.get("batch"),
            ranked=fields.get("ranked", True),
        )


class Encoder(Protocol):
    """A peer whose model is measured alone."""

    def embed(self, texts: Sequence[str], batch: int | None) -> Any:
        """Return ``(n, 384)`` float32 unit rows, a NumPy array; work."""


class Peer(Protocol):
    """A program that is measured. ``load`` comes first; ``open`` before all but ``build`` and
    ``embed``.
    """

    def load(self, task: Task) -> None:
        """Import the libraries and load the model; not counted as work."""

    def build(self, task: Task) -> None:
        """Index all passages and save the index; work."""

    def open(self, task: Task) -> None:
        """Load the saved index; not counted as work."""

    def refresh(self, task: Task) -> None:
        """Update the open index to the passages and save it; work."""

    def search(self, question: str) -> list[str]:
        """Return the ids of the best ``TOP`` passages, best first; work."""


def measure(peer: Peer) -> None:
    """Do the task that the command line names, and print its line."""
    task = Task.read(Path(sys.argv[1]))
    started = time.perf_counter()
    peer.load(task)
    if task.action not in {"prepare", "build", "embed"}:
        peer.open(task)
    ready = time.perf_counter()
    figures: dict[str, object] = {}
    if task.action == "prepare":
        pass  # what is made once on a machine is made by loading
    elif task.action == "build":
        peer.build(task)
    elif task.action in {"refresh", "no-op"}:
        peer.refresh(task)
    elif task.action == "ask":
        figures = _question_figures(peer, task)
    elif task.action == "cold":
        figures = {"found": [peer.search(task.questions[0])]}
    elif task.action == "embed":
        figures = _embedded(peer, task)
    else:
        sys.exit(f"no such action: {task.action}")
    figures.setdefault("work_s", time.perf_counter() - ready)
    report(setup_s=ready - started, **figures)


def _embedded(peer: Any, task: Task) -> dict[str, object]:
    """Return the seconds for the texts after a few to warm up; vectors go beside the index."""
    encoder: Encoder = peer
    texts = [passage.text for passage in task.passages]
    encoder.embed(texts[:WARMING], task.batch)
    started = time.perf_counter()
    vectors = encoder.embed(texts, task.batch)
    took_s = time.perf_counter() - started
    task.index.with_suffix(".f32").write_bytes(vectors.astype("float32").tobytes())
    return {"work_s": took_s}


def report(**figures: object) -> None:
    """Print the line that the benchmark reads."""
    print("\n" + json.dumps(figures), flush=True)


def _question_figures(peer: Peer, task: Task) -> dict[str, object]:
    """Return the latencies of the questions in turn, after a few to warm up."""
    for question in task.questions[:5]:
        peer.search(question)
    took_ms, found = [], []
    for question in task.questions:
        started = time.perf_counter()
        ids = peer.search(question)
        took_ms.append(1000 * (time.perf_counter() - started))
        found.append(ids)
    ranking = getattr(peer, "ranking", None)  # where an answer is more than a ranking
    if ranking is not None and task.ranked:
        found = [ranking(question) for question in task.questions]
    return {"found": found, **_latencies(took_ms)}


def _latencies(took_ms: Sequence[float]) -> dict[str, float]:
    """Return the 50th and the 99th percentile, and the sum in seconds as ``work_s``."""
    several = took_ms if len(took_ms) > 1 else [*took_ms, *took_ms]
    hundredths = statistics.quantiles(several, n=100, method="inclusive")
    return {"p50_ms": hundredths[49], "p99_ms": hundredths[98], "work_s": sum(took_ms) / 1000}
