"""The extractor process: the cost of a source, and the remains when something dies."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from hostilesandbox import HOSTILE, LIMITS, told

from corpus.errors import ExtractorUnavailable, UnreadableSource
from corpus.extraction.process.sandbox import Sandbox

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the extractor process needs fork")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(limits=LIMITS, command=HOSTILE) as sandbox:
        yield sandbox


def refused(sandbox: Sandbox, order: str) -> str:
    with pytest.raises(UnreadableSource) as caught:
        told(sandbox, order)
    return str(caught.value)


def test_what_a_reader_finds_comes_back(sandbox: Sandbox) -> None:
    answer = sandbox.ask("read", "echo « été »\n\n𝄞".encode(), name="page")
    assert (answer.text, answer.head["name"]) == ("« été »\n\n𝄞", "page")


@pytest.mark.skipif(sys.platform != "linux", reason="macOS has no limit on address space")
def test_a_source_gets_no_more_memory_than_allowed(sandbox: Sandbox) -> None:
    assert told(sandbox, "memory 100000000") == "100000000"
    assert refused(sandbox, "memory 300000000").startswith("needed more than 200 MB of memory")


def test_a_source_gets_no_more_cpu_than_allowed(sandbox: Sandbox) -> None:
    assert refused(sandbox, "cpu").startswith("took more than 1 s to read")


def test_a_reader_that_waits_is_ended(sandbox: Sandbox) -> None:
    started = time.monotonic()
    assert refused(sandbox, "sleep").startswith("took more than 2 s to read")
    assert time.monotonic() - started < 6


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ("segfault", "crashed its parser"),
        ("raise", "damaged: its parser failed (KeyError)"),
        ("deep", "nested too deeply"),
        ("long 1000001", "over 1 MB of text"),
        ("write /tmp/verbatim-no-file", "damaged: its parser failed ("),
        ("lie", "crashed its parser"),
        ("wrong", "its parser ended without an answer"),
    ],
)
def test_what_happens_in_a_reader_becomes_a_reason(
    sandbox: Sandbox, order: str, reason: str
) -> None:
    assert refused(sandbox, order).startswith(reason)
    assert told(sandbox, "echo still here") == "still here"


def test_a_reader_sees_no_descriptor_but_the_one_for_its_answer(sandbox: Sandbox) -> None:
    assert told(sandbox, "descriptors").split() == ["1", "2", "3"]


def test_the_reader_process_gets_no_secret_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERBATIM_TOKEN", "123:secret")
    with Sandbox(limits=LIMITS, command=HOSTILE) as sandbox:
        names = set(told(sandbox, "environment").split())
    known = {"PYTHONPATH", "PYTHONUTF8", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "TZ"}
    assert names <= {*known, "OPENBLAS_NUM_THREADS"}


def test_one_process_serves_many_sources_and_a_dead_one_is_replaced(sandbox: Sandbox) -> None:
    server = int(told(sandbox, "server"))
    assert int(told(sandbox, "server")) == server
    os.kill(server, signal.SIGKILL)
    assert told(sandbox, "echo after") == "after"
    assert int(told(sandbox, "server")) != server


def test_no_process_is_started_before_a_source_needs_it_and_none_stays() -> None:
    with Sandbox(limits=LIMITS, command=("/nowhere/python",)):
        pass
    with Sandbox(limits=LIMITS, command=HOSTILE) as sandbox:
        server = int(told(sandbox, "server"))
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)


def test_a_reader_process_that_cannot_start_says_so() -> None:
    with (
        Sandbox(limits=LIMITS, command=(*HOSTILE, "broken")) as sandbox,
        pytest.raises(ExtractorUnavailable, match="could not be started"),
    ):
        told(sandbox, "echo")


def test_nothing_stays_when_the_parent_is_killed_while_a_source_is_read() -> None:
    program = (
        "from hostilesandbox import HOSTILE, Limits, Sandbox, told\n"
        "sandbox = Sandbox(limits=Limits(wall_s=60), command=HOSTILE)\n"
        "print(told(sandbox, 'server'), flush=True)\n"
        "told(sandbox, 'sleep')\n"
    )
    parent = subprocess.Popen(  # noqa: S603 (our own program)
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert parent.stdout is not None
    group = int(parent.stdout.readline())
    time.sleep(0.3)
    os.killpg(group, 0)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("the extractor process outlived its parent")
