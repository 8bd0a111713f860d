"""Runs the tests against the installed wheel, without the checkout's packages on the path.

    python scripts/wheel_tests.py                       all tests
    python scripts/wheel_tests.py tests/corpus -x       options and files as for pytest

It builds the wheel, installs it into a temporary folder, copies the tests and the other files that
they need beside it, and runs pytest there with the packages of this environment. Tests that read
the sources themselves are skipped: the sources are not there.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPIED = (
    "tests",
    "scripts",
    "deploy",
    "docs",
    "benchmarks",
    "training",
    "docker-compose.yml",
    "Dockerfile",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "run",
)


def main() -> int:
    """Build, install and test the wheel; return the exit code of pytest."""
    with tempfile.TemporaryDirectory(prefix="verbatim-wheel-") as folder:
        Path(folder).chmod(0o755)  # some tests run as another user
        dist, site, tree = (Path(folder) / name for name in ("dist", "site", "tree"))
        _python("-m", "hatchling", "build", "-t", "wheel", "-d", str(dist), cwd=ROOT)
        (wheel,) = dist.glob("*.whl")
        _python("-m", "pip", "install", "-q", "--no-deps", "--target", str(site), str(wheel))
        _copy_tests(tree)
        environment = {**os.environ, "PYTHONPATH": str(site)}
        where = "import bot; print(bot.__file__)"
        found = _python("-c", where, cwd=tree, environment=environment)
        if not found.startswith(str(site)):
            sys.exit(f"the tests would import {found.strip()}, not the wheel")
        command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
        return subprocess.run(command, cwd=tree, env=environment, check=False).returncode  # noqa: S603


def _copy_tests(tree: Path) -> None:
    """Copy the tests and the files that they read, with pytest's options from pyproject.toml."""
    tree.mkdir()
    for name in (*COPIED, *(file.name for file in ROOT.glob("requirements*.lock"))):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.is_file():
            shutil.copy2(source, tree / name)
    shared = ROOT.parent / "shared"
    if shared.is_dir():
        (tree.parent / "shared").symlink_to(shared)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    lines = ["[pytest]"]
    for name, value in project["tool"]["pytest"]["ini_options"].items():
        each = value if isinstance(value, list) else [value]
        lines.append(f"{name} = " + "\n    ".join(map(str, each)))
    (tree / "pytest.ini").write_text("\n".join(lines) + "\n", "utf-8")


def _python(
    *arguments: str, cwd: Path | None = None, environment: dict[str, str] | None = None
) -> str:
    command = [sys.executable, *arguments]
    ran = subprocess.run(  # noqa: S603
        command, cwd=cwd, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return ran.stdout


if __name__ == "__main__":
    sys.exit(main())
