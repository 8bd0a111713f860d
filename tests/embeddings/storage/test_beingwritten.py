"""An index says whether somebody writes it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from fakes import Open

from embeddings import FolderIndex

HOLD = """
import sys, time
from pathlib import Path
from embeddings import FolderIndex
with FolderIndex(Path(sys.argv[1])).writer():
    print("held", flush=True)
    time.sleep(60)
"""


def test_an_index_is_being_written_while_a_writer_holds_its_lock(opened: Open) -> None:
    index, other = opened(), opened()
    assert not other.is_being_written()
    with index.writer():
        assert other.is_being_written()
        assert index.is_being_written()
    assert not other.is_being_written()


def test_a_writer_that_was_killed_writes_no_more(tmp_path: Path) -> None:
    index = FolderIndex(tmp_path / "index")
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", HOLD, str(index.directory)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert index.is_being_written()
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    assert (index.directory / "writer.json").exists()
    assert not index.is_being_written()
    with index.writer():
        pass
