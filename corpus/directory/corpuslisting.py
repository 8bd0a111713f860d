"""Lists the files of a corpus directory: those to read, those in the way, and those of no known
kind.

No file is opened here.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import CorpusNotFound, UnreadableSource
from corpus.extraction.kinds import SUFFIXES, TEXT_SUFFIXES, unread_suffix
from corpus.provenance.sourcedigests import source_name

_SCRAP_FILES = re.compile(
    r"\.|~\$|#.*#$|.*~$|(?:thumbs|ehthumbs)\.db$|desktop\.ini$|icon\r$"
    r"|.*\.(?:swp|swo|bak|tmp|part|partial|crdownload|download|lock|lck)$",
    re.I | re.S,
)
_SCRAP_FOLDERS = re.compile(
    r"\.|__macosx$|@eadir$|\$recycle\.bin$|lost\+found$|system volume information$", re.I
)
_LEADS_NOWHERE = "no file, or a link to a missing one. Remove it, or put a copy in its place."
_LEADS_OUT = "a link that leads out of the corpus directory. Put a copy in its place."


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file of the corpus directory that gives no document; ``reason`` does not name it.

    ``folder`` means that it is a folder, whose content is not known.
    """

    path: Path
    reason: str
    folder: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True, slots=True)
class CorpusFiles:
    """The files of a corpus directory, each part sorted.

    ``files`` can be read. ``refused`` should be readable and are not. ``passed_over`` are of kinds
    that are not read. Hidden files, lock files and the like are in none of them.
    """

    files: tuple[Path, ...]
    refused: tuple[RefusedFile, ...] = ()
    passed_over: tuple[RefusedFile, ...] = ()

    def statement_files(self) -> "CorpusFiles":
        """Return the same listing without files that are no texts."""
        return CorpusFiles(
            tuple(path for path in self.files if is_statement_file(path.name)),
            tuple(r for r in self.refused if r.folder or is_statement_file(r.path.name)),
            self.passed_over,
        )

    def names(self, directory: Path) -> Iterator[str]:
        """Yield the ``source_name`` of each file that is, or would be, a document."""
        for path in self.files:
            yield source_name(path, directory)
        for refused in self.refused:
            if not refused.folder:
                yield source_name(refused.path, directory)

    def unseen_folders(self, directory: Path) -> Iterator[str]:
        """Yield the ``source_name`` of each folder whose content is not known."""
        for refused in self.refused:
            if refused.folder:
                yield source_name(refused.path, directory)


def is_statement_file(name: str) -> bool:
    """Return whether a file of that name is a UTF-8 text, with or without front matter."""
    return Path(name).suffix.lower() in TEXT_SUFFIXES


def is_scrap(name: str) -> bool:
    """Return whether a file of that name is hidden, a lock, a backup or made by a file manager."""
    return _SCRAP_FILES.match(name) is not None


def is_scrap_folder(name: str) -> bool:
    """Return whether a folder of that name is hidden or made by a file manager."""
    return _SCRAP_FOLDERS.match(name) is not None


def corpus_files(directory: Path) -> CorpusFiles:
    """List the files below a directory.

    A link to a folder is followed if the folder lies in the directory and is not listed anyway. A
    folder that cannot be read is refused. So is a link that leads out of the directory or nowhere:
    otherwise somebody else who keeps the corpus could have any file of this machine quoted.

    Raises:
        CorpusNotFound: if ``directory`` is not a directory.
        UnreadableSource: if it cannot be read.
    """
    try:
        if not directory.is_dir():
            raise CorpusNotFound(
                f"The corpus directory {directory} does not exist. Make it and put text files in "
                "it, or point VERBATIM_CORPUS to the one you mean."
            )
        walk = _Walk(directory)
        walk.below(directory)
        walk.behind_links()
    except OSError as error:
        raise UnreadableSource(f"{error.filename}: {unreadable(error)}") from error
    return CorpusFiles(
        tuple(sorted(walk.found)),
        tuple(sorted(walk.refused, key=_path)),
        tuple(sorted(walk.passed_over, key=_path)),
    )


class _Walk:
    """Gathers the files below a directory, each folder once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._root = directory.resolve()
        self._linked: list[Path] = []
        self._seen: set[str] = set()
        self.found: list[Path] = []
        self.refused: list[RefusedFile] = []
        self.passed_over: list[RefusedFile] = []

    def below(self, top: Path) -> None:
        """Gather the files below a folder; links to folders are noted for later."""
        for folder, folders, files in os.walk(top, onerror=self._unreadable):
            real = os.path.realpath(folder)
            if real in self._seen:
                folders.clear()
                continue
            self._seen.add(real)
            here = Path(folder)
            kept = [name for name in folders if not is_scrap_folder(name)]
            linked = [name for name in kept if (here / name).is_symlink()]
            self._linked += [here / name for name in linked]
            folders[:] = [name for name in kept if name not in linked]
            for name in files:
                if not is_scrap(name):
                    self._sort(here / name)

    def behind_links(self) -> None:
        """Gather the files behind links to folders that are nowhere else in the directory."""
        while self._linked:
            links, self._linked = sorted(self._linked), []
            for link in links:
                real = os.path.realpath(link)
                if not Path(real).is_relative_to(self._root):
                    self.refused.append(RefusedFile(link, _LEADS_OUT, folder=True))
                elif real not in self._seen:
                    self.below(link)

    def _unreadable(self, error: OSError) -> None:
        folder = Path(error.filename)
        if folder == self._directory:
            raise error
        self.refused.append(RefusedFile(folder, unreadable(error), folder=True))

    def _sort(self, path: Path) -> None:
        if path.suffix.lower() in SUFFIXES:
            reason = _reason_against(path, self._root)
            if reason is None:
                self.found.append(path)
            else:
                self.refused.append(RefusedFile(path, reason))
        elif path.is_symlink() and not path.exists():
            # it may have led to a folder
            self.refused.append(RefusedFile(path, _LEADS_NOWHERE, folder=True))
        else:
            self.passed_over.append(RefusedFile(path, unread_suffix(path.name)))


def _path(refused: RefusedFile) -> Path:
    return refused.path


def _reason_against(path: Path, root: Path) -> str | None:
    """Return the reason why a file is not even opened; None if it may be."""
    try:
        if not path.is_file():
            return _LEADS_NOWHERE
        if leads_out(path, root):
            return _LEADS_OUT
    except OSError as error:
        return unreadable(error)
    return None


def leads_out(file: Path, root: Path) -> bool:
    """Return whether an existing file is a link to a target outside ``root``, a path without
    links.
    """
    return file.is_symlink() and not file.resolve().is_relative_to(root)


def unreadable(error: OSError) -> str:
    """Return a sentence that says why a file or folder cannot be read."""
    return f"cannot be read ({error.strerror or 'unreadable'}). Check its permissions."
