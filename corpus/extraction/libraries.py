"""Loads the libraries that parsers need, in the extractor process before it forks.

A fork may open no file, so it cannot import anything. If the bytes of its source show that a
library is missing, it says so, and the source is read again in a fork that has it.
"""

import importlib
from collections.abc import Iterable

from corpus.extraction.kinds import Kind

_MODULES = {
    "pdf": "corpus.extraction.pdf.pdftext",
    "docx": "corpus.extraction.office.worddocument",
    "html": "corpus.extraction.web.webpage",
    "odt": "corpus.extraction.office.opendocument",
    "mail": "corpus.extraction.web.mailmessage",
    "markdown": "corpus.extraction.markdown.markdowntext",
    "encodings": "corpus.extraction.text.plaintext",
}
"""Modules of this package, each with a function ``load``."""

_NAMES = {
    Kind.PDF: "pdf",
    Kind.DOCX: "docx",
    Kind.HTML: "html",
    Kind.ODT: "odt",
    Kind.MAIL: "mail",
    Kind.MARKDOWN: "markdown",
}
NAMES = frozenset(_MODULES)
_NAME_ENCODINGS = frozenset({"pdf", "docx", "odt", "html", "mail"})
"""Files of these kinds name encodings in them, as a zip file does for the names of its parts. The
fork would have to import a missing codec."""

_loaded: set[str] = set()
_shut = False


class NotLoaded(Exception):
    """A library is needed that this process has not loaded and cannot load."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def name_for(kind: Kind | None) -> str | None:
    """Return the name of the library for a kind of source; None for text, which may need none."""
    return None if kind is None else _NAMES.get(kind)


def load(names: Iterable[str]) -> bool:
    """Load those that are not loaded yet; returns whether there was one.

    Raises:
        ImportError: if one is not installed.
        ValueError: if there is no such name.
    """
    wanted = set(names)
    if wanted & _NAME_ENCODINGS:
        wanted.add("encodings")
    missing = wanted - _loaded
    if missing - NAMES:
        raise ValueError(f"no such libraries: {sorted(missing - NAMES)}")
    for name in sorted(missing):
        importlib.import_module(_MODULES[name]).load()
        _loaded.add(name)
    return bool(missing)


def require(name: str) -> None:
    """Load the library with the name, if this process still can.

    Raises:
        NotLoaded: if it is not loaded, and ``shut`` was called.
    """
    if _shut and name not in _loaded:
        raise NotLoaded(name)
    load((name,))


def shut() -> None:
    """Keep ``require`` from loading anything from now on, as in a fork that can open no file."""
    global _shut  # noqa: PLW0603 (a state of the process, as what is imported is)
    _shut = True
