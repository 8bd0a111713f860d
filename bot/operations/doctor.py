"""Checks that everything the bot needs is there and whole, and reports each as a finding."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.chat.botidentity import BotIdentity
from bot.errors import BotError, SettingsError, StateUnreachable
from bot.operations.doctorservers import Finding, Servers, server_findings
from bot.operations.privatehome import open_to_others
from bot.settings import Settings
from corpus import CorpusError, Snapshots, corpus_files, read_corpus
from embeddings import EmbeddingsError, Generation, ModelFolder, PassageIndex
from embeddings.models.runtimes.exportedmodel import open_exported

if TYPE_CHECKING:  # slow to import, and an extra
    from corpus.extraction.extractor import Extractor

LEAST_FREE_BYTES = 500_000_000
"""The space that a refresh needs beside its generation, which counts as large as the largest."""

SAFE_SQLITE = (3, 51, 3)
SAFE_OLDER_SQLITES = ((3, 50, 7), (3, 44, 6))
"""From these versions on SQLite brings its log of writes into the file without a race."""
_MOST_NAMED = 20


def examine(
    settings: Settings,
    *,
    find_model: Callable[[], ModelFolder],
    extractor: "Extractor",
    open_index: Callable[[], PassageIndex],
    check_answers: Callable[[ModelFolder, Generation], None],
    servers: Servers | None,
    ask_state: Callable[[], None] | None,
    identify: Callable[[str], BotIdentity | None] | None,
) -> Iterator[Finding]:
    """Yield findings as they are made; a thing that could not be looked at is one that is not well.

    ``find_model`` reads the weights, the ``extractor`` parses the corpus. ``servers`` is None
    if the index lies on a disk, and ``ask_state`` if the state does; it raises the fault of the
    shared database. ``check_answers`` raises why a model cannot answer from a generation.
    ``identify`` asks Telegram for the bot of a token, None without the network.
    """
    model: ModelFolder | None = None
    try:
        model = find_model()
    except (EmbeddingsError, OSError) as error:
        yield Finding("model", False, str(error))
    else:
        yield _looked_at("model", partial(_exported, settings, model))
    yield from _corpus(settings, extractor)
    yield from _strays(settings, extractor, open_index)
    yield _extractor(extractor)
    yield from _privacy(settings)
    yield _looked_at("disk", partial(_disk, settings))
    if servers is not None:
        yield from server_findings(servers)
    yield _looked_at(
        "index",
        partial(_index, open_index, model, check_answers, in_tables=servers is not None),
    )
    if ask_state is not None:
        yield _state(settings, ask_state)
    try:
        yield from _token(settings, identify)
    except OSError as error:
        yield _not_looked_at("token", error)


def _looked_at(name: str, look: Callable[[], Finding]) -> Finding:
    """Return the finding, also if a file or folder may not be looked at."""
    try:
        return look()
    except OSError as error:
        return _not_looked_at(name, error)


def _not_looked_at(name: str, error: OSError) -> Finding:
    where = f" {error.filename}" if error.filename else ""
    text = f"cannot be read:{where} ({error.strerror or error}). Check its permissions."
    return Finding(name, False, text)


def _exported(settings: Settings, model: ModelFolder) -> Finding:
    name, digest = model.identity.name, model.identity.digest[:12]
    exported = open_exported(settings.exports_directory, model.identity)
    if exported is None:
        state = "not exported yet: its first use does that"
    elif exported.weights_are_whole():
        state = "exported"
    else:
        return Finding(
            "model",
            False,
            f"the export of {name} is damaged. Delete {exported.folder}: its next use makes it "
            "again.",
        )
    return Finding("model", True, f"{name}, digest {digest}, {state}")


def _corpus(settings: Settings, extractor: "Extractor") -> Iterator[Finding]:
    """Yield the size of the corpus directory, and each file that nothing can be quoted from.

    A file of a kind that is not read is named; it is no fault.
    """
    from corpus.directory.sourcedocument import source_document  # slow to import

    directory = settings.corpus_directory
    try:
        if not settings.corpus_is_own and not directory.exists():
            text = f"{directory} comes with the shipped statements at the first question"
            yield Finding("corpus", True, text)
            return
        reading = read_corpus(
            directory,
            read=extractor.document,
            read_source=partial(source_document, extractor=extractor),
            default_access=settings.default_access,
        )
        passed_over = corpus_files(directory).passed_over
    except CorpusError as error:
        yield Finding("corpus", False, str(error))
        return
    except OSError as error:
        yield _not_looked_at("corpus", error)
        return
    documents, passages = reading.corpus.documents, reading.corpus.passage_count
    text = f"{len(documents):,} documents, {passages:,} passages in {directory}"
    if not reading.refused:
        yield Finding("corpus", True, text)
    for number, refused in enumerate(reading.refused, start=1):
        before = f"{text}; not read: " if number == 1 else ""
        yield Finding("corpus", False, f"{before}{refused}")
    for passed in passed_over[:_MOST_NAMED]:
        yield Finding("corpus", True, f"passed over: {passed}")
    if len(passed_over) > _MOST_NAMED:
        rest = len(passed_over) - _MOST_NAMED
        yield Finding(
            "corpus", True, f"passed over: {rest:,} more files of kinds that are not read"
        )


def _strays(
    settings: Settings, extractor: "Extractor", open_index: Callable[[], PassageIndex]
) -> Iterator[Finding]:
    """Yield the documents whose pages are lost or whose addresses are in doubt, if any are."""
    from corpus.directory.corpusdirectory import CorpusDirectory  # slow to import

    snapshots = Snapshots(settings.snapshots_directory)
    try:
        with closing(open_index()) as index:
            remembered = index.remembered_ids()
        directory = CorpusDirectory(
            settings.corpus_directory,
            snapshots=snapshots,
            extractor=extractor,
            remembered=remembered,
        )
        strays, unpaged = directory.strays, directory.with_lost_pages
    except (CorpusError, EmbeddingsError, OSError):
        return  # the finding "corpus" names the fault
    if unpaged:
        names = ", ".join(unpaged[:_MOST_NAMED])
        more = f" and {len(unpaged) - _MOST_NAMED:,} more" if len(unpaged) > _MOST_NAMED else ""
        which = "1 text was" if len(unpaged) == 1 else f"{len(unpaged):,} texts were"
        yield Finding(
            "pages",
            True,
            f"{which} edited since reading, so that quotes have no page: {names}{more}",
        )
    if not strays:
        return
    named = [f"{each.document_id} ({each.url}, added from {each.source})" for each in strays]
    rest = len(named) - _MOST_NAMED
    more = f" and {rest:,} more" if rest > 0 else ""
    which = "1 document has" if len(named) == 1 else f"{len(named):,} documents have"
    yield Finding(
        "origin",
        False,
        f"{which} the address of another site than the one it was added from, because the page "
        f"says so: {', '.join(named[:_MOST_NAMED])}{more}. Its publisher comes from the page, too. "
        'Check whether that is true. If not, type "verbatim remove", or "verbatim add" with the '
        "same address, --url and --publisher.",
    )


def _extractor(extractor: "Extractor") -> Finding:
    """Report whether a file that takes over its parser can do harm."""
    try:
        walls = extractor.walls()
    except CorpusError as error:
        return Finding("extractor", False, str(error))
    return Finding("extractor", not walls.advice, f"{walls}. {walls.advice}".removesuffix(". "))


def _privacy(settings: Settings) -> Iterator[Finding]:
    """Yield the parts of the data directory that others may read; none if there are none."""
    for path in open_to_others(settings):
        text = (
            f"other users of this machine may read {path}. Any command except doctor closes it, if "
            "its owner types it."
        )
        yield Finding("privacy", False, text)


def _disk(settings: Settings) -> Finding:
    home = settings.home
    there = next(each for each in (home, *home.parents) if each.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding(
            "disk", False, f"{there} cannot be written. Set VERBATIM_HOME to another one."
        )
    free = shutil.disk_usage(there).free
    text = f"{free / 1e9:,.1f} GB free for {home}"
    needed = LEAST_FREE_BYTES
    if settings.index is None:
        needed += largest_folder_bytes(settings.index_directory)
    if free < needed:
        needs = f"a refresh may need {needed / 1e9:,.1f} GB. Free some, or set"
        return Finding("disk", False, f"{text}: {needs} VERBATIM_HOME to another disk.")
    return Finding("disk", True, f"{text}; {sqlite_facts(sqlite3.sqlite_version_info)}")


def sqlite_facts(version: tuple[int, ...]) -> str:
    """Return a version of SQLite, and whether a race may damage files of the bot's.

    See https://www.sqlite.org/wal.html#walresetbug.
    """
    facts = f"SQLite {'.'.join(map(str, version))}"
    if version >= SAFE_SQLITE or any(
        version[:2] == fixed[:2] and version >= fixed for fixed in SAFE_OLDER_SQLITES
    ):
        return facts
    return (
        f"{facts} has a race that may damage a file if two connections write at once. The bot "
        "writes its files with one connection at a time"
    )


def largest_folder_bytes(directory: Path) -> int:
    """Return the bytes of the largest folder in a directory, 0 if there is none.

    Files that come and go meanwhile, as in a refresh, do not count.
    """
    if not directory.exists():
        return 0

    def size_of(folder: Path) -> int:
        size = 0
        with suppress(FileNotFoundError):
            for file in folder.rglob("*"):
                with suppress(FileNotFoundError):
                    size += file.stat().st_size if file.is_file() else 0
        return size

    return max((size_of(each) for each in directory.iterdir() if each.is_dir()), default=0)


def _index(
    open_index: Callable[[], PassageIndex],
    model: ModelFolder | None,
    check_answers: Callable[[ModelFolder, Generation], None],
    *,
    in_tables: bool,
) -> Finding:
    """Check the index: on a disk every byte is compared, in tables the rows are only counted."""
    try:
        with closing(open_index()) as index:
            if index.is_empty():
                text = f'none in {index.place} yet: the first question or "verbatim refresh" '
                return Finding("index", True, f"{text}builds it")
            generation = index.open_current()
            if model is not None:
                check_answers(model, generation)
    except (EmbeddingsError, SettingsError) as error:
        return Finding("index", False, str(error))
    manifest = generation.manifest
    counts = (
        f"{manifest.documents:,} documents, {manifest.passages:,} passages, format "
        f"{manifest.format_version}"
    )
    where = f"generation {generation.number} in {index.place}"
    if in_tables:
        text = f'{where} has all its rows: {counts}. "verbatim check" reads them'
    else:
        text = f"{where} is intact: {counts}"
    if model is not None and not model.identity.comparable(manifest.model):
        text += (
            f", made by the earlier model {manifest.model.name}, which goes on answering: "
            f'"verbatim refresh" makes it anew with {model.identity.name}'
        )
    return Finding("index", True, text)


def _state(settings: Settings, ask: Callable[[], None]) -> Finding:
    try:
        ask()
    except StateUnreachable as error:
        text = f"{error}. Check that the server runs and that VERBATIM_STATE is right."
        return Finding("state", False, text)
    except BotError as error:
        return Finding("state", False, str(error))
    return Finding("state", True, f"{settings.state} answers and accepts writes")


def _token(
    settings: Settings, identify: Callable[[str], BotIdentity | None] | None
) -> Iterator[Finding]:
    """Yield the state of the token, and the modes of its bot if Telegram is asked."""
    if not settings.token_is_given:
        yield Finding("token", True, 'none; only "verbatim serve" needs one')
        return
    try:
        token = settings.token()
        if identify is None:
            text = (
                'looks like one; "--online" asks Telegram, also for what /setinline and '
                "/setprivacy at @BotFather have set"
            )
            yield Finding("token", True, text)
            return
        bot = identify(token)
    except BotError as error:
        yield Finding("token", False, str(error))
        return
    if bot is None:
        text = "Telegram did not recognise it. Check the network, and the token at @BotFather."
        yield Finding("token", False, text)
        return
    yield Finding("token", True, f"is that of @{bot.name}")
    for mode, text in bot.modes():
        yield Finding(mode, True, text)
