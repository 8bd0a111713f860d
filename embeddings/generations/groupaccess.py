"""Who may read a document, as its newest generation said: in the generations before, which a
rollback or damage can bring back, nobody else may.
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
    """Documents whose files cannot be read, and that may be restricted by now: by ``ids``, and with
    ``unseen`` all that are in no corpus any more, for they may lie in a folder that cannot be read.
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

    Those ``withheld`` are for nobody, unless they are in the corpus.
    """
    here = {document.id for document in corpus.documents}
    kept = {name: groups for name, groups in known.items() if name not in here}
    closed = {name: NOBODY for name in withheld if name not in here}
    return kept | closed | {d.id: d.access for d in corpus.documents if d.access}


def access_to_bytes(known: KnownAccess) -> bytes:
    """Return the same in JSON after a line with the SHA-256 of that."""
    content = json.dumps({name: sorted(groups) for name, groups in sorted(known.items())}).encode()
    return hashlib.sha256(content).hexdigest().encode() + b"\n" + content


def access_from_bytes(data: bytes) -> dict[str, frozenset[str]]:
    """What ``access_to_bytes`` gave.

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
