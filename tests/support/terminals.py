"""Runs a command on a terminal, and shows the screen that a person sees in the end."""

import os
import pty
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_SEQUENCE = re.compile(
    r"\x1b\]8;[^;]*;(?P<link>[^\x1b]*)\x1b\\|\x1b\[(?P<number>[\d;?]*)(?P<code>[A-Za-z])"
)


@dataclass(frozen=True)
class TerminalRun:
    """A finished run: its exit code, the lines of the screen, and the links shown by OSC 8."""

    returncode: int
    lines: list[str]
    links: list[str]
    sent: str


def run_on_terminal(
    words: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    stdout: IO[bytes] | None = None,
    columns: int = 100,
) -> TerminalRun:
    """Run a command whose standard error, and output unless given, are a terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(  # noqa: S603
        words,
        stdin=subprocess.DEVNULL,
        stdout=stdout or follower,
        stderr=follower,
        env={**env, "TERM": "xterm-256color", "COLUMNS": str(columns)},
        close_fds=True,
    )
    os.close(follower)
    sent = b""
    try:
        while part := os.read(leader, 65536):
            sent += part
    except OSError:
        pass  # the other side is closed
    finally:
        os.close(leader)
    text = sent.decode("utf-8", "replace")
    return TerminalRun(process.wait(60), screen_of(text), links_of(text), text)


def links_of(sent: str) -> list[str]:
    """The addresses that a click opens, in order."""
    return [m["link"] for m in _SEQUENCE.finditer(sent) if m["link"]]


def screen_of(sent: str) -> list[str]:
    """The lines of the screen: returns, erased lines and movements up are done, colours ignored."""
    lines: list[list[str]] = [[]]
    row = column = 0
    place = 0
    while place < len(sent):
        match = _SEQUENCE.match(sent, place)
        if match:
            place = match.end()
            if match["code"] == "K":
                lines[row] = [] if match["number"] == "2" else lines[row][:column]
            elif match["code"] == "A":
                row = max(row - int(match["number"] or 1), 0)
            continue
        character = sent[place]
        place += 1
        if character == "\r":
            column = 0
        elif character == "\n":
            row, column = row + 1, 0
            if row == len(lines):
                lines.append([])
        elif character >= " ":
            line = lines[row]
            line.extend(" " * (column - len(line)))
            line[column : column + 1] = [character]
            column += 1
    return ["".join(line).rstrip() for line in lines]
