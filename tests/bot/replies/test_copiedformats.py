"""A person copies a quote in any format by one tap, and what they copy verifies."""

from hypothesis import given, settings
from strategies import awkward_texts

from bot.chat.messages import EntityKind, Message
from bot.citations.citation import cite
from bot.citations.citationparser import read_citations
from bot.citations.formats.formats import FORMATS
from bot.language.translation import translator
from bot.language.utf16 import MESSAGE_UNITS, utf16_length, utf16_slice
from bot.replies.copiedformats import copied_formats
from bot.telegrambot.outgoing.telegramtext import as_shown
from bot.verification.verification import Verdict, verify
from corpus import Corpus, Document, document_from_text


def document(text: str) -> Document:
    return document_from_text(
        text, document_id="d1", title="A title", publisher="A ministry", url="https://un.org/a"
    )


def tapped(messages: tuple[Message, ...]) -> list[str]:
    """What each tap copies, of the messages as Telegram shows them."""
    shown = map(as_shown, messages)
    return [
        utf16_slice(each.text, e.offset, e.length)
        for each in shown
        for e in each.entities
        if e.kind is EntityKind.PRE
    ]


def test_each_format_is_a_text_of_its_own_that_verifies() -> None:
    source = document("The Ministers met & “agreed”.\n\nThey *left*.")
    passage = source.passages[0]
    copied = tapped(copied_formats(cite(source, passage), passage.text, translator("en")))
    assert len(copied) == len(FORMATS)
    for text in copied:
        (cited,) = read_citations(text)
        found = verify(cited, Corpus((source,)), lambda _: None)
        assert (found.verdict, found.mismatches) == (Verdict.INTACT, ())
        assert cited.quote == passage.text


@settings(max_examples=60, deadline=None)
@given(awkward_texts)
def test_whatever_the_quote_is_the_messages_fit_and_none_is_empty(text: str) -> None:
    source = document(text)
    for passage in source.quotable:
        messages = copied_formats(cite(source, passage), passage.text, translator("fr"))
        assert all(0 < utf16_length(each.text) <= MESSAGE_UNITS for each in messages)


def test_formats_in_which_the_quote_is_too_long_for_a_message_are_named() -> None:
    source = document("word & " * 500)
    passage = source.passages[0]
    messages = copied_formats(cite(source, passage), passage.text, translator("en"))
    assert messages[-1].text.endswith("Too long for a message: Markdown, HTML, BibTeX.")
    assert len(tapped(messages)) == len(FORMATS) - 3
