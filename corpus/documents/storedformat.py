"""Distinguishes texts that are quoted as they are stored from Markdown that is still to be
rendered.
"""

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

SOURCE, ORIGINAL = "source", "original"
"""The fields of front matter that name the origin of a document: a label, and the SHA-256 of its
bytes."""

FORMAT, TEXT = "format", "text"
"""The field of front matter, with its value, that marks the text behind it as plain text."""

MARKDOWN_SUFFIXES = (".md", ".markdown")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def is_markdown(name: str, front_matter: Mapping[str, Any]) -> bool:
    """Return whether the text in a file with that name is Markdown: see ``is_stored_text``."""
    suffix = PurePath(name).suffix.lower()
    return suffix in MARKDOWN_SUFFIXES and not is_stored_text(front_matter)


def is_stored_text(front_matter: Mapping[str, Any]) -> bool:
    """Return whether a front matter says that the text behind it is quoted as it stands.

    A file of an earlier version says so by the digest of the bytes that it came from. It has no
    ``FORMAT``, and its references must stay intact.
    """
    said, original = front_matter.get(FORMAT), front_matter.get(ORIGINAL)
    if isinstance(said, str) and said.strip().lower() == TEXT:
        return True
    return isinstance(original, str) and _SHA256.fullmatch(original) is not None
