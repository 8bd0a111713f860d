"""Fetches a page or file from a public web address, within limits of size and time.

A name is resolved once, and each of its addresses must be public. The connection goes to a checked
address, while the request and the certificate check use the name. A name that gets another address
meanwhile (rebinding) therefore leads nowhere. Each redirect is checked in the same way, its port
too. Proxies of the environment, cookies and passwords are not used.
"""

import contextlib
import gzip
import queue
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPException

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, ProtocolError
from urllib3.response import BaseHTTPResponse

from corpus.errors import FetchFailed
from corpus.web.publicaddresses import Address, address_of, is_public
from corpus.web.webaddress import ADD_FILE, WebAddress, label_of, parse_web_address

USER_AGENT = "verbatim-bot"

Resolver = Callable[[str, int], Sequence[str]]
"""Host and port → its addresses; raises ``OSError`` if it has none."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_COMPLETE = frozenset({200, 203})
_PLAIN = frozenset({"", "identity"})
_GZIP = frozenset({"gzip", "x-gzip"})
_BLOCK_BYTES = 65_536
_HEADERS = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "gzip"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """The response of a web address.

    ``url`` is its address after redirects, without a fragment. ``media_type`` is the whole
    ``Content-Type`` header. ``name`` is a label for the file, without anything that could lead out
    of a folder.
    """

    content: bytes
    url: str
    media_type: str | None
    name: str


def system_addresses(host: str, port: int) -> Sequence[str]:
    """Return the addresses that the system's resolver gives.

    Raises:
        OSError: if there are none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def fetch(
    url: str,
    *,
    allowed: Callable[[Address], bool] = is_public,
    resolve: Resolver = system_addresses,
    max_bytes: int = 50_000_000,
    timeout_s: float = 30,
    most_redirects: int = 5,
) -> Fetched:
    """Fetch an http or https address, through at most ``most_redirects`` redirects.

    ``max_bytes`` counts the body after decompression. ``timeout_s`` is for everything together:
    names, connections, headers and bodies, however slowly they drip. ``allowed`` decides which
    addresses may be connected to; only tests allow more than the public ones.

    Raises:
        FetchFailed: if the address is not one, is not public, does not answer with a whole page or
            file in time, or gives too much.
    """
    deadline = _Deadline(timeout_s)
    visited = parse_web_address(url)
    for _ in range(most_redirects + 1):
        try:
            addresses = _checked_addresses(visited, resolve, allowed, deadline)
            found = _visit(visited, addresses, max_bytes, deadline)
        except (OSError, HTTPError, HTTPException, ValueError, EOFError, zlib.error) as error:
            if deadline.passed:
                raise FetchFailed(
                    f"{visited}: took longer than {timeout_s:g} s. Try again later. {ADD_FILE}"
                ) from error
            raise FetchFailed(f"{visited}: {_reason(error)}") from error
        if isinstance(found, Fetched):
            return found
        visited = found
    raise FetchFailed(
        f"{url}: redirects more than {most_redirects} times. Add the address that a browser shows "
        "in the end."
    )


class _Deadline:
    """The end of the time that a fetch may take."""

    def __init__(self, timeout_s: float) -> None:
        self._end = time.monotonic() + timeout_s
        self._cut = False

    @property
    def passed(self) -> bool:
        return self._cut or time.monotonic() >= self._end

    def remaining_s(self) -> float:
        """Return the seconds left, more than 0.

        Raises:
            TimeoutError: if none are.
        """
        if self.passed:
            raise TimeoutError
        return max(0.001, self._end - time.monotonic())

    @contextlib.contextmanager
    def cuts(self, connected: socket.socket) -> Iterator[None]:
        """End reading from the socket when time is up; its own timeout restarts with each byte."""

        def cut() -> None:
            self._cut = True
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connected, socket.SHUT_RDWR)

        timer = threading.Timer(self.remaining_s(), cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


def _checked_addresses(
    visited: WebAddress,
    resolve: Resolver,
    allowed: Callable[[Address], bool],
    deadline: _Deadline,
) -> list[Address]:
    """Return the addresses of the host, all checked. The name is resolved this one time."""
    literal = address_of(visited.host)
    if literal is not None:
        addresses = [literal]
    else:
        texts = _resolved(visited, resolve, deadline)
        addresses = [address for text in texts if (address := address_of(text)) is not None]
        if not addresses or len(addresses) != len(texts):
            raise FetchFailed(f"{visited}: {visited.host} has no address. Check its spelling.")
    for address in addresses:
        if not allowed(address):
            raise FetchFailed(f"{visited}: its address {address} is not public. {ADD_FILE}")
    return addresses


def _resolved(visited: WebAddress, resolve: Resolver, deadline: _Deadline) -> Sequence[str]:
    """Return the host's addresses. A thread waits for the system's resolver, which knows no
    deadline.
    """
    answers: queue.SimpleQueue[Sequence[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(visited.host, visited.port))
        except (OSError, UnicodeError) as error:
            answers.put(OSError(str(error)))

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.remaining_s())
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, OSError):
        raise FetchFailed(
            f"{visited}: {visited.host} is not found. Check its spelling and your network "
            "connection."
        ) from answer
    return answer


