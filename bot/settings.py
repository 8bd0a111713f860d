"""Reads the settings from the environment, once."""

import logging
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from platformdirs import user_data_path

from bot.chat.accessrules import AccessKind, AccessRules
from bot.errors import SettingsError
from bot.language.translation import LANGUAGES, nearest_language
from corpus.frontmatter.frontmatter import PUBLIC, allowed_groups, checked_access, checked_group
from embeddings import PRECISIONS, Caution, Precision, shipped_model, shipped_reader
from embeddings.errors import InvalidAddress
from embeddings.storage.postgres.address import DatabaseAddress

log = logging.getLogger(__name__)

_TOKEN_NAME = "TELEGRAM_BOT_TOKEN"  # noqa: S105 (the name of a variable)
_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
_ID = re.compile(r"-?[0-9]{1,18}")
_HOST_AND_PORT = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):[0-9]{1,5}")
_MOST_PORTS = 65_535
_LONGEST_CONTACT = 200
DEFAULT_ORIGINAL_MB = 10_000
TELEGRAM_API = "https://api.telegram.org"


class EngineKind(StrEnum):
    """The place where a refresh embeds: its own process, or the processors of Ray."""

    LOCAL = "local"
    RAY = "ray"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the environment. An empty variable counts as not set.

    ``home`` holds everything that Verbatim writes: ``corpus/``, seeded with the shipped
    statements, ``index/``, ``snapshots/`` of what was read, and the vectors of evaluations.
    ``corpus_is_own`` says that the user named the corpus directory, ``model_is_own`` the model.
    ``language`` is that of the replies on the terminal, one of ``LANGUAGES``.
    ``messages_per_second`` is what Telegram allows the bot in all chats together; processes that
    share their state divide it. ``sent_at_once`` are the messages that are under way at once.
    ``health_port`` is where ``/healthz``, ``/readyz`` and ``/metrics`` are on 127.0.0.1; None,
    the default, is nowhere.
    ``precision`` is that of the model's numbers. ``exports_directory`` has the exported models, by
    default ``models/`` in ``home``; it can be shared and deleted.
    ``reader`` reads a question together with passages: by default the shipped one, else trained
    weights or a cross-encoder, by hub name or folder; ``NO_READER`` is to do without.
    ``caution`` chooses the least probabilities of an answer and of related passages.
    ``questions_per_minute`` is what one person may ask in the long run, ``questions_at_once`` in a
    burst; 0 a minute sets no limit.
    ``index`` is the PostgreSQL database that keeps the index; None, the
    default, is to keep it in ``index_directory``.
    ``ray_address`` is the cluster that ``EngineKind.RAY`` joins, "auto" or HOST:PORT; None, the
    default, is this machine alone.
    ``state`` is the database in which several processes keep what they share; None, the default,
    is to keep it in files of ``home``.
    ``default_access`` are the groups of documents that name none themselves; none, the default, is
    for everybody.
    ``original_bytes`` bounds the bytes of sources that are kept as they were added, all together.
    ``contact`` is a person or an address that people are told where nothing answers; None for none.
    ``variables`` are those that only a running bot needs; they are checked when they are asked for.
    """

    home: Path
    corpus_directory: Path
    corpus_is_own: bool
    model: str
    model_is_own: bool
    query_prompt: str | None
    passage_prompt: str | None
    precision: Precision
    exports_directory: Path
    reader: str
    telegram_api: str
    language: str
    messages_per_second: int
    sent_at_once: int
    access: AccessRules
    questions_per_minute: int
    questions_at_once: int
    health_port: int | None = None
    index: DatabaseAddress | None = None
    ray_address: str | None = None
    state: DatabaseAddress | None = None
    default_access: frozenset[str] = frozenset()
    caution: Caution = Caution.USUAL
    original_bytes: int = DEFAULT_ORIGINAL_MB * 1_000_000
    contact: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def index_directory(self) -> Path:
        """The folder of the generations; with ``index``, the folder of what this machine
        caches.
        """
        return self.home / "index"

    @property
    def secrets(self) -> list[str]:
        """The secrets that no log may show: addresses of databases and their passwords."""
        databases = (self.index, self.state)
        return [secret for each in databases if each is not None for secret in each.secrets]

    @property
    def snapshots_directory(self) -> Path:
        """The folder of the sources as they were read."""
        return self.home / "snapshots"

    def bot_directory(self, token: str) -> Path:
        """Return the folder of a bot. Each Bot API server counts updates for each bot."""
        name = token.partition(":")[0]
        if self.telegram_api != TELEGRAM_API:
            at = urlsplit(self.telegram_api)
            name += f"-{at.hostname}-{at.port or at.scheme}".replace(":", "_")
        return self.home / "bot" / name

    @property
    def people_file(self) -> Path:
        """The file of people's data: settings of chats, votes, invitations."""
        return self.home / "bot" / "people.sqlite"

    @property
    def calibrations_directory(self) -> Path:
        """The folder of the calibrations of readers that brought none."""
        return self.home / "calibrations"

    @property
    def evaluation_vectors(self) -> Path:
        """The file of the vectors of evaluation sets."""
        return self.home / "evaluation-vectors.sqlite"

    @property
    def token_is_given(self) -> bool:
        """Return whether a variable gives a bot token, right or wrong."""
        return any(self.variables.get(name) for name in (_TOKEN_NAME, f"{_TOKEN_NAME}_FILE"))

    def token(self) -> str:
        """Return the bot token.

        Raises:
            SettingsError: if there is none, or it does not look like one.
        """
        return telegram_token(self.variables)

    def webhook(self, url: str, *, listen: str) -> "WebhookSettings":
        """Return the settings of a webhook at ``url``, with its secret.

        Raises:
            SettingsError: if something of it does not have the form that it needs.
        """
        return webhook_settings(url, listen=listen, environment=self.variables)

    @property
    def log_level(self) -> str:
        """The name of the level of the bot's log, unchecked."""
        return self.variables.get("VERBATIM_LOG_LEVEL") or "INFO"

    def log_as_json(self) -> bool:
        """Return whether each record of the log is a line of JSON.

        Raises:
            SettingsError: if the format is neither text nor json.
        """
        return log_as_json(self.variables)

    @classmethod
    def of_process(cls) -> "Settings":
        """Return the settings of this process: nothing else of the bot reads its environment.

        Raises:
            SettingsError: if a variable does not have the form that it needs.
        """
        return cls.from_environment(os.environ)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Return the settings that the variables give, defaults for the others.

        Raises:
            SettingsError: if ``VERBATIM_TELEGRAM_API`` is not an http(s) address, there are no
                texts in ``VERBATIM_LANGUAGE``, an id is none, an address is none, or a value is
                not one of those known.
        """
        home_text = environment.get("VERBATIM_HOME")
        home = _path(home_text) if home_text else user_data_path("verbatim")
        corpus_text = environment.get("VERBATIM_CORPUS")
        exports = environment.get("VERBATIM_EXPORTS")
        state = _database(environment, "VERBATIM_STATE")
        api = (environment.get("VERBATIM_TELEGRAM_API") or TELEGRAM_API).rstrip("/")
        if not api.startswith(("https://", "http://")):
            raise SettingsError(
                f"VERBATIM_TELEGRAM_API must be an http(s) address. Unset it to use {TELEGRAM_API}."
            )
        return cls(
            home=home.absolute(),
            corpus_directory=(_path(corpus_text) if corpus_text else home / "corpus").absolute(),
            corpus_is_own=bool(corpus_text),
            model=environment.get("VERBATIM_MODEL") or shipped_model(),
            model_is_own=bool(environment.get("VERBATIM_MODEL")),
            query_prompt=environment.get("VERBATIM_QUERY_PROMPT"),
            passage_prompt=environment.get("VERBATIM_PASSAGE_PROMPT"),
            precision=_precision(environment),
            exports_directory=(_path(exports) if exports else home / "models").absolute(),
            reader=_reader(environment),
            telegram_api=api,
            language=_language(environment),
            messages_per_second=number_of(
                environment, "VERBATIM_MESSAGES_PER_SECOND", default=30, at_most=1_000
            ),
            sent_at_once=number_of(
                environment, "VERBATIM_SENT_AT_ONCE", default=1 if state else 6, at_most=6
            ),
            access=_access(environment),
            questions_per_minute=number_of(environment, "VERBATIM_RATE", default=20, at_least=0),
            questions_at_once=number_of(environment, "VERBATIM_BURST", default=5),
            health_port=number_of(
                environment, "VERBATIM_HEALTH_PORT", default=0, at_most=_MOST_PORTS
            )
            or None,
            index=_database(environment, "VERBATIM_INDEX"),
            ray_address=ray_address(
                environment.get("VERBATIM_RAY_ADDRESS") or None, source="VERBATIM_RAY_ADDRESS"
            ),
            state=state,
            default_access=_default_access(environment),
            caution=_caution(environment),
            original_bytes=1_000_000
            * number_of(
                environment,
                "VERBATIM_KEEP_ORIGINALS_MB",
                default=DEFAULT_ORIGINAL_MB,
                at_least=0,
                at_most=100_000_000,
            ),
            contact=_contact(environment),
            variables=dict(environment),
        )


def _contact(environment: Mapping[str, str]) -> str | None:
    """Return the person or address that a refusal names, on one line; None without one."""
    contact = " ".join(environment.get("VERBATIM_CONTACT", "").split())
    if len(contact) > _LONGEST_CONTACT:
        raise SettingsError(
            f"VERBATIM_CONTACT has {len(contact)} characters, and at most {_LONGEST_CONTACT} are "
            "shown. Name a person or an address, such as press@example.org."
        )
    return contact or None


def _reader(environment: Mapping[str, str]) -> str:
    """Return the name of the reader; the variable that it replaces is accepted with a notice."""
    if named := environment.get("VERBATIM_READER"):
        return named
    if earlier := environment.get("VERBATIM_RERANKER"):
        log.warning(
            "VERBATIM_RERANKER is now called VERBATIM_READER: %s reads in the place of the reader "
            "that ships. Set VERBATIM_READER instead.",
            earlier,
        )
        return earlier
    return shipped_reader()


def ray_address(text: str | None, *, source: str) -> str | None:
    """Return the address of a Ray cluster as ``source``, a variable or an option, gives it.

    Raises:
        SettingsError: if it is neither "auto" nor HOST:PORT.
    """
    if text is None or text == "auto" or _HOST_AND_PORT.fullmatch(text):
        return text
    raise SettingsError(
        f'{source} {text[:200]} must be HOST:PORT, such as 10.0.0.1:6379, or "auto" for the '
        "cluster that this machine belongs to. Addresses of Ray's client (ray://) are not used: "
        "type the command on a machine of the cluster."
    )


def _database(environment: Mapping[str, str], variable: str) -> DatabaseAddress | None:
    text, source = secret_of(environment, variable)
    try:
        return DatabaseAddress.of(text, source=source) if text else None
    except InvalidAddress as error:
        raise SettingsError(str(error)) from None


def _precision(environment: Mapping[str, str]) -> Precision:
    name = environment.get("VERBATIM_PRECISION") or "fp32"
    for precision in PRECISIONS:
        if name == precision:
            return precision
    raise SettingsError(
        f"VERBATIM_PRECISION={name}: it must be one of {', '.join(PRECISIONS)}. Unset it for fp32."
    )


def _caution(environment: Mapping[str, str]) -> Caution:
    name = environment.get("VERBATIM_CAUTION") or Caution.USUAL.value
    if name not in set(Caution):
        raise SettingsError(
            f"VERBATIM_CAUTION={name[:40]}: it must be one of {', '.join(Caution)}. Unset it for "
            f"{Caution.USUAL}."
        )
    return Caution(name)


def _access(environment: Mapping[str, str]) -> AccessRules:
    kinds = {kind.value: kind for kind in AccessKind}
    name = environment.get("VERBATIM_ACCESS") or AccessKind.OPEN.value
    if name not in kinds:
        raise SettingsError(
            f"VERBATIM_ACCESS={name}: it must be one of {', '.join(kinds)}. Unset it to let "
            "everybody ask."
        )
    return AccessRules(
        kinds[name],
        allowed=_ids(environment, "VERBATIM_ALLOWED"),
        administrators=_ids(environment, "VERBATIM_ADMINS"),
        groups=_groups(environment),
    )


def _groups(environment: Mapping[str, str]) -> dict[int, frozenset[str]]:
    """Return each person's groups in ``VERBATIM_GROUPS``, such as "staff=1,2 legal=2"."""
    found: dict[int, frozenset[str]] = {}
    for written in re.split(r"[\s;]+", (environment.get("VERBATIM_GROUPS") or "").strip(" ;\n\t")):
        if not written:
            continue
        name, equals, ids = written.partition("=")
        try:
            group = checked_group(name)
        except ValueError as error:
            raise SettingsError(f"VERBATIM_GROUPS: {error}") from error
        if group == PUBLIC:
            raise SettingsError(
                f'VERBATIM_GROUPS: "{PUBLIC}" stands for everybody. Give that group another name '
                "here and in the front matter of its documents, then refresh."
            )
        people = _ids({"VERBATIM_GROUPS": ids}, "VERBATIM_GROUPS")
        if not equals or not people:
            raise SettingsError(
                f'VERBATIM_GROUPS: "{written[:60]}" must be a group and numeric ids, such as '
                "staff=123456789,987654321. Separate groups by blanks."
            )
        for person in people:
            found[person] = found.get(person, frozenset()) | {group}
    return found


