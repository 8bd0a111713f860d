"""What the rest of the program asks of the bot that runs, from any thread."""

import asyncio
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass

from telegram import Bot
from telegram.error import TelegramError

from bot.errors import FileNotFetched
from bot.kept import KeepsChats, KeepsUpdates

_FETCH_S = 60.0
_READ_S = 30.0
_AGAIN = "Send it again."


@dataclass(frozen=True, slots=True)
class _Running:
    loop: asyncio.AbstractEventLoop
    bot: Bot
    inbox: KeepsUpdates
    chats: KeepsChats


class Connection:
    """A way to the running bot for who was made before it; nothing is there while none runs."""

    def __init__(self) -> None:
        self._running: _Running | None = None

    def attach(self, bot: Bot, inbox: KeepsUpdates, chats: KeepsChats) -> None:
        """Leads to that bot from now on. Call it in the bot's loop."""
        self._running = _Running(asyncio.get_running_loop(), bot, inbox, chats)

    def detach(self) -> None:
        """Leads to no bot any more."""
        self._running = None

    def waiting(self) -> int:
        """How many updates wait for their answer."""
        return 0 if self._running is None else self._running.inbox.depth

    def came_from(self, chat_id: int) -> int:
        """What a chat was before it became a supergroup, by id; itself for any other."""
        return chat_id if self._running is None else self._running.chats.came_from(chat_id)

    def fetch_file(self, file_id: str, *, max_bytes: int) -> bytes:
        """The bytes of a file that a person sent. Call it from any thread but the loop's.

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
            # what the error says may hold the file's address, which holds the token
            raise FileNotFetched(
                f"Telegram did not give the file ({type(error).__name__}). {_AGAIN}"
            ) from None


async def _fetched(bot: Bot, file_id: str, max_bytes: int) -> bytes:
    file = await bot.get_file(file_id)
    if (file.file_size or 0) > max_bytes:
        raise FileNotFetched(f"The file is larger than {max_bytes // 1_000_000} MB. Split it.")
    return bytes(await file.download_as_bytearray(read_timeout=_READ_S))
