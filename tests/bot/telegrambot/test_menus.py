"""Menus and descriptions: by scope and language, set only where they differ."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from botapi_server import BotApiServer
from telegram import Bot

from bot.language import texts
from bot.language.translation import LANGUAGES, translator
from bot.language.utf16 import utf16_length
from bot.telegrambot.menus import announce

SCOPES = ("all_group_chats", "all_private_chats", "default")
METHODS = ("setMyCommands", "setMyDescription", "setMyShortDescription")


@pytest.fixture
def server() -> Iterator[BotApiServer]:
    with BotApiServer() as running:
        yield running
        assert running.violations == []


def announced(server: BotApiServer, **more: Any) -> None:
    async def run() -> None:
        async with Bot(server.token, base_url=server.base_url) as bot:
            await announce(bot, **more)

    asyncio.run(run())


def test_there_is_a_menu_for_each_scope_in_each_language(server: BotApiServer) -> None:
    announced(server)
    menus = {
        (call.params["scope"]["type"], call.params.get("language_code", "en")): {
            c["command"]: c["description"] for c in call.params["commands"]
        }
        for call in server.calls_to("setMyCommands")
    }
    assert sorted(menus) == [(scope, language) for scope in SCOPES for language in ("en", "fr")]
    everything = {name for name, _ in texts.COMMANDS}
    for language, begin in (("en", "Begin"), ("fr", "Commencer")):
        assert set(menus["default", language]) == everything
        assert set(menus["all_private_chats", language]) == everything
        assert menus["default", language]["start"] == begin
        assert set(menus["all_group_chats", language]) < everything
        assert {"ask", "sources", "help"} <= set(menus["all_group_chats", language])


def test_the_bot_describes_itself_in_each_language(server: BotApiServer) -> None:
    announced(server)
    said = {c.params.get("language_code"): c.params for c in server.calls_to("setMyDescription")}
    assert said[None]["description"].startswith("I answer questions about official statements")
    assert said["fr"]["description"].startswith("Je réponds")
    assert len(server.calls_to("setMyShortDescription")) == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_descriptions_fit(language: str) -> None:
    words = translator(language)
    assert utf16_length(words.say(texts.DESCRIPTION)) <= 512
    assert utf16_length(words.say(texts.SHORT_DESCRIPTION)) <= 120


def test_nothing_is_set_a_second_time(server: BotApiServer) -> None:
    announced(server)
    before = [len(server.calls_to(method)) for method in METHODS]
    announced(server)
    assert [len(server.calls_to(method)) for method in METHODS] == before == [6, 2, 2]


def test_what_fails_for_a_while_is_tried_again(
    server: BotApiServer,
) -> None:
    server.fail_next("setMyDescription", status=502, times=2)
    announced(server, retry_s=(0.01, 0.02))
    assert [c.status for c in server.calls_to("setMyDescription")].count(200) == 2


@pytest.mark.parametrize("method", METHODS)
def test_a_failure_is_only_logged_and_hinders_no_other(
    server: BotApiServer, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    server.fail_next(method, status=400, description="Bad Request: no")
    with caplog.at_level(logging.WARNING):
        announced(server)
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        {
            "setMyCommands": "the command menu could not be set",
            "setMyDescription": "the description could not be set",
            "setMyShortDescription": "the short description could not be set",
        }[method]
    ]
    good = [c for m in METHODS for c in server.calls_to(m) if c.status == 200]
    assert len(good) == 9
