"""Shows the texts that documents once had, and verifies citations, as a person may see them."""

import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Protocol

from bot.citations.citation import CitedQuote
from bot.verification.verification import LayOut, Verification, laid_out_here, verify
from corpus import Corpus, Document, Snapshots, digest_of

_MOST_LAID_OUT = 8
_LONGEST_REMEMBERED = 1_000_000


class View(Protocol):
    """Shows a generation as members of some groups may see it: an ``Answerer`` does."""

    @property
    def corpus(self) -> Corpus:
        """The documents that they may see."""
        ...

    @property
    def generation(self) -> int:
        """The number of the generation."""
        ...

    def may_name(self, document_id: str, groups: frozenset[str]) -> bool:
        """Return whether members of the groups may know of a document of that id."""
        ...


@dataclass(frozen=True, slots=True)
class Version:
    """A text that a document has or had.

    ``since`` is the day on which it was stored, ``until`` the last day of it, None if that is not
    noted. ``is_current`` is true of today's text.
    """

    digest: str
    since: date
    until: date | None
    is_current: bool


class VisibleTexts:
    """Reads the snapshots for members of groups. Safe to call from several threads.

    A text that they may not read, and a document that they may not know of, are as if they had
    never been. ``view`` is always what members of ``groups`` see of the generation.
    """

    def __init__(self, snapshots: Snapshots, *, lay_out: LayOut = laid_out_here) -> None:
        """``lay_out`` makes a document of a text that no document has today."""
        self._snapshots = snapshots
        self._lay_out_anew = lay_out
        self._lay_out_once = lru_cache(maxsize=_MOST_LAID_OUT)(lay_out)
        self._looking = threading.Lock()
        self._looked_in: int | None = None
        self._texts_of: dict[str, list[tuple[float, str]]] = {}

    def verify(
        self, cited: CitedQuote, view: View, groups: frozenset[str]
    ) -> tuple[Verification, Document | None]:
        """Return the verdict about a citation, and the cited text as a document.

        The document is None if there is no such text, or they may not read it.
        """

        def text_of(digest: str) -> str | None:
            return self._text(digest, view, groups)

        def was_document(document_id: str, digest: str) -> bool | None:
            text = self._snapshots.text(digest)
            noted = set() if text is None else self._snapshots.documents(digest_of(text))
            if not any(view.may_name(each, groups) for each in noted):
                return None
            return document_id in noted and view.may_name(document_id, groups)

        found = verify(
            cited,
            view.corpus,
            text_of,
            was_document=was_document,
            stored_pages=self._snapshots.pages,
            read_anew=self._snapshots.read_anew,
            deviations_of=self._snapshots.deviations,
            lay_out=self._lay_out,
        )
        return found, self._document(cited.document, cited.digest, view, groups)

    def document(
        self, document_id: str, digest: str, view: View, groups: frozenset[str]
    ) -> Document | None:
        """Return a document with the text of that digest; None if it is not there to be seen."""
        return self._document(document_id, digest, view, groups)

    def versions(
        self, document: Document, view: View, groups: frozenset[str]
    ) -> tuple[Version, ...]:
        """Return the texts of a document that they may read, the earliest first, today's last."""
        found = []
        for seconds, digest in sorted(self._texts(view).get(document.id, [])):
            current = digest == document.digest
            allowed = self._snapshots.groups(digest)
            if not current and allowed is not None and not allowed & groups:
                continue
            day = datetime.fromtimestamp(seconds, UTC).date()
            until = None if current else self._snapshots.until(digest)
            found.append(Version(digest, day, until, current))
        return tuple(sorted(found, key=lambda each: each.is_current))

    def _document(
        self,
        document_id: str,
        digest: str,
        view: View,
        groups: frozenset[str],
    ) -> Document | None:
        now = next((d for d in view.corpus.documents if d.id == document_id), None)
        if now is not None and now.digest.startswith(digest):
            return now
        if not view.may_name(document_id, groups):
            return None
        text = self._text(digest, view, groups)
        if text is None or document_id not in self._snapshots.documents(digest_of(text)):
            return None
        return self._lay_out(text, document_id, None if now is None else now.title)

    def _lay_out(self, text: str, document_id: str, title: str | None) -> Document:
        """Return the document of a text; those of the last texts are remembered."""
        if len(text) > _LONGEST_REMEMBERED:
            return self._lay_out_anew(text, document_id, title)
        return self._lay_out_once(text, document_id, title)

    def _text(self, digest: str, view: View, groups: frozenset[str]) -> str | None:
        """Return a text that they may read now, of a document that they may know of."""
        text = self._snapshots.text_for(groups, digest)
        if text is None:
            return None
        noted = self._snapshots.documents(digest_of(text))
        return text if any(view.may_name(each, groups) for each in noted) else None

    def _texts(self, view: View) -> dict[str, list[tuple[float, str]]]:
        """Return the time and digest of each text of each document, read once a generation."""
        with self._looking:
            if self._looked_in != view.generation:
                found: dict[str, list[tuple[float, str]]] = {}
                for digest, seconds in self._snapshots.kept():
                    for name in self._snapshots.documents(digest):
                        found.setdefault(name, []).append((seconds, digest))
                self._texts_of, self._looked_in = found, view.generation
            return self._texts_of
