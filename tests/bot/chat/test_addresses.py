"""A message that is nothing but an address asks nothing."""

import time

import pytest
from gestures import asking, live_answerer, texts_of, written

from bot.chat.addresses import is_bare_address
from bot.chat.dialogue import Dialogue
from embeddings import FolderIndex


@pytest.mark.parametrize(
    "text",
    [
        "https://www.canada.ca/en/news.html",
        "www.canada.ca",
        "canada.ca/en",
        "<https://example.org/a?b=c#d>",
        "http://a.org https://b.org",
        "ada@example.org",
        "tg://resolve?domain=bot",
    ],
)
def test_addresses(text: str) -> None:
    assert is_bare_address(text)
    assert not is_bare_address(f"What does {text} say?")


@pytest.mark.parametrize("text", ["", "UN", "U.S.", "e.g.", "Syria?", "3.5", "https://", "a.b c.d"])
def test_other_texts(text: str) -> None:
    assert not is_bare_address(text)


@pytest.mark.parametrize("piece", ["a.", "a@", "-", "www.", "a.ca", "://", "."])
def test_a_long_text_takes_no_longer_for_its_length(piece: str) -> None:
    started_s = time.perf_counter()
    is_bare_address(piece * 5_000)
    assert time.perf_counter() - started_s < 0.2


def test_the_bot_says_so_and_searches_nothing(store: FolderIndex) -> None:
    questions, _ = asking(live_answerer(store, "Zebras zigzag."))
    bot = Dialogue([questions])
    for text in ("https://example.org", "/ask https://example.org"):
        (said,) = texts_of(bot.acts(written(text)))
        assert said.startswith("An address alone asks nothing.")
