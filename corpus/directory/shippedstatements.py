"""The statements that ship with the project."""

from pathlib import Path

from corpus.directory.corpusfiles import read_corpus
from corpus.extraction.textfile import document_from_bytes
from corpus.model import Corpus


def shipped_statements() -> Path:
    """Return the directory of the statements that ship with the project: a corpus, not to be
    edited.
    """
    return Path(__file__).parents[1] / "statements"


def shipped_corpus() -> Corpus:
    """Return the statements that ship with the project, read in this process: they are no one
    else's.
    """
    return read_corpus(shipped_statements(), read=document_from_bytes).whole()
