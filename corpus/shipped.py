"""The statements that ship with the project."""

from pathlib import Path


def shipped_statements() -> Path:
    """The directory of the statements that ship with the project: a corpus, not to be edited."""
    return Path(__file__).parent / "statements"
