"""Reads statements that an administrator sent, and keeps them until they are published or
discarded.
"""

import secrets
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus.directory.additions import (
    Source,
    SourceExtract,
    extract_source,
    printable_label,
    web_source,
)
from corpus.directory.corpusdirectory import Added, CorpusDirectory
from corpus.extraction.extractor import Extractor

if TYPE_CHECKING:
    from corpus.web.fetching import Fetched  # slow to import

MOST_BYTES = 20_000_000
"""Telegram gives bots no larger file."""

MOST_WAITING = 5
MOST_WAITING_BYTES = 100_000_000
"""In memory, sources and their texts."""

_NAMELESS = "document"


@dataclass(frozen=True, slots=True)
class Submission:
    """A source that waits; ``key`` names it until it is published or discarded.

    ``fetched`` is the web address that it really came from, None for a file.
    """

    key: str
    added: Added
    notes: tuple[str, ...]
    fetched: str | None = None


class Submissions:
    """Reads sources in the extractor process and keeps the last ``MOST_WAITING`` in memory.

    Nothing of one is in the corpus directory before it is published. Safe to call from several
    threads.
    """

    def __init__(
        self,
        open_directory: Callable[[], CorpusDirectory],
        fetch: Callable[[str], "Fetched"],
        *,
        extractor: Extractor,
    ) -> None:
        self._open_directory = open_directory
        self._fetch = fetch
        self._extractor = extractor
        self._waiting: OrderedDict[str, SourceExtract] = OrderedDict()
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    def read_file(self, content: bytes, *, name: str | None) -> Submission:
        """Read a file that was sent, and return its preview; its name is a label.

        Raises:
            CorpusError: if it cannot be read.
        """
        label = printable_label((name or "").encode("utf-8", "replace").decode("utf-8")).strip()
        return self._submitted(Source(label.rpartition("/")[2] or _NAMELESS, content=content))

    def read_address(self, url: str) -> Submission:
        """Read a web address, and return its preview.

        Raises:
            CorpusError: if it is none, must not be asked, or gives nothing that can be read.
        """
        return self._submitted(web_source(url))

    def publish(self, key: str) -> Added | None:
        """Write a submission into the corpus directory; return None if it does not wait any more.

        Raises:
            CorpusError: if it could not be written; it goes on waiting then.
        """
        with self._lock:
            read = self._waiting.pop(key, None)
        if read is None:
            return None
        try:
            with self._writing:
                return read.add_to(self._open_directory())
        except BaseException:
            self._keep(key, read)
            raise

    def discard(self, key: str) -> bool:
        """Forget a submission, and return whether it waited."""
        with self._lock:
            return self._waiting.pop(key, None) is not None

    def _submitted(self, source: Source) -> Submission:
        read = extract_source(source, extractor=self._extractor, fetch=self._fetch)
        added = read.preview_in(self._open_directory())
        key = secrets.token_hex(8)
        self._keep(key, read)
        return Submission(key, added, (*read.extract.notes, *added.notes), fetched=read.fetched)

    def _keep(self, key: str, read: SourceExtract) -> None:
        """Keep a submission, and forget those that have waited longest if there are too many."""
        with self._lock:
            self._waiting[key] = read
            while len(self._waiting) > 1 and (
                len(self._waiting) > MOST_WAITING
                or sum(map(_size_of, self._waiting.values())) > MOST_WAITING_BYTES
            ):
                self._waiting.popitem(last=False)


def _size_of(read: SourceExtract) -> int:
    """Return about how many bytes of memory a source that waits takes."""
    return len(read.content) + sys.getsizeof(read.extract.text)
