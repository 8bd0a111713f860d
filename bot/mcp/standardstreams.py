"""Keeps standard input and output for the protocol alone, and serves a program by them."""

import asyncio
import os
import signal
import sys
import threading
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

from bot.mcp.messages import refusal_of

MOST_LINE_BYTES = 4 * 1024 * 1024
"""The bytes of one message; a longer one is answered with an error."""


@dataclass(frozen=True, slots=True)
class Wire:
    """The descriptors of what another program writes and reads."""

    incoming: int
    outgoing: int


def take_standard_streams() -> Wire:
    """Return the wire of this process, and keep everything else away from it.

    From now on standard input is empty, and what is printed goes to standard error.
    """
    if sys.stdout is not None:
        sys.stdout.flush()
    wire = Wire(os.dup(0), os.dup(1))
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    try:
        os.dup2(2, 1)
    except OSError:
        os.dup2(nowhere, 1)
    os.close(nowhere)
    return wire


class WireLines:
    """Gives the lines of a wire. A thread waits for them, which does not hold up the end."""

    def __init__(self, incoming: int, *, outlet: "WireOutlet") -> None:
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=8)
        self._outlet = outlet
        file = os.fdopen(incoming, "rb")
        threading.Thread(target=self._wait, args=[file], name="stdin", daemon=True).start()

    def _wait(self, file: BinaryIO) -> None:
        with suppress(RuntimeError):  # the loop has ended
            for line in _lines_of(file):
                self._put(line)
            self._put(None)

    def _put(self, line: bytes | None) -> None:
        asyncio.run_coroutine_threadsafe(self._lines.put(line), self._loop).result()

    async def __aiter__(self) -> AsyncIterator[str]:
        """Yield each line that is a message; answer any other with an error."""
        while (line := await self._lines.get()) is not None:
            if not line.strip():
                continue
            refusal = refusal_of(line)
            if refusal is None:
                yield line.decode("utf-8")
            else:
                await self._outlet.write(f"{refusal}\n")


def _lines_of(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file; of one that is too long only that there was one."""
    with suppress(OSError):
        while line := file.readline(MOST_LINE_BYTES + 1):
            if len(line) <= MOST_LINE_BYTES:
                yield line
                continue
            while line and not line.endswith(b"\n"):
                line = file.readline(MOST_LINE_BYTES)
            yield b"too long"


class WireOutlet:
    """Writes lines to a wire, one after another."""

    def __init__(self, outgoing: int, *, on_gone: Callable[[], None]) -> None:
        """``on_gone`` is called when nobody reads any more."""
        self._outgoing = outgoing
        self._on_gone = on_gone
        self._turn = asyncio.Lock()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="stdout")

    async def write(self, text: str) -> None:
        """Write a text."""
        loop = asyncio.get_running_loop()
        async with self._turn:
            try:
                await loop.run_in_executor(self._executor, self._write, text.encode("utf-8"))
            except OSError:
                self._on_gone()

    async def flush(self) -> None:
        """Do nothing: a text is written at once."""

    def _write(self, content: bytes) -> None:
        left = memoryview(content)
        while left:
            left = left[os.write(self._outgoing, left) :]


Serve = Callable[[WireLines, WireOutlet], Awaitable[None]]
"""Serves a program until it closes its lines."""


async def serve_wire(wire: Wire, serve: Serve, *, needs: "asyncio.Future[Any]") -> None:
    """Serve the program at a wire until it closes it, or a signal comes.

    If ``needs`` fails, its error is raised. Threads may go on working after the end.
    """
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # on Windows
            loop.add_signal_handler(each, stopped.set)
    outlet = WireOutlet(wire.outgoing, on_gone=stopped.set)
    lines = WireLines(wire.incoming, outlet=outlet)
    tasks = {
        asyncio.ensure_future(serve(lines, outlet)),
        asyncio.ensure_future(stopped.wait()),
        asyncio.ensure_future(_failure_of(needs)),
    }
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        # a line that was being handed on when the end came is dropped, which is no fault
        warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _failure_of(work: "asyncio.Future[Any]") -> None:
    """Wait for ever, or raise the error of some work."""
    await asyncio.shield(work)
    await asyncio.Event().wait()
