"""The Dockerfile and the compose file, read as far as this project uses them."""

import shlex
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of a Dockerfile: ``name`` in capitals, ``words`` as one line."""

    name: str
    words: str


def stages(dockerfile: Path = ROOT / "Dockerfile") -> list[list[Instruction]]:
    """The instructions of each stage, ``FROM`` first."""
    found: list[list[Instruction]] = []
    for line in dockerfile.read_text("utf-8").replace("\\\n", " ").splitlines():
        if not line or line.startswith("#"):
            continue
        name, _, words = line.partition(" ")
        if name == "FROM":
            found.append([])
        found[-1].append(Instruction(name, words.strip()))
    return found


def service(name: str, compose: Path = ROOT / "docker-compose.yml") -> Mapping[str, Any]:
    """A service of the compose file."""
    found: Mapping[str, Any] = yaml.safe_load(compose.read_text("utf-8"))["services"][name]
    return found


def variables(stage: list[Instruction]) -> dict[str, str]:
    """The variables that a stage's ``ENV`` lines set."""
    words = [w for each in stage if each.name == "ENV" for w in shlex.split(each.words)]
    return dict(word.split("=", 1) for word in words)


def copy_sources(words: str, to: Path, *, root: Path = ROOT) -> None:
    """Does a ``COPY`` of the project's files; only what ``.dockerignore`` lets through is there.

    Raises:
        FileNotFoundError: if it copies what is not sent to the builder.
    """
    *sources, target = shlex.split(words)
    for source in sources:
        if source not in set(_sent(root)):
            raise FileNotFoundError(f"{source} is left out by .dockerignore")
        there = to / target
        if (root / source).is_dir():
            hidden = shutil.ignore_patterns("__pycache__")
            shutil.copytree(root / source, there, ignore=hidden, dirs_exist_ok=True)
        else:
            there.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / source, there)


def _sent(root: Path) -> Iterator[str]:
    for line in (root / ".dockerignore").read_text("utf-8").splitlines():
        if line.startswith("!"):
            yield line.removeprefix("!")
