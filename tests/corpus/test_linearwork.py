"""Work on strangers' bytes grows linearly with their length, wherever they come in."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from fuzztargets import TARGETS, Run
from growth import TOO_FAST, cpu_s, exponent, pumped
from wordfiles import with_body

from bot.verification.worddiff import compare, similarity
from bot.verification.wordsearch import word_places
from corpus.documents.paragraphs import cut_long
from corpus.model import Span

PUMPS = [
    "We met in Marrakesh. We left.\n\n", "a\n", "a", " ", "漢。", "漢。\n\n", "# a\n\n", "# a\n", "From: a\n\n", "a\n\n",
    "Contacts\n\n", "media contact:\n\nA\n\n", "“a.” ", "`", "---\n", "access: x\n", "\n", "\n \n", "a\t", "a\r\n", "a\r",
    "a\x0c", "May 12 2022 – Paris - G7\n\n", ". ", "a: b\n", "- a\n", "a\u200b", "e\u0301", "\u202ea", "[a](http://b.c/d) ",
    "_", "<", '"', "1. ", "a\u2028", "A", "A-", "A b ", "since 2021 ", "ﷺ", "U.S. ", "@", "/", ":", "0",
]  # fmt: skip


def opened(name: str) -> Run:
    """A target of the fuzzing, which swallows what the target documents."""
    target = TARGETS[name]
    run = target.open()

    def without_errors(data: bytes) -> None:
        with contextlib.suppress(*target.documented()):
            run(data)

    return without_errors


@pytest.mark.parametrize("name", ["frontmatter", "plaintext", "question", "pointer", "citation"])
def test_the_time_for_a_text_grows_with_its_length_and_not_faster(name: str) -> None:
    run = opened(name)
    wrong = {}
    for piece in PUMPS:
        texts = (pumped(piece, n).encode() for n in (500, 2_000, 8_000))
        assert all(cpu_s(run, text) < 2 for text in texts), piece
        found = exponent(lambda n, p=piece: run(pumped(p, n).encode()), first=16_000, most=16_000)
        if found > TOO_FAST:
            wrong[piece] = found
    assert wrong == {}


def written(text: str, **more: object) -> bytes:
    person = {"id": 11, "is_bot": False, "first_name": "Ada", "language_code": "en"}
    chat = {"id": 11, "type": "private"}
    message = {"message_id": 5, "date": 1, "chat": chat, "from": person, "text": text, **more}
    return json.dumps({"update_id": 1, "message": message}).encode()


@pytest.mark.parametrize("start", ["", "/start ", "@bot "])
def test_the_time_for_a_message_grows_with_its_length_and_not_faster(start: str) -> None:
    run = opened("update")
    for piece in PUMPS:
        found = exponent(
            lambda n, p=piece: run(written(start + pumped(p, n))), first=32_768, most=32_768
        )
        assert found <= TOO_FAST, piece


WORD: dict[str, Callable[[int], str]] = {
    "runs": lambda n: f"<w:p>{'<w:r><w:t>a </w:t></w:r>' * n}</w:p>",
    "insertions and deletions": lambda n: (
        "<w:p>"
        + "<w:ins><w:r><w:t>a</w:t></w:r></w:ins><w:del><w:r><w:delText>b</w:delText></w:r></w:del>" * n
        + "</w:p>"
    ),
    "fields": lambda n: (
        "<w:p>" + '<w:r><w:fldChar w:fldCharType="begin"/></w:r>' * n + "<w:r><w:t>a</w:t></w:r></w:p>"
    ),
    "raised signs": lambda n: (
        "<w:p>"
        + '<w:r><w:t>a</w:t></w:r><w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>1</w:t></w:r>' * n
        + "</w:p>"
    ),
    "paragraphs": lambda n: "<w:p><w:r><w:t>We met.</w:t></w:r></w:p>" * n,
    "cells": lambda n: f"<w:tbl><w:tr>{'<w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc>' * n}</w:tr></w:tbl>",
    "points": lambda n: (
        '<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>a</w:t></w:r></w:p>' * n
    ),
}  # fmt: skip


@pytest.mark.parametrize("parts", WORD)
def test_the_time_for_a_word_file_grows_with_its_parts_and_not_faster(parts: str) -> None:
    run = opened("word")
    files = {n: with_body(WORD[parts](n)) for n in (1_000, 4_000)}
    for _ in range(4):
        short, long = (cpu_s(run, files[n]) for n in (1_000, 4_000))
        if long < 7 * short:
            return
    pytest.fail(f"{short:.2f} s for 1,000 and {long:.2f} s for 4,000")


REPEATED = [
    ("a", "a b"),
    ("a", "a a"),
    ("a b", "a c"),
    ("漢", "漢 字"),
    ("a q", "q a a"),
    ("-", "- -"),
]


@pytest.mark.parametrize(("one", "other"), REPEATED)
def test_texts_that_repeat_themselves_are_compared_in_bounded_time(one: str, other: str) -> None:
    for words in (200, 2_000, 20_000):
        old, new = f"x {f'{one} ' * words}y", f"z {f'{other} ' * words}w"
        assert cpu_s(similarity, old, new) < 3
        assert cpu_s(compare, old, new) < 3


@pytest.mark.parametrize("piece", ["a ", "a", "-", "- ", "a b ", "漢", "(a) "])
def test_the_time_to_find_words_grows_with_the_text_and_not_faster(piece: str) -> None:
    def find(n: int) -> object:
        return sum(1 for _ in word_places([*pumped(piece, n // 2).split(), "b"], pumped(piece, n)))

    def find_one(n: int) -> object:
        return sum(1 for _ in word_places(["".join(pumped(piece, n // 2).split())], pumped(piece, n)))  # fmt: skip

    assert exponent(find, first=64_000) <= TOO_FAST
    assert exponent(find_one, first=64_000) <= TOO_FAST


@pytest.mark.parametrize("piece", ["漢。", "a\n", "a. ", "A b c. D ", "`"])
def test_the_time_to_cut_a_long_paragraph_grows_with_it_and_not_faster(piece: str) -> None:
    def cut(n: int) -> Any:
        text = pumped(piece, n)
        return cut_long(text, Span(0, n), language="en")

    assert exponent(cut, first=20_000) <= TOO_FAST
