"""Opens the corpus directory and the corpus that is answered from."""

import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bot.citations.citation import Citation, CitedQuote
from bot.composition.extractor import open_extractor
from bot.composition.index import Warn, open_index
from bot.errors import SettingsError
from bot.operations.originalscheck import KeptOriginals
from bot.settings import Settings
from bot.verification.citablewords import citable_words
from bot.verification.verification import Verification, verify
from corpus import Corpus, Document, ReadSource, Snapshots, read_corpus, shipped_statements
from corpus.extraction.extract import Deviation
from corpus.files import make_directory
from corpus.frontmatter.frontmatter import Provenance
from embeddings import Progress
from embeddings.generations.groupaccess import NO_ACCESS, KnownAccess
from embeddings.generations.groupview import may_see

if TYPE_CHECKING:
    from corpus.directory.additions import Source, SourceOutcome
    from corpus.directory.corpusdirectory import CorpusDirectory
    from corpus.directory.rereading import Reread
    from corpus.extraction.extractor import Extractor

log = logging.getLogger(__name__)


def source_parser(extractor: "Extractor") -> ReadSource:
    """Return the function that reads files of the corpus directory that are no texts."""
    from corpus.directory.sourcedocument import source_document  # slow to import

    return partial(source_document, extractor=extractor)


def open_directory(
    settings: Settings, *, extractor: "Extractor | None" = None
) -> "CorpusDirectory":
    """Return the corpus directory, to add to and remove from; it is seeded on a new machine.

    The ``extractor`` parses its files; without one, an extractor of its own does.

    Raises:
        CorpusError: if the directory is missing or cannot be read.
        SettingsError: if it cannot be seeded.
    """
    from corpus.directory.corpusdirectory import CorpusDirectory

    seed_new_machine(settings)
    snapshots = Snapshots(settings.snapshots_directory)
    with closing(open_index(settings)) as index:
        remembered = index.remembered_ids()
    return CorpusDirectory(
        settings.corpus_directory,
        snapshots=snapshots,
        extractor=extractor or open_extractor(),
        default_access=settings.default_access,
        most_original_bytes=settings.original_bytes,
        remembered=remembered,
    )


def added_sources(
    settings: Settings, sources: Sequence["Source"], *, extractor: "Extractor", given: Provenance
) -> Iterator["SourceOutcome"]:
    """Add sources to the corpus, and yield each outcome; see ``open_directory``.

    Raises:
        CorpusNotWritable: if the directory cannot be written.
    """
    from corpus.directory.additions import add_sources
    from corpus.web.fetching import fetch

    directory = open_directory(settings, extractor=extractor)
    yield from add_sources(sources, into=directory, extractor=extractor, fetch=fetch, given=given)


def known_deviations(
    settings: Settings, documents: Iterable[Document]
) -> dict[str, tuple[Deviation, ...]]:
    """Return the deviations that are noted of documents, by id, for each that has some."""
    snapshots = Snapshots(settings.snapshots_directory)
    found = {each.id: snapshots.deviations(each.digest) or () for each in documents}
    return {document_id: deviations for document_id, deviations in found.items() if deviations}


def lost_originals(settings: Settings, corpus: Corpus) -> tuple[str, ...]:
    """Return the ids of documents whose original bytes are not kept."""
    snapshots = Snapshots(settings.snapshots_directory)
    return KeptOriginals(settings.corpus_directory, corpus, snapshots).lost(corpus.documents)


def reread_documents(
    settings: Settings,
    documents: Sequence[str],
    *,
    write: bool,
    extractor: "Extractor",
    progress: Progress,
) -> Iterator["Reread"]:
    """Read the originals of documents again, all if none is named, and yield each outcome.

    Raises:
        UnknownDocument: if there is none of that id, before any is read.
        CorpusNotWritable: if one could not be written.
    """
    from corpus.directory.rereading import Rereading

    directory = open_directory(settings, extractor=extractor)
    named = [directory.find(each) for each in documents]
    rereading = Rereading(
        directory,
        snapshots=Snapshots(settings.snapshots_directory),
        extractor=extractor,
        default_access=settings.default_access,
    )
    ids = list(dict.fromkeys(named)) or list(directory.ids)
    for count, document_id in enumerate(ids, start=1):
        yield rereading.reread(document_id, write=write, even_edited=bool(named))
        progress(count, len(ids))


