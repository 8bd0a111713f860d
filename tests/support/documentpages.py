"""The pages that people read: their blocks of code, inline code, links, and the commands in them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FRONT = [page for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md") if page.exists()]
PAGES = [*FRONT, *sorted((ROOT / "docs").glob("*.md"))]
"""Those that are here: an installed package has none."""

_BLOCK = re.compile(r"^(?P<indent> *)```(?P<kind>\w*)\n(?P<body>.*?)^(?P=indent)```$", re.M | re.S)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")


@dataclass(frozen=True, slots=True)
class Typed:
    """A command of a block, and the lines that it prints as the page shows them."""

    line: str
    shown: str = ""

    @property
    def words(self) -> list[str]:
        return shlex.split(self.line)


@dataclass(frozen=True, slots=True)
class Block:
    """The commands of one block of a page, typed one after the other."""

    page: str
    number: int
    typed: tuple[Typed, ...]

    def __str__(self) -> str:
        return f"{self.page}-{self.number}"


def blocks(page: Path) -> Iterator[Block]:
    """Yields the blocks of commands: "$ …" in a console block, each line in one of sh."""
    for number, match in enumerate(_BLOCK.finditer(page.read_text("utf-8"))):
        body = re.sub(rf"^{match['indent']}", "", match["body"], flags=re.M)
        typed: list[Typed] = []
        for line in body.splitlines():
            if match["kind"] == "sh" and line.strip():
                typed.append(Typed(line))
            elif match["kind"] == "console" and line.startswith("$ "):
                typed.append(Typed(line.removeprefix("$ ")))
            elif match["kind"] == "console" and typed:
                typed[-1] = Typed(typed[-1].line, f"{typed[-1].shown}{line}\n")
        if typed:
            yield Block(page.stem, number, tuple(typed))


def inline_codes(page: Path) -> list[str]:
    """Returns what stands between single backticks, outside of blocks."""
    return _INLINE.findall(_BLOCK.sub("", page.read_text("utf-8")))


def links(page: Path) -> list[str]:
    """Returns the targets of links and pictures."""
    return [one or other for one, other in _LINK.findall(_BLOCK.sub("", page.read_text("utf-8")))]


def prose(page: Path) -> str:
    """Returns a page without blocks and inline code."""
    return _INLINE.sub("", _BLOCK.sub("", page.read_text("utf-8")))
