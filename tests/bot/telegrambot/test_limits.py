"""Limits of what is sent: tried on a clock that goes only while somebody sleeps."""

import asyncio
import heapq
from collections import Counter
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Any

import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.state.files.chats import Chats
from bot.telegrambot.limits import BLOCKED_S, RETRY_S, OnceSent, RateLimit, RateLimits


class Clock:
    """Time that passes at once, while everybody sleeps."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def __call__(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now_s + seconds, id(future), future))
        await future

    async def gather(self, *awaitables: Awaitable[Any]) -> list[Any]:
        everything = asyncio.gather(*awaitables, return_exceptions=True)
        while not everything.done():
            for _ in range(20):
                await asyncio.sleep(0)
            if self._sleepers and not everything.done():
                self.now_s, _, future = heapq.heappop(self._sleepers)
                future.set_result(None)
        return await everything


class Telegram:
    """Takes calls and remembers when they came; errors that wait for a chat come first."""

    def __init__(self, chats: Chats) -> None:
        self.chats = chats
        self.clock = Clock()
        self.refused = 0
        self.calls: list[tuple[float, str, object]] = []
        self.errors: dict[object, list[TelegramError]] = {}
        self.told: Counter[str] = Counter()
        self.limits = RateLimits(
            chats,
            on_refused=self._refuse,
            on_error=lambda endpoint, error: self.told.update([type(error).__name__]),
            clock=self.clock,
            sleep=self.clock.sleep,
        )

    def _refuse(self) -> None:
        self.refused += 1

    def call(
        self, chat_id: object, endpoint: str = "sendMessage", *, then: OnceSent | None = None
    ) -> Awaitable[Any]:
        data = {} if chat_id is None else {"chat_id": chat_id}

        async def callback(name: str, given: dict[str, Any]) -> object:
            chat = given.get("chat_id")
            self.calls.append((self.clock.now_s - 1_000, name, chat))
            if self.errors.get(chat):
                raise self.errors[chat].pop(0)
            return chat

        return self.limits.process_request(callback, (endpoint, data), {}, endpoint, data, then)

    def run(self, *calls: Awaitable[Any]) -> list[Any]:
        return asyncio.run(self.clock.gather(*calls))

    def times_s(self, chat_id: object) -> list[float]:
        return [at for at, _, chat in self.calls if chat == chat_id]


@pytest.fixture
def chats(tmp_path: Path) -> Iterator[Chats]:
    opened = Chats(tmp_path / "chats.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def telegram(chats: Chats) -> Telegram:
    return Telegram(chats)


def most_within(times_s: list[float], seconds: float) -> int:
    """The most calls in any window of that length."""
    return max(sum(start <= t < start + seconds - 1e-6 for t in times_s) for start in times_s)


def test_a_private_chat_gets_one_message_a_second_after_a_burst_of_three(
    telegram: Telegram,
) -> None:
    telegram.run(*(telegram.call(7) for _ in range(12)))
    assert telegram.times_s(7) == [0, 0, 0, 3, 3, 3, 6, 6, 6, 9, 9, 9]


@pytest.mark.parametrize("group", [-1001234, "@channel"])
def test_a_group_gets_twenty_messages_in_any_minute(telegram: Telegram, group: object) -> None:
    telegram.run(*(telegram.call(group) for _ in range(50)))
    assert most_within(telegram.times_s(group), 60) == 20
    assert most_within(telegram.times_s(group), 3) == 3
    assert telegram.times_s(group)[-1] < 140


def test_all_chats_together_get_thirty_a_second(telegram: Telegram) -> None:
    telegram.run(*(telegram.call(chat) for chat in range(1, 201)))
    times = [at for at, _, _ in telegram.calls]
    assert most_within(times, 1) == 30
    assert max(times) == 6


def test_edits_and_answers_to_queries_count_too(telegram: Telegram) -> None:
    telegram.run(
        *(telegram.call(chat, "editMessageText") for chat in range(1, 31)),
        *(telegram.call(None, "answerCallbackQuery") for _ in range(31)),
    )
    assert most_within([at for at, _, _ in telegram.calls], 1) == 30


def test_a_chat_that_must_wait_holds_up_no_other(telegram: Telegram) -> None:
    telegram.errors[7] = [RetryAfter(40)]
    telegram.run(telegram.call(7), *(telegram.call(chat) for chat in range(8, 20)))
    assert telegram.times_s(7) == [0, 40]
    assert {at for at, _, chat in telegram.calls if chat != 7} == {0}


def test_what_comes_for_a_chat_that_must_wait_waits_with_it_and_typing_is_left_out(
    telegram: Telegram,
) -> None:
    telegram.errors[7] = [RetryAfter(40)]

    async def later(endpoint: str) -> object:
        await telegram.clock.sleep(5)
        return await telegram.call(7, endpoint)

    telegram.run(telegram.call(7), later("sendMessage"), later("sendChatAction"))
    assert telegram.times_s(7) == [0, 40, 40]
    assert {name for _, name, _ in telegram.calls} == {"sendMessage"}


def test_the_network_is_tried_several_times_and_then_the_error_is_raised(
    telegram: Telegram,
) -> None:
    telegram.errors[7] = [NetworkError("cut"), TimedOut(), NetworkError("502")]
    telegram.errors[8] = [NetworkError("down") for _ in range(100)]
    seven, eight = telegram.run(telegram.call(7), telegram.call(8))
    assert seven == 7
    assert isinstance(eight, NetworkError)
    assert len(telegram.times_s(8)) == 1 + len(RETRY_S)
    assert telegram.times_s(8)[-1] >= sum(RETRY_S)
    assert telegram.told["NetworkError"] == 2 + 1 + len(RETRY_S)


def test_a_refused_request_is_not_tried_again(telegram: Telegram) -> None:
    telegram.errors[7] = [BadRequest("no")]
    assert isinstance(telegram.run(telegram.call(7))[0], BadRequest)
    assert len(telegram.calls) == 1


def test_nothing_more_is_sent_where_the_bot_is_blocked_until_somebody_writes_there(
    telegram: Telegram, chats: Chats, tmp_path: Path
) -> None:
    telegram.errors[7] = [Forbidden("blocked")]
    found = telegram.run(telegram.call(7))
    again = telegram.run(telegram.call(7), telegram.call(7, "sendChatAction"), telegram.call(8))
    assert [type(each) for each in (*found, *again)] == [Forbidden, Forbidden, bool, int]
    assert len(telegram.times_s(7)) == 1
    reopened = Chats(tmp_path / "chats.sqlite")
    assert reopened.is_closed(7)
    reopened.close()
    chats.open_chat(7)
    assert telegram.run(telegram.call(7)) == [7]


def test_what_is_for_a_group_that_moved_goes_where_it_moved(
    telegram: Telegram, tmp_path: Path
) -> None:
    telegram.errors[-7] = [ChatMigrated(-1007)]
    assert telegram.run(telegram.call(-7)) == [-1007]
    assert telegram.run(telegram.call(-7)) == [-1007]
    assert telegram.times_s(-7) == [0]
    reopened = Chats(tmp_path / "chats.sqlite")
    assert reopened.current(-7) == -1007
    assert reopened.came_from(-1007) == telegram.chats.came_from(-1007) == -7
    assert reopened.came_from(-7) == -7
    reopened.close()


def test_what_telegram_tells_of_chats_is_followed_though_the_disk_takes_nothing(
    telegram: Telegram, chats: Chats, caplog: pytest.LogCaptureFixture
) -> None:
    chats.close_chat(9)
    chats._connection.execute("PRAGMA query_only = ON")
    telegram.errors[-7] = [ChatMigrated(-1007)]
    telegram.errors[7] = [Forbidden("blocked")]
    assert telegram.run(telegram.call(-7)) == [-1007]
    (blocked,) = telegram.run(telegram.call(7))
    assert isinstance(blocked, Forbidden)
    chats.open_chat(9)
    assert (chats.is_closed(7), chats.is_closed(9)) == (True, False)
    assert caplog.text.count("chats.sqlite cannot be written") == 3


@pytest.mark.parametrize("endpoint", ["sendMessage", "sendChatAction", "getMe", "getFile"])
def test_a_token_that_is_refused_is_told_at_once(telegram: Telegram, endpoint: str) -> None:
    telegram.errors[7] = telegram.errors[None] = [InvalidToken()]
    found = telegram.run(telegram.call(7 if endpoint.startswith("send") else None, endpoint))
    assert isinstance(found[0], InvalidToken)
    assert telegram.refused == 1
    assert len(telegram.calls) == 1


def test_a_window_keeps_its_limit_whatever_the_times() -> None:
    window = RateLimit(3, 2.0)
    times = [window.turn_s(now / 7) for now in range(60)]
    assert times == sorted(times)
    assert most_within(times, 2.0) == 3


def test_of_so_many_messages_it_is_kept_that_they_arrived_before_more_are_sent(
    chats: Chats,
) -> None:
    under_way: list[int] = []
    most: list[int] = []

    async def callback() -> None:
        under_way.append(1)
        most.append(len(under_way))

    async def keep() -> None:
        await asyncio.sleep(0.005)
        under_way.pop()

    async def say(limits: RateLimits, chat_id: int) -> None:
        data = {"chat_id": chat_id}
        await limits.process_request(callback, (), {}, "sendMessage", data, keep)

    async def run(sent_at_once: int) -> None:
        limits = RateLimits(chats, on_refused=lambda: None, sent_at_once=sent_at_once)
        await asyncio.gather(*(say(limits, chat_id) for chat_id in range(1, 21)))

    asyncio.run(run(1))
    assert (len(most), max(most)) == (20, 1)
    asyncio.run(run(3))
    assert max(most[20:]) == 3
    assert under_way == []


def test_that_a_message_arrived_is_kept_once_and_only_when_telegram_has_taken_it(
    telegram: Telegram,
) -> None:
    kept: list[str] = []

    async def keep() -> None:
        kept.append("kept")

    telegram.errors[1] = [NetworkError("gone"), RetryAfter(3)]
    telegram.errors[2] = [BadRequest("no")]
    telegram.run(telegram.call(1, then=keep), telegram.call(2, then=keep))
    assert kept == ["kept"]
    telegram.run(telegram.call(3, "editMessageText", then=keep))
    assert kept == ["kept"]


def test_a_message_whose_sending_takes_long_holds_up_no_other(chats: Chats) -> None:
    async def callback(chat_id: int) -> None:
        if chat_id == 1:
            await asyncio.sleep(4 * BLOCKED_S)

    async def run() -> float:
        limits = RateLimits(chats, on_refused=lambda: None, sent_at_once=1)
        calls = [
            asyncio.create_task(
                limits.process_request(callback, (n,), {}, "sendMessage", {"chat_id": n}, None)
            )
            for n in range(1, 4)
        ]
        started_s = asyncio.get_running_loop().time()
        await asyncio.gather(*calls[1:])
        took_s = asyncio.get_running_loop().time() - started_s
        calls[0].cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        assert limits._saying._value == 1
        return took_s

    assert asyncio.run(run()) == pytest.approx(BLOCKED_S, abs=0.5)
