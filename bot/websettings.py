"""Reads the settings of the web server from the variables that the settings hold."""

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.chat.accessrules import AccessKind, AccessRules
from bot.errors import SettingsError
from bot.settings import Settings, host_and_port, number_of, secret_of
from corpus.frontmatter.frontmatter import PUBLIC, checked_group

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\]")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,256}")
_ORIGIN = re.compile(
    r"https?://([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?"
)


@dataclass(frozen=True, slots=True)
class WebToken:
    """A bearer token: its name for the operator, its secret, and the groups of its bearer."""

    name: str
    secret: str = field(repr=False)
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class WebSettings:
    """The settings of the web server.

    ``public_url`` is the address that the world types, without a slash at its end. ``hosts`` are
    further names in a Host header. ``proxies`` are the networks whose forwarded addresses count.
    ``questions_per_minute`` is the rate of each address, 0 for no limit. ``cors`` are the origins
    whose scripts may call the API, and ``embedders`` those whose pages may show ``/embed``; "*" is
    every one. ``login`` says that people can log in by Telegram.
    """

    host: str
    port: int
    access: AccessRules = field(default_factory=AccessRules)
    public_url: str | None = None
    tokens: tuple[WebToken, ...] = ()
    hosts: frozenset[str] = frozenset()
    proxies: tuple[Network, ...] = ()
    questions_per_minute: int = 20
    cors: tuple[str, ...] = ()
    embedders: tuple[str, ...] = ()
    login: bool = False

    @property
    def secrets(self) -> list[str]:
        """The secrets that no log may show."""
        return [token.secret for token in self.tokens]

    @property
    def is_for_this_machine(self) -> bool:
        """True if only programs of this machine reach the server, as far as it can know."""
        local = self.host == "localhost" or _is_loopback(self.host)
        return local and self.public_url is None and not self.proxies

    @property
    def knows_people(self) -> bool:
        """True if a caller can say who it is."""
        return bool(self.tokens) or self.login

    @property
    def anybody_may_ask(self) -> bool:
        """True if a caller who does not say who it is may ask."""
        if self.access.kind is AccessKind.OPEN:
            return True
        return self.is_for_this_machine and not self.knows_people

    def in_words(self) -> str:
        """Return the callers who may ask, in a few words for the log; no secret is in them."""
        if self.access.kind is AccessKind.OPEN:
            return "open: everybody may ask"
        if self.anybody_may_ask:
            return f"{self.access.kind.value}: programs of this machine may ask"
        ways = f"callers with one of {len(self.tokens):,} tokens" if self.tokens else ""
        people = "people who log in from Telegram" if self.login else ""
        return f"{self.access.kind.value}: {' and '.join(filter(None, (ways, people)))} may ask"

    def check(self) -> None:
        """Refuse settings by which nobody, or everybody, could ask against the rules.

        Raises:
            SettingsError: if the access is restricted and nobody could say who they are.
        """
        if self.access.kind is AccessKind.OPEN or self.knows_people or self.is_for_this_machine:
            return
        raise SettingsError(
            f"VERBATIM_ACCESS is {self.access.kind.value}, and no caller at {self.host} port "
            f"{self.port} could say who they are. Set VERBATIM_WEB_TOKENS to tokens, or "
            "TELEGRAM_BOT_TOKEN and VERBATIM_PUBLIC_URL so that people log in from Telegram; or "
            "listen on 127.0.0.1 without a public address or a proxy."
        )


def web_settings(settings: Settings, *, listen: str, source: str) -> WebSettings:
    """Return the settings of a web server at ``listen``, HOST:PORT, which ``source`` gives.

    Raises:
        SettingsError: if something of it does not have the form that it needs, or nobody could ask.
    """
    host, port = host_and_port(listen, source=source)
    variables = settings.variables
    public_url = public_address(settings)
    found = WebSettings(
        host=host,
        port=port,
        access=settings.access,
        public_url=public_url,
        tokens=_tokens(*secret_of(variables, "VERBATIM_WEB_TOKENS")),
        hosts=_hosts(variables.get("VERBATIM_WEB_HOSTS") or ""),
        proxies=_networks(variables.get("VERBATIM_TRUSTED_PROXIES") or ""),
        questions_per_minute=number_of(
            variables, "VERBATIM_WEB_RATE", default=20, at_least=0, at_most=100_000
        ),
        cors=_origins(variables.get("VERBATIM_CORS") or "", source="VERBATIM_CORS"),
        embedders=_origins(
            variables.get("VERBATIM_EMBED_HOSTS") or "", source="VERBATIM_EMBED_HOSTS"
        ),
        login=public_url is not None and _has_bot(settings),
    )
    found.check()
    return found


