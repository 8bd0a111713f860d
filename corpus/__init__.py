"""Text in: files become Documents, Passages and sentences, with character offsets."""

from corpus.errors import (
    CorpusError,
    CorpusNotFound,
    EmptyCorpus,
    FetchFailed,
    UnknownDocument,
    UnknownPublisher,
    UnreadableSource,
)
from corpus.model import DATELINE_NUMBER, Corpus, Document, Passage, Sentence, Span, digest_of
from corpus.nearnames import did_you_mean
from corpus.reader import document_from_text, normalise, read_corpus, read_document
from corpus.sentences import split_sentences
from corpus.shipped import shipped_statements

__all__ = [
    "DATELINE_NUMBER",
    "Corpus",
    "CorpusError",
    "CorpusNotFound",
    "Document",
    "EmptyCorpus",
    "FetchFailed",
    "Passage",
    "Sentence",
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
    "split_sentences",
]
