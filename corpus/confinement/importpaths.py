"""Finds the files that Python reads when it imports: packages and shared libraries, nothing
else.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

_PACKAGES = {"site-packages", "dist-packages"}
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_MAPS = Path("/proc/self/maps")


def import_paths(package: Path) -> frozenset[Path]:
    """Return the folders and files that Python may read, among them our own ``package``.

    A folder in which nothing is installed, such as a checkout with the package in it, is not among
    them: secrets may lie beside the package.
    """
    return frozenset(
        path for path in (package, *_of_python(), *_of_libraries()) if path.is_absolute()
    )


def _of_python() -> Iterator[Path]:
    standard = Path(os.__file__).parent
    yield standard
    for entry in map(Path, sys.path):
        if entry.suffix == ".zip" or entry.name == "lib-dynload" or _has_packages(entry):
            yield entry


def _has_packages(entry: Path) -> bool:
    """Return whether packages are installed in a folder, also by ``pip install --target``."""
    if entry.name in _PACKAGES:
        return True
    try:
        return any(inside.suffix == ".dist-info" for inside in entry.iterdir())
    except OSError:  # a folder that this user may not enter: nothing is imported from it
        return False


def _of_libraries() -> Iterator[Path]:
    yield from map(Path, _LIBRARIES)
    for entry in os.environ.get("LD_LIBRARY_PATH", "").split(":"):
        if entry:
            yield Path(entry)
    try:
        lines = _MAPS.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:  # where the libraries lie that are loaded, in Nix and the like
        name = line.partition("/")[2]
        if ".so" in name.rsplit("/", 1)[-1]:
            yield Path(f"/{name}").parent
