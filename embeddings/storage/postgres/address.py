"""Reads the address of a PostgreSQL database, and keeps its password out of every text.

The one grammar for all addresses of databases. It is stricter than libpq's: it refuses what may be
a password with a character that ends it too early, since libpq would take the rest for a host and
name it in its errors.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, quote_plus, unquote

from embeddings.errors import InvalidAddress

REDACTED = "[secret]"
"""The text that stands for a secret."""

_SHAPE = re.compile(
    r"postgres(?:ql)?://"
    r"(?:(?P<user>[^:@/?#]*+)(?::(?P<password>[^@/?#]*+))?+@)?+"
    r"(?P<hosts>[^@/?#]*+)"
    r"(?:/(?P<database>[^/@:?#]*+))?+"
    r"(?:\?(?P<options>[^@#]*+))?+"
)
_HOST = re.compile(r"(?P<name>[A-Za-z0-9._%-]*+|\[[0-9a-fA-F:.]++\])(?::(?P<port>[0-9]++))?+")
_UNREADABLE = re.compile(r"[\x00-\x1f\x7f]|%(?![0-9A-Fa-f]{2})|%00")
_SHORTEST_SECRET = 8

_PARAMETERS = frozenset(
    "service user password passfile channel_binding connect_timeout dbname host hostaddr port "
    "client_encoding options application_name fallback_application_name keepalives "
    "keepalives_idle keepalives_interval keepalives_count tcp_user_timeout sslmode "
    "sslnegotiation sslcompression sslcert sslkey sslcertmode sslpassword sslrootcert sslcrl "
    "sslcrldir sslsni requirepeer require_auth min_protocol_version max_protocol_version "
    "ssl_min_protocol_version ssl_max_protocol_version gssencmode krbsrvname gsslib "
    "gssdelegation replication target_session_attrs load_balance_hosts "
    "scram_client_key scram_server_key sslkeylogfile "
    "oauth_issuer oauth_client_id oauth_client_secret oauth_scope".split()
)
"""The parameters of libpq up to version 18. Another name may be a misspelt "password"."""

_SECRET_PARAMETERS = (
    "password sslpassword scram_client_key scram_server_key oauth_client_secret".split()
)


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """A PostgreSQL database on one server or several.

    ``where`` names it for people, without user and password. ``parameters`` are those of libpq:
    ``host`` and ``port`` are lists with commas if there are several servers.
    """

    url: str = field(repr=False)
    where: str
    parameters: Mapping[str, str] = field(repr=False, compare=False)

    def __str__(self) -> str:
        return self.where

    @classmethod
    def of(cls, text: str, *, source: str) -> "DatabaseAddress":
        """Return the address in a text; errors name ``source``, such as "VERBATIM_INDEX".

        Raises:
            InvalidAddress: if it is no address of a PostgreSQL database. The message contains
                nothing of it.
        """
        shape = _SHAPE.fullmatch(text)
        hosts = shape and [_HOST.fullmatch(each) for each in shape["hosts"].split(",")]
        if shape is None or hosts is None or _UNREADABLE.search(text):
            raise _no_address(source)
        try:
            given = {
                "user": _decoded(shape["user"]),
                "password": _decoded(shape["password"]),
                "host": ",".join(_decoded(each["name"]).strip("[]") for each in hosts if each),
                "port": _port_list([each["port"] or "" for each in hosts if each]),
                "dbname": _decoded(shape["database"]),
                **_options(shape["options"] or ""),
            }
        except ValueError:
            # what the error says may hold the password
            raise _no_address(source) from None
        if None in hosts or not given.keys() <= _PARAMETERS or not _are_ports(given["port"]):
            raise _no_address(source)
        parameters = {name: value for name, value in given.items() if value}
        try:
            servers_of(parameters)
        except ValueError as error:
            raise InvalidAddress(f"{source} {error}") from None
        shown = shape["hosts"] or parameters.get("host") or "this machine"
        database = shape["database"]
        where = shown if database is None else f"{shown}/{database}"
        return cls(text, where, parameters)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that no log and no error may contain, the longest first.

        They are the address, and each password as it is and as it may be written. A value in the
        options of a session counts as a secret if it is as long as a password.
        """
        found = {self.url}
        shape = _SHAPE.fullmatch(self.url)
        pieces = re.split("[?&]", self.url.partition("?")[2])
        written = [(name, value) for name, _, value in (each.partition("=") for each in pieces)]
        found.update(value for name, value in written if name in _SECRET_PARAMETERS)
        if shape is not None:
            found.add(shape["password"] or "")
        for name in _SECRET_PARAMETERS:
            plain = self.parameters.get(name, "")
            found |= {plain, quote(plain, safe=""), quote(plain), quote_plus(plain)}
        options = [value for name, value in written if name == "options"]
        words = [word for each in options for word in re.split(r"[\s=]", unquote(each))]
        found.update(each for each in (*options, *words) if len(each) >= _SHORTEST_SECRET)
        return tuple(sorted(found - {""}, key=lambda secret: (-len(secret), secret)))

    def redacted(self, text: str) -> str:
        """Return a text with each secret of the address replaced by ``REDACTED``."""
        for secret in self.secrets:
            text = text.replace(secret, REDACTED)
        return text

    def servers(self) -> list["DatabaseAddress"]:
        """Return an address for each server that this one names, in order."""
        return [replace(self, parameters=each) for each in servers_of(self.parameters)]


def servers_of(parameters: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the parameters of each server that those of an address name, in order.

    Raises:
        ValueError: if there is another number of ports than of servers.
    """
    lists = {
        name: parameters[name].split(",")
        for name in ("host", "hostaddr", "port")
        if parameters.get(name)
    }
    count = max((len(lists[name]) for name in ("host", "hostaddr") if name in lists), default=1)
    if len(lists.get("port", ())) == 1:
        lists["port"] *= count
    for name, each in lists.items():
        if len(each) != count:
            raise ValueError(
                f"names {count} servers and {len(each)} of {name}. Give each server its own, or "
                "one port for all."
            )
    one_by_one = ({name: each[at] for name, each in lists.items()} for at in range(count))
    return [{k: v for k, v in {**parameters, **own}.items() if v} for own in one_by_one]


def _no_address(source: str) -> InvalidAddress:
    return InvalidAddress(
        f"{source} is no address of a database. Write it as "
        "postgresql://user:password@host:port/database, and in the password %40 for @, %2F "
        "for /, %3A for :, %23 for #, %3F for ? and %25 for %. Unset it to keep everything in "
        "files."
    )


def _decoded(written: str | None) -> str:
    return unquote(written or "", errors="strict")


def _options(written: str) -> dict[str, str]:
    """Return the parameters behind the question mark.

    Raises:
        ValueError: if they are no list of names and values, or not in UTF-8.
    """
    found: dict[str, str] = {}
    for each in filter(None, written.split("&")):
        name, equals, value = each.partition("=")
        if not equals:
            raise ValueError("a parameter without a value")
        found[name] = _decoded(value)
    if found.pop("ssl", None) == "true":  # as other libraries write it
        found.setdefault("sslmode", "require")
    return found


def _port_list(ports: list[str]) -> str:
    return ",".join(ports) if any(ports) else ""


def _are_ports(text: str) -> bool:
    return all(not each or (each.isascii() and each.isdecimal()) for each in text.split(","))
