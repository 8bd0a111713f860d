"""A sandbox around parsers that do what hostile files do to a parser."""

import sys
from pathlib import Path

from corpus.extraction.limits import Limits
from corpus.extraction.process.sandbox import Sandbox

HOSTILE = (sys.executable, str(Path(__file__).parent / "hostileparsers.py"))
LIMITS = Limits(memory_mb=200, cpu_s=1, wall_s=2, text_mb=1)


def told(sandbox: Sandbox, order: str) -> str:
    return sandbox.ask("read", order.encode(), name="a name").text
