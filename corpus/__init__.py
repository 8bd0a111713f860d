"""Turns files into Documents, Passages and sentences, with character offsets."""

from corpus.directory.corpusfiles import (
    CorpusReading,
    ReadFile,
    ReadSource,
    read_corpus,
    read_file,
    read_sources,
)
from corpus.directory.corpuslisting import CorpusFiles, RefusedFile, corpus_files
from corpus.directory.shippedstatements import shipped_corpus, shipped_statements
from corpus.documents.documentbuilder import document_from_text, id_from_name
from corpus.documents.sentences import split_sentences
from corpus.errors import (
    CorpusError,
    CorpusNotFound,
    CorpusNotWritable,
    EmptyCorpus,
    ExtractorBusy,
    ExtractorClosed,
    ExtractorUnavailable,
    FetchFailed,
    UnknownDocument,
    UnknownPublisher,
    UnreadableSource,
)
from corpus.extraction.textfile import document_from_bytes
from corpus.model import DATELINE_NUMBER, Corpus, Document, Passage, Sentence, Span, digest_of
from corpus.normalisation import normalise
from corpus.provenance.snapshots import Snapshots
from corpus.provenance.sourcedigests import LeftOut, Sources
from corpus.suggestions import did_you_mean

__all__ = [
    "DATELINE_NUMBER",
    "Corpus",
    "CorpusError",
    "CorpusFiles",
    "CorpusNotFound",
    "CorpusNotWritable",
    "CorpusReading",
    "Document",
    "EmptyCorpus",
    "ExtractorBusy",
    "ExtractorClosed",
    "ExtractorUnavailable",
    "FetchFailed",
    "LeftOut",
    "Passage",
    "ReadFile",
    "ReadSource",
    "RefusedFile",
    "Sentence",
    "Snapshots",
    "Sources",
    "Span",
    "UnknownDocument",
    "UnknownPublisher",
    "UnreadableSource",
    "corpus_files",
    "did_you_mean",
    "digest_of",
    "document_from_bytes",
    "document_from_text",
    "id_from_name",
    "normalise",
    "read_corpus",
    "read_file",
    "read_sources",
    "shipped_corpus",
    "shipped_statements",
    "split_sentences",
]
