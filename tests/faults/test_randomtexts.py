"""Random texts asked of random statements: short here, long in ``scripts/faults.py texts``."""

from randomtexts import send_random_texts


def test_every_message_is_taken_and_every_quote_is_its_sources() -> None:
    figures = send_random_texts(300, seed=1)
    assert figures.faults == []
    assert figures.texts == 300
    assert figures.outcomes["quoted"] > 100
    assert figures.outcomes["said"] > 20
    assert min(figures.quotes, figures.pressed, figures.offers) > 200
