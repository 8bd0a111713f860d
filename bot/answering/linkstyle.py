"""Gives the citations of an answer the links that a chat wants."""

from dataclasses import replace
from enum import Enum

from bot.answering.answers import Answer, Quote
from bot.citations.citation import Citation


class LinkStyle(Enum):
    """The target of the link of a citation."""

    WORDS = "words"
    PAGE = "page"
    NONE = "none"


def in_link_style(answer: Answer, style: LinkStyle) -> Answer:
    """Return the answer with links to the very words, to the page alone, or without links."""
    if style is LinkStyle.WORDS:
        return answer
    return replace(answer, quotes=tuple(_restyled(quote, style) for quote in answer.quotes))


def _restyled(quote: Quote, style: LinkStyle) -> Quote:
    def restyled(citation: Citation) -> Citation:
        return replace(citation, link=citation.url if style is LinkStyle.PAGE else None)

    return replace(
        quote,
        citation=restyled(quote.citation),
        also=tuple(map(restyled, quote.also)),
        excerpt=quote.excerpt and restyled(quote.excerpt),
    )
