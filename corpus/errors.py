"""Defines the errors of the corpus.

CorpusError
├── CorpusNotFound      the corpus directory is not there
├── EmptyCorpus         no file in it gave a passage
├── UnreadableSource    one file cannot be turned into a Document
├── ExtractorUnavailable  a source was not tried, whatever is in it: nothing parses it
│   ├── ExtractorBusy   other sources were being parsed
│   └── ExtractorClosed the process that asked is ending
├── CorpusNotWritable   a statement or snapshot cannot be written or removed
├── FetchFailed         a web address does not give a whole page or file, or must not be asked
├── UnknownDocument     no document (or more than one) has the given id
└── UnknownPublisher    no document is by the given publisher
"""


class CorpusError(Exception):
    """Anything that can go wrong between a file and a Document. Its message is for the user."""


class CorpusNotFound(CorpusError):
    """The corpus directory does not exist or is not a directory."""


class EmptyCorpus(CorpusError):
    """The corpus directory holds no file with a passage."""


class UnreadableSource(CorpusError):
    """A file of the corpus is unreadable, empty, not UTF-8 text, or its front matter is wrong."""


class ExtractorUnavailable(CorpusError):
    """A source was not read, for no reason that lies in it: it may be good."""


class ExtractorBusy(ExtractorUnavailable):
    """A source was not read because others were being read and more waited for their turn."""

    def __init__(self) -> None:
        super().__init__("not read yet: other files are being read. Try again in a minute.")


class ExtractorClosed(ExtractorUnavailable):
    """A source was not read, or not to its end, because the process that asked is ending."""

    def __init__(self) -> None:
        super().__init__("not read: this process is ending. Try again when it runs.")


class FetchFailed(CorpusError):
    """A web address is refused, or does not give a whole page or file within its limits."""


class UnknownDocument(CorpusError):
    """No document of the corpus, or more than one, has the given id."""


class UnknownPublisher(CorpusError):
    """No document of the corpus is by a publisher of the given name."""


class CorpusNotWritable(CorpusError):
    """A file of the corpus directory or a snapshot cannot be written or removed."""
