"""Fuzzes a place where foreign bytes come in, guided by the code that inputs reach.

    python scripts/fuzz.py kind --minutes 30 --seed 1
    python scripts/fuzz.py pdf --replay fuzz/pdf/failures/hang-0123456789abcdef
    python scripts/fuzz.py --list

Needs atheris (Linux): pip install "verbatim-bot[fuzz]". Inputs that reach something new are kept in
FOLDER/TARGET/found, and the next run begins with them. An input that raises an undocumented error,
or takes more than a second, is kept in FOLDER/TARGET/failures and can be replayed; of each fault
the first input is kept. PDFs, Word files and web pages that take longer are given to the extractor
process, which has to refuse them within its limits. Prints a line every ten seconds, and at the end
how many inputs were tried, what they reached, the slowest, and what is wrong. Exits with 1 if
anything is.
"""

import argparse
import hashlib
import json
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT)]

EVERY_S = 10.0
OWN_SHARE = 0.5
OWN_SHARE_IN_FORM = 0.9
"""The share of changes that are the target's own; the second if inputs have a form to keep."""
GIVEN_UP_S = 120
"""The time after which an input that does not end is ended with its process."""
MEMORY_MB = 3_000
_COVERAGE = re.compile(r"cov: (\d+) ft: (\d+)")


@dataclass
class State:
    """The report of the process that fuzzes, in a file that the other one reads."""

    runs: int = 0
    slowest_s: float = 0.0
    slowest: str = ""
    bounded: int = 0
    failures: dict[str, str] = field(default_factory=dict)


