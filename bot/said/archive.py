"""Holds the texts in which words are searched: those of today, and earlier ones."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from corpus import Corpus, Document, Snapshots, Span
from embeddings.generations.groupaccess import KnownAccess
from embeddings.wording.wordindex import IndexedText, WordIndex

MOST_EARLIER_CHARACTERS = 20_000_000
"""The most characters of earlier texts that are searched, the latest first: about 100 MB."""


@dataclass(frozen=True, slots=True)
class EarlierText:
    """A text that a document once had.

    ``documents`` are the ids of those that had it, ``groups`` the groups that it is for, None if
    it is public, ``until`` the last day of it, None if that is not known.
    """

    digest: str
    text: str
    documents: tuple[str, ...]
    groups: frozenset[str] | None
    until: date | None


class Archive:
    """The texts of a generation and the earlier texts of its documents, with an index of words.

    The earlier texts are read, and the index is made, when something is searched for the first
    time, or by ``prepare``. Safe to call from several threads.
    """

    def __init__(self, corpus: Corpus, snapshots: Snapshots, *, known_access: KnownAccess) -> None:
        self._corpus = corpus
        self._snapshots = snapshots
        self._known_access = known_access
        self._opening = threading.Lock()
        self._opened: tuple[WordIndex, tuple[EarlierText, ...]] | None = None

    def prepare(self) -> None:
        """Make the index, so that nobody who asks has to wait for it."""
        self._open()

    @property
    def documents(self) -> tuple[Document, ...]:
        """The documents of today: row i of the index is the text of document i."""
        return self._corpus.documents

    @property
    def index(self) -> WordIndex:
        """The words of the documents' texts, then those of the earlier ones."""
        return self._open()[0]

    @property
    def earlier(self) -> tuple[EarlierText, ...]:
        """The earlier texts, in the order of the rows behind those of the documents."""
        return self._open()[1]

    def _open(self) -> tuple[WordIndex, tuple[EarlierText, ...]]:
        with self._opening:
            if self._opened is None:
                earlier = tuple(_earlier_texts(self._corpus, self._snapshots))
                texts = [_indexed(each) for each in self.documents]
                texts += [IndexedText(each.text, _blocks(each.text)) for each in earlier]
                self._opened = WordIndex(texts), earlier
            return self._opened

    def visible(
        self, corpus: Corpus, groups: frozenset[str] | None
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which documents and which earlier texts may be searched.

        ``corpus`` has the documents that members of the ``groups`` may see; None for those who
        may see everything.
        """
        seen = {document.id for document in corpus.documents}
        hidden = {document.id for document in self.documents} - seen
        return (
            np.array([document.id in seen for document in self.documents], bool),
            np.array([self._may_see(each, groups, hidden) for each in self.earlier], bool),
        )

    def _may_see(
        self, earlier: EarlierText, groups: frozenset[str] | None, hidden: set[str]
    ) -> bool:
        if groups is None:
            return True
        if earlier.groups is not None and not earlier.groups & groups:
            return False
        return bool(self.named(earlier, groups, hidden))

    def named(
        self, earlier: EarlierText, groups: frozenset[str] | None, hidden: set[str]
    ) -> tuple[str, ...]:
        """Return the ids of the documents of an earlier text that may be named."""
        return tuple(
            each
            for each in earlier.documents
            if each not in hidden and _is_open(self._known_access, each, groups)
        )

    def is_read_anew(self, earlier: EarlierText) -> bool:
        """Return whether an earlier text was replaced because its source was read anew."""
        return self._snapshots.read_anew(earlier.digest) is not None

    def still_open(self, earlier: EarlierText, groups: frozenset[str] | None) -> bool:
        """Return whether the groups may read an earlier text now."""
        if groups is None:
            return True
        return self._snapshots.text_for(groups, earlier.digest) is not None


def _is_open(known: Mapping[str, frozenset[str]], name: str, groups: frozenset[str] | None) -> bool:
    access = known.get(name, frozenset())
    return groups is None or not access or bool(access & groups)


def _earlier_texts(corpus: Corpus, snapshots: Snapshots) -> Sequence[EarlierText]:
    """Return the texts that are kept and no document has today, the latest first."""
    today = {document.digest for document in corpus.documents}
    kept = sorted(snapshots.kept(), key=lambda each: (each[1], each[0]), reverse=True)
    days: dict[str, list[tuple[float, str]]] = {}
    for digest, seconds in kept:
        for name in snapshots.documents(digest):
            days.setdefault(name, []).append((seconds, digest))
    found, left = [], MOST_EARLIER_CHARACTERS
    for digest, seconds in kept:
        if digest in today:
            continue
        names = tuple(sorted(snapshots.documents(digest)))
        text = snapshots.text(digest)
        if not names or text is None:
            continue
        left -= len(text)
        if left < 0:
            break
        later = [at for name in names for at, other in days[name] if at > seconds]
        until = snapshots.until(digest)
        if until is None and later:
            until = datetime.fromtimestamp(min(later), UTC).date()
        found.append(EarlierText(digest, text, names, snapshots.groups(digest), until))
    return found


def _indexed(document: Document) -> IndexedText:
    passages = sorted(passage.span for passage in document.quotable)
    return IndexedText(document.text, tuple(passages))


def _blocks(text: str) -> tuple[Span, ...]:
    """Return the spans of the blocks of a stored text, with empty lines between."""
    blocks: list[Span] = []
    start: int | None = None
    at = 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            start = at if start is None else start
        elif start is not None:
            blocks.append(Span(start, at))
            start = None
        at += len(line)
    if start is not None:
        blocks.append(Span(start, at))
    return tuple(blocks)
