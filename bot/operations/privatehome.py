"""Closes the data directory to all but its owner, because not everybody may read all texts."""

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from bot.settings import Settings

log = logging.getLogger(__name__)

_OTHERS = 0o077
_ENTRIES = {"corpus", "index", "snapshots", "bot", "models"}


def close_home(settings: Settings) -> list[Path]:
    """Close the data directory to others, and return the paths that could not be closed.

    A folder that is closed already is not looked into. The data directory itself is closed where
    it holds nothing else and exports of models are not shared from it; a corpus directory that a
    person named is theirs.
    """
    open_still = [path for path in _texts(settings) if not _closed(path)]
    if _is_ours(settings) and not _closed_one(settings.home):
        open_still.append(settings.home)
    for path in open_still:
        log.warning(
            "Others on this machine may read %s: make its owner the user who runs this.", path
        )
    return open_still


def open_to_others(settings: Settings) -> list[Path]:
    """Find the parts of the data directory that others than its owner may read."""
    found = []
    for path in _texts(settings):
        try:
            if path.stat().st_mode & _OTHERS:
                found.append(path)
        except OSError:
            continue
    return found


def _texts(settings: Settings) -> Iterator[Path]:
    """Yield the paths that hold texts, or data made of them."""
    yield settings.index_directory
    yield settings.snapshots_directory
    if not settings.corpus_is_own:
        yield settings.corpus_directory
    vectors = settings.evaluation_vectors
    for end in ("", "-wal", "-shm", "-journal"):
        yield vectors.with_name(vectors.name + end)


def _is_ours(settings: Settings) -> bool:
    """Return whether the data directory is there for nothing and nobody else."""
    home, exports = settings.home, settings.exports_directory
    if exports != home / "models" and exports.is_relative_to(home):
        return False
    try:
        names = {entry.name for entry in home.iterdir()}
        everybodys = bool(home.stat().st_mode & stat.S_ISVTX)
    except OSError:
        return False  # there is none yet, or its user reports the fault
    more = {name for name in names - _ENTRIES if not name.startswith("evaluation-vectors.sqlite")}
    return bool(names) and not more and not everybodys


def _closed(path: Path) -> bool:
    """Close a file, or a folder with all that it holds; return whether others are shut out now."""
    try:
        if not path.stat().st_mode & _OTHERS:
            return True
    except OSError:
        return True  # nothing there, or nothing that could be read
    if not _closed_one(path):
        return False
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            _closed_one(Path(folder, name))
    return True


def _closed_one(path: Path) -> bool:
    try:
        if path.is_symlink():
            return True  # its target is somebody else's
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & _OTHERS:
            path.chmod(mode & ~_OTHERS)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
