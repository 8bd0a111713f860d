"""Statements that an administrator sent, read and waiting to be published or discarded."""

import secrets
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus import UnreadableSource
from corpus.directory.additions import printable_label
from corpus.directory.corpusdirectory import Added, CorpusDirectory, ReadAs
from corpus.extraction.extract import Extract
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


@dataclass(frozen=True, slots=True)
class _Read:
    extract: Extract
    content: bytes
    source: str
    fetched: str | None
    read_as: ReadAs

    def size_of(self) -> int:
        """About how many bytes of memory it takes."""
        return len(self.content) + sys.getsizeof(self.extract.text)


class Submissions:
    """Reads sources by the safe reader and keeps the last ``MOST_WAITING`` in memory.

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
        self._waiting: OrderedDict[str, _Read] = OrderedDict()
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    def read_file(self, content: bytes, *, name: str | None) -> Submission:
        """What a file would come to; its name is a label.

        Raises:
            CorpusError: if it cannot be read.
        """
        label = printable_label((name or "").encode("utf-8", "replace").decode("utf-8")).strip()
        return self._submitted(content, label.rpartition("/")[2] or _NAMELESS, None, None)

    def read_address(self, url: str) -> Submission:
        """What a web address would come to.

        Raises:
            CorpusError: if it is none, must not be asked, or gives nothing that can be read.
        """
        address = url.partition("#")[0]
        if not address.lower().startswith(("http://", "https://")):
            raise UnreadableSource(f"{address}: only http and https addresses can be added.")
        fetched = self._fetch(address)
        return self._submitted(
            fetched.content, printable_label(address), fetched, fetched.media_type
        )

    def publish(self, key: str) -> Added | None:
        """Write it into the corpus directory; None where it does not wait any more.

        Raises:
            CorpusError: if it could not be written; it goes on waiting then.
        """
        with self._lock:
            read = self._waiting.pop(key, None)
        if read is None:
            return None
        try:
            with self._writing:
                return self._open_directory().add(
                    read.extract,
                    content=read.content,
                    source=read.source,
                    fetched=read.fetched,
                    read_as=read.read_as,
                )
        except BaseException:
            self._keep(key, read)
            raise

    def discard(self, key: str) -> bool:
        """Whether it waited; it is forgotten."""
        with self._lock:
            return self._waiting.pop(key, None) is not None

    def _submitted(
        self, content: bytes, source: str, fetched: "Fetched | None", media_type: str | None
    ) -> Submission:
        name = fetched.name if fetched else source
        extract = self._extractor.extract(content, name=name, media_type=media_type)
        url = fetched.url if fetched else None
        added = self._open_directory().preview(extract, content=content, source=source, fetched=url)
        key = secrets.token_hex(8)
        self._keep(key, _Read(extract, content, source, url, ReadAs(name, media_type)))
        return Submission(key, added, (*extract.notes, *added.notes), fetched=url)

    def _keep(self, key: str, read: _Read) -> None:
        """Has it wait, and forgets those that have waited longest, where they are too many."""
        with self._lock:
            self._waiting[key] = read
            while len(self._waiting) > 1 and (
                len(self._waiting) > MOST_WAITING
                or sum(map(_Read.size_of, self._waiting.values())) > MOST_WAITING_BYTES
            ):
                self._waiting.popitem(last=False)
