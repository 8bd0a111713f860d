"""Runs the steps of a plan in a working folder, and keeps the figures of each run."""

import array
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.catalogue import PARAGRAPHS, PLAIN, PRODUCT, Contender, Measure
from benchmarks.data import BenchmarkData, with_changes, write_passages
from benchmarks.environments import Environment
from benchmarks.processes import Measurement, MeasurementFailed, run
from benchmarks.protocol.measuredpeer import Passage
from benchmarks.schedule import Step

_NOTHING_FOUND = 3
"""The exit status of ``verbatim ask`` if nothing answers."""

WINDOW_CHARACTERS = 800
"""Texts up to this length have less than 256 tokens, unless they are very odd."""

_CHECKED = 20
_CHECK_WORDS = 40


@dataclass(frozen=True, slots=True)
class Run:
    """The cost of one run; a figure that a measure does not give is None.

    ``process_s`` is the whole process, ``work_s`` the action alone, with the model loaded.
    """

    measure: str
    round: int
    pair: str
    contender: str
    batch: int | None
    process_s: float
    peak_mib: float
    work_s: float | None
    p50_ms: float | None
    p99_ms: float | None


class Session:
    """Runs steps; ``failures`` gives the reason for each contender that failed and is left out.

    ``found`` has each contender's rankings for all questions. ``refreshed`` is the share of changed
    passages that it finds by their new text after a refresh. ``prepared_s`` is the time that
    ``prepare`` took.
    """

    def __init__(
        self,
        data: BenchmarkData,
        environments: Mapping[str, Environment],
        work: Path,
        *,
        embedded: int,
        timeout_s: float,
    ) -> None:
        self._environments, self._work, self._timeout_s = environments, work, timeout_s
        self._questions, self._embedded = data.questions, len(_fitting(data, embedded))
        self._changed, self._exports = dict(data.changed), work / "exports"
        self.runs: list[Run] = []
        self.failures: dict[str, str] = {}
        self.found: dict[str, list[list[str]]] = {}
        self.refreshed: dict[str, float] = {}
        self.cosine: list[float] = []
        self.prepared_s = 0.0
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        write_passages(data.passages, work / "passages.jsonl")
        write_passages(with_changes(data), work / "changed.jsonl")
        write_passages(_fitting(data, self._embedded), work / "embedded.jsonl")

    @property
    def embedded(self) -> int:
        """The number of texts that a run of the model alone embeds."""
        return self._embedded

    def do(self, step: Step) -> Run | None:
        """Return the run of a step; None if its contender fails, or failed before."""
        contender = step.contender
        if contender.key in self.failures:
            return None
        try:
            if step.measure is not Measure.BUILD and step.measure is not Measure.EMBED:
                self._ensure_built(contender)
            measured = self._measure(step)
        except MeasurementFailed as error:
            self.failures[contender.key] = f"{step.measure.value}: {error}"
            return None
        said = measured.said
        done = Run(
            step.measure.value,
            step.round,
            step.pair,
            contender.key,
            step.batch,
            measured.process_s,
            measured.peak_mib,
            said.get("work_s"),
            said.get("p50_ms"),
            said.get("p99_ms"),
        )
        self.runs.append(done)
        return done

    def _measure(self, step: Step) -> Measurement:
        contender = step.contender
        match step.measure:
            case Measure.BUILD:
                return self._build(contender)
            case Measure.REFRESH:
                return self._refresh(contender)
            case Measure.COLD:
                return self._cold(contender, self._questions[step.round % len(self._questions)])
            case Measure.EMBED:
                return self._embed(step)
            case Measure.ASK:
                measured = self._act(contender, "ask", self._built(contender), asked=True)
                self.found.setdefault(contender.key, measured.said["found"])
                return measured
            case Measure.NO_OP:
                return self._act(contender, "no-op", self._built(contender))

    def _built(self, contender: Contender) -> Path:
        return self._work / contender.key / "built"

    def _ensure_built(self, contender: Contender) -> None:
        if not self._built(contender).exists():
            self._build(contender)

    def _build(self, contender: Contender) -> Measurement:
        folder = self._built(contender)
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(exist_ok=True)
        return self._act(contender, "build", folder)

    def _refresh(self, contender: Contender) -> Measurement:
        """Refresh a copy of the built index, and ask once for the new texts."""
        folder = self._work / contender.key / "refreshed"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self._built(contender), folder)
        changed = list(self._changed)
        measured = self._act(contender, "refresh", folder, passages="changed", changed=changed)
        if contender.key not in self.refreshed:
            asked = list(self._changed.items())[:_CHECKED]
            questions = [" ".join(text.split()[:_CHECK_WORDS]) for _, text in asked]
            answers = self._act(contender, "ask", folder, passages="changed", questions=questions)
            hits = [
                name in ids for (name, _), ids in zip(asked, answers.said["found"], strict=True)
            ]
            self.refreshed[contender.key] = sum(hits) / len(hits)
        shutil.rmtree(folder)
        return measured

    def _act(
        self,
        contender: Contender,
        action: str,
        folder: Path,
        *,
        passages: str = "passages",
        changed: Sequence[str] = (),
        asked: bool = False,
        questions: Sequence[str] = (),
        batch: int | None = None,
    ) -> Measurement:
        environment = self._environments[contender.environment]
        task = {
            "action": action,
            "model": str(environment.model),
            "index": str(folder),
            "passages": None if action == "cold" else str(self._work / f"{passages}.jsonl"),
            "changed": list(changed),
            "questions": list(self._questions if asked else questions),
            "batch": batch,
            "ranked": not asked or contender.key not in self.found,
        }
        file = self._work / "task.json"
        file.write_text(json.dumps(task), "utf-8")
        command = [str(environment.python), str(contender.path), str(file)]
        return run(command, timeout_s=self._timeout_s, VERBATIM_EXPORTS=str(self._exports))

    def prepare(self) -> None:
        """Export the model, which Verbatim does once on a machine.

        Raises:
            MeasurementFailed: if that fails.
        """
        folder = self._built(PARAGRAPHS)
        self.prepared_s = self._act(PARAGRAPHS, "prepare", folder).process_s

    @property
    def prepared_mib(self) -> float:
        """The size of that export."""
        files = [file for file in self._exports.rglob("*") if file.is_file()]
        return sum(file.stat().st_size for file in files) / 2**20

    def _cold(self, contender: Contender, question: str) -> Measurement:
        """Measure one question to the saved index, from the start of a process to its end."""
        environment, folder = self._environments[contender.environment], self._built(contender)
        if contender is PRODUCT:
            command = [str(environment.script("verbatim")), "ask", question, "--json"]
            return run(
                command,
                timeout_s=self._timeout_s,
                accepted=(0, _NOTHING_FOUND),
                reads_line=False,
                VERBATIM_HOME=str(folder),
                VERBATIM_EXPORTS=str(self._exports),
            )
        if contender is PLAIN:
            script = str(contender.path.with_name("ask.py"))
            command = [str(environment.python), script]
            words = [str(environment.model), str(folder), question]
            return run([*command, *words], timeout_s=self._timeout_s)
        return self._act(contender, "cold", folder, questions=[question])

    def _embed(self, step: Step) -> Measurement:
        folder = self._work / f"embedded-{step.contender.key}"
        measured = self._act(step.contender, "embed", folder, passages="embedded", batch=step.batch)
        ours, theirs = (self._work / f"embedded-{k}.f32" for k in ("verbatim", PLAIN.key))
        if not self.cosine and ours.is_file() and theirs.is_file():
            self.cosine = _cosines(ours, theirs, self._embedded)
        return measured

    def warm_up(self, contenders: Sequence[Contender]) -> None:
        """Build missing indexes and ask each once, untimed, so that all files are warm."""
        for contender in contenders:
            if contender.key in self.failures:
                continue
            try:
                self._ensure_built(contender)
                self._cold(contender, self._questions[0])
            except MeasurementFailed as error:
                self.failures[contender.key] = f"warm-up: {error}"

    def as_fields(self) -> dict[str, Any]:
        """Return all measurements, for a file."""
        return {
            "runs": [asdict(each) for each in self.runs],
            "failures": self.failures,
            "refreshed": self.refreshed,
            "prepared_s": self.prepared_s,
            "cosine": self.cosine,
        }


def _fitting(data: BenchmarkData, count: int) -> list[Passage]:
    """Return passages, evenly chosen, that surely fit a model: each side reads them whole."""
    fitting = [passage for passage in data.passages if len(passage.text) <= WINDOW_CHARACTERS]
    return fitting[:: max(len(fitting) // count, 1)][:count]


def _cosines(ours: Path, theirs: Path, count: int) -> list[float]:
    """Return the cosine of each pair of unit rows, without NumPy: this process stays small."""
    one, other = (array.array("f", path.read_bytes()) for path in (ours, theirs))
    width = len(one) // count
    if len(one) != len(other):
        raise MeasurementFailed(f"{ours.name} has not the size of {theirs.name}")
    rows = (range(k * width, (k + 1) * width) for k in range(count))
    return [sum(one[at] * other[at] for at in row) for row in rows]