def _default_access(environment: Mapping[str, str]) -> frozenset[str]:
    """Return the groups in ``VERBATIM_DEFAULT_ACCESS``; "public" is none, as is no value."""
    written = re.split(r"[\s,;]+", (environment.get("VERBATIM_DEFAULT_ACCESS") or "").strip(" ,;"))
    try:
        return allowed_groups(checked_access(name for name in written if name))
    except ValueError as error:
        raise SettingsError(f"VERBATIM_DEFAULT_ACCESS: {error}") from error


def _ids(environment: Mapping[str, str], variable: str) -> frozenset[int]:
    """Return numeric ids with commas or blanks between; refuse names, which can change hands."""
    written = re.split(r"[\s,]+", (environment.get(variable) or "").strip(" ,\n\t"))
    wrong = [text for text in written if text and not _ID.fullmatch(text)]
    if wrong:
        raise SettingsError(
            f'{variable}: "{wrong[0]}" is not a numeric id, such as 123456789. Names can change '
            "hands; ask @userinfobot in Telegram for your id."
        )
    return frozenset(int(text) for text in written if text)


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """The webhook: ``url`` for the world, ``host`` and ``port`` on this machine.

    Telegram's calls carry ``secret``; others do not know it.
    """

    url: str
    host: str
    port: int
    secret: str


