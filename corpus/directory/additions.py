"""Adds files, folders and addresses to the corpus directory, one by one."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.directory.corpusdirectory import Added, CorpusDirectory, ReadAs
from corpus.directory.corpuslisting import is_scrap, is_scrap_folder, leads_out
from corpus.errors import FetchFailed, UnreadableSource
from corpus.extraction.extract import Extract
from corpus.extraction.extractor import Extractor
from corpus.frontmatter.frontmatter import Provenance

if TYPE_CHECKING:
    from corpus.web.fetching import Fetched  # slow to import

MAX_SOURCE_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """A file, bytes that were sent, or an address, and the label that the document goes by.

    ``problem`` is the reason if there is no such source.
    """

    label: str
    file: Path | None = None
    url: str | None = None
    content: bytes | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class SourceExtract:
    """A source that was read: its bytes, their extract, and the names that they were read by.

    ``fetched`` is the web address that it really came from, None for a file.
    """

    source: Source
    content: bytes
    extract: Extract
    fetched: str | None
    read_as: ReadAs

    def add_to(self, directory: CorpusDirectory, *, given: Provenance | None = None) -> Added:
        """Write it into the corpus directory; see ``CorpusDirectory.add``."""
        return directory.add(
            self.extract,
            content=self.content,
            source=self.source.label,
            fetched=self.fetched,
            given=given,
            read_as=self.read_as,
        )

    def preview_in(self, directory: CorpusDirectory) -> Added:
        """Return the outcome that ``add_to`` would have; see ``CorpusDirectory.preview``."""
        return directory.preview(
            self.extract, content=self.content, source=self.source.label, fetched=self.fetched
        )


@dataclass(frozen=True, slots=True)
class SourceOutcome:
    """The outcome for a source: the document that was ``added``, or the ``reason`` if none was.

    ``fetched`` is the web address that the bytes really came from, None for a file.
    """

    source: Source
    added: Added | None
    reason: str | None
    notes: tuple[str, ...] = ()
    fetched: str | None = None


def find_sources(named: Sequence[str]) -> list[Source]:
    """Return the sources that names stand for, in order; a folder stands for every file below it.

    Of a folder, these are left out: hidden files and folders, lock files and the like, links to
    folders, links that lead out of it, and everything that is no regular file. A file's label is
    its path below the folder. A name that stands for nothing gives a source with a ``problem``.
    """
    found: list[Source] = []
    for name in named:
        if "://" in name:
            found.append(web_source(name))
            continue
        path, label = Path(name), printable_label(name)
        try:
            if path.is_dir():
                empty = Source(label, problem="the folder holds no file.")
                found += list(_files_below(path)) or [empty]
            elif path.exists():
                found.append(Source(printable_label(path.name), file=path))
            else:
                found.append(Source(label, problem="there is no such file or folder."))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not the name of a file"
            found.append(Source(label, problem=f"cannot be read ({reason})."))
    return found


def web_source(typed: str) -> Source:
    """Return the source that an address stands for; with a ``problem`` if it is not of the web."""
    scheme, between, rest = typed.partition("#")[0].partition("://")
    host_length = min(at for at in (rest.find("/"), rest.find("?"), len(rest)) if at >= 0)
    host, path = rest[:host_length], rest[host_length:]
    # a password is not for the screen
    label = printable_label(f"{scheme}{between}{host.rpartition('@')[2]}{path}")
    if scheme.lower() not in {"http", "https"}:
        return Source(label, problem="only http and https addresses can be added.")
    return Source(label, url=typed)


def add_sources(
    sources: Sequence[Source],
    *,
    into: CorpusDirectory,
    extractor: Extractor,
    fetch: Callable[[str], "Fetched"],
    given: Provenance | None = None,
) -> Iterator[SourceOutcome]:
    """Add the sources one by one; one that cannot be read does not stop the others.

    Raises:
        CorpusNotWritable: if the corpus directory cannot be written.
    """
    for source in sources:
        if source.problem is not None:
            yield SourceOutcome(source, None, source.problem)
            continue
        decided = given is not None and given.access is not None
        try:
            read = extract_source(source, extractor=extractor, fetch=fetch, decided=decided)
            added = read.add_to(into, given=given)
        except (UnreadableSource, FetchFailed) as error:
            reason = str(error).removeprefix(f"{source.label}: ")
            yield SourceOutcome(source, None, reason)
        else:
            notes = (*read.extract.notes, *added.notes)
            yield SourceOutcome(source, added, None, notes, fetched=read.fetched)


def extract_source(
    source: Source,
    *,
    extractor: Extractor,
    fetch: Callable[[str], "Fetched"],
    decided: bool = False,
) -> SourceExtract:
    """Read the bytes of a source and extract their text.

    ``decided``: it was said who may read the document; see ``Extractor.extract``.

    Raises:
        FetchFailed: if its address gives nothing, or must not be asked.
        UnreadableSource: if it is none, or nothing in it can be read.
    """
    if source.problem is not None:
        raise UnreadableSource(f"{source.label}: {source.problem}")
    content, media_type, name, url = _content(source, fetch)
    extract = extractor.extract(content, name=name, media_type=media_type, decided=decided)
    return SourceExtract(source, content, extract, url, ReadAs(printable_label(name), media_type))


def _content(
    source: Source, fetch: Callable[[str], "Fetched"]
) -> tuple[bytes, str | None, str, str | None]:
    """Return the bytes of a source, their media type, a file's name, and the address
    they are from.
    """
    if source.content is not None:
        return source.content, None, source.label, None
    if source.file is not None:
        return _bytes_of(source.file), None, source.file.name, None
    fetched = fetch((source.url or "").partition("#")[0])
    return fetched.content, fetched.media_type, fetched.name, fetched.url


def _bytes_of(file: Path) -> bytes:
    try:
        if not file.is_file():
            raise UnreadableSource("not a regular file.")
        if file.stat().st_size > MAX_SOURCE_BYTES:
            raise UnreadableSource(f"larger than {MAX_SOURCE_BYTES // 1_000_000} MB. Split it.")
        return file.read_bytes()
    except OSError as error:
        reason = error.strerror or "unreadable"
        raise UnreadableSource(f"cannot be read ({reason}). Check its permissions.") from error


def _files_below(folder: Path) -> Iterator[Source]:
    def unreadable(error: OSError) -> None:
        raise error

    root = folder.resolve()
    for parent, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not is_scrap_folder(name))
        for name in sorted(files):
            path = Path(parent, name)
            # is_file first: a link to itself cannot be followed
            if not is_scrap(name) and path.is_file() and not leads_out(path, root):
                yield Source(printable_label(path.relative_to(folder).as_posix()), file=path)


def printable_label(text: str) -> str:
    """Return a name that can be shown and stored, with "�" for each thing that is no character."""
    shown = os.fsencode(text).decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "�" for c in shown)
