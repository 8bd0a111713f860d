"""Lists the documents that a person may see, by publisher, year and words, a page at a time."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.answering.answerer import Answerer
from bot.answering.smalltalk import example_questions
from bot.language import webtexts
from bot.replies.sourcelist import fitting_documents
from bot.web.asked import Asked, Refused
from bot.web.templates import Shown
from bot.web.values.shownquotes import line_of
from corpus import Corpus, Document
from corpus.provenance.publishernames import publisher_name

A_PAGE = 50
_MOST_PUBLISHERS = 200
_MOST_REMEMBERED = 16
_MOST_WORDS_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Known:
    """The publishers and years to choose from, the years latest first, and the documents in order:
    newest first, those without a date last.
    """

    publishers: tuple[str, ...]
    years: tuple[str, ...]
    documents: tuple[Document, ...]


class Catalogue:
    """Makes the page of documents. Safe to call from several threads."""

    def __init__(self) -> None:
        self._generation: int | None = None
        self._known: dict[frozenset[str], Known] = {}
        self._examples: dict[frozenset[str], tuple[str, ...]] = {}
        self._looking = threading.Lock()
        self._reading = threading.Lock()

    def of(self, answerer: Answerer, groups: frozenset[str]) -> Known:
        """Return what there is to choose from; it is found once a generation."""
        with self._looking:
            self._forget_all_but(answerer.generation)
            if groups not in self._known:
                self._known[groups] = _known(answerer.corpus)
            return self._known[groups]

    def examples(self, answerer: Answerer, groups: frozenset[str]) -> tuple[str, ...]:
        """Return questions that can be asked; every paragraph is read for them once a
        generation.
        """
        with self._reading:  # others go on, who need no examples
            with self._looking:
                self._forget_all_but(answerer.generation)
                found = self._examples.get(groups)
            if found is None:
                found = example_questions(answerer.corpus)
                with self._looking:
                    if self._generation == answerer.generation:
                        self._examples[groups] = found
            return found

    def _forget_all_but(self, generation: int) -> None:
        if self._generation != generation or len(self._known) > _MOST_REMEMBERED:
            self._known, self._examples, self._generation = {}, {}, generation

    def page(self, asked: Asked, answerer: Answerer) -> Shown:
        """Return a page of the documents that fit the parameters.

        Raises:
            Refused: if a parameter cannot be meant, or there is no such page.
        """
        known = self.of(answerer, asked.groups)
        wanted = " ".join((asked.text("words") or "").split())
        if len(wanted) > _MOST_WORDS_CHARACTERS:
            raise Refused(400, webtexts.TOO_LONG, most=str(_MOST_WORDS_CHARACTERS))
        only = asked.only(answerer)
        found: Sequence[Document] = known.documents
        if wanted:
            found = fitting_documents(answerer.corpus, wanted)
        if only is not None:
            found = [document for document in found if only.matches(document)]
        number = asked.number("page", default=1)
        pages = max(1, -(-len(found) // A_PAGE))
        if number > pages:
            raise Refused(404, webtexts.NO_SUCH_PAGE, pages=asked.words.number(pages))
        start = (number - 1) * A_PAGE
        shown = found[start : start + A_PAGE]

        def page_link(other: int) -> str:
            pairs = [("words", wanted), *asked.filters(), ("page", str(other) if other > 1 else "")]
            return asked.links.page("/documents", pairs) if 1 <= other <= pages else ""

        values: dict[str, Any] = {
            "publishers": known.publishers,
            "years": known.years,
            "publisher": asked.text("publisher") or "",
            "year": asked.text("year") or "",
            "wanted": wanted,
            "lines": [line_of(each, asked.links, asked.words) for each in shown],
            "count": len(found),
            "first": start + 1,
            "last": start + len(shown),
            "before": page_link(number - 1),
            "after": page_link(number + 1),
        }
        return Shown("documents.html", values)


def _known(corpus: Corpus) -> Known:
    names = {name for d in corpus.documents if (name := publisher_name(d)) is not None}
    years = {str(d.published.year) for d in corpus.documents if d.published}
    return Known(
        publishers=tuple(sorted(names, key=str.casefold)[:_MOST_PUBLISHERS]),
        years=tuple(sorted(years, reverse=True)),
        documents=tuple(fitting_documents(corpus, "")),
    )
