"""Opens the statements that ship with the project."""

from pathlib import Path

from corpus.directory.corpusfiles import read_corpus
from corpus.extraction.textfile import document_from_bytes
from corpus.model import Corpus


def shipped_statements() -> Path:
    """Return the corpus directory of the statements that ship with the project; do not edit it."""
    return Path(__file__).parents[1] / "statements"


def shipped_corpus() -> Corpus:
    """Return the statements that ship with the project, read in this process, as they can be
    trusted.
    """
    return read_corpus(shipped_statements(), read=document_from_bytes).whole()
