"""Finds out whether the original bytes of documents are still kept."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from bot.citations.citation import CitedQuote
from corpus import Corpus, CorpusError, Document, Snapshots, corpus_files, digest_of
from corpus.directory.statementfile import claimed_originals
from corpus.documents.documentids import document_ids
from corpus.provenance.sourcedigests import source_name


class KeptOriginals:
    """The originals of the documents of a corpus, and of texts that they had before."""

    def __init__(self, directory: Path, corpus: Corpus, snapshots: Snapshots) -> None:
        self._directory = directory
        self._corpus = corpus
        self._snapshots = snapshots

    def has_that_of(self, cited: CitedQuote) -> bool | None:
        """Return whether the original of the cited text is kept; None if none is known."""
        for document in self._corpus.documents:
            if document.id == cited.document and document.digest.startswith(cited.digest):
                return self._has(document)
        text = self._snapshots.text(cited.digest)
        origin = None if text is None else self._snapshots.origin(digest_of(text))
        return None if origin is None else self._snapshots.has_original(origin.original)

    def lost(self, documents: Iterable[Document]) -> tuple[str, ...]:
        """Return the ids of the documents that were added and whose originals are not kept, in
        order.
        """
        return tuple(document.id for document in documents if self._has(document) is False)

    def _has(self, document: Document) -> bool | None:
        origin = self._snapshots.origin(document.digest)
        if origin is not None:
            return self._snapshots.has_original(origin.original)
        claimed = self._claimed.get(document.id)
        return any(map(self._snapshots.has_original, claimed)) if claimed else None

    @cached_property
    def _claimed(self) -> dict[str, frozenset[str]]:
        """The originals that files of the corpus directory name, by the id of the document."""
        try:
            found = corpus_files(self._directory).statement_files()
        except CorpusError:
            return {}
        ids = document_ids(found.names(self._directory))
        return {
            ids[source_name(file, self._directory)]: claimed_originals(file) for file in found.files
        }
