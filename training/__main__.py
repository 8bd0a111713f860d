"""Runs the command line of training."""

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.errors import CorpusError
from embeddings import EmbeddingsError
from training.errors import TrainingError

if TYPE_CHECKING:
    from training.workshop import Workshop

ARGUMENTS_NAME = "arguments.json"

EXAMPLE = """
example: from the shared data to exported weights, each line resumes where it was killed

  python -m training mine     --runs runs
  python -m training reader   --runs runs --name first  --mix first  --steps 1200
  python -m training reader   --runs runs --name second --mix second --steps 900 \\
                              --start runs/first/export --body-rate 5e-5 --head-rate 1e-4
  python -m training embedder --runs runs --name embedder --steps 240
  python -m training average  --runs runs runs/first/export runs/second/export --to runs/mean
  python -m training evaluate --runs runs --reader runs/mean
  python -m training calibrate --runs runs --reader runs/mean
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = argparse.ArgumentParser(
        prog="python -m training",
        description="Trains the reader and the adapted embedder: data in, weights out.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, about: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=about, description=about)
        made.add_argument("--shared", type=Path, default=Path("../shared"), help="the data")
        made.add_argument("--runs", type=Path, required=True, help="the folder of all runs")
        made.add_argument("--threads", type=int, default=2, help="threads on a CPU")
        made.add_argument("--device", default="auto", help="cpu, cuda, or auto")
        made.add_argument("--precision", choices=("bf16", "fp32"), default="bf16")
        return made

    mining = command("mine", "Write what retrieval proposes for each question, once.")
    mining.add_argument("--model", help="an adapted embedder's folder; else the default model")
    reader = command("reader", "Fit the reader: one stage, from the base model or an export.")
    reader.add_argument(
        "--mix",
        choices=("first", "middle", "second", "third", "fourth"),
        default="first",
        help="the data",
    )
    reader.add_argument("--body-rate", type=float, default=1e-4, help="peak rate of the encoder")
    reader.add_argument("--head-rate", type=float, default=5e-4, help="peak rate of the heads")
    embedder = command("embedder", "Adapt the embedder: one stage.")
    embedder.add_argument("--rate", type=float, default=3e-5, help="peak rate")
    for stage, steps in ((reader, 1200), (embedder, 240)):
        stage.add_argument("--name", required=True, help="the run's folder within --runs")
        stage.add_argument("--steps", type=int, default=steps, help="steps of 32 pairs")
        stage.add_argument("--warm-up", type=int, default=100, help="steps until the peak rate")
        stage.add_argument("--start", type=Path, help="exported weights to begin from")
        stage.add_argument("--seed", type=int, default=1)
        stage.add_argument("--check-every", type=int, default=300, help="steps between dev figures")
        stage.add_argument("--save-every", type=float, default=240, help="seconds")
        stage.add_argument("--minutes", type=float, help="stop with a checkpoint after so many")
    _add_commands_on_weights(command)
    measuring = command("evaluate", "Measure exported weights on what is held back.")
    measuring.add_argument("--reader", type=Path, help="exported weights of a reader")
    measuring.add_argument("--embedder", type=Path, help="exported weights of an embedder")
    measuring.add_argument("--base-embedder", action="store_true", help="the base model's figures")
    measuring.add_argument("--questions", type=int, default=400, help="of each kind, at most")
    measuring.add_argument("--top", type=int, default=12, help="candidates read for a question")
    measuring.add_argument("--out", type=Path, help="a file for the figures and all scores")
    calibrating = command("calibrate", "Fit a reader's probabilities and thresholds, beside it.")
    calibrating.add_argument("--reader", type=Path, required=True, help="exported weights")
    calibrating.add_argument("--questions", type=int, default=100, help="with twins, at most")
    calibrating.add_argument("--seed", type=int, default=0)
    calibrating.add_argument(
        "--index", type=Path, help="an index of all statements; else the one that was mined from"
    )
    calibrating.add_argument(
        "--model", help="the model that built it; else the base model, or the package's own"
    )
    command("wording", "Print what the wording of questions gives away without any passage.")
    speed = command("speed", "Measure pairs a second, in bf16 and in fp32.")
    speed.add_argument("--steps", type=int, default=3)
    return top


def _add_commands_on_weights(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    exporting = command("export", "Export the average of a run's last checkpoint.")
    exporting.add_argument("--name", required=True, help="the run's folder within --runs")
    exporting.add_argument("--kind", choices=("reader", "embedder"), required=True)
    mean = command("average", "Write the mean of the weights of several stages of a reader.")
    mean.add_argument("exports", type=Path, nargs="+", help="exported weights")
    mean.add_argument("--to", type=Path, required=True, help="the folder to write")
    whole = command("assemble", "Write a model folder of an exported embedder, for VERBATIM_MODEL.")
    whole.add_argument("--embedder", type=Path, required=True, help="exported weights")
    whole.add_argument("--to", type=Path, required=True, help="the folder to write")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    asked = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.getLogger("faiss").setLevel(logging.WARNING)
    try:
        _run(asked)
    except (TrainingError, CorpusError, EmbeddingsError) as error:
        print(f"training: {error}", file=sys.stderr)
        return 1
    return 0


def _run(asked: argparse.Namespace) -> None:
    # threads that wait busily for each other make a step ten times slower where cores are shared;
    # it is read when torch is loaded
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from training.workshop import Workshop, chosen_device

    device = chosen_device(asked.device, asked.threads)
    workshop = Workshop(asked.shared, asked.runs, device, asked.precision == "bf16", asked.threads)
    if asked.command == "mine":
        from training.material.candidates import mine, questions_to_mine

        sets = questions_to_mine(workshop.statements, workshop.shared)
        exports = workshop.runs / "exported-models"
        mine(sets, folder=workshop.mined, exports=exports, threads=asked.threads, model=asked.model)
    elif asked.command in {"reader", "embedder"}:
        _fit(asked, workshop)
    elif asked.command == "export":
        from training.fitting.stage import put_checkpoint

        network = workshop.reader(None) if asked.kind == "reader" else workshop.embedder(None)
        step = put_checkpoint(network, asked.runs / asked.name)
        _export(workshop, network, asked.runs / asked.name, asked.kind, step)
    elif asked.command == "average":
        _average(asked, workshop)
    elif asked.command == "assemble":
        from training.network.modelfolder import write_model_folder

        write_model_folder(workshop.embedder(asked.embedder), workshop.base, asked.to)
    elif asked.command == "evaluate":
        from training.measuring.evaluation import evaluate

        evaluate(
            workshop,
            reader=asked.reader,
            embedder=asked.embedder,
            base_embedder=asked.base_embedder,
            questions=asked.questions,
            top=asked.top,
            out=asked.out,
        )
    elif asked.command == "calibrate":
        _calibrate(asked, workshop)
    elif asked.command == "wording":
        from training.measuring.wordingfigures import wording_figures

        print(json.dumps(wording_figures(workshop), indent=2))
    else:
        from training.measuring.speed import speed_figures

        print(json.dumps(speed_figures(workshop, steps=asked.steps), indent=2))


def _average(asked: argparse.Namespace, workshop: "Workshop") -> None:
    from training.network.weights import CARD_NAME, average_weights, export_weights

    networks = [workshop.reader(export) for export in asked.exports]
    average_weights(networks)
    cards = [json.loads((export / CARD_NAME).read_text("utf-8")) for export in asked.exports]
    fields = ("sha256", "steps_done", "plan", "made_with", "average_of")
    facts = {
        "average_of": [{n: card[n] for n in fields if n in card} for card in cards],
        "documents": sorted({document for card in cards for document in card["documents"]}),
    }
    file = export_weights(networks[0], asked.to, kind="reader", facts=facts)
    logging.getLogger(__name__).info("wrote %s", file)


def _calibrate(asked: argparse.Namespace, workshop: "Workshop") -> None:
    from training.calibration.fit import examples, fit, write
    from training.calibration.questions import calibration_questions
    from training.calibration.readings import KeptReadings

    reader = KeptReadings(
        workshop.exported_reader(asked.reader), asked.runs / "readings" / "kept.jsonl"
    )
    questions = calibration_questions(workshop.dev_split, most=asked.questions, seed=asked.seed)
    found = examples(questions, workshop.retriever(asked.index, asked.model), reader)
    _, fields = fit(found, reader)
    reader.close()
    print(json.dumps(fields, indent=2))
    logging.getLogger(__name__).info("wrote %s", write(fields, asked.reader))


def _fit(asked: argparse.Namespace, workshop: "Workshop") -> None:
    from training.fitting.stage import Plan, Task, run_stage

    plan: Plan = Plan(
        steps=asked.steps,
        warm_up=asked.warm_up,
        seed=asked.seed,
        check_every=asked.check_every,
        save_every_s=asked.save_every,
    )
    task: Task
    if asked.command == "reader":
        task = workshop.reader_task(
            workshop.reader(asked.start),
            mix=asked.mix,
            seed=asked.seed,
            body_rate=asked.body_rate,
            head_rate=asked.head_rate,
        )
    else:
        task = workshop.embedder_task(
            workshop.embedder(asked.start), seed=asked.seed, rate=asked.rate
        )
    folder = asked.runs / asked.name
    _note_arguments(asked, folder)
    if run_stage(task, plan, folder=folder, device=workshop.device, minutes=asked.minutes):
        _export(workshop, task.network, folder, asked.command, asked.steps)


def _note_arguments(asked: argparse.Namespace, folder: Path) -> None:
    """Store the arguments of the stage, for the card of its weights."""
    from training.network.weights import CARD_NAME

    noted = {
        name: getattr(asked, name)
        for name in ("command", "mix", "body_rate", "head_rate", "rate", "seed", "precision")
        if hasattr(asked, name)
    }
    if asked.start is not None and (asked.start / CARD_NAME).is_file():
        card = json.loads((asked.start / CARD_NAME).read_text("utf-8"))
        noted["start"] = {"sha256": card["sha256"], "made_with": card.get("made_with")}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ARGUMENTS_NAME).write_text(json.dumps(noted, indent=2) + "\n", "utf-8")


def _export(workshop: "Workshop", network: object, folder: Path, kind: str, step: int) -> None:
    from torch import nn

    from training.network.weights import export_weights

    assert isinstance(network, nn.Module)  # noqa: S101 (says so to the type checker)
    plan = json.loads((folder / "plan.json").read_text("utf-8"))
    made_with = json.loads((folder / ARGUMENTS_NAME).read_text("utf-8"))
    facts = {
        "steps_done": step,
        "plan": plan,
        "made_with": made_with,
        "documents": sorted(workshop.statements.learned_from),
    }
    file = export_weights(network, folder / "export", kind=kind, facts=facts)
    logging.getLogger(__name__).info("exported %s, %.1f MB", file, file.stat().st_size / 1e6)


if __name__ == "__main__":
    sys.exit(main())