def open_corpus(settings: Settings, *, warn: Warn = log.warning) -> Corpus:
    """Return the corpus directory, read; on a new machine it is seeded with the shipped statements.

    ``warn`` gets a line for each file that cannot be read.

    Raises:
        CorpusError: if the directory is missing or no file in it can be read.
        SettingsError: if the directory cannot be seeded.
    """
    seed_new_machine(settings)
    with open_extractor() as extractor:
        reading = read_corpus(
            settings.corpus_directory,
            read=extractor.document,
            read_source=source_parser(extractor),
            default_access=settings.default_access,
        )
    if not reading.corpus.documents:
        return reading.whole()
    for refused in reading.refused:
        warn(f"not read: {refused}")
    return reading.corpus


def served_corpus(
    settings: Settings, *, groups: frozenset[str] | None = None, warn: Warn = log.warning
) -> Corpus:
    """Return the corpus that is answered from; before the first refresh, the corpus directory.

    With ``groups`` it has only the documents that their members may see. If the published
    generation is damaged, it is an earlier one's, and ``warn`` gets a line.

    Raises:
        CorpusError: if there is no index yet and the corpus cannot be read.
        EmbeddingsError: if the index is damaged, and no earlier one is intact.
    """
    known: KnownAccess = NO_ACCESS
    with closing(open_index(settings)) as index:
        if index.is_empty():
            corpus = open_corpus(settings, warn=warn)
        else:
            opened = index.open_serving()
            if opened.warning:
                warn(opened.warning)
            corpus, known = opened.generation.corpus, opened.generation.known_access
    if groups is None:
        return corpus
    return Corpus(tuple(d for d in corpus.documents if may_see(d, groups, known)))


def open_verifier(
    settings: Settings, *, warn: Warn = log.warning
) -> Callable[[CitedQuote], Verification]:
    """Verify citations against the served corpus and the snapshots of earlier texts.

    Raises:
        CorpusError: if there is no index yet and the corpus cannot be read.
        EmbeddingsError: if the index cannot be used.
    """
    corpus = served_corpus(settings, warn=warn)
    snapshots = Snapshots(settings.snapshots_directory)
    originals = KeptOriginals(settings.corpus_directory, corpus, snapshots)
    lay_out = open_extractor().stored_document

    def verified(cited: CitedQuote) -> Verification:
        found = verify(
            cited,
            corpus,
            snapshots.text,
            was_document=snapshots.was_document,
            stored_pages=snapshots.pages,
            read_anew=snapshots.read_anew,
            deviations_of=snapshots.deviations,
            lay_out=lay_out,
        )
        return replace(found, original_is_stored=originals.has_that_of(cited))

    return verified


def cited_today(
    settings: Settings, cited: CitedQuote, *, warn: Warn = log.warning
) -> tuple[Verification, tuple[Citation, str] | None]:
    """Verify a citation, and return the verdict and today's citation of its words, with the words.

    The latter is None if they do not stand as cited.

    Raises:
        CorpusError: if there is no index yet and the corpus cannot be read.
        EmbeddingsError: if the index cannot be used.
    """
    found = open_verifier(settings, warn=warn)(cited)
    snapshots = Snapshots(settings.snapshots_directory)
    return found, citable_words(found, deviations_of=snapshots.deviations)


def seed_new_machine(settings: Settings) -> None:
    """Copy the shipped statements, if there is no directory and never was an index."""
    with closing(open_index(settings)) as index:
        new_machine = not index.numbers()
    if new_machine and not settings.corpus_is_own and not settings.corpus_directory.exists():
        _seed_corpus(settings)


def _seed_corpus(settings: Settings) -> None:
    target = settings.corpus_directory
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.unfinished")
    try:
        make_directory(target.parent)
        shutil.copytree(
            shipped_statements(), unfinished, ignore=shutil.ignore_patterns("__pycache__", "*.py")
        )
        unfinished.chmod(0o700)  # a document that is added may be for some groups alone
        os.rename(unfinished, target)
    except OSError as error:
        if target.is_dir():
            return  # another process has seeded it meanwhile
        raise SettingsError(
            f"The data directory {settings.home} cannot be written ({error.strerror}). "
            "Set VERBATIM_HOME to a directory that can."
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
