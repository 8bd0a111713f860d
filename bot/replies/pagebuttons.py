"""Makes the buttons that open the page of a quote, and that share it."""

from dataclasses import dataclass

from bot.chat.actions import Button, Buttons
from bot.citations.citation import Citation
from bot.citations.pageaddress import PageAddresses
from bot.language import texts
from bot.language.translation import Translator
from bot.verification.shortreference import short_reference_to
from corpus import Corpus, Document

_SHARES = "↗"


@dataclass(frozen=True, slots=True)
class PageButtons:
    """Makes buttons that open pages of a site, for a private chat or another one.

    A private chat opens a page as a Mini App, which says who opens it. Only so do the pages of
    restricted documents open.
    """

    addresses: PageAddresses
    in_private: bool

    def opening(self, label: str, citation: Citation, corpus: Corpus) -> Button | None:
        """Return the button that opens the page; None if it would open for nobody."""
        if self.in_private:
            return Button(label, app=self.addresses.mini_app(citation))
        if is_restricted(corpus.document(citation.document)):
            return None
        return Button(label, url=self.addresses.page(citation))


def anywhere(
    addresses: PageAddresses | None, citation: Citation, corpus: Corpus, words: Translator
) -> Buttons:
    """Return the buttons under a quote in a chat of which the bot knows nothing: its page."""
    if addresses is None:
        return ()
    source = words.say(texts.SOURCE)
    page = PageButtons(addresses, in_private=False).opening(source, citation, corpus)
    return () if page is None else ((page,),)


def is_restricted(document: Document) -> bool:
    """Return whether a document is for some groups alone."""
    return bool(document.access)


def sharing(
    citation: Citation, generation: int, corpus: Corpus, words: Translator, *, short: bool = False
) -> tuple[Button, ...]:
    """Return the button that offers the quote in a chat that the person chooses.

    There is none for a restricted document: others would read it.
    """
    if is_restricted(corpus.document(citation.document)):
        return ()
    label = _SHARES if short else words.say(texts.SHARE)
    return (Button(label, shares=short_reference_to(citation, generation).code),)
