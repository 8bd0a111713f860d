"""Quotes of documents made by hand, and the messages that show them."""

from bot.answering.answers import Answer, Outcome, Quote
from bot.chat.messages import Message
from bot.citations.citation import cite
from bot.language.utf16 import MESSAGE_UNITS, utf16_length, utf16_slice
from bot.replies.rendering import render
from corpus import Corpus, Document, Passage


def quote_of(document: Document, passage: Passage, *, evidence: int = 0) -> Quote:
    sentence = passage.sentences[evidence % len(passage.sentences)]
    return Quote(
        text=passage.text,
        evidence_text=sentence.text,
        evidence=sentence.span,
        sentences=tuple(s.span for s in passage.sentences),
        score=0.5,
        citation=cite(document, passage),
    )


def rendered(document: Document, *, evidence: int = 0) -> tuple[Message, ...]:
    quotes = tuple(quote_of(document, p, evidence=evidence) for p in document.quotable[:3])
    return render(
        Answer("q", generation=1, outcome=Outcome.ANSWER, quotes=quotes), Corpus((document,))
    )


def check_limits(message: Message) -> None:
    """Check that Telegram would take a message and not shift its entities."""
    assert 0 < utf16_length(message.text) <= MESSAGE_UNITS
    assert message.text == message.text.strip()
    assert len(message.entities) <= 100
    for entity in message.entities:
        assert entity.length > 0
        assert entity.offset >= 0
        assert entity.offset + entity.length <= utf16_length(message.text)
        utf16_slice(message.text, entity.offset, entity.length)  # cuts no character in two
