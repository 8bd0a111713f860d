"""A refresh that is killed, or has no room on the disk, at any step harms nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def run(campaign: str, count: int) -> dict[str, Any]:
    """The figures of a campaign, in a process of its own: it forks for every trial."""
    script = Path(__file__).parents[1] / "support" / "refreshfaults.py"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-W", "ignore", script, campaign, str(count)],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
        # a fork has one thread, and waits for ever for a team that its parent had
        env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def test_a_refresh_killed_at_any_line_leaves_a_whole_index_that_answers() -> None:
    figures = run("lines", 40)
    assert (figures["trials"], figures["faults"]) == (40, [])
    assert figures["killed"] >= 30
    assert figures["served_old"] > 0
    assert figures["served_new"] > 0


def test_a_refresh_killed_at_any_time_leaves_a_whole_index_that_answers() -> None:
    figures = run("times", 20)
    assert (figures["trials"], figures["faults"]) == (20, [])
    assert figures["killed"] > 0


def test_a_refresh_without_room_for_a_write_fails_in_one_line_and_the_old_index_answers() -> None:
    figures = run("disk", 10)
    assert figures["faults"] == []
    assert figures["refused"] > 30