def main() -> int:
    """Fuzz, replay or list."""
    arguments = _arguments()
    from fuzztargets import TARGETS

    if arguments.list:
        for target in TARGETS.values():
            print(f"{target.name:12} {target.about}")
        return 0
    if arguments.target not in TARGETS:
        print(f"No such target. Choose one of: {', '.join(TARGETS)}.", file=sys.stderr)
        return 2
    if arguments.replay:
        return _replay(arguments.target, arguments.replay)
    folder = arguments.folder / arguments.target
    for name in ("found", "failures"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    if arguments.inside:
        return _fuzz(arguments.target, folder, arguments.seed, arguments.seconds)
    return _campaign(arguments.target, folder, arguments.seed, 60 * arguments.minutes)


def _arguments() -> argparse.Namespace:
    lines = (__doc__ or "").split("\n")
    parser = argparse.ArgumentParser(
        description=lines[0],
        epilog="\n".join(lines[1:]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("target", nargs="?", default="", help="see --list")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long (1)")
    parser.add_argument("--seed", type=int, default=1, help="draws the same changes again (1)")
    parser.add_argument("--folder", type=Path, default=Path("fuzz"), help="keeps inputs (fuzz)")
    parser.add_argument("--replay", type=Path, nargs="+", help="tries files, and fuzzes nothing")
    parser.add_argument("--list", action="store_true", help="lists the targets")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args()


def _campaign(target: str, folder: Path, seed: int, seconds: float) -> int:
    """Run processes that fuzz, a new one if an input ended the last, and sum up."""
    total, coverage, ended = State(), (0, 0), 0
    end_s = time.monotonic() + seconds
    while (left_s := end_s - time.monotonic()) > 1:
        state_file = folder / "state.json"
        state_file.unlink(missing_ok=True)
        before = set((folder / "failures").iterdir())
        process = subprocess.Popen(  # noqa: S603 (this script itself)
            [sys.executable, __file__, target, "--inside", "--folder", str(folder.parent),
             "--seed", str(seed + ended), "--seconds", str(int(left_s))],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, errors="replace",
        )  # fmt: skip
        seen = _Seen()
        reading = threading.Thread(target=seen.read, args=(process.stderr,), daemon=True)
        reading.start()
        while process.poll() is None:
            _wait(process, EVERY_S)
            now = _sum(total, _state(state_file))
            found = max(coverage, seen.coverage)
            left = max(0, end_s - time.monotonic())
            print(
                f"{target}: {now.runs} runs, {found[0]} edges, {found[1]} features, slowest "
                f"{now.slowest_s:.2f} s, {len(now.failures)} faults, {left:.0f} s left",
                flush=True,
            )
        reading.join(5)
        total = _sum(total, _state(state_file))
        coverage = max(coverage, seen.coverage)
        if process.returncode == 0:
            break
        ended += 1
        for kept in set((folder / "failures").iterdir()) - before:
            if kept.name.startswith(("crash-", "timeout-", "oom-")) and "-of-" not in kept.name:
                total.failures[f"the process ended: {kept.name}"] = str(kept)
        if seen.coverage == (0, 0):
            print("".join(seen.lines[-30:]), file=sys.stderr)
            return 2
    faults = [f"{where}: {path}" for where, path in total.failures.items()]
    print(f"{target}: {total.runs} runs in {seconds:.0f} s, {coverage[0]} edges and {coverage[1]} "
          f"features of the code reached, slowest input {total.slowest_s:.2f} s ({total.slowest}), "
          f"{total.bounded} ended by the extractor's limits or by a library in its process, "
          f"{len(faults)} faults")  # fmt: skip
    print(*faults, sep="\n", end="\n" if faults else "")
    return 1 if faults else 0


class _Seen:
    """The output of the process that fuzzes."""

    def __init__(self) -> None:
        self.coverage = (0, 0)
        self.lines: list[str] = []

    def read(self, stream: Sequence[str]) -> None:
        for line in stream:
            self.lines = [*self.lines[-50:], line]
            if found := _COVERAGE.search(line):
                self.coverage = max(self.coverage, (int(found[1]), int(found[2])))


def _wait(process: "subprocess.Popen[str]", seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def _state(file: Path) -> State:
    try:
        return State(**json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return State()


def _sum(one: State, other: State) -> State:
    slower = max((one.slowest_s, one.slowest), (other.slowest_s, other.slowest))
    return State(
        one.runs + other.runs,
        *slower,
        one.bounded + other.bounded,
        {**one.failures, **other.failures},
    )


def _fuzz(name: str, folder: Path, seed: int, seconds: int) -> int:
    """Fuzz in this process, until the time is over or an input ends it."""
    import atheris

    with atheris.instrument_imports(include=["bot", "corpus", "embeddings"]):
        from fuzztargets import TARGETS, check, mutated

        target = TARGETS[name]
        run = target.open()
    seeds = list(target.seeds())
    for data in seeds:
        (folder / "found" / _digest(data)).write_bytes(data)
    state, reported_s = State(), 0.0

    def one(data: bytes) -> None:
        nonlocal reported_s
        found, spent = check(target, run, data)
        state.runs += 1
        if found is not None and found.kind == "hang":
            found, _ = check(target, run, data)
        if found is not None and target.bounded and _is_bounded(name, data):
            found, state.bounded = None, state.bounded + 1
        if found is not None and found.where not in state.failures:
            kept = folder / "failures" / f"{found.kind}-of-{_digest(data)}"
            kept.write_bytes(data)
            kept.with_suffix(".txt").write_text(found.report, "utf-8", "replace")
            state.failures[found.where] = str(kept)
        if spent > state.slowest_s:
            kept = folder / "slowest"
            kept.write_bytes(data)
            state.slowest_s, state.slowest = spent, str(kept)
        if time.monotonic() - reported_s > 1:
            reported_s = time.monotonic()
            _report(folder, state)

    share = OWN_SHARE if target.mutate is None else OWN_SHARE_IN_FORM

    def change(data: bytes, most: int, number: int) -> bytes:
        draw = random.Random(number)
        if draw.random() < share:
            return mutated(target, data, draw, seeds)[:most]
        changed: bytes = atheris.Mutate(data, most)
        return changed

    # what the fuzzer keeps is what it begins with, the next time
    atheris.Setup(
        [
            sys.argv[0],
            str(folder / "found"),
            f"-seed={seed}",
            f"-max_total_time={max(1, seconds)}",
            f"-max_len={target.longest}",
            "-len_control=0",  # a file in parts is none when it is cut
            f"-timeout={GIVEN_UP_S}",
            f"-rss_limit_mb={MEMORY_MB}",
            f"-artifact_prefix={folder / 'failures'}/",
            "-print_final_stats=1",
        ],
        one,
        custom_mutator=change,
    )
    atheris.Fuzz()
    return 0


def _is_bounded(name: str, data: bytes) -> bool:
    """Return whether the extractor process reads or refuses a source within its limits."""
    from corpus.errors import UnreadableSource
    from corpus.extraction.extractor import Extractor
    from corpus.extraction.limits import Limits

    files = {"pdf": "a.pdf", "word": "a.docx", "html": "a.html"}
    start = time.monotonic()
    with Extractor() as extractor:
        try:
            extractor.extract(data, name=files[name])
        except UnreadableSource:
            pass
        except Exception:  # noqa: BLE001 (whatever it is, it is what was looked for)
            return False
    return time.monotonic() - start < Limits().wall_s + EVERY_S


def _report(folder: Path, state: State) -> None:
    file = folder / "state.json"
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps(asdict(state)), "utf-8")
    beside.replace(file)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _replay(name: str, files: Sequence[Path]) -> int:
    from fuzztargets import TARGETS, check

    target = TARGETS[name]
    run, wrong = target.open(), 0
    for file in files:
        data = file.read_bytes()
        found, spent = check(target, run, data)
        bounded = found is not None and target.bounded and _is_bounded(name, data)
        wrong += found is not None and not bounded
        said = "fine" if found is None else f"{found.kind}: {found.report}"
        print(f"{file}: {spent:.2f} s, {said}{' (the extractor ends it)' if bounded else ''}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
