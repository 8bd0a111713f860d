"""Text in: files become Documents, Passages and sentences, with character offsets."""

from corpus.errors import (
    CorpusError,
    CorpusNotFound,
    CorpusNotWritable,
    EmptyCorpus,
    FetchFailed,
    UnknownDocument,
    UnknownPublisher,
    UnreadableSource,
)
from corpus.model import DATELINE_NUMBER, Corpus, Document, Passage, Sentence, Span, digest_of
from corpus.nearnames import did_you_mean
from corpus.reader import (
    document_from_text,
    read_corpus,
    read_document,
    sources_digest,
    text_files,
)
from corpus.sentences import split_sentences
from corpus.shipped import shipped_statements
from corpus.snapshots import Snapshots
from corpus.storedtext import normalise

__all__ = [
    "DATELINE_NUMBER",
    "Corpus",
    "CorpusError",
    "CorpusNotFound",
    "CorpusNotWritable",
    "Document",
    "EmptyCorpus",
    "FetchFailed",
    "Passage",
    "Sentence",
    "Snapshots",
    "Span",
    "UnknownDocument",
    "UnknownPublisher",
    "UnreadableSource",
    "did_you_mean",
    "digest_of",
    "document_from_text",
    "normalise",
    "read_corpus",
    "read_document",
    "shipped_statements",
    "sources_digest",
    "split_sentences",
    "text_files",
]
