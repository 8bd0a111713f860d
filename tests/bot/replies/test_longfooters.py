"""A citation leaves its quote room in a message, however long the facts about the document are."""

from dataclasses import replace
from datetime import date

import pytest
from renderedquotes import check_limits, quote_of

from bot.answering.answers import Answer, Outcome
from bot.chat.messages import Message
from bot.citations.citation import cite
from bot.language.utf16 import utf16_length
from bot.replies.rendering import render
from corpus import Corpus, Document, document_from_text

NAMES = {
    "plain": "Title " * 5_000,
    "wide": "😀" * 20_000,
    "from right to left": "\u202eاسم\u2067 " * 5_000,
    "one word": "x" * 50_000,
}
HOSTS = {
    "host": "https://" + "a" * 50_000 + ".example.org/",
    "labels": "https://" + "sub." * 12_000 + "example.org/",
    "path": "https://example.org/" + "a" * 50_000,
    "query": "https://example.org/?" + "q=%20&" * 8_000,
}


def document_called(document_id: str, name: str, url: str, *, number: int = 0) -> Document:
    """A sentence of several messages in a document with a long title, publisher, place and address."""
    words = f"Number {'one' if number else 'two'} of 😀😀 has spoken, and " * 300
    return document_from_text(
        words,
        document_id=document_id,
        title=name,
        publisher=name,
        place=name,
        published=date(2021, 3, 4),
        url=url,
    )


def shown(name: str, url: str, language: str) -> tuple[Message, ...]:
    """The messages of two nearly equal quotes, each in six documents."""
    documents = [document_called(f"d{n}", name, url, number=n % 2) for n in range(6)]
    also = tuple(cite(each, each.passages[0]) for each in documents[2:])
    quotes = tuple(replace(quote_of(d, d.passages[0]), also=also) for d in documents[:2])
    answer = Answer("q", generation=1, outcome=Outcome.ANSWER, quotes=quotes, language=language)
    return render(answer, Corpus(tuple(documents)), opens=True)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("url", HOSTS.values(), ids=HOSTS)
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_long_title_publisher_and_address_leave_a_quote_most_of_each_message(
    name: str, url: str, language: str
) -> None:
    messages = shown(name, url, language)
    for message in messages:
        check_limits(message)
    quoted = sum(part.length for message in messages for part in message.quoted)
    assert quoted > 2 * utf16_length("Number one of 😀😀 has spoken, and " * 299)
    assert len(messages) <= 2 * 5


def test_a_message_without_room_for_a_quote_is_refused_and_not_cut_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for units in (1, 200, 1_100):
        monkeypatch.setattr("bot.replies.rendering.MESSAGE_UNITS", units)
        with pytest.raises(ValueError, match="left for the text of a quote"):
            shown("T", "https://example.org/", "en")
