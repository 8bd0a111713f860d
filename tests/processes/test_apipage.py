"""The commands that the page of the HTTP API shows, typed against the real server."""

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import pytest
from documentpages import ROOT, blocks
from webprocess import Web, web

PAGE = ROOT / "docs" / "api.md"
TOKEN = "token-of-a-reader-of-statements"


@pytest.fixture(scope="module")
def running(built_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A server with a reader's token, and no rate."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    settings = {"VERBATIM_WEB_TOKENS": f"reader:{TOKEN}", "VERBATIM_WEB_RATE": "0"}
    with web(built_home, port, tmp_path_factory.mktemp("log") / "log", **settings) as found:
        yield found


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.skipif(not PAGE.is_file(), reason="the sources are not here")
def test_every_curl_command_of_the_page_is_answered_as_it_shows(
    running: Web, tmp_path: Path
) -> None:
    typed = [
        each for block in blocks(PAGE) for each in block.typed if each.line.startswith("curl ")
    ]
    assert len(typed) > 9
    for each in typed:
        line = each.line.replace("127.0.0.1:8080", f"127.0.0.1:{running.port}")
        done = subprocess.run(  # noqa: S603
            ["bash", "-o", "pipefail", "-c", line.replace("curl -s", "curl -s --max-time 60")],  # noqa: S607
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "TOKEN": TOKEN},
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        if each.shown:
            assert f"{done.stdout.rstrip()}\n" == each.shown, line
        else:
            assert '"status": ' not in done.stdout, line
            assert done.stdout.startswith('{"') or "-o /dev/null" in line, line


def posted(running: Web, path: str, given: object) -> int:
    """The status of the answer to an object of JSON."""
    connection = HTTPConnection("127.0.0.1", running.port, timeout=60)
    try:
        kind = {"Content-Type": "application/json"}
        connection.request("POST", path, json.dumps(given).encode(), kind)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("sign", ["a", "é", "😀"])
def test_the_longest_question_comes_through_the_server(running: Web, sign: str) -> None:
    assert running.get(f"/api/v1/ask?q={quote(sign * 10_000)}")[0] == 200
    assert running.get(f"/api/v1/ask?q={quote(sign * 10_001)}")[0] == 400
    assert posted(running, "/api/v1/ask", {"q": sign * 10_000}) == 200
    assert posted(running, "/api/v1/ask", {"q": sign * 10_001}) == 400
    words = 200 if sign.isalpha() else 422
    assert posted(running, "/api/v1/said", {"text": sign * 100_000}) == words


def test_nothing_that_is_asked_stands_in_the_log(running: Web) -> None:
    assert running.get("/api/v1/ask?q=zanzibarquokka&top=1")[0] == 200
    assert running.get("/api/v1/ask?q=zanzibarquokka&top=99")[0] == 400
    assert running.get("/api/v1/said?text=zanzibarquokka")[0] == 200
    assert posted(running, "/api/v1/verify", {"citation": "zanzibarquokka"}) == 422
    assert running.get("/embed?q=zanzibarquokka")[0] == 200
    assert "zanzibarquokka" not in running.log
