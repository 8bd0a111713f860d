"""Describes a generation that is about to be written: its files and its manifest."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from corpus import Corpus
from embeddings.arrays import Write
from embeddings.generations.groupaccess import NOTHING_WITHHELD, Withheld
from embeddings.generations.manifest import Manifest
from embeddings.models.embedder import ModelIdentity


@dataclass(frozen=True, slots=True)
class NewGeneration:
    """A generation to publish under a number of its own; see ``Manifest`` for the other fields.

    ``files`` are all but the manifest, by name: their bytes, or a writer of them. Documents that
    are ``withheld`` are shown to nobody from now on, not even from earlier generations.
    """

    files: Mapping[str, bytes | Write]
    corpus: Corpus
    model: ModelIdentity
    runtime: str
    dimension: int
    searches: Mapping[str, dict[str, float | str]]
    withheld: Withheld = NOTHING_WITHHELD

    def manifest(
        self,
        number: int,
        *,
        digests: Mapping[str, str],
        searches: Mapping[str, dict[str, float | str]] | None = None,
    ) -> Manifest:
        """Return the manifest under a number, with the SHA-256 of each file that was written.

        ``searches`` are those of an index that searches in another way.
        """
        return Manifest(
            generation=number,
            model=self.model,
            runtime=self.runtime,
            searches=dict(searches or self.searches),
            dimension=self.dimension,
            corpus_digest=self.corpus.digest,
            documents=len(self.corpus.documents),
            passages=sum(1 for _ in self.corpus.quotable()),
            sentences=sum(len(passage.sentences) for passage in self.corpus.quotable()),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            files=dict(digests),
        )