def webhook_settings(url: str, *, listen: str, environment: Mapping[str, str]) -> WebhookSettings:
    """Return the webhook's settings, the secret from ``VERBATIM_WEBHOOK_SECRET`` or its
    ``_FILE``.

    Without one a secret is made, for this start; several processes need the same.

    Raises:
        SettingsError: if something of it has not the form that it needs.
    """
    if not url.startswith("https://"):
        raise SettingsError(
            f'--webhook "{url[:200]}" must be an https address: Telegram calls no other. Leave it '
            "out to ask Telegram for messages instead."
        )
    host, port = host_and_port(listen, source="--listen")
    secret, source = secret_of(environment, "VERBATIM_WEBHOOK_SECRET")
    if not secret and secret_of(environment, "VERBATIM_STATE")[0]:
        raise SettingsError(
            "Processes that share their state need the same secret, since Telegram knows one: set "
            "VERBATIM_WEBHOOK_SECRET, or VERBATIM_WEBHOOK_SECRET_FILE to a file that holds it."
        )
    secret = secret or secrets.token_urlsafe(32)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise SettingsError(
            f"{source} must be 1 to 256 letters A-Z a-z, digits, _ and -. Unset it to get a "
            "new secret at each start."
        )
    return WebhookSettings(url, host, port, secret)


