"""Random texts asked of random statements: short here, long in ``scripts/faults.py texts``."""

import random

import pytest
from botapi_server import Sent
from randomtexts import TextFigures, ask_of, compare, send_random_texts

from bot.language.utf16 import utf16_length
from corpus import Corpus, document_from_text

_BEFORE = "Zebras zigzag wildly. 🎃 "
_LONG = "Zebras zigzag wildly. " + "The ministers met in Marrakesh. " * 12 + "All of them met"


def test_every_message_is_taken_and_every_quote_is_its_sources() -> None:
    figures = send_random_texts(300, seed=1)
    assert figures.faults == []
    assert figures.texts == 300
    assert figures.outcomes["quoted"] > 100
    assert figures.outcomes["said"] > 20
    assert min(figures.quotes, figures.pressed, figures.offers) > 200


@pytest.mark.parametrize("end", [" \u202e", " \u202e \u202e", " \u030a", "\u202e", ""])
def test_a_folded_paragraph_that_ends_with_a_sign_that_telegram_leaves_out_is_its_source(
    end: str,
) -> None:
    figures = TextFigures()
    document = document_from_text(_LONG + end, document_id="d", title="t")
    assert document.quotable[0].text == _LONG + end
    ask_of(Corpus((document,)), ["zebras zigzag wildly"], random.Random(0), figures)
    assert figures.faults == []
    assert figures.quotes > 1


@pytest.mark.parametrize(
    ("folded", "after"),
    [
        ("The ministers met. ", "\nafter it"),  # whole, in the middle
        ("The ministers met.", ""),  # Telegram trims the end of a message
    ],
)
def test_a_folded_paragraph_as_telegram_shows_it_is_no_fault(folded: str, after: str) -> None:
    assert _faults(folded, after) == []


@pytest.mark.parametrize(
    ("folded", "after"),
    [
        ("The ministers met.", "\nafter it"),  # Telegram trims nothing in the middle
        ("The ministers met", ""),  # the last sign is missing
        ("The ministers mat.", ""),
        ("Theministers met.", ""),
        ("he ministers met.", ""),
        ("The ministers met. No", ""),
        ("met.", ""),
    ],
)
def test_a_folded_paragraph_that_differs_from_its_source_is_a_fault(
    folded: str, after: str
) -> None:
    assert len(_faults(folded, after)) == 1


def _faults(folded: str, after: str) -> list[str]:
    """What is found in a message with a folded paragraph; the source ends with a space."""
    entity = {
        "type": "expandable_blockquote",
        "offset": utf16_length(_BEFORE),
        "length": utf16_length(folded),
    }
    sent = Sent("sendMessage", 1, 1, f"{_BEFORE}{folded}{after}", (entity,), {}, 0.0)
    figures = TextFigures()
    compare(sent, ["Another paragraph.", "The ministers met. "], figures)
    assert figures.quotes == 1
    return figures.faults
