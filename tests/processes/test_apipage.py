"""The commands that the page of the HTTP API shows, typed against the real server."""

import shutil
import subprocess
from pathlib import Path

import pytest
from documentpages import ROOT, blocks
from webprocess import web

PAGE = ROOT / "docs" / "api.md"
TOKEN = "token-of-a-reader-of-statements"

pytestmark = [
    pytest.mark.skipif(not PAGE.is_file(), reason="the sources are not here"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]


def test_every_curl_command_of_the_page_is_answered_as_it_shows(
    built_home: Path, tmp_path: Path, port: int
) -> None:
    typed = [
        each for block in blocks(PAGE) for each in block.typed if each.line.startswith("curl ")
    ]
    assert len(typed) > 9
    settings = {"VERBATIM_WEB_TOKENS": f"reader:{TOKEN}", "VERBATIM_WEB_RATE": "0"}
    with web(built_home, port, tmp_path / "log", **settings):
        for each in typed:
            line = each.line.replace("127.0.0.1:8080", f"127.0.0.1:{port}")
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
