"""Refusals: each is counted, and the log tells of them in few lines."""

import asyncio
import logging

import pytest

from bot.webserver import refusals
from bot.webserver.refusals import Refusals


def test_a_flood_of_refusals_is_counted_one_by_one_and_told_in_two_lines(
    caplog: pytest.LogCaptureFixture,
) -> None:
    counted: list[str] = []

    async def run() -> None:
        strangers = Refusals("the webhook", on_refused=counted.append)
        for _ in range(1000):
            strangers.count("wrong secret")
        strangers.count("slow head")
        strangers.close()

    with caplog.at_level(logging.WARNING):
        asyncio.run(run())
    assert counted == ["wrong secret"] * 1000 + ["slow head"]
    assert caplog.messages == [
        "the webhook refused a call: wrong secret",
        "the webhook refused more calls since the last line: 999 × wrong secret, 1 × slow head",
    ]


def test_a_flood_that_goes_on_is_told_now_and_then_and_one_that_ends_no_more(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "LOGGED_EVERY_S", 0.1)

    async def run() -> None:
        strangers = Refusals("the webhook")
        for _ in range(20):
            strangers.count("wrong secret")
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.4)
        told = len(caplog.messages)
        await asyncio.sleep(0.2)
        assert len(caplog.messages) == told
        strangers.count("wrong path")
        strangers.close()

    with caplog.at_level(logging.WARNING):
        asyncio.run(run())
    assert 3 <= len(caplog.messages) <= 7
    assert caplog.messages[-1] == "the webhook refused a call: wrong path"
