"""Writes and reads the manifest of a generation: its origin, and the digest of every file in it."""

import hashlib
import json
from dataclasses import asdict, dataclass

from embeddings.errors import IndexDamaged, IndexMismatch
from embeddings.models.embedder import ModelIdentity

FORMAT_VERSION = 4
MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The contents of ``manifest.json``.

    ``files`` maps each file's name to its SHA-256. ``runtime`` is the library that computed its
    vectors; the model's precision is in ``model``. ``searches`` gives the search of each kind of
    vectors: ``{"kind": "exact"}``, or by codes, with the number of rows that they propose and the
    recall that was measured when they were made.
    """

    generation: int
    model: ModelIdentity
    dimension: int
    corpus_digest: str
    documents: int
    passages: int
    sentences: int
    created: str
    files: dict[str, str]
    runtime: str
    searches: dict[str, dict[str, float | str]]
    format_version: int = FORMAT_VERSION
    metric: str = "inner product of unit rows"

    def to_bytes(self) -> bytes:
        """Return the manifest as JSON that carries its own SHA-256 under ``digest``."""
        fields = asdict(self)
        return json.dumps(
            {**fields, "digest": _seal(fields)}, indent=2, ensure_ascii=False
        ).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Manifest":
        """Return the manifest that ``to_bytes`` gave.

        Raises:
            IndexDamaged: if the bytes are not a manifest, or not what was sealed.
            IndexMismatch: if the format version is another than ``FORMAT_VERSION``.
        """
        try:
            fields = json.loads(data)
            seal = fields.pop("digest")
            version = fields["format_version"]
            intact = seal == _seal(fields)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise IndexDamaged(f"{MANIFEST_NAME} is not readable") from error
        if not intact:
            raise IndexDamaged(f"{MANIFEST_NAME} is not what was written")
        if version != FORMAT_VERSION:
            raise IndexMismatch(
                f"The index has format {version}, this version of Verbatim reads "
                f'{FORMAT_VERSION}. Type "verbatim refresh" to build it anew.'
            )
        try:
            return cls(**{**fields, "model": ModelIdentity(**fields["model"])})
        except (KeyError, TypeError) as error:
            raise IndexDamaged(f"{MANIFEST_NAME} has other fields than it should") from error


def _seal(fields: dict[str, object]) -> str:
    canonical = json.dumps(fields, sort_keys=True, ensure_ascii=False).encode("utf-8")
    return hashlib.sha256(canonical).hexdigest()
