"""The language of a visitor is the one that its browser prefers, or the one that it chose."""

import pytest
from starlette.requests import HTTPConnection

from bot.webaccess.visitor import accepted_language, language_of


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("de-DE, fr;q=0.5, en;q=0.7", "en"),
        ("de;q=0.9, fr;q=0.2", "fr"),
        ("en;q=0, fr;q=0.1", "fr"),
        ("fr;q=2, en;q=0.1", "en"),
        ("fr;q=nan", "en"),
        ("*", "en"),
        ("fr;" * 10_000, "en"),
        (",".join(["de"] * 50 + ["fr"]), "en"),
    ],
)
def test_the_best_language_of_the_header_is_taken(header: str, language: str) -> None:
    assert accepted_language(header) == language


@pytest.mark.parametrize(("query", "language"), [(b"lang=en", "en"), (b"lang=xx", "fr")])
def test_a_language_in_the_address_counts_if_there_are_texts_in_it(
    query: bytes, language: str
) -> None:
    headers = [(b"accept-language", b"fr")]
    scope = {"type": "http", "headers": headers, "query_string": query}
    assert language_of(HTTPConnection(scope)) == language
