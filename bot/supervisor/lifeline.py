"""Connects the working process with its watchdog: beats, work in hand, questions and answers.

Lines of JSON over a pair of sockets; see ``bot.supervisor.watchdog``.
"""

import asyncio
import json
import logging
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

log = logging.getLogger(__name__)

BEAT_S = 0.5
MOST_LINE_BYTES = 4 * 1024 * 1024

Ask = Callable[[str, str], Awaitable[tuple[int, str, str]]]
"""Takes a method and a path; returns status, content type and body."""


def leave() -> None:
    """End this process with exit code 0 if another thread would keep it alive; else return."""
    if any(
        not each.daemon for each in threading.enumerate() if each is not threading.main_thread()
    ):
        log.warning("the bot ends although some of its threads still run")
        for handler in logging.getLogger().handlers:
            handler.flush()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


class Lifeline:
    """The working process's end of the line. It belongs to one event loop while it is ``held``.

    A message reaches the watchdog at once, even if this process dies next. While nothing holds
    the line, messages are dropped.
    """

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._writer: asyncio.StreamWriter | None = None

    @asynccontextmanager
    async def held(self, ask: Ask) -> AsyncIterator[None]:
        """Show that the event loop runs, and answer requests, until the block ends.

        This process ends if the watchdog ends, since a restart begins both anew.
        """
        reader, self._writer = await asyncio.open_connection(sock=self._line, limit=MOST_LINE_BYTES)
        tasks = [
            asyncio.create_task(self._beat()),
            asyncio.create_task(self._answer(reader, ask)),
        ]
        try:
            yield
        finally:
            self._send(closing=True)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(1):
                    await self._writer.drain()
            self._writer.close()

    def making(self, update_id: int) -> None:
        """Report that this process works on an update from now on."""
        self._send(making=update_id)

    def sending(self, update_id: int) -> None:
        """Report that the answer to an update is being sent."""
        self._send(sending=update_id)

    def left(self, update_id: int) -> None:
        """Report that this process does nothing about an update at the moment."""
        self._send(left=update_id)

    def give_up(self, why: str, update_ids: Iterable[int]) -> None:
        """End this process, since only that ends the threads which these updates keep busy."""
        self._send(gave_up=why, blamed=list(update_ids))
        os._exit(1)

    async def _beat(self) -> None:
        while True:
            self._send(beat=True)
            await asyncio.sleep(BEAT_S)

    async def _answer(self, reader: asyncio.StreamReader, ask: Ask) -> None:
        while line := await reader.readline():
            request = json.loads(line)
            try:
                status, kind, body = await ask(request["method"], request["path"])
            except Exception as error:  # noqa: BLE001 (whatever it is, the next one is answered)
                log.error("a question about health failed: %s", type(error).__name__)  # noqa: TRY400
                status, kind, body = 500, "text/plain", "failed\n"
            self._send(reply=request["ask"], status=status, kind=kind, body=body)
        log.error("the process that watches over this one ended")
        os._exit(1)

    def _send(self, **message: Any) -> None:
        writer = self._writer
        if writer is None or writer.is_closing():
            return
        # who does not listen is not waited for, and does not fill this process's memory
        if writer.transport.get_write_buffer_size() < MOST_LINE_BYTES:
            writer.write(json.dumps(message).encode("ascii") + b"\n")
