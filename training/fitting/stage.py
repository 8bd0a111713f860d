"""Runs a stage: steps, a log, checkpoints from which a killed run goes on, and an export."""

import json
import logging
import math
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from training.errors import TrainingError, WeightsDamaged
from training.fitting.averages import MovingAverage

log = logging.getLogger(__name__)

CHECKPOINT_NAME = "checkpoint.pt"
LOG_NAME = "log.jsonl"
PLAN_NAME = "plan.json"
_LOG_EVERY = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """The course of a stage. Rates rise over ``warm_up`` steps, stay until ``flat`` of all steps,
    and fall in a line to ``last_rate`` of the peak.
    """

    steps: int
    warm_up: int = 100
    flat: float = 0.6
    last_rate: float = 0.1
    decay: float = 0.01
    clip: float = 1.0
    average: float = 0.998
    seed: int = 1
    check_every: int = 300
    save_every_s: float = 240.0

    def rate(self, step: int) -> float:
        """Return the share of the peak rate at a step, counted from 0."""
        if step < self.warm_up:
            return (step + 1) / self.warm_up
        begun = self.flat * self.steps
        if step < begun:
            return 1.0
        done = (step - begun) / max(self.steps - begun, 1)
        return 1 - (1 - self.last_rate) * min(done, 1.0)


class Task(Protocol):
    """A thing to learn: the reader, or the embedder."""

    @property
    def network(self) -> nn.Module:
        """The network that learns."""

    def rates(self) -> list[tuple[list[nn.Parameter], float]]:
        """Return the parameters that learn, with their peak rates."""

    def learn(self, step: int) -> dict[str, float]:
        """Add the gradients of a step's loss; returns the loss and its parts for the log."""

    def check(self) -> dict[str, float]:
        """Return figures on held-back rows, with the network's current weights."""


def run_stage(
    task: Task, plan: Plan, *, folder: Path, device: torch.device, minutes: float | None = None
) -> bool:
    """Run a stage in a folder, or go on with the one that was begun there.

    The log and the checkpoint are written side by side. After ``minutes``, the stage stops with a
    checkpoint. Returns whether all steps are done; the network then has the averaged weights.

    Raises:
        TrainingError: if another plan was begun there, or the loss is no number.
        WeightsDamaged: if the checkpoint cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _note_plan(plan, folder)
    torch.manual_seed(plan.seed)
    task.network.to(device)
    optimiser = torch.optim.AdamW(
        [{"params": params, "lr": rate, "peak": rate} for params, rate in task.rates()],
        weight_decay=plan.decay,
    )
    average = MovingAverage(task.network, plan.average)
    step = _restore(folder / CHECKPOINT_NAME, task.network, optimiser, average)
    begun = saved = time.monotonic()
    sums: dict[str, float] = {}
    counted, since = 0, time.monotonic()
    while step < plan.steps:
        task.network.train()
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * plan.rate(step)
        parts = task.learn(step)
        if not math.isfinite(parts["loss"]):
            raise TrainingError(f"the loss of step {step} is {parts['loss']}: nothing was saved.")
        learned = [p for group in optimiser.param_groups for p in group["params"]]
        torch.nn.utils.clip_grad_norm_(learned, plan.clip)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        average.update()
        step += 1
        counted += 1
        for name, part in parts.items():
            sums[name] = sums.get(name, 0.0) + part
        if step % _LOG_EVERY == 0:
            row = {name: total / counted for name, total in sums.items()}
            row["seconds_a_step"] = (time.monotonic() - since) / counted
            _note(folder, step, row)
            sums, counted, since = {}, 0, time.monotonic()
        if step % plan.check_every == 0 or step == plan.steps:
            with average.in_place():
                _note(folder, step, task.check())
            since = time.monotonic()
        out_of_time = minutes is not None and time.monotonic() - begun > 60 * minutes
        if time.monotonic() - saved > plan.save_every_s or step == plan.steps or out_of_time:
            _save(folder / CHECKPOINT_NAME, step, task.network, optimiser, average)
            saved = time.monotonic()
        if out_of_time and step < plan.steps:
            _put(average, task.network)
            return False
    _put(average, task.network)
    return True


def _put(average: MovingAverage, network: nn.Module) -> None:
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name in average.values:
                parameter.copy_(average.values[name])


def put_checkpoint(network: nn.Module, folder: Path) -> int:
    """Put the averaged weights of a stage's last checkpoint into a network; returns its step.

    Raises:
        WeightsDamaged: if there is none or it cannot be read.
    """
    state = _read(folder / CHECKPOINT_NAME)
    if state is None:
        raise WeightsDamaged(f"{folder} has no checkpoint yet.")
    average = state["average"]
    missing = network.load_state_dict({**state["network"], **average["values"]}, strict=False)
    if missing.unexpected_keys:
        raise WeightsDamaged(f"{folder} has the checkpoint of another network.")
    return int(state["step"])


def _note_plan(plan: Plan, folder: Path) -> None:
    file = folder / PLAN_NAME
    fields = asdict(plan)
    if file.exists():
        before = json.loads(file.read_text("utf-8"))
        # how often something is written or measured does not change what is learned
        free = {"check_every", "save_every_s"}
        if any(before.get(name) != value for name, value in fields.items() if name not in free):
            raise TrainingError(
                f"{folder} has a stage with another plan. Give its settings again, "
                "or another folder."
            )
    file.write_text(json.dumps(fields, indent=2) + "\n", "utf-8")


def _note(folder: Path, step: int, figures: Mapping[str, float]) -> None:
    row = {"step": step, **{name: round(value, 5) for name, value in figures.items()}}
    with (folder / LOG_NAME).open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    log.info("%s", " ".join(f"{name} {value:g}" for name, value in row.items()))


def _save(
    file: Path,
    step: int,
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    average: MovingAverage,
) -> None:
    unfinished = file.with_suffix(".unfinished")
    learned = {n: p.detach().cpu() for n, p in network.named_parameters() if p.requires_grad}
    torch.save(
        {
            "step": step,
            "network": learned,
            "optimiser": optimiser.state_dict(),
            "average": average.state(),
            "random": torch.get_rng_state(),
        },
        unfinished,
    )
    os.replace(unfinished, file)


def _restore(
    file: Path, network: nn.Module, optimiser: torch.optim.Optimizer, average: MovingAverage
) -> int:
    state = _read(file)
    if state is None:
        return 0
    network.load_state_dict(state["network"], strict=False)
    optimiser.load_state_dict(state["optimiser"])
    average.restore(state["average"]["steps"], state["average"]["values"])
    torch.set_rng_state(state["random"])
    log.info("goes on after step %d", state["step"])
    return int(state["step"])


def _read(file: Path) -> dict[str, Any] | None:
    if not file.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a broken file provokes, the cause is the file
        raise WeightsDamaged(
            f"{file} cannot be read. Delete it to begin the stage anew."
        ) from error
    return state
