"""Serves one connection: cuts a slow sender, and lets an idle one give way."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from bot.webserver.connectionslots import ConnectionSlots, Slot

_HEAD_S = 5.0
_LEAVE_S = 5.0
"""The seconds that a closed connection may take to read its answer."""
_READ_S = 60.0
"""The seconds that a caller may take to read a long answer, in which it holds memory."""

_CLOSE = (b"connection", b"close")

_protocol_log = logging.getLogger(f"{__name__}.protocol")


def quiet_protocol_log() -> None:
    """Keep malformed requests of strangers out of the log: they are counted."""
    _protocol_log.setLevel(logging.ERROR)


class WebConnection(H11Protocol):
    """A connection with a slot. It is cut if the head of a request does not arrive in time."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        slots: ConnectionSlots,
        on_refused: Callable[[str], None],
    ) -> None:
        """``on_refused`` receives the reason for which a connection is cut."""
        super().__init__(config, server_state, app_state, _loop)
        self.logger = _protocol_log
        self._slots = slots
        self._on_refused = on_refused
        self._slot: Slot | None = None
        self._late: asyncio.TimerHandle | None = None
        self._half_read: object = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a slot, or end the connection."""
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        self._slot = self._slots.take(address, self._give_way)
        if self._slot is None:
            self._on_refused("no place is free")
            transport.abort()
            return
        self._end_in(_HEAD_S, self._cut_slow_head)

    def data_received(self, data: bytes) -> None:
        """Read the bytes that came; the rest of a head has its time limit."""
        super().data_received(data)
        self._look()
        if not self._is_answering and self._late is None:
            self._end_in(_HEAD_S, self._cut_slow_head)

    def on_response_complete(self) -> None:
        """Wait for the next request, or begin it."""
        super().on_response_complete()  # begins the next request, if it is there
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the slot."""
        super().connection_lost(exc)
        self._forget_deadline()
        self._forget_unread()
        if self._slot is not None:
            self._slots.leave(self._slot)

    def pause_writing(self) -> None:
        """Note that the caller does not read: its connection may give way, and ends in time."""
        super().pause_writing()
        if self._slot is not None:
            self._slots.wait(self._slot, known=True)
        if self._unread is None:
            seconds = _LEAVE_S if _CLOSE in self.headers else _READ_S
            self._unread = asyncio.get_running_loop().call_later(seconds, self._cut_unread)

    def resume_writing(self) -> None:
        """Note that the caller has read."""
        super().resume_writing()
        self._forget_unread()
        self._look()

    def send_400_response(self, msg: str) -> None:
        """Refuse bytes that are no HTTP."""
        self._on_refused("no HTTP")
        super().send_400_response(msg)

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _look(self) -> None:
        """Note whether the connection waits for more of a request, is answered, or is to end."""
        if self._slot is None:
            return
        if self.transport.is_closing():
            self._slots.work(self._slot)
            self._end_in(_LEAVE_S, self.transport.abort)
        elif self._is_answering:
            self._forget_deadline()
            if self.flow.write_paused:
                self._slots.wait(self._slot, known=True)
            elif not self.cycle.more_body:
                self._slots.work(self._slot)
            elif self._half_read is not self.cycle:
                self._half_read = self.cycle
                self._slots.wait(self._slot, known=True)
        elif self.cycle is not None and self._late is None:
            self._slots.wait(self._slot, known=True)

    def _end_in(self, seconds: float, end: Callable[[], None]) -> None:
        self._forget_deadline()
        self._late = asyncio.get_running_loop().call_later(seconds, end)

    def _forget_deadline(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _forget_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _cut_unread(self) -> None:
        self._on_refused("unread answer")
        self.transport.abort()

    def _give_way(self) -> None:
        self._on_refused("idle, and others came")
        self.transport.abort()

    def _cut_slow_head(self) -> None:
        self._on_refused("slow head")
        self.transport.close()
