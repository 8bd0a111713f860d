"""Measures Verbatim beside comparable libraries, and writes a table and a plot.

Each library has an environment of its own, made from the pins in benchmarks/peers. All have the
same weights, passages and questions, and ours and theirs are measured in turn.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import machine, quality
from benchmarks.catalogue import PARAGRAPHS, PEERS_IN_ORDER, PLAIN, PRODUCT, Contender, Measure
from benchmarks.data import BenchmarkData, DataError, read_data
from benchmarks.environments import (
    REPOSITORY,
    Environment,
    EnvironmentFailed,
    make_environment,
)
from benchmarks.plot import PlotFailed, draw
from benchmarks.processes import MeasurementFailed
from benchmarks.schedule import plan
from benchmarks.session import Session
from benchmarks.table import Measurements, report

_QUICK = 200
_QUICK_TEXTS = 64
_EXAMPLE = """\
example:
  python -m benchmarks --quick --peers plain,langchain
  python -m benchmarks --corpus scifact --passages 5000

A data set with known answers is, for one, SciFact in BEIR's layout (corpus.jsonl, queries.jsonl,
qrels/test.tsv): https://public.ukp.informatik.tu-darmstadt.de/thakur/BEIR/datasets/scifact.zip
Without --corpus the shipped statement is repeated, and retrieval quality is not measured.
"""


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    keys = [peer.key for peer in PEERS_IN_ORDER]
    add = parser.add_argument
    add("--passages", type=int, default=10_000, metavar="N", help="how many (10000)")
    add("--quick", action="store_true", help=f"{_QUICK} passages, one round: to see that it works")
    add("--rounds", type=int, default=None, metavar="R", help="runs of each pair (3)")
    add("--build-rounds", type=int, metavar="R", help="of the full builds (as --rounds)")
    add("--peers", default=",".join(keys), help=f"which, with commas ({','.join(keys)})")
    add(
        "--measures",
        default=",".join(each.value for each in Measure),
        help="which, with commas (build,no-op,refresh,ask,cold,embed)",
    )
    add("--corpus", type=Path, help="a folder in BEIR's layout or of statements, or JSON lines")
    add(
        "--questions",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="more questions about --corpus: JSON lines with question and passages (ids)",
    )
    add("--longest", type=int, metavar="C", help="leave out passages of more characters")
    add("--embed-texts", type=int, default=512, metavar="N", help="for the model alone (512)")
    add("--out", type=Path, default=REPOSITORY / "benchmarks" / "results", metavar="DIR")
    add("--environments", type=Path, default=REPOSITORY / ".benchmarks", metavar="DIR")
    add("--timeout", type=float, default=7200, metavar="S", help="of one process (7200)")
    options = parser.parse_args(words)
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.build_rounds = options.build_rounds or options.rounds
    if options.quick:
        options.passages = _QUICK
        options.embed_texts = min(options.embed_texts, _QUICK_TEXTS)
    wanted = [key for key in options.peers.split(",") if key]
    if unknown := sorted(set(wanted) - set(keys)):
        parser.error(f"--peers: there is no {', '.join(unknown)}; it is some of {','.join(keys)}")
    options.peers = [peer for peer in PEERS_IN_ORDER if peer.key in wanted]
    known = {each.value: each for each in Measure}
    if unknown := sorted(set(options.measures.split(",")) - known.keys()):
        parser.error(f"--measures: there is no {', '.join(unknown)}; it is some of {list(known)}")
    options.measures = {known[name] for name in options.measures.split(",")}
    return options


def main(words: Sequence[str] | None = None) -> int:
    """Return the exit status: 0, also if a peer is missing and named; 1 if nothing is measured."""
    options = _options(words)
    started = time.time()
    try:
        data = read_data(options.corpus, count=options.passages, questions=tuple(options.questions))
        environments, missing = _environments(options.peers, options.environments)
    except (DataError, EnvironmentFailed) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    peers = [peer for peer in options.peers if peer.environment in environments]
    contenders = [PARAGRAPHS, PRODUCT, *peers]
    session = Session(
        data,
        environments,
        options.environments.absolute() / "work",
        embedded=options.embed_texts,
        timeout_s=options.timeout,
    )
    about = _about(data, options)
    options.out.mkdir(parents=True, exist_ok=True)
    steps = list(
        plan(
            peers,
            options.measures,
            rounds=options.rounds,
            build_rounds=options.build_rounds,
            embed_peer=PLAIN if PLAIN in peers else None,
        )
    )
    try:
        session.prepare()
    except MeasurementFailed as error:
        print(f"benchmarks: {PARAGRAPHS.title}: {error}", file=sys.stderr)
        return 1
    warmed = False
    for number, step in enumerate(steps, start=1):
        if step.measure not in {Measure.BUILD, Measure.EMBED} and not warmed:
            session.warm_up(contenders)
            warmed = True
        done = session.do(step)
        failed = session.failures.get(step.contender.key, "")
        took = (
            f"left out, {failed}"
            if done is None
            else f"{done.process_s:.1f} s, {done.peak_mib:.0f} MiB"
        )
        what = f"{step.measure.value} {step.round + 1} {step.contender.key} {step.batch or ''}"
        print(f"{number}/{len(steps)} {what.strip()}: {took}", file=sys.stderr, flush=True)
        (options.out / "runs.json").write_text(
            json.dumps({"about": about, **session.as_fields()}, indent=1), "utf-8"
        )
    titles = {each.key: each.title for each in contenders}
    measured = Measurements(
        about={
            **about,
            "Took": f"{(time.time() - started) / 60:.0f} minutes",
            "Verbatim's first start on a machine": f"{session.prepared_s:.0f} s for the export "
            f"of its model, {session.prepared_mib:.0f} MiB, counted as installed",
        },
        runs=session.runs,
        contenders=contenders,
        installed_mib=_sizes(environments, session.prepared_mib),
        versions={name: each.versions for name, each in environments.items()},
        quality=_quality(data, session.found),
        refreshed=session.refreshed,
        missing={**missing, **{titles[k]: reason for k, reason in session.failures.items()}},
        cosine=session.cosine,
        embedded=session.embedded,
    )
    return _write(measured, options.out)


def _write(measured: Measurements, folder: Path) -> int:
    (folder / "table.md").write_text(report(measured), "utf-8")
    print(report(measured))
    try:
        draw(measured, folder / "plot.png")
    except PlotFailed as error:
        print(f"benchmarks: {error}", file=sys.stderr)
    return 0 if measured.runs else 1


def _environments(
    peers: Sequence[Contender], folder: Path
) -> tuple[dict[str, Environment], dict[str, str]]:
    """Return the environments by name, and by title why one is missing; ours has to be there."""
    print(f"Environments in {folder}: a first time takes minutes each.", file=sys.stderr)
    own = PARAGRAPHS.environment
    found = {own: make_environment(own, folder / own)}
    missing = {}
    for peer in peers:
        try:
            found[peer.environment] = make_environment(peer.environment, folder / peer.environment)
        except EnvironmentFailed as error:
            missing[peer.title] = f"it could not be installed: {error}"
            print(f"{peer.title}: {missing[peer.title]}", file=sys.stderr)
    return found, missing


def _sizes(environments: Mapping[str, Environment], prepared_mib: float) -> dict[str, float]:
    """Return the installed size of each environment, with the files that ours makes at its first
    start.
    """
    sizes = {name: each.installed_mib for name, each in environments.items()}
    sizes[PARAGRAPHS.environment] += prepared_mib
    return sizes


def _about(data: BenchmarkData, options: argparse.Namespace) -> dict[str, str]:
    of = machine.describe()
    characters = sum(len(passage.text) for passage in data.passages) // len(data.passages)
    asked = ", ".join(f"{len(each)} {name}" for name, each in data.judged.items())
    most = f", none of more than {options.longest}" if options.longest else ""
    return {
        "Date": time.strftime("%Y-%m-%d"),
        "Machine": f"{of['processor']}, {of['cores']} cores, {of['memory']}",
        "System": f"{of['system']}, Python {of['python']}",
        "Passages": f"{len(data.passages):,} of {data.source}, {characters} characters on average"
        + most,
        "Changed": f"{len(data.changed)} passages",
        "Questions": asked or f"{len(data.questions)} made of the passages' words, not judged",
        "Rounds": f"{options.rounds}, of the builds {options.build_rounds}",
    }


def _quality(
    data: BenchmarkData, found: Mapping[str, list[list[str]]]
) -> dict[str, dict[str, tuple[float, float]]]:
    """Return contender → set of questions → mean recall@10 and nDCG@10."""
    figures: dict[str, dict[str, tuple[float, float]]] = {}
    for key, rankings in found.items():
        start = 0
        for name, asked in data.judged.items():
            part = rankings[start : start + len(asked)]
            start += len(asked)
            pairs = [(r, question.relevant) for r, question in zip(part, asked, strict=True)]
            recall = quality.mean([quality.recall(r, right) for r, right in pairs])
            gain = quality.mean([quality.ndcg(r, right) for r, right in pairs])
            figures.setdefault(key, {})[name] = (recall, gain)
    return figures


if __name__ == "__main__":
    sys.exit(main())
