"""Reads the originals of statements again with today's extractor."""

from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from corpus.directory.corpusdirectory import CorpusDirectory, ReadAs
from corpus.directory.corpusfiles import MAX_FILE_BYTES
from corpus.documents.storedformat import FORMAT, SOURCE, TEXT
from corpus.errors import CorpusNotWritable, ExtractorUnavailable, UnreadableSource
from corpus.extraction.extract import Deviation
from corpus.extraction.extractor import Extractor
from corpus.extraction.process.frontmatteranswer import Parts
from corpus.files import replace_file
from corpus.frontmatter.frontmatter import allowed_groups, front_lines, with_front_matter
from corpus.model import Document
from corpus.pages import PAGES, is_pages_line, moved, pages_line, pages_of
from corpus.provenance.originals import Origin
from corpus.provenance.snapshots import Snapshots

_TIME_S = 25.0
_NOT_ADDED = "put into the corpus directory by hand: there is no original to read again."
_NOT_KEPT = (
    "its original bytes are not kept (VERBATIM_KEEP_ORIGINALS_MB). Add the source again to read it "
    "anew."
)


class RereadState(Enum):
    """The outcome of reading an original again.

    * ``UNCHANGED``: it gives the text that is stored.
    * ``DIFFERS``: it gives another text.
    * ``NOT_KEPT``: it is not kept.
    * ``REFUSED``: it cannot be read today.
    * ``NOT_ADDED``: the statement was not made from one.
    """

    UNCHANGED = "unchanged"
    DIFFERS = "differs"
    NOT_KEPT = "not kept"
    REFUSED = "refused"
    NOT_ADDED = "not added"


@dataclass(frozen=True, slots=True)
class Reread:
    """A statement whose original was read again.

    ``before`` is the document as it is stored, ``after`` as it is read today; both are None if
    nothing was read, and ``reason`` says why. ``edited`` means that somebody changed the stored
    text since it was read, None that this is not known. ``written`` means that the file now has
    today's text, pages and format.
    """

    document_id: str
    state: RereadState
    before: Document | None = None
    after: Document | None = None
    reason: str | None = None
    edited: bool | None = None
    written: bool = False


@dataclass(frozen=True, slots=True)
class _ReadAgain:
    """A document that was read again, with everything that is needed to write it."""

    path: Path
    parts: Parts
    after: Document
    deviations: tuple[Deviation, ...]
    origin: Origin


