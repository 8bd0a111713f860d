"""Where a database is that several processes share, without ever saying its password."""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from bot.errors import SettingsError

_SCHEMES = ("postgresql://", "postgres://")
_HOSTS = re.compile(r"[A-Za-z0-9._%-]*(?::[0-9]+)?|\[[0-9a-fA-F:.]+\](?::[0-9]+)?")
_DATABASE = re.compile(r"/?[^/@:?#]*")
_READ_OTHERWISE = re.compile(r"[\x00-\x1f\x7f]")
_HIDDEN = re.compile(r"(?:^|&)[^=&]*%")
_SHORTEST_SECRET = 8
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
        """What must be in no log: the address, and its password as it is and as it is written.

        What options set counts as one where it is as long as a password.
        """
        parts = urlsplit(self.url)
        written = [parts.netloc.rpartition("@")[0].partition(":")[2]]
        written += re.findall(r"(?:^|&)(?:ssl)?password=([^&]*)", parts.query)
        options = re.findall(r"(?:^|&)options=([^&]*)", parts.query)
        settings = [word for each in options for word in re.split(r"[\s=]", unquote(each))]
        set_to = [each for each in (*options, *settings) if len(each) >= _SHORTEST_SECRET]
        found = [self.url, *written, *map(unquote, written), *set_to]
        return tuple(dict.fromkeys(each for each in found if each))

    @classmethod
    def of(cls, text: str, *, source: str) -> "DatabaseAddress":
        """Return the address in a text; ``source`` is named where there is none.

        Raises:
            SettingsError: if it is no address of a PostgreSQL database. The message never
                contains any of it.
        """
        try:
            parts = urlsplit(text)
        except ValueError:
            # what the error says may hold the password
            raise SettingsError(f"{source} is no address of a database. {_LOOKS_LIKE}") from None
        # with a second @ libpq takes the first, and what follows for a host, which it then names
        hosts = parts.netloc.partition("@")[2] if "@" in parts.netloc else parts.netloc
        # anything else may be the end of a password with a character that ends it too early
        plain = all(_HOSTS.fullmatch(each) for each in hosts.split(","))
        # read here as it is written, and by libpq as it is meant
        plain = plain and not _READ_OTHERWISE.search(text) and not _HIDDEN.search(parts.query)
        if not text.startswith(_SCHEMES) or not plain or parts.fragment or "@" in parts.query:
            raise SettingsError(f"{source} is no address of a database. {_LOOKS_LIKE}")
        if not _DATABASE.fullmatch(parts.path):
            raise SettingsError(f"{source} is no address of a database. {_LOOKS_LIKE}")
        # a socket's directory stands among the options
        hosts = hosts or dict(parse_qsl(parts.query)).get("host", "")
        return cls(text, f"{hosts or 'this machine'}{parts.path}")
