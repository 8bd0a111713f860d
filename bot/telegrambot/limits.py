"""Keeps the bot within the limits of Telegram, and repeats calls that fail."""

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.ext import BaseRateLimiter

from bot.state.contracts import KeepsChats


def seconds_of(error: RetryAfter) -> float:
    """Return the seconds to wait. The library is changing the type."""
    wait = error.retry_after
    return float(wait.total_seconds() if isinstance(wait, timedelta) else wait)


log = logging.getLogger(__name__)

CONNECTIONS = 6
"""The calls that may be under way at once, each with its connection.

30 messages a second that take 0.2 s each need 6. A message that is under way when the bot is killed
may come twice, so that more would do harm.
"""

BLOCKED_S = 1.0
"""A message whose sending takes longer holds up no other one."""

RETRY_S = (0.5, 1.0, 2.0, 4.0)
_MOST_WAITS = 10
_REMEMBERED_CHATS = 10_000
_CHAT = (3, 3.0)
_GROUP = (20, 60.0)
_SHOWN = frozenset({"sendChatAction", "setMessageReaction"})
_SAID = "sendMessage"

OnceSent = Callable[[], Awaitable[None]]
"""Awaited as soon as Telegram has taken a message, before the next one is sent.

A caller gives it with the call, as the library's ``rate_limit_args``.
"""


class RateLimit:
    """Allows a number of turns in a number of seconds."""

    def __init__(self, most: int, per_s: float) -> None:
        self._per_s = per_s
        self._turns: deque[float] = deque(maxlen=most)

    def turn_s(self, now_s: float) -> float:
        """Take the next turn, and return its time."""
        full = len(self._turns) == self._turns.maxlen
        at_s = max(now_s, self._turns[0] + self._per_s) if full else now_s
        self._turns.append(at_s)
        return at_s


