"""Polling: what is done when nothing is asked for."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from botapi_server import BotApiServer
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.monitoring.health import DEAF_AFTER_S, Health
from bot.state.contracts import Arrival
from bot.state.files.inbox import Inbox
from bot.state.lanes import Lanes
from bot.telegrambot.incoming.intake import Intake
from bot.telegrambot.incoming.polling import Poller
from bot.telegrambot.timing import Timing


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def left_alone(_: int) -> bool:
    return True


def test_a_poller_whose_inbox_stays_full_is_alive_and_asks_again_when_there_is_room(
    tmp_path: Path,
) -> None:
    now_s = 0.0

    async def run(server: BotApiServer, inbox: Inbox) -> None:
        nonlocal now_s
        intake = Intake(inbox, Lanes(left_alone), on_new=lambda *_: None, most_waiting=1)
        health = Health(generation=lambda: 1, full=lambda: intake.full, clock=lambda: now_s)
        async with Bot(server.token, base_url=server.base_url) as bot, HTTPXRequest() as request:
            poller = Poller(
                request,
                intake,
                bot,
                url=server.base_url + server.token,
                kinds=("message",),
                on_success=health.heard,
                on_paused=health.paused,
                on_refused=health.refused,
                timing=Timing(full_pause_s=0.01),
            )
            asking = asyncio.create_task(poller.run())
            await asyncio.sleep(0.05)
            now_s += 2 * DEAF_AFTER_S
            await eventually(lambda: health.why_not_alive() is None)
            assert server.calls_to("getUpdates") == []
            inbox.done(1)
            await eventually(lambda: bool(server.calls_to("getUpdates")))
            poller.stop()
            await asking
        intake.close()

    with BotApiServer() as server, Inbox(tmp_path / "inbox.sqlite") as inbox:
        inbox.put([Arrival(1, "chat 1", "{}")])
        asyncio.run(run(server, inbox))
