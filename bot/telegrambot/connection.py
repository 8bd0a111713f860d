"""Leads the rest of the program to the bot that runs, from any thread."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass

from telegram import Bot
from telegram.error import TelegramError

from bot.chat.events import TextMessage
from bot.errors import FileNotFetched
from bot.monitoring.logs import request_id
from bot.state.contracts import NOT_KEPT, KeepsChats, KeepsUpdates
from bot.telegrambot.incoming.rawupdates import id_in, is_by
from bot.telegrambot.incoming.updateseal import Seal, command_again

log = logging.getLogger(__name__)

_FETCH_S = 60.0
_READ_S = 30.0
_AGAIN = "Send it again."


@dataclass(frozen=True, slots=True)
class _Running:
    loop: asyncio.AbstractEventLoop
    bot: Bot
    inbox: KeepsUpdates
    chats: KeepsChats
    seal: Seal


class Connection:
    """Leads to the running bot, for parts that are made before it; to nothing while none runs."""

    def __init__(self) -> None:
        self._running: _Running | None = None

    def attach(self, bot: Bot, inbox: KeepsUpdates, chats: KeepsChats, seal: Seal) -> None:
        """Lead to that bot from now on. Call it in the bot's loop."""
        self._running = _Running(asyncio.get_running_loop(), bot, inbox, chats, seal)

    def detach(self) -> None:
        """Lead to no bot any more."""
        self._running = None

    def waiting(self) -> int:
        """Return how many updates wait for their answer."""
        return 0 if self._running is None else self._running.inbox.depth

    def set_aside(self) -> list[int]:
        """Return the ids of the updates that ended the bot and were set aside, the latest last.

        Raises:
            sqlite3.Error, StateUnreachable: if that cannot be read.
        """
        return [] if self._running is None else self._running.inbox.set_aside()

    def came_from(self, chat_id: int) -> int:
        """Return the id that a chat had before it became a supergroup; else its own id."""
        return chat_id if self._running is None else self._running.chats.came_from(chat_id)

    def seal_command(self, event: TextMessage, done_before: Sequence[str]) -> bool:
        """Replace a command in the inbox by a sealed form, and return whether that worked.

        The sealed form holds only what the command needs to be done and answered. ``done_before``
        names the work that is done about it now. Call it from the thread that works on the command.
        """
        running, update_id = self._running, _worked_on()
        if running is None or update_id is None:
            return False
        again = command_again(update_id, event, done_before=done_before)
        try:
            running.inbox.replace(update_id, running.seal.closed(again))
        except NOT_KEPT as error:
            log.warning("a command cannot be sealed: %s", error)
            return False
        return True

    def erase_updates_of(self, person: int) -> bool:
        """Erase a person's earlier updates, and return whether no trace of them is left.

        Call it from the thread that works on it.
        """
        running, last = self._running, _worked_on()
        if running is None or last is None:
            return False

        def is_meant(update_id: int, payload: str) -> bool:
            return update_id <= last and is_by(payload, person)

        try:
            return running.inbox.erase(is_meant, containing=id_in(person))
        except NOT_KEPT as error:
            log.warning("what a person sent cannot be erased: %s", error)
            return False

    def fetch_file(self, file_id: str, *, max_bytes: int) -> bytes:
        """Return the bytes of a file that a person sent. Call it from any thread but the loop's.

        Raises:
            FileNotFetched: if Telegram does not give it in time, or it is larger.
        """
        running = self._running
        if running is None:
            raise FileNotFetched(f"The bot is being stopped. {_AGAIN}")
        fetching = asyncio.run_coroutine_threadsafe(
            _fetched(running.bot, file_id, max_bytes), running.loop
        )
        try:
            return fetching.result(_FETCH_S)
        except NotInTime as error:
            fetching.cancel()
            raise FileNotFetched(
                f"Telegram did not give the file within {_FETCH_S:g} s. {_AGAIN}"
            ) from error
        except TelegramError as error:
            # the message of the error may hold the file's address, which holds the token
            raise FileNotFetched(
                f"Telegram did not give the file ({type(error).__name__}). {_AGAIN}"
            ) from None


def _worked_on() -> int | None:
    """Return the id of the update that this thread works on; None if it works on none."""
    worked_on = request_id.get()
    return int(worked_on) if worked_on.isdecimal() else None


async def _fetched(bot: Bot, file_id: str, max_bytes: int) -> bytes:
    file = await bot.get_file(file_id)
    if (file.file_size or 0) > max_bytes:
        raise FileNotFetched(f"The file is larger than {max_bytes // 1_000_000} MB. Split it.")
    return bytes(await file.download_as_bytearray(read_timeout=_READ_S))