def _visit(
    visited: WebAddress, addresses: Sequence[Address], max_bytes: int, deadline: _Deadline
) -> Fetched | WebAddress:
    """Return the response of an address, or the address that it redirects to."""
    connection = _connected(visited, addresses, deadline)
    try:
        connected = connection.sock
        with deadline.cuts(connected):
            connection.timeout = deadline.remaining_s()
            connection.request(
                "GET",
                visited.target,
                headers={"Host": visited.host_and_port, **_HEADERS},
                preload_content=False,
                decode_content=False,  # urllib3 takes a gzip stream that is cut off for a whole one
            )
            response = connection.getresponse()
            try:
                if response.status in _REDIRECTS:
                    return _next(visited, response)
                _check_head(visited, response, max_bytes)
                content = _body(visited, response, max_bytes, deadline)
            finally:
                response.close()
    finally:
        connection.close()
    return Fetched(
        content=content,
        url=str(visited),
        media_type=response.headers.get("Content-Type"),
        name=label_of(visited, response.headers.get("Content-Disposition")),
    )


def _connected(
    visited: WebAddress, addresses: Sequence[Address], deadline: _Deadline
) -> HTTPConnection:
    """Return a connection to the first of the addresses that takes one."""
    failure: Exception = OSError("no address")
    for left in range(len(addresses), 0, -1):
        address = str(addresses[-left])
        timeout_s = deadline.remaining_s() / left
        connection = (
            HTTPSConnection(
                address,
                visited.port,
                timeout=timeout_s,
                server_hostname=visited.host,
                ssl_context=ssl.create_default_context(),
            )
            if visited.is_secure
            else HTTPConnection(address, visited.port, timeout=timeout_s)
        )
        try:
            connection.connect()
        except (OSError, HTTPError) as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure


def _next(visited: WebAddress, response: BaseHTTPResponse) -> WebAddress:
    location = response.headers.get("Location")
    if not location:
        raise FetchFailed(f"{visited}: redirects without saying where to. {ADD_FILE}")
    following = visited.joined(location)
    if visited.is_secure and not following.is_secure:
        raise FetchFailed(
            f"{visited}: redirects from https to {following}, where anyone on the way could "
            "change the text. Add that address itself if you trust it."
        )
    return following


def _check_head(visited: WebAddress, response: BaseHTTPResponse, max_bytes: int) -> None:
    status = response.status
    if status not in _COMPLETE:
        if status in {401, 403}:
            advice = ADD_FILE
        elif status in {429, 500, 502, 503, 504}:
            advice = "Try again later."
        else:
            advice = "Check the address in a browser."
        raise FetchFailed(f"{visited}: answers {status}. {advice}")
    if _encoding(response) not in _PLAIN | _GZIP:
        raise FetchFailed(f"{visited}: is compressed in an unknown way. {ADD_FILE}")
    length = response.headers.get("Content-Length", "").strip()
    if length.isdecimal() and int(length[:20]) > max_bytes:
        raise FetchFailed(_too_large(visited, max_bytes))


def _body(
    visited: WebAddress, response: BaseHTTPResponse, max_bytes: int, deadline: _Deadline
) -> bytes:
    """Return the whole body, decompressed block by block."""
    zipped = _encoding(response) in _GZIP
    source = gzip.GzipFile(fileobj=response, mode="rb") if zipped else response
    content = bytearray()
    while block := source.read(_BLOCK_BYTES):
        content += block
        if len(content) > max_bytes:
            raise FetchFailed(_too_large(visited, max_bytes))
    deadline.remaining_s()  # an end that the deadline made is no end
    if not content:  # so also if a connection broke between two headers
        raise FetchFailed(f"{visited}: gives an empty page. {ADD_FILE}")
    return bytes(content)


def _encoding(response: BaseHTTPResponse) -> str:
    return response.headers.get("Content-Encoding", "").strip().lower()


def _too_large(visited: WebAddress, max_bytes: int) -> str:
    return f"{visited}: is larger than {max_bytes / 1_000_000:g} MB. Add a shorter part of it."


def _reason(error: Exception) -> str:
    """Return a sentence for the user with the cause and the remedy."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid ({error.verify_message}). {ADD_FILE}"
    cause = error.__cause__ or error
    if isinstance(error, (HTTPException, ProtocolError, EOFError, zlib.error, gzip.BadGzipFile)):
        return f"did not send a whole answer ({cause or type(cause).__name__}). Try again later."
    cause_text = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return f"cannot be reached ({cause_text}). Try again later."
