"""Restricts the documents that may answer: by document, by publisher, by a range of dates."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from corpus import Corpus, Document, UnknownPublisher, did_you_mean
from corpus.provenance.publishernames import publisher_name
from embeddings.text.searchform import search_form


def publisher_key(name: str) -> str:
    """Return the form in which publishers are compared: "the U.S. Senate" and "US senate" are
    one.
    """
    words = search_form(name).casefold().replace(".", "").split()
    return " ".join(words[1:] if words[:1] == ["the"] else words)


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on documents; all of its parts must hold, and an empty part always does.

    ``documents`` are ids, ``publishers`` are results of ``publisher_key``; the host of its address
    stands for an unknown publisher. ``since`` and ``until`` are the first and the last day of
    publication, both included.
    """

    documents: frozenset[str] = frozenset()
    publishers: frozenset[str] = frozenset()
    since: date | None = None
    until: date | None = None

    @classmethod
    def of(
        cls,
        *,
        documents: Iterable[str] = (),
        publishers: Iterable[str] = (),
        since: date | None = None,
        until: date | None = None,
    ) -> "Filter":
        """Return the filter for ids and names as a person writes them."""
        return cls(frozenset(documents), frozenset(map(publisher_key, publishers)), since, until)

    def matches(self, document: Document) -> bool:
        """Return whether the document may answer; a missing date or publisher matches
        no condition.
        """
        if self.documents and document.id not in self.documents:
            return False
        if (self.since or self.until) and document.published is None:
            return False
        if self.since and document.published and document.published < self.since:
            return False
        if self.until and document.published and document.published > self.until:
            return False
        if not self.publishers:
            return True
        name = publisher_name(document)
        return name is not None and publisher_key(name) in self.publishers

    def and_also(self, other: "Filter") -> "Filter":
        """Return the filter of both conditions; one for no document if their ids or publishers
        differ.
        """
        return Filter(
            _common(self.documents, other.documents),
            _common(self.publishers, other.publishers),
            max(filter(None, (self.since, other.since)), default=None),
            min(filter(None, (self.until, other.until)), default=None),
        )

    def __bool__(self) -> bool:
        """Return whether it excludes anything at all."""
        return self != Filter()


_NOTHING = frozenset({""})
"""Neither an id nor a publisher."""


def known_filter(
    corpus: Corpus,
    *,
    documents: Iterable[str] = (),
    publishers: Iterable[str] = (),
    since: date | None = None,
    until: date | None = None,
) -> Filter | None:
    """Return the filter for a person's words, each document by its id or the start of it; None for
    none.

    Raises:
        UnknownDocument: if a document is not in the corpus, or several are meant.
        UnknownPublisher: if no document is by a publisher of that name.
    """
    named = filter(None, map(publisher_name, corpus.documents))
    names = {publisher_key(name): name for name in named}
    wanted = tuple(publishers)
    for publisher in wanted:
        if publisher_key(publisher) not in names:
            raise UnknownPublisher(
                f'No document is by "{publisher}". {did_you_mean(publisher, names.values())}'
                'Type "verbatim list" to see who published them.'
            )
    ids = [corpus.find(document).id for document in documents]
    return Filter.of(documents=ids, publishers=wanted, since=since, until=until) or None


def _common(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    return one & other or _NOTHING if one and other else one | other
