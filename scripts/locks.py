"""Writes beside each pin of requirements*.lock the hashes of every file that the index has for it.

    python scripts/locks.py             after a pin was added or changed: asks the index
    python scripts/locks.py --check     asks nothing; exit code 1, and which pins have no hash

The index is the one that pip is set to, and for torch also that of CPU builds which "run" names. If
that one cannot be reached, the known hashes of the same version stay, and the script says so. A pin
may end with a marker, after ";". The hashes are for "pip install --require-hashes", which accepts
no other file from any index.
"""

import argparse
import re
import ssl
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version
from pip._internal.models.index import PyPI

ROOT = Path(__file__).resolve().parents[1]
SIMPLE = "application/vnd.pypi.simple.v1+json"
WITH_CPU_BUILDS = "torch"
WAIT_S = 60.0

_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]++)==(?P<version>[^\s;\\]++)(?P<marker> ;[^\\]*+)?")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_CPU_INDEX = re.compile(r"--index-url (https://\S+)")


@dataclass(frozen=True, slots=True)
class Pin:
    """One package of a lock file, with the SHA-256 of each of its files in hexadecimal."""

    name: str
    version: str
    marker: str = ""
    hashes: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.name}=={self.version}{self.marker}"]
        lines += [f"    --hash=sha256:{each}" for each in sorted(self.hashes)]
        return " \\\n".join(lines)


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file: the lines above the pins, and the pins in their order."""

    head: str
    pins: tuple[Pin, ...]

    def __str__(self) -> str:
        return "\n".join([self.head, *map(str, self.pins), ""])


def lock_files(root: Path = ROOT) -> list[Path]:
    """Return the lock files of the project."""
    return sorted(root.glob("requirements*.lock"))


def read_lock(file: Path) -> Lock:
    """Return the lock in a file.

    Raises:
        ValueError: if a line is no pin.
    """
    head, pins = [], []
    for line in file.read_text("utf-8").replace("\\\n", " ").splitlines():
        if line.startswith("#"):
            head.append(line)
            continue
        found = _PIN.match(line)
        if found is None:
            raise ValueError(f"{file.name}: {line!r} is no pin")
        marker = (found["marker"] or "").rstrip()
        hashes = tuple(sorted(_HASH.findall(line)))
        pins.append(Pin(found["name"], found["version"], marker, hashes))
    return Lock("\n".join(head), tuple(pins))


class Index:
    """A package index."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        self._url = url.rstrip("/")
        self._client = client

    def hashes(self, pin: Pin) -> tuple[str, ...]:
        """Return the hashes of all files of that version, or of a build of it ("+cpu").

        Raises:
            httpx.HTTPError: if it cannot be asked.
            LookupError: if it has no such file, or tells no hash of one.
        """
        page = f"{self._url}/{canonicalize_name(pin.name)}/"
        reply = self._client.get(page, headers={"Accept": f"{SIMPLE}, text/html;q=0.5"})
        reply.raise_for_status()
        if SIMPLE in reply.headers["content-type"]:
            files = {
                each["filename"]: each["hashes"].get("sha256") for each in reply.json()["files"]
            }
        else:
            links = re.findall(r'href="([^"]++)"', reply.text)
            named = (httpx.URL(link) for link in links)
            files = {
                url.path.rpartition("/")[2]: url.fragment.removeprefix("sha256=") for url in named
            }
        found = {name: value for name, value in files.items() if _is_of(name, pin)}
        if not found or not all(found.values()):
            raise LookupError(f"{pin.name}=={pin.version}: the index tells no hashes")
        return tuple(sorted(found.values()))


def with_hashes(pin: Pin, index: Index, cpu_builds: Index) -> Pin:
    """Return the pin with the hashes of the index, and for torch with those of its CPU builds.

    Raises:
        httpx.HTTPError: if the index cannot be asked.
        LookupError: if no hash is known.
    """
    hashes = set(index.hashes(replace(pin, hashes=())))
    if pin.name == WITH_CPU_BUILDS:
        try:
            hashes |= set(cpu_builds.hashes(pin))
        except httpx.HTTPError as error:
            known = set(pin.hashes) - hashes
            if not known:
                raise LookupError(
                    f"{pin.name}=={pin.version}: the index of CPU builds cannot be reached "
                    f"({error}), and no hash of one is known. Run this where it can."
                ) from error
            print(
                f"{pin.name}=={pin.version}: the index of CPU builds cannot be reached; the "
                f"{len(known)} hashes that were known of it stay",
                file=sys.stderr,
            )
            hashes |= known
    return replace(pin, hashes=tuple(sorted(hashes)))


def without_hashes(locks: Iterable[tuple[Path, Lock]]) -> list[str]:
    """List the faults: each pin without a hash, and torch without that of a CPU build."""
    return [
        f"{file.name}: {pin.name}=={pin.version} has no hash"
        for file, lock in locks
        for pin in lock.pins
        if not pin.hashes
    ]


def _is_of(filename: str, pin: Pin) -> bool:
    """Return whether a file is of that version, or of a build of it."""
    try:
        if filename.endswith(".whl"):
            name, found, *_ = parse_wheel_filename(filename)
        else:
            name, found = parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return False
    version = Version(pin.version)
    of_it = found == version or Version(found.public) == version
    return of_it and name == canonicalize_name(pin.name)


def _pip_setting(name: str) -> str:
    """Return a setting of pip; "" for none."""
    command = [sys.executable, "-m", "pip", "config", "get", f"global.{name}"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    return done.stdout.strip() if done.returncode == 0 else ""


def _write_hashes(files: Sequence[Path]) -> None:
    certificates = _pip_setting("cert") or None
    with httpx.Client(
        timeout=WAIT_S,
        follow_redirects=True,
        verify=ssl.create_default_context(cafile=certificates),
    ) as client:
        index = Index(_pip_setting("index-url") or PyPI.simple_url, client)
        found = _CPU_INDEX.search((ROOT / "run").read_text("utf-8"))
        if found is None:
            raise LookupError("run names no index of CPU builds")
        cpu_builds = Index(found[1], client)
        known: dict[Pin, Pin] = {}
        for file in files:
            lock = read_lock(file)
            for pin in lock.pins:
                if pin not in known:
                    known[pin] = with_hashes(pin, index, cpu_builds)
            pins = tuple(known[pin] for pin in lock.pins)
            file.write_text(str(replace(lock, pins=pins)), "utf-8")
            print(f"{file.name}: {len(pins)} pins, {sum(len(pin.hashes) for pin in pins)} hashes")


def main() -> None:
    """Ask and write, or check; exit code 1 reports a fault."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="ask and change nothing")
    if parser.parse_args().check:
        wrong = without_hashes((file, read_lock(file)) for file in lock_files())
        print("\n".join(wrong) or "every pin has its hashes")
        sys.exit(bool(wrong))
    try:
        _write_hashes(lock_files())
    except (httpx.HTTPError, LookupError) as error:
        sys.exit(f"locks: {error}")


if __name__ == "__main__":
    main()
