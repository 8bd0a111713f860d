"""Counts work: texts embedded, modules imported, bytes read. Seconds are for benchmarks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from heavylibraries import FORBIDDEN
from processes import environment

from embeddings.models.modelfolder import ADAPTED_WEIGHTS
from embeddings.reader.readerchoice import SHIPPED_WEIGHTS

MOST_MODULES = 900
MEBIBYTE = 2**20

PROGRAM = """
import json, sys
from pathlib import Path
sys.argv = ["verbatim", *json.loads(sys.argv[1])]
from bot.__main__ import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
counts = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
print(json.dumps([sorted(sys.modules), int(counts["rchar"])]), file=sys.stderr)
"""


def work_of(home: Path, *words: str) -> tuple[list[str], int]:
    """The modules that a command imported and the bytes that it read."""
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", PROGRAM, json.dumps(words)],
        env=environment(home),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    modules, read = json.loads(run.stderr.splitlines()[-1])
    return modules, read


@pytest.fixture(scope="module")
def asked(built_home: Path, exports: Path) -> tuple[list[str], int]:
    words = ("ask", "How many members does the Coalition have?", "--json")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VERBATIM_EXPORTS", str(exports))
        work_of(built_home, *words)  # what is compiled or noted at the first time
        return work_of(built_home, *words)


def test_a_question_imports_what_it_needs(asked: tuple[list[str], int]) -> None:
    modules, _ = asked
    assert not {name.partition(".")[0] for name in modules} & set(FORBIDDEN)
    chat = {
        "bot.responders.administration",
        "bot.operations.submissions",
        "corpus.web.fetching",
        "corpus.directory.additions",
        "asyncio",
    }
    assert not chat & set(modules)
    assert len(modules) <= MOST_MODULES, len(modules)


def test_a_question_reads_each_byte_of_model_and_index_once(
    asked: tuple[list[str], int], built_home: Path, exports: Path
) -> None:
    _, read = asked
    weights = [*ADAPTED_WEIGHTS.iterdir(), *SHIPPED_WEIGHTS.iterdir()]  # their digests are checked
    files = [*(path for path in exports.rglob("*") if path.is_file()), *weights]
    stored = sum(path.stat().st_size for path in files)
    (newest,) = sorted(built_home.glob("index/0*"))[-1:]
    index = sum(path.stat().st_size for path in newest.iterdir())
    assert stored + index > 80 * MEBIBYTE
    assert read < stored + index + 40 * MEBIBYTE, read / MEBIBYTE


def test_a_refresh_without_a_change_loads_no_model(built_home: Path, exports: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VERBATIM_EXPORTS", str(exports))
        modules, read = work_of(built_home, "refresh", "--json")
    assert not {name.partition(".")[0] for name in modules} & {*FORBIDDEN, "onnxruntime"}
    assert read < 40 * MEBIBYTE, read / MEBIBYTE
