"""Keeps access rules by document, from the newest generation that holds it. They also bind older
generations, which a rollback or damage can bring back.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from corpus import Corpus
from embeddings.errors import IndexDamaged

KnownAccess = Mapping[str, frozenset[str]]
"""Document id → the groups that it is for; public documents are not in it."""

NO_ACCESS: KnownAccess = MappingProxyType({})
NOBODY = frozenset({"!"})
"""The groups of a document that may not be shown until its file can be read: no group is so named.
"""


@dataclass(frozen=True, slots=True)
class Withheld:
    """Documents that must not be shown because their files cannot be read and may now be
    restricted: those in ``ids``, and with ``unseen`` all that left the corpus, since they may lie
    in an unreadable folder.
    """

    ids: frozenset[str] = frozenset()
    unseen: bool = False

    def __bool__(self) -> bool:
        return bool(self.ids) or self.unseen


NOTHING_WITHHELD = Withheld()


def known_after(
    known: KnownAccess, corpus: Corpus, withheld: Iterable[str] = ()
) -> dict[str, frozenset[str]]:
    """Return the access rules once the corpus is published; others stay as they were.

    Documents that are ``withheld`` are for nobody, unless they are in the corpus.
    """
    here = {document.id for document in corpus.documents}
    kept = {name: groups for name, groups in known.items() if name not in here}
    closed = {name: NOBODY for name in withheld if name not in here}
    return kept | closed | {d.id: d.access for d in corpus.documents if d.access}


def access_to_bytes(known: KnownAccess) -> bytes:
    """Return the rules as JSON after a line with its SHA-256."""
    content = json.dumps({name: sorted(groups) for name, groups in sorted(known.items())}).encode()
    return hashlib.sha256(content).hexdigest().encode() + b"\n" + content


def access_from_bytes(data: bytes) -> dict[str, frozenset[str]]:
    """Return the rules in the result of ``access_to_bytes``.

    Raises:
        IndexDamaged: if the bytes are not that.
    """
    digest, _, content = data.partition(b"\n")
    if hashlib.sha256(content).hexdigest().encode() != digest:
        raise IndexDamaged("what says who may read which document is not what was written")
    try:
        found = {name: frozenset(groups) for name, groups in json.loads(content).items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise IndexDamaged("what says who may read which document is not readable") from error
    return found
