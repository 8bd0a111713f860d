"""Each fuzz target for a few seconds; ``scripts/fuzz.py`` runs them for as long as one likes."""

import random
import time

import pytest
from fuzztargets import TARGETS, Target, check, mutated

SECONDS = 2.0
SEED = 7


def short_run(target: Target, *, seconds: float, seed: int) -> tuple[int, list[str]]:
    """The number of inputs that were tried, and the reports of faults."""
    run, seeds, draw = target.open(), list(target.seeds()), random.Random(seed)
    reports = {}
    end_s = time.thread_time() + seconds
    tried = 0
    for data in seeds:
        found, _ = check(target, run, data)
        assert found is None, found
    while time.thread_time() < end_s:
        data = mutated(target, draw.choice(seeds), draw, seeds)
        found, _ = check(target, run, data)
        if found is not None and check(target, run, data)[0] is not None:
            reports[found] = f"{found.kind} {found.where}\n{found.report}\n{data[:2_000]!r}"
        tried += 1
    return tried, list(reports.values())


@pytest.mark.parametrize("name", TARGETS)
def test_a_few_seconds_of_fuzzing_find_no_crash_and_no_hang(name: str) -> None:
    tried, reports = short_run(TARGETS[name], seconds=SECONDS, seed=SEED)
    assert not reports, "\n\n".join(reports)
    assert tried >= 10


def test_a_crash_and_a_hang_are_found() -> None:
    def run(data: bytes) -> None:
        if data == b"loop":
            end_s = time.thread_time() + 1.1
            while time.thread_time() < end_s:
                pass
        raise KeyError(data) if data == b"bad" else ValueError(data)

    target = Target("t", "", lambda: run, lambda: [b"a"], lambda: (ValueError,))
    assert check(target, run, b"a")[0] is None
    crash, hang = check(target, run, b"bad")[0], check(target, run, b"loop")[0]
    assert crash is not None
    assert crash.kind == "crash"
    assert hang is not None
    assert hang.kind == "hang"
