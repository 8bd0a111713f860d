"""Turns foreign bytes of any kind into Extracts and Documents, in a process of its own."""

import math
import time
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from types import TracebackType
from typing import Literal, Self, TypeVar

from corpus.confinement.walls import Walls
from corpus.documents.documentbuilder import id_from_name
from corpus.errors import UnreadableSource
from corpus.extraction import libraries
from corpus.extraction.extract import Extract
from corpus.extraction.kinds import claimed_kind
from corpus.extraction.limits import Limits
from corpus.extraction.process import (
    documentanswer,
    extractanswer,
    frames,
    frontmatteranswer,
    outlineanswer,
)
from corpus.extraction.process.answers import Answer
from corpus.extraction.process.frontmatteranswer import Parts
from corpus.extraction.process.sandbox import Sandbox
from corpus.extraction.slots import Places
from corpus.extraction.storedextract import stored_fields
from corpus.frontmatter.frontmatter import NOTHING_KNOWN, Provenance
from corpus.model import Document, Outline

AT_WORK_AT_ONCE = 2
MOST_WAITING = 8

Laid = TypeVar("Laid", Document, Outline)

_WRONG = "its parser gave a malformed answer. Save it as text (.txt)."


class Extractor:
    """Parses foreign bytes in the extractor process, each source in its own fork.

    Use it as a context manager: the process starts at the first source and ends with the block. All
    threads of a process share it. ``AT_WORK_AT_ONCE`` sources are read at the same time; the others
    wait, at most ``wait_s`` seconds if that is given.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        wait_s: float | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._wait_s = wait_s
        self._places = Places(AT_WORK_AT_ONCE, most_waiting=MOST_WAITING)
        self._sandbox = Sandbox(limits=self._limits, command=command)
        self._until = math.inf

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process and its work, for good; any thread may call this."""
        self._sandbox.close()

    def prepare(self) -> None:
        """Start the process without waiting for it, if a source is about to come."""
        self._sandbox.prepare()

    def within(self, seconds: float) -> Self:
        """Return the same extractor with one time limit for all steps of one source.

        It shares this one's process and places; do not close it.
        """
        other = copy(self)
        other._until = time.monotonic() + seconds
        return other

    def patient(self) -> Self:
        """Return the same extractor without a limit on the wait for a place; do not close it."""
        other = copy(self)
        other._wait_s = None
        return other

    def walls(self) -> Walls:
        """Return the walls around each fork, as this kernel grants them.

        Raises:
            ExtractorUnavailable: if the process cannot be started.
        """
        return Walls(**self._sandbox.greeting()["walls"])

    def extract(
        self, data: bytes, *, name: str, media_type: str | None = None, decided: bool = False
    ) -> Extract:
        """Return the text of a source and its facts about itself.

        Args:
            data: the whole source.
            name: the file's name, or the address of a page; its suffix is a claim about its kind.
            media_type: the claim of a web server, with its parameters; it counts instead of the
                suffix.
            decided: whether somebody else says who may read it, so that a Markdown text has no
                say in it.

        Raises:
            ExtractorUnavailable: if there is no place for it in time, the process cannot be
                started or ``close`` was called: it may be good.
            UnreadableSource: if it cannot be read; the message is the reason alone, as in
                "encrypted: it needs a password. Save it without one."
        """
        if len(data) > self._limits.source_bytes:
            raise UnreadableSource(f"larger than {self._limits.source_mb} MB. Split it.")
        library = libraries.name_for(claimed_kind(name, media_type))
        with self._places.taken(wait_s=self._wait_s):
            answer = self._sandbox.ask(
                "extract",
                data,
                name=name,
                load=() if library is None else (library,),
                more={"media_type": media_type, "decided": decided},
                until=self._until,
            )
        try:
            return stored_fields(extractanswer.extract_of(answer))
        except frames.FrameError as error:
            raise UnreadableSource(_WRONG) from error

    def document(self, data: bytes, name: str) -> Document:
        """Return the Document in a file of the corpus directory, as ``document_from_bytes`` reads
        it.

        Any number of calls may wait, for any time.

        Raises:
            ExtractorUnavailable: if the process cannot be started, or ``close`` was called.
            UnreadableSource: if it cannot be read; the message names no file.
        """
        with self._places.taken(wait_s=None):
            answer = self._sandbox.ask("document", data, name=name, until=self._until)
        try:
            return documentanswer.document_of(
                answer, document_id=id_from_name(name), text=answer.text
            )
        except frames.FrameError as error:
            raise UnreadableSource(_WRONG) from error

    def front_matter(self, data: bytes, *, decided: bool = False) -> Parts:
        """Return the front matter of a text in UTF-8, and the text behind it; see
        ``split_front_matter``.

        Raises:
            ExtractorUnavailable: as ``extract``.
            UnreadableSource: if it is not UTF-8, or its front matter is malformed; the
                message names no file.
        """
        return self._parts(data, wanted="body", decided=decided)

    def front_matter_of_text(self, text: str, *, decided: bool = False) -> Parts:
        """Return the front matter of a text, and the text behind it; see ``split_front_matter``.

        Raises:
            ExtractorUnavailable: as ``extract``.
            UnreadableSource: if its front matter is malformed; the message names no
                file.
        """
        return self._parts(text, wanted="place", decided=decided)

    def check_front_matter(self, text: str) -> None:
        """Check that ``front_matter`` would return for the text.

        Raises:
            ExtractorUnavailable, UnreadableSource: as ``front_matter``.
        """
        self._parts(text, wanted="nothing", decided=False)

    def _parts(
        self, source: bytes | str, *, wanted: Literal["body", "place", "nothing"], decided: bool
    ) -> Parts:
        answer = self._answer_to(
            "front_matter", source, more={"decided": decided, "wanted": wanted}
        )
        try:
            return frontmatteranswer.parts_of(
                answer, text=source if isinstance(source, str) else None
            )
        except frames.FrameError as error:
            raise UnreadableSource(_WRONG) from error

    def stored_document(self, text: str, document_id: str, title: str | None) -> Document:
        """Return the Document over the stored ``text`` of an earlier day; see ``lay_out``."""
        return self.lay_out(text, document_id=document_id, known=Provenance(title=title))

    def lay_out(
        self,
        text: str,
        *,
        document_id: str,
        known: Provenance = NOTHING_KNOWN,
    ) -> Document:
        """Return a Document over a ``text`` in the stored form, as ``document_from_text`` makes it.

        The ``known`` facts stay as they are given. The language is "en" if it is not among them.

        Raises:
            ExtractorUnavailable: as ``extract``.
            UnreadableSource: if it takes too much.
        """
        answer = self._answer_to("lay_out", text, name=document_id, more=_fields_of(known))
        try:
            found = documentanswer.document_of(answer, document_id=document_id, text=text)
        except frames.FrameError as error:
            raise UnreadableSource(_WRONG) from error
        return _with(known, found)

    def outline(self, text: str, *, document_id: str, known: Provenance = NOTHING_KNOWN) -> Outline:
        """Return the Outline of the Document that ``lay_out`` would make; no paragraph is made
        here.

        Raises:
            ExtractorUnavailable, UnreadableSource: as ``lay_out``.
        """
        answer = self._answer_to("outline", text, name=document_id, more=_fields_of(known))
        try:
            found = outlineanswer.outline_of(answer, document_id=document_id, text=text)
        except frames.FrameError as error:
            raise UnreadableSource(_WRONG) from error
        return _with(known, found)

    def _answer_to(
        self, operation: str, source: bytes | str, *, more: Mapping[str, object], name: str = ""
    ) -> Answer:
        with self._places.taken(wait_s=self._wait_s):
            return self._sandbox.ask(
                operation,
                source,
                name=name,
                more=more,
                until=self._until,
            )


def _fields_of(known: Provenance) -> Mapping[str, object]:
    return {
        "title": known.title,
        "publisher": known.publisher,
        "published": known.published.isoformat() if known.published else None,
        "place": known.place,
        "language": known.language or "en",
        "fetched": known.fetched,
    }


def _with(known: Provenance, found: Laid) -> Laid:
    """Return the facts that were found, with known ones in their place."""
    return replace(
        found,
        title=known.title or found.title,
        publisher=known.publisher or found.publisher,
        published=known.published or found.published,
        place=known.place or found.place,
        url=known.url,
        language=known.language or "en",
        access=known.access or frozenset(),
        fetched=known.fetched,
        said_by_source=known.said_by_source or frozenset(),
    )