class Rereading:
    """Reads originals again, and updates statements with their text of today."""

    def __init__(
        self,
        directory: CorpusDirectory,
        *,
        snapshots: Snapshots,
        extractor: Extractor,
        default_access: frozenset[str] = frozenset(),
    ) -> None:
        self._directory = directory
        self._snapshots = snapshots
        self._extractor = extractor
        self._default_access = default_access

    def reread(self, document_id: str, *, write: bool, even_edited: bool = False) -> Reread:
        """Read the original of a document again; with ``write`` its file gets today's text.

        A text that somebody has edited is replaced only with ``even_edited``. The old text is kept
        as a snapshot, with a note that its source was read anew. In the front matter, only the
        format and the pages change.

        Raises:
            CorpusNotWritable: if the file could not be written; it is then as it was.
            ExtractorUnavailable: if the extractor process cannot be started.
        """
        known = self._directory.statement(document_id)
        original = known.original
        if original is None:
            return Reread(document_id, RereadState.NOT_ADDED, reason=_NOT_ADDED)
        content = self._snapshots.original(original)
        if content is None:
            return Reread(document_id, RereadState.NOT_KEPT, reason=_NOT_KEPT)
        extractor = self._extractor.within(_TIME_S)
        try:
            parts = known.parts(extractor)
            before = self._before(parts, document_id, extractor)
            found = self._read(known.path, parts, before, content, original, extractor)
            same = found.after.text == before.text
            state = RereadState.UNCHANGED if same else RereadState.DIFFERS
            edited = None if same else self._edited(before, parts)
            outcome = Reread(document_id, state, before, found.after, None, edited)
            if write and (even_edited or not edited):
                written = self._write(found, before, extractor)
                outcome = replace(outcome, written=written)
        except ExtractorUnavailable:
            raise
        except UnreadableSource as error:
            return Reread(document_id, RereadState.REFUSED, reason=str(error))
        return outcome

    def _before(self, parts: Parts, document_id: str, extractor: Extractor) -> Document:
        document = extractor.lay_out(parts.body, document_id=document_id, known=parts.provenance)
        line, length = parts.fields.get(PAGES), len(document.text)
        return replace(
            document,
            pages=pages_of(line, digest=document.digest, length=length),
            access=allowed_groups(parts.provenance.access, self._default_access),
        )

    def _read(
        self,
        path: Path,
        parts: Parts,
        before: Document,
        content: bytes,
        original: str,
        extractor: Extractor,
    ) -> _ReadAgain:
        """Return the document that the original gives today.

        Raises:
            UnreadableSource: if it gives none.
        """
        source = str(parts.fields.get(SOURCE) or path.name)
        noted = self._snapshots.origin(before.digest)
        read_as = ReadAs(source.rstrip("/").rpartition("/")[2] or source)
        if noted is not None and noted.original == original:
            read_as = ReadAs(noted.name, noted.media_type)
        decided = "access" in parts.fields
        extract = extractor.extract(
            content, name=read_as.name, media_type=read_as.media_type, decided=decided
        )
        body = extractor.front_matter_of_text(extract.text, decided=decided).body
        after = extractor.lay_out(body, document_id=before.id, known=parts.provenance)
        if not after.passages:
            raise UnreadableSource("no paragraph to quote in it.")
        taken, length = len(extract.text) - len(body), len(after.text)
        pages = moved(extract.pages, taken, length)
        if pages_line(pages, after.digest) is None:
            pages = ()
        return _ReadAgain(
            path,
            parts,
            replace(after, pages=pages, access=before.access),
            tuple(
                replace(each, position=min(max(0, each.position - taken), length))
                for each in extract.deviations
            ),
            Origin(original, read_as.name, read_as.media_type),
        )

    def _edited(self, before: Document, parts: Parts) -> bool | None:
        """Return whether somebody has edited the text; None if an earlier version left nothing to
        compare.
        """
        snapshots = self._snapshots
        if before.pages or snapshots.origin(before.digest) is not None:
            return False
        if snapshots.deviations(before.digest) is not None:
            return False
        return True if FORMAT in parts.fields or PAGES in parts.fields else None

    def _write(self, found: _ReadAgain, before: Document, extractor: Extractor) -> bool:
        """Update the file with the document that was read; returns whether that was another one."""
        after = found.after
        line = pages_line(after.pages, after.digest)
        fields = {n: v for n, v in found.parts.fields.items() if n not in {FORMAT, PAGES}}
        if not is_pages_line(found.parts.fields.get(PAGES, "")) and PAGES in found.parts.fields:
            fields[PAGES] = found.parts.fields[PAGES]  # somebody means something else by it
        fields[FORMAT] = TEXT
        if line is not None:
            fields[PAGES] = line
        written = self._edited_file(found, fields, extractor)
        content = written.encode("utf-8")
        if len(content) > MAX_FILE_BYTES:
            raise UnreadableSource(f"over {MAX_FILE_BYTES // 1_000_000} MB of text. Split it.")
        self._snapshots.note_origin(after.digest, found.origin)
        self._snapshots.keep_deviations(after.digest, found.deviations)
        try:
            if found.path.read_bytes() == content:
                return False
            if after.digest != before.digest:
                self._snapshots.keep_texts([before])
                self._snapshots.note_read_anew(before.digest, after.digest)
            replace_file(found.path, content, shared=bool(found.path.stat().st_mode & 0o044))
        except OSError as error:
            raise CorpusNotWritable(
                f"{found.path} cannot be written ({error.strerror}). Free some space or check the "
                "permissions, then try again."
            ) from error
        return True

    def _edited_file(
        self, found: _ReadAgain, fields: dict[str, object], extractor: Extractor
    ) -> str:
        """Return the file with today's text; its front matter keeps its lines and comments if
        possible.
        """
        own = [FORMAT, *([PAGES] if PAGES in fields else [])]
        more = "".join(f"{name}: '{fields[name]}'\n" for name in own)
        text = found.path.read_text("utf-8", errors="replace")
        kept = front_lines(text, but={FORMAT, PAGES})
        if kept is not None:
            written = f"---\n{kept}{more}---\n{found.after.text}"
            try:
                parts = extractor.front_matter_of_text(written)
            except UnreadableSource:
                pass
            else:
                if dict(parts.fields) == fields and parts.body == found.after.text:
                    return written
        written = with_front_matter(found.parts.provenance, fields, found.after.text)
        extractor.check_front_matter(written)  # a text that a refresh would refuse is not written
        return written