def host_and_port(text: str, *, source: str) -> tuple[str, int]:
    """Return host and port of an address to listen at, which ``source`` gives.

    Raises:
        SettingsError: if it is not HOST:PORT.
    """
    host, _, port = text.rpartition(":")
    if not (host and port.isascii() and port.isdecimal() and 0 < int(port[:6]) <= _MOST_PORTS):
        raise SettingsError(f"{source} {text[:200]} must be HOST:PORT, such as 127.0.0.1:8081.")
    return host.strip("[]"), int(port)


def secret_of(environment: Mapping[str, str], name: str) -> tuple[str, str]:
    """Return the value of a variable, or of the file that ``name``_FILE names, and its source.

    Raises:
        SettingsError: if the file cannot be read.
    """
    secret, source = (environment.get(name) or "").strip(), name
    if not secret and (file := environment.get(f"{name}_FILE")):
        source = f"{name}_FILE ({file})"
        try:
            secret = _path(file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not text"
            raise SettingsError(f"{source} cannot be read: {reason}.") from error
    return secret, source


def _language(environment: Mapping[str, str]) -> str:
    """Return the language in VERBATIM_LANGUAGE, else the locale's, in POSIX's order of
    variables.
    """
    wanted = environment.get("VERBATIM_LANGUAGE")
    if wanted:
        if nearest_language(wanted) != wanted.replace("_", "-").split("-", 1)[0].lower():
            raise SettingsError(
                f"VERBATIM_LANGUAGE={wanted}: there are texts in {' and '.join(LANGUAGES)}. Set "
                "it to one of them, or unset it to use the locale's."
            )
        return nearest_language(wanted)
    locale = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return nearest_language(next((value for value in locale if value), None))


def number_of(
    environment: Mapping[str, str],
    name: str,
    *,
    default: int,
    at_least: int = 1,
    at_most: int = 1_000,
) -> int:
    """Return the number of a variable, the default where it is not set.

    Raises:
        SettingsError: if it is no whole number within the bounds.
    """
    text = environment.get(name)
    if not text:
        return default
    is_number = text.isascii() and text.isdecimal()
    if not is_number or not at_least <= int(text[:9]) <= at_most:
        raise SettingsError(
            f"{name}={text[:40]} must be a whole number from {at_least} to {at_most:,}."
        )
    return int(text)


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise SettingsError(f"{text}: there is no such user's home directory.") from error


def log_as_json(environment: Mapping[str, str]) -> bool:
    """Return whether ``VERBATIM_LOG_FORMAT`` asks for lines of JSON; text is the default.

    Raises:
        SettingsError: if it asks for something else.
    """
    wanted = (environment.get("VERBATIM_LOG_FORMAT") or "text").casefold()
    if wanted not in {"text", "json"}:
        raise SettingsError(f"VERBATIM_LOG_FORMAT={wanted[:40]} must be text or json.")
    return wanted == "json"


def debugging() -> bool:
    """Return whether this process shows the traceback of an unexpected failure
    (``VERBATIM_DEBUG``).
    """
    return bool(os.environ.get("VERBATIM_DEBUG"))


def telegram_token(environment: Mapping[str, str]) -> str:
    """Return the bot token from ``TELEGRAM_BOT_TOKEN`` or the file ``TELEGRAM_BOT_TOKEN_FILE``.

    Raises:
        SettingsError: if neither gives a token, or it does not have the shape of one. The
            message never contains the token.
    """
    token, source = secret_of(environment, _TOKEN_NAME)
    if not token:
        raise SettingsError(
            "No bot token. Ask @BotFather in Telegram for one and set TELEGRAM_BOT_TOKEN, "
            "or TELEGRAM_BOT_TOKEN_FILE to a file that holds it."
        )
    if not _TOKEN.fullmatch(token):
        raise SettingsError(
            f"{source} does not hold a bot token: a token looks like 123456:ABC-DEF. "
            "Copy it again from @BotFather."
        )
    return token