def _has_bot(settings: Settings) -> bool:
    """Return whether there is a bot token, with which what Telegram says of people is checked."""
    try:
        return bool(settings.token())
    except SettingsError:
        return False


def public_address(settings: Settings) -> str | None:
    """Return the address that the world types, without a slash at its end; None if there is none.

    Raises:
        SettingsError: if it does not have the form that it needs.
    """
    return _public_url(settings.variables.get("VERBATIM_PUBLIC_URL") or "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", text) if word]


def _public_url(text: str) -> str | None:
    """Return the public address without a slash at its end; None if there is none."""
    url = text.strip().rstrip("/")
    if not url:
        return None
    at = urlsplit(url) if _ORIGIN.fullmatch(url) else None
    is_local = at is not None and (at.hostname == "localhost" or _is_loopback(at.hostname or ""))
    if at is None or (at.scheme != "https" and not is_local):
        raise SettingsError(
            f'VERBATIM_PUBLIC_URL: "{url[:100]}" must be an https address without a path, such as '
            "https://statements.example.org. Unset it if there is none."
        )
    return url


def _tokens(text: str, source: str) -> tuple[WebToken, ...]:
    """Return the tokens in "NAME:TOKEN:group,group NAME:TOKEN"; no error shows a token."""
    found: dict[str, WebToken] = {}
    for number, entry in enumerate(text.split(), 1):
        name, _, rest = entry.partition(":")
        secret, _, groups = rest.partition(":")
        if not _NAME.fullmatch(name) or not _TOKEN.fullmatch(secret):
            raise SettingsError(
                f"{source}: entry {number} must be NAME:TOKEN or NAME:TOKEN:GROUP,GROUP, the "
                "token of 20 to 256 letters A-Z a-z, digits, _ and -. Make one with "
                '"openssl rand -hex 24".'
            )
        if name in found or any(secret == each.secret for each in found.values()):
            raise SettingsError(
                f"{source}: entry {number} has the name or the token of an earlier one. Give each "
                "its own."
            )
        found[name] = WebToken(name, secret, _groups(groups, source))
    return tuple(found.values())


def _groups(text: str, source: str) -> frozenset[str]:
    try:
        groups = frozenset(checked_group(name) for name in text.split(",") if name)
    except ValueError as error:
        raise SettingsError(f"{source}: {error}") from error
    if PUBLIC in groups:
        raise SettingsError(
            f'{source}: "{PUBLIC}" stands for everybody. Leave it out: each token sees what is '
            "public."
        )
    return groups


def _hosts(text: str) -> frozenset[str]:
    hosts = _words(text)
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise SettingsError(
                f'VERBATIM_WEB_HOSTS: "{host[:100]}" must be the name of a host without a port, '
                "such as statements.example.org."
            )
    return frozenset(host.strip("[]").lower() for host in hosts)


def _networks(text: str) -> tuple[Network, ...]:
    found = []
    for word in _words(text):
        try:
            found.append(ipaddress.ip_network(word))
        except ValueError as error:
            raise SettingsError(
                f'VERBATIM_TRUSTED_PROXIES: "{word[:100]}" must be an address or a network, such '
                "as 10.0.0.7 or 172.16.0.0/12."
            ) from error
    return tuple(found)


def _origins(text: str, *, source: str) -> tuple[str, ...]:
    origins = _words(text)
    for origin in origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise SettingsError(
                f'{source}: "{origin[:100]}" must be * or an origin, such as '
                "https://www.example.org."
            )
    return tuple(origin.lower() for origin in origins)
