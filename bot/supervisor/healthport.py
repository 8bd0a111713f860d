"""Serves ``/healthz`` and the like without threads or an event loop.

It belongs to the watchdog, and answers while the bot itself cannot. Only programs on the same
machine reach it.
"""

import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.errors import SettingsError

_MOST_CLIENTS = 64
_MOST_HEAD = 8 * 1024
_LONGEST_S = 5.0
_REASONS = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}

SendResponse = Callable[[int, str, str], None]
"""Sends a response: status, content type and body."""

OnRequest = Callable[[str, str, SendResponse], None]
"""Receives a method and a path; responds now or later."""


@dataclass(slots=True)
class _Client:
    connection: socket.socket
    until_s: float
    request: bytearray = field(default_factory=bytearray)
    answer: bytes = b""
    is_asking: bool = True


class HealthPort:
    """Listens on a port of 127.0.0.1. It belongs to one selector and one thread."""

    def __init__(self, port: int, selector: selectors.BaseSelector, on_request: OnRequest) -> None:
        """Listen.

        Raises:
            SettingsError: if the port cannot be listened on.
        """
        try:
            self._listening = socket.create_server(("127.0.0.1", port))
        except OSError as error:
            raise SettingsError(
                f"127.0.0.1 port {port} cannot be opened ({error.strerror}). Choose another one."
            ) from error
        self._listening.setblocking(False)
        self._selector = selector
        self._on_request = on_request
        self._clients: dict[socket.socket, _Client] = {}
        selector.register(self._listening, selectors.EVENT_READ, self._accept)

    def close(self) -> None:
        """Stop listening, and cut all connections."""
        for client in tuple(self._clients.values()):
            self._drop(client)
        self._selector.unregister(self._listening)
        self._listening.close()

    def drop_late(self) -> None:
        """Cut connections that take too long."""
        now_s = time.monotonic()
        for client in tuple(self._clients.values()):
            if now_s > client.until_s:
                self._drop(client)

    def _accept(self) -> None:
        try:
            connection, _ = self._listening.accept()
        except OSError:
            return
        connection.setblocking(False)
        if len(self._clients) >= _MOST_CLIENTS:
            self._drop(next(iter(self._clients.values())))
        client = _Client(connection, time.monotonic() + _LONGEST_S)
        self._clients[connection] = client
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._read(client))

    def _read(self, client: _Client) -> None:
        try:
            came = client.connection.recv(_MOST_HEAD)
        except BlockingIOError:
            return
        except OSError:
            came = b""
        if not came:
            self._drop(client)
            return
        if not client.is_asking:
            return
        client.request += came
        if b"\r\n\r\n" in client.request or b"\n\n" in client.request:
            client.is_asking = False
            words = bytes(client.request[:_MOST_HEAD]).decode("latin-1").split(None, 2)
            method, path = (*words, "", "")[:2]
            path = path.partition("?")[0]
            self._on_request(
                method, path, lambda *response: self._answer(client, method, *response)
            )
        elif len(client.request) > _MOST_HEAD:
            self._drop(client)

    def _answer(self, client: _Client, method: str, status: int, kind: str, body: str) -> None:
        if client.connection not in self._clients or client.answer:
            return
        content = body.encode("utf-8")
        head = (
            f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}\r\ncontent-type: {kind}\r\n"
            f"content-length: {len(content)}\r\nconnection: close\r\n\r\n"
        )
        client.answer = head.encode("latin-1") + (b"" if method == "HEAD" else content)
        self._write(client)

    def _write(self, client: _Client) -> None:
        try:
            sent = client.connection.send(client.answer)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._drop(client)
            return
        client.answer = client.answer[sent:]
        if client.answer:
            self._selector.modify(
                client.connection, selectors.EVENT_WRITE, lambda: self._write(client)
            )
        else:
            self._drop(client)

    def _drop(self, client: _Client) -> None:
        if self._clients.pop(client.connection, None) is not None:
            self._selector.unregister(client.connection)
            client.connection.close()