class RateLimits(BaseRateLimiter[OnceSent]):
    """Calls Telegram within its limits, and repeats calls that fail.

    It sends at most ``per_second`` messages a second in all, 3 in 3 seconds to a chat, which is 1 a
    second with short bursts, and 20 a minute to a group. If Telegram asks to wait, only that chat
    waits. A chat in which the bot is blocked gets nothing more, and a message for a group that
    became a supergroup goes to the supergroup. Other methods are called at once, and once.

    ``sent_at_once`` is how many messages may be under way before it is written that they arrived.
    If the bot is killed, at most that many are sent twice.
    """

    def __init__(
        self,
        chats: KeepsChats,
        *,
        on_refused: Callable[[], None],
        on_error: Callable[[str, Exception], None] = lambda _, __: None,
        per_second: int = 30,
        sent_at_once: int = CONNECTIONS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._chats = chats
        self._on_refused = on_refused
        self._on_error = on_error
        self._all = RateLimit(per_second, 1.0)
        self._by_chat: OrderedDict[object, tuple[RateLimit, ...]] = OrderedDict()
        self._held: dict[object, float] = {}
        self._clock = clock
        self._sleep = sleep
        self._connections = asyncio.Semaphore(CONNECTIONS)
        self._saying = asyncio.Semaphore(sent_at_once)

    async def initialize(self) -> None:
        """Do nothing: nothing is to be prepared."""

    async def shutdown(self) -> None:
        """Do nothing: nothing is held."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: OnceSent | None,
    ) -> Any:
        """See ``telegram.ext.BaseRateLimiter.process_request``.

        ``rate_limit_args`` is awaited once the message of a "sendMessage" is sent, if it is given.

        Raises:
            TelegramError: if Telegram refuses the call, or cannot be reached in several tries.
        """
        call = _Call(callback, args, kwargs, endpoint, data, rate_limit_args)
        try:
            if endpoint in _SHOWN:
                return await self._show(call)
            if "chat_id" in data or endpoint.startswith("answer"):
                return await self._limited(call)
            return await call.made()
        except InvalidToken:
            self._on_refused()
            raise

    async def _show(self, call: "_Call") -> Any:
        """Show something for a moment, unless the chat waits: return False then."""
        if self._chats.is_closed(call.chat) or self._held_s(call.chat) > 0:
            return False
        async with self._connections:
            return await call.made()

    async def _limited(self, call: "_Call") -> Any:
        if isinstance(call.chat, int):
            call.chat = self._chats.current(call.chat)
        if self._chats.is_closed(call.chat):
            raise Forbidden("Forbidden: the bot was blocked there before")
        while True:
            await self._turn(call.chat)
            try:
                if call.endpoint == _SAID:
                    return await self._say(call)
                async with self._connections:
                    return await call.made()
            except TelegramError as error:
                self._on_error(call.endpoint, error)
                await self._before_next_try(call, error)

    async def _say(self, call: "_Call") -> Any:
        async with self._turn_to_say(), self._connections:
            sent = await call.made()
            if call.once_sent is not None:
                await call.once_sent()
            return sent

    @asynccontextmanager
    async def _turn_to_say(self) -> AsyncIterator[None]:
        await self._saying.acquire()
        holding = True

        def release() -> None:
            nonlocal holding
            if holding:
                holding = False
                self._saying.release()

        blocked = asyncio.get_running_loop().call_later(BLOCKED_S, release)
        try:
            yield
        finally:
            blocked.cancel()
            release()

    async def _before_next_try(self, call: "_Call", error: TelegramError) -> None:
        """Do what lets the call succeed after an error, or raise the error again."""
        match error:
            case RetryAfter() if (wait_s := seconds_of(error)) and call.may_wait():
                log.warning("Telegram asks to wait %g s with %s", wait_s, call.endpoint)
                if call.chat is None:
                    await self._sleep(wait_s)
                else:
                    self._held[call.chat] = self._clock() + wait_s
            case ChatMigrated() if isinstance(call.chat, int) and call.chat != error.new_chat_id:
                self._chats.move(call.chat, error.new_chat_id)
                call.chat = error.new_chat_id
            case Forbidden() if isinstance(call.chat, int):
                self._chats.close_chat(call.chat)
                raise error
            # the library counts a refused request among the network's errors
            case NetworkError() if not isinstance(error, BadRequest) and call.retry_s:
                delay_s = call.retry_s.pop(0)
                log.info("%s failed, next try in %g s: %s", call.endpoint, delay_s, error)
                await self._sleep(delay_s)
            case _:
                raise error

    async def _turn(self, chat: object) -> None:
        """Wait for the turn of a call."""
        await self._end_of_hold(chat)
        for window in (*self._windows(chat), self._all):
            now_s = self._clock()
            wait_s = window.turn_s(now_s) - now_s
            if wait_s > 0:
                await self._sleep(wait_s)
        await self._end_of_hold(chat)

    async def _end_of_hold(self, chat: object) -> None:
        while (held_s := self._held_s(chat)) > 0:
            await self._sleep(held_s)

    def _held_s(self, chat: object) -> float:
        """Return for how many seconds the chat still waits, as Telegram asked."""
        left_s = self._held.get(chat, 0.0) - self._clock()
        if left_s <= 0:
            self._held.pop(chat, None)
        return left_s

    def _windows(self, chat: object) -> tuple[RateLimit, ...]:
        if chat is None:
            return ()
        windows = self._by_chat.get(chat)
        if windows is None:
            private = isinstance(chat, int) and chat > 0
            windows = (RateLimit(*_CHAT),) if private else (RateLimit(*_CHAT), RateLimit(*_GROUP))
            self._by_chat[chat] = windows
        self._by_chat.move_to_end(chat)
        while len(self._by_chat) > _REMEMBERED_CHATS:
            self._by_chat.popitem(last=False)
        return windows


class _Call:
    """A call of a method; ``chat`` is the chat in its data."""

    def __init__(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        once_sent: OnceSent | None,
    ) -> None:
        self._callback = callback
        self._args = args
        self._kwargs = kwargs
        self.endpoint = endpoint
        self._data = data
        self.once_sent = once_sent
        self.retry_s = list(RETRY_S)
        self._waits = 0

    @property
    def chat(self) -> object:
        return self._data.get("chat_id")

    @chat.setter
    def chat(self, chat: object) -> None:
        self._data["chat_id"] = chat

    def may_wait(self) -> bool:
        """Return whether Telegram may ask to wait once more."""
        self._waits += 1
        return self._waits <= _MOST_WAITS

    async def made(self) -> Any:
        return await self._callback(*self._args, **self._kwargs)
