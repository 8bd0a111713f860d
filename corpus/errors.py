"""Errors of the corpus.

CorpusError
├── CorpusNotFound      the corpus directory is not there
├── EmptyCorpus         no file in it gave a passage
├── UnreadableSource    one file cannot be turned into a Document
├── CorpusNotWritable   a statement or snapshot cannot be written or removed
├── FetchFailed         a web address does not give a whole page or file, or must not be asked
├── UnknownDocument     no document (or more than one) has the given id
└── UnknownPublisher    no document is by the given publisher
"""


class CorpusError(Exception):
    """Root of what can go wrong between a file and a Document. Its message is for the user."""


class CorpusNotFound(CorpusError):
    """The corpus directory does not exist or is not a directory."""


class EmptyCorpus(CorpusError):
    """The corpus directory holds no file with a passage."""


class UnreadableSource(CorpusError):
    """A file of the corpus is unreadable, empty, not UTF-8 text, or its front matter is wrong."""


class FetchFailed(CorpusError):
    """A web address is refused, or does not give a whole page or file within its limits."""


class UnknownDocument(CorpusError):
    """No document of the corpus, or more than one, answers to the given id."""


class UnknownPublisher(CorpusError):
    """No document of the corpus is by a publisher of the given name."""


class CorpusNotWritable(CorpusError):
    """A file of the corpus directory or a snapshot cannot be written or removed."""
