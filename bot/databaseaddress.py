"""Where a database is that several processes share, without ever saying its password."""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from bot.errors import SettingsError

_SCHEMES = ("postgresql://", "postgres://")
_HOSTS = re.compile(r"[A-Za-z0-9._%-]*(?::[0-9]+)?|\[[0-9a-fA-F:.]+\](?::[0-9]+)?")
_DATABASE = re.compile(r"/?[^/@:?#]*")
_LOOKS_LIKE = (
    "It looks like postgresql://user:password@host/database; in a password @ is written %40, "
    "/ %2F, : %3A, ? %3F and # %23. Unset it to keep everything in files."
)


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """A PostgreSQL database; ``where`` names it for people, without user and password."""

    url: str = field(repr=False)
    where: str

    def __str__(self) -> str:
        return self.where

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be in no log: the address, and its password as it is and as it is written."""
        parts = urlsplit(self.url)
        written = [parts.netloc.rpartition("@")[0].partition(":")[2]]
        written += re.findall(r"(?:^|&)(?:ssl)?password=([^&]*)", parts.query)
        found = [self.url, *written, *map(unquote, written)]
        return tuple(dict.fromkeys(each for each in found if each))

    @classmethod
    def of(cls, text: str, *, source: str) -> "DatabaseAddress":
        """The address in a text; ``source`` is named where there is none.

        Raises:
            SettingsError: if it is no address of a PostgreSQL database. The message never
                contains any of it.
        """
        try:
            parts = urlsplit(text)
        except ValueError:
            # what the error says may hold the password
            raise SettingsError(f"{source} is no address of a database. {_LOOKS_LIKE}") from None
        hosts = parts.netloc.rpartition("@")[2]
        # anything else may be the end of a password with a character that ends it too early
        plain = all(_HOSTS.fullmatch(each) for each in hosts.split(","))
        if not text.startswith(_SCHEMES) or not plain or parts.fragment or "@" in parts.query:
            raise SettingsError(f"{source} is no address of a database. {_LOOKS_LIKE}")
        if not _DATABASE.fullmatch(parts.path):
            raise SettingsError(f"{source} is no address of a database. {_LOOKS_LIKE}")
        # a socket's directory stands among the options
        hosts = hosts or dict(parse_qsl(parts.query)).get("host", "")
        return cls(text, f"{hosts or 'this machine'}{parts.path}")
