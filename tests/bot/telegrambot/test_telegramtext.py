"""What is sent is what Telegram shows."""

import unicodedata
from dataclasses import replace

import pytest
from botapi_rules import formatted_text
from hypothesis import given
from hypothesis import strategies as st
from strategies import awkward_texts

from bot.chat.messages import Entity, EntityKind, Message
from bot.language.utf16 import utf16_length, utf16_slice
from bot.telegrambot.outgoing.telegramtext import as_shown

MARKS = "\t\u202a\u202e\u0333\u033f\u030a\r\u2028 \n😀aA"


def bold(text: str, start: int, end: int) -> Message:
    """The text with the characters from start to end in bold."""
    offset, length = utf16_length(text[:start]), utf16_length(text[start:end])
    return Message(text, (Entity(EntityKind.BOLD, offset, length),) if length else ())


@given(st.one_of(awkward_texts, st.text(MARKS)), st.data())
def test_telegram_changes_nothing_in_it(text: str, data: st.DataObject) -> None:
    text = "".join(c for c in text if unicodedata.category(c) != "Cs")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    shown = as_shown(bold(text, start, end))
    if not any(c.isalnum() for c in shown.text):
        return  # refused as empty, which no message of the bot is
    sent = [{"type": "bold", "offset": e.offset, "length": e.length} for e in shown.entities]
    stored = formatted_text(shown.text, sent)
    assert stored.complaint is None or "Telegram" not in stored.complaint
    assert stored.text == shown.text
    assert list(stored.entities) == sent


@given(st.text(MARKS), st.text(MARKS), st.text(MARKS))
def test_entities_cover_the_words_they_covered(before: str, marked: str, after: str) -> None:
    shown = as_shown(bold(f"x{before}[{marked}]{after}x", len(before) + 1, -1 - len(after)))
    (entity,) = shown.entities
    covered = utf16_slice(shown.text, entity.offset, entity.length)
    assert covered.startswith("[")
    assert covered.endswith("]")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("A\tB", "A B"),
        ("\u202eABC\u202c", "ABC"),
        ("Ga\u030arden", "Gården"),
        ("Å and å", "Å and å"),
        ("x\u030a", "x"),
        ("\u202e ABC \u202c", "ABC"),
        ("A\u0301 line\nof it", "A\u0301 line\nof it"),
    ],
)
def test_what_is_changed(text: str, shown: str) -> None:
    assert as_shown(Message(text)).text == shown


def test_a_text_without_such_characters_is_the_same() -> None:
    message = replace(bold("The ministers met. 😀", 4, 13))
    assert as_shown(message) == message
