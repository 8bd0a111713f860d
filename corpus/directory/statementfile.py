"""Reads a statement's file in the corpus directory and its front matter."""

import re
import string
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from corpus.documents.storedformat import ORIGINAL, SOURCE
from corpus.errors import UnreadableSource
from corpus.extraction.extractor import Extractor
from corpus.extraction.process.frontmatteranswer import Parts
from corpus.frontmatter.frontmatter import Provenance
from corpus.model import digest_of
from corpus.pages import PAGES, is_pages_line, pages_of
from corpus.provenance.originclaims import same_site

_MOST_HEAD_BYTES = 200_000
_NOT_ASCII = re.compile(rb"[\x80-\xff]+")
_RULE = re.compile(rb"[\r\n]---[ \t]*+(?:[\r\n]|\Z)")
_ORIGINALS = re.compile(rb"original([0-9a-f]{64})")
_LETTERS = (string.ascii_letters + string.digits).encode("ascii")
_NO_LETTERS = bytes(set(range(256)) - set(_LETTERS))


class StatementFile:
    """A statement in the directory: its file, and its front matter's words about its source.

    The front matter is parsed only if something depends on it.
    """

    def __init__(self, path: Path, extractor: Extractor) -> None:
        self.path = path
        self._extractor = extractor

    def parts(self, extractor: Extractor) -> Parts:
        """Return the whole file in its parts, by an extractor that may be short of time.

        Raises:
            UnreadableSource: if it cannot be read or parsed.
        """
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise UnreadableSource(_in_the_way(self.path, error.strerror)) from error
        try:
            return extractor.front_matter(data)
        except UnreadableSource as error:
            raise UnreadableSource(_in_the_way(self.path, str(error))) from error

    def may_say(self, value: str) -> bool:
        """Return whether front matter with that value can be in the file, by its letters and
        digits.

        Whatever form a text has in YAML, its ASCII letters and digits stand there in a row.
        """
        parts = _NOT_ASCII.split(value.encode("utf-8"))
        return all(_letters_of(part) in self._letters for part in parts)

    @cached_property
    def _letters(self) -> bytes:
        """The letters and digits between the first two rules, at least."""
        return _front_letters(self._head())

    def _head(self) -> bytes:
        return _head_of(self.path)

    @cached_property
    def _said(self) -> Parts:
        """The parts of the beginning of the file; empty ones if it cannot be parsed."""
        # cut between characters: a file refused for half a character would become a new document
        head = self._head().decode("utf-8", "ignore").encode("utf-8")
        try:
            return replace(self._extractor.front_matter(head, decided=True), body="")
        except UnreadableSource:
            return Parts({}, Provenance(), "")

    @property
    def source(self) -> str | None:
        """The label of the place it was added from; None if it names none."""
        return self._text(SOURCE)

    @property
    def original(self) -> str | None:
        """The SHA-256 of the bytes that it was added from; None if it names none."""
        return self._text(ORIGINAL)

    @property
    def claimed_originals(self) -> frozenset[str]:
        """Every digest that may be the ``original``, found without parsing the front matter."""
        return _originals_in(self._letters)

    @property
    def has_lost_pages(self) -> bool:
        """True if it names the pages of an earlier text, and the text has been edited since."""
        if not self.may_say(PAGES):
            return False
        try:
            parts = self.parts(self._extractor)
        except UnreadableSource:
            return False
        line, body = parts.fields.get(PAGES), parts.body
        return is_pages_line(line) and not pages_of(line, digest=digest_of(body), length=len(body))

    @property
    def stray_url(self) -> str | None:
        """The address that an earlier version took from a page of another site."""
        if not (self.may_say(SOURCE) and self.may_say("http")):
            return None
        known, source = self._said.provenance, self.source
        if known.fetched is not None or known.url is None or source is None or "://" not in source:
            return None
        return None if same_site(known.url, source) else known.url

    def _text(self, name: str) -> str | None:
        value = self._said.fields.get(name)
        return value if isinstance(value, str) else None


def claimed_originals(file: Path) -> frozenset[str]:
    """Return every SHA-256 that the front matter of a file may name as that of its original."""
    return _originals_in(_front_letters(_head_of(file)))


def _originals_in(letters: bytes) -> frozenset[str]:
    return frozenset(found.decode("ascii") for found in _ORIGINALS.findall(letters))


def _head_of(file: Path) -> bytes:
    """Return the beginning of a file, which may hold front matter; empty if it is unreadable."""
    try:
        with file.open("rb") as stream:
            return stream.read(_MOST_HEAD_BYTES)
    except OSError:
        return b""


def _front_letters(head: bytes) -> bytes:
    """Return the letters and digits between the first two rules, at least."""
    start = head.find(b"---")
    end = _RULE.search(head, max(start, 0))
    return b"" if start < 0 else _letters_of(head[start : end.start() if end else None])


def _letters_of(text: bytes) -> bytes:
    """Return the letters and digits of ASCII in a text."""
    return text.translate(None, _NO_LETTERS)


def _in_the_way(path: Path, reason: str | None) -> str:
    return (
        f"{path} is in the way and cannot be read ({(reason or 'unreadable').rstrip('.')}). "
        "Mend or remove it, then add the source again."
    )
