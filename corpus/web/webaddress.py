"""Parses web addresses that people type and servers redirect to."""

import re
import unicodedata
from dataclasses import dataclass
from email.message import Message
from urllib.parse import quote, unquote, urljoin, urlsplit

import idna

from corpus.errors import FetchFailed
from corpus.web.publicaddresses import address_of

ADD_FILE = "Download it with a browser and add the file."

_PORTS = {"http": 80, "https": 443}
_LEAST_FREE_PORT = 1024
"""Below it are mail, name and file services, which a request could make act."""

_HOST = re.compile(r"(?=.{1,253}$)(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_PATH_SAFE = "%/:@!$&'()*+,;=~"
_QUERY_SAFE = _PATH_SAFE + "?[]"
_NO_LABEL = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")
_MOST_LABEL_BYTES = 120
_MOST_SUFFIX_BYTES = 10
_SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class WebAddress:
    """An http or https address in ASCII; its text, without a fragment, is ``str(address)``.

    ``host`` is a name in lower case or an IP address; ``target`` is the path with the query.
    """

    scheme: str
    host: str
    port: int
    target: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host_and_port}{self.target}"

    @property
    def is_secure(self) -> bool:
        """True if it is https."""
        return self.scheme == "https"

    @property
    def host_and_port(self) -> str:
        """The host as in a ``Host`` header, with the port only if it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.has_own_port else f"{host}:{self.port}"

    @property
    def has_own_port(self) -> bool:
        """True if the port is the scheme's own."""
        return self.port == _PORTS[self.scheme]

    def joined(self, location: str) -> "WebAddress":
        """Return the address that a ``Location`` header of this one leads to, relative or not.

        Raises:
            FetchFailed: if that is no http or https address.
        """
        return parse_web_address(urljoin(str(self), _utf8(location).strip()))


def parse_web_address(text: str) -> WebAddress:
    """Return the address in ``text``, with non-ASCII characters and spaces encoded and no fragment.

    Raises:
        FetchFailed: if it is not http or https, names a user, is no address of a host, or has a
            port below 1024 that is not the web's.
    """
    text = text.strip(" ")
    shown = text[:_SHOWN_CHARACTERS]
    if "\\" in text or any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in text):
        raise FetchFailed(f"{shown}: has characters that no address has. Copy it again.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise FetchFailed(f"{shown}: is not an address ({error}). Copy it again.") from error
    if "@" in parts.netloc:
        without = text.replace(parts.netloc, parts.netloc.rpartition("@")[2], 1)
        raise FetchFailed(
            f"{without[:_SHOWN_CHARACTERS]}: has a user or password in it, which are never sent. "
            f"{ADD_FILE}"
        )
    if parts.scheme not in _PORTS:
        raise FetchFailed(
            f"{shown}: is not an http or https address. To add a file, type its path."
        )
    host = _host(parts.hostname or "")
    if host is None or port == 0:
        raise FetchFailed(f"{shown}: names no host. Copy it again.")
    port = _PORTS[parts.scheme] if port is None else port
    if not (port in _PORTS.values() or port >= _LEAST_FREE_PORT):
        raise FetchFailed(
            f"{shown}: uses port {port}, which belongs to other services than web pages. Only "
            f"80, 443 and ports from {_LEAST_FREE_PORT} on are allowed. {ADD_FILE}"
        )
    path = quote(parts.path or "/", safe=_PATH_SAFE)
    query = quote(parts.query, safe=_QUERY_SAFE)
    target = f"{path}?{query}" if query else path
    return WebAddress(parts.scheme, host, port, target)


def _host(typed: str) -> str | None:
    """Return the host in ASCII, without a last dot; None if it is none, or a number in disguise."""
    if "%" in typed:
        return None
    host = typed.lower()
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except UnicodeError:
            return None
    host = host.removesuffix(".")
    address = address_of(host)
    if address is not None:
        return str(address)
    if not _HOST.fullmatch(host) or _NUMBER.fullmatch(host.rpartition(".")[2]):
        return None
    return host


def label_of(address: WebAddress, disposition: str | None) -> str:
    """Return a file name for the response of the address, to show and to sort by; never a path.

    It is the name in a ``Content-Disposition`` header, or the last part of the path, or the host.
    It has no folders, no characters that a file name cannot have or that steer a terminal, and no
    name that Windows reserves, and at most 120 bytes of UTF-8.
    """
    path = address.target.partition("?")[0]
    for name in (_named_by(disposition), unquote(path.rpartition("/")[2]), address.host):
        if label := _harmless(name):
            return label
    return "page"


def _named_by(disposition: str | None) -> str:
    if disposition is None:
        return ""
    header = Message()
    try:
        header["Content-Disposition"] = _utf8(disposition)
        return header.get_filename() or ""
    except (ValueError, LookupError, TypeError):
        return ""


def _harmless(name: str) -> str:
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(c for c in last if unicodedata.category(c)[0] not in "CZ" or c == " ")
    label = " ".join(_NO_LABEL.sub("", shown).split()).strip(". ")
    return _shortened(f"_{label}" if _RESERVED.fullmatch(label) else label)


def _shortened(label: str) -> str:
    """Return a name of at most 120 bytes of UTF-8, with its suffix."""
    if len(label.encode()) <= _MOST_LABEL_BYTES:
        return label
    stem, dot, suffix = label.rpartition(".")
    if not stem or len(suffix.encode()) > _MOST_SUFFIX_BYTES:
        stem, dot, suffix = label, "", ""
    room = _MOST_LABEL_BYTES - len(dot) - len(suffix.encode())
    return f"{stem.encode()[:room].decode('utf-8', 'ignore').rstrip('. ')}{dot}{suffix}"


def _utf8(header: str) -> str:
    """Return a header that was read as Latin-1, decoded as UTF-8 if it is that."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header
