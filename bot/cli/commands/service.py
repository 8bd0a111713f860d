"""Runs the bot in Telegram and looks after it: ``serve``, ``health``, ``invite`` and ``doctor``."""

import json
from collections.abc import Iterator
from typing import Annotated

import typer

from bot.chat.accessrules import AccessKind
from bot.cli import reports
from bot.cli.jsonoutput import finding_fields
from bot.cli.options import JsonOption
from bot.cli.output import EXIT_FAILURE, fail, out, progress_bar, read_settings, warn
from bot.errors import SettingsError
from bot.operations.doctorservers import Finding
from bot.settings import Settings

_MAX_REASON = 1_000
_HEALTH_TIMEOUT_S = 5.0


def doctor(
    online: Annotated[
        bool,
        typer.Option(
            "--online",
            help="Also ask Telegram for the token's bot, its inline, guest and privacy mode.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check model, statements, disk, index, database and token.

    Each check prints a line that begins with "ok" or "FAIL". The exit code is 1 if one fails.
    Nothing is changed. For an index in PostgreSQL each server in VERBATIM_INDEX is checked, with
    its standbys.

    Example: verbatim doctor --online
    """
    found = []
    for finding in _examined(online=online):
        found.append(finding)
        if not as_json:
            reports.print_finding(finding, out)
    if as_json:
        print(json.dumps(finding_fields(found), ensure_ascii=False, indent=2))
    raise typer.Exit(0 if all(finding.well for finding in found) else EXIT_FAILURE)


def _examined(*, online: bool) -> Iterator[Finding]:
    """Yield the findings; settings that cannot be read are the only one."""
    from bot.composition.setup import examine_setup

    try:
        settings = read_settings(changes_nothing=True)
    except SettingsError as error:
        yield Finding("settings", False, str(error))
        return
    yield from examine_setup(settings, online=online)


def serve(
    webhook: Annotated[
        str | None,
        typer.Option(
            "--webhook",
            metavar="URL",
            envvar="VERBATIM_WEBHOOK",
            help="Have Telegram call this https address. Without it the bot asks Telegram.",
        ),
    ] = None,
    listen: Annotated[
        str,
        typer.Option(
            "--listen",
            metavar="HOST:PORT",
            envvar="VERBATIM_LISTEN",
            help="The address at which the proxy that ends TLS delivers Telegram's calls.",
        ),
    ] = "127.0.0.1:8081",
    web: Annotated[
        str | None,
        typer.Option(
            "--web",
            metavar="HOST:PORT",
            envvar="VERBATIM_WEB",
            help='Serve pages and the HTTP API at this address, too, as "verbatim web" does.',
        ),
    ] = None,
) -> None:
    """Answer in Telegram until you stop it.

    A refresh or a rollback takes effect within seconds, without a restart. Questions that arrive
    while the bot is stopped, even killed, are answered at the next start. The log begins with the
    bot's link, the statements, who may ask, and the inline, guest and privacy mode.

    Set the token in TELEGRAM_BOT_TOKEN, or in the file that TELEGRAM_BOT_TOKEN_FILE names.

    Example: TELEGRAM_BOT_TOKEN=123456:ABC verbatim serve
    """
    settings = read_settings()
    token = settings.token()
    called = None if webhook is None else settings.webhook(webhook, listen=listen)
    secrets = [token, *([called.secret] if called else []), *settings.secrets]
    pages = None
    if web:
        from bot.websettings import web_settings

        pages = web_settings(settings, listen=web, source="--web")
        secrets += pages.secrets
    configure_log(settings, secrets)
    from bot.composition.chat import watched

    # before anything that has threads, or is large
    lifeline = watched(settings, token)
    from bot.composition.service import run_bot
    from bot.supervisor.lifeline import leave

    run_bot(
        settings,
        token=token,
        webhook=called,
        web=pages,
        lifeline=lifeline,
        progress_bar=progress_bar,
    )
    leave()


def configure_log(settings: Settings, secrets: list[str]) -> None:
    """Log as the settings say, without the secrets."""
    from bot.monitoring.logs import configure_logging

    level = settings.log_level
    try:
        configure_logging(level=level, secrets=secrets, as_json=settings.log_as_json())
    except ValueError as error:
        raise typer.BadParameter(f"VERBATIM_LOG_LEVEL={level} is not a log level") from error


def health(
    ready: Annotated[
        bool, typer.Option("--ready", help="Also ask whether the bot takes and answers questions.")
    ] = False,
) -> None:
    """Ask the running bot whether it is healthy.

    The exit code is 0 if it is, and 1 if only a restart helps. Set VERBATIM_HEALTH_PORT to the
    same port as for the bot.

    Example: VERBATIM_HEALTH_PORT=8080 verbatim health --ready
    """
    from urllib.error import HTTPError
    from urllib.request import ProxyHandler, build_opener

    port = read_settings(changes_nothing=True).health_port
    if port is None:
        raise SettingsError(
            "VERBATIM_HEALTH_PORT is not set. Set it to the same port here and for verbatim serve."
        )
    try:
        # without the proxies of the environment: this machine is asked
        opener = build_opener(ProxyHandler({}))
        path = "readyz" if ready else "healthz"
        with opener.open(f"http://127.0.0.1:{port}/{path}", timeout=_HEALTH_TIMEOUT_S) as reply:
            print(reply.read(_MAX_REASON).decode("utf-8").strip())
    except HTTPError as error:
        fail(error.read(_MAX_REASON).decode("utf-8", "replace"), EXIT_FAILURE)
    except OSError as error:
        fail(f"no bot answers on port {port} ({error}).", EXIT_FAILURE)


def invite() -> None:
    """Print an invitation to the bot.

    The first person who opens its link within seven days may use the bot. It is for
    VERBATIM_ACCESS=invited, and only its digest is stored. Without a token, or if Telegram cannot
    be reached, only the message to send to the bot is printed.

    Example: verbatim invite
    """
    from bot.composition.chat import open_state
    from bot.state.people import INVITATION_PAYLOAD

    settings = read_settings()
    identity = None
    if settings.token_is_given:
        from bot.telegrambot.identity import telegram_identity

        identity = telegram_identity(settings, settings.token())
    people = open_state(settings).people(came_from=lambda chat: chat)
    payload = f"{INVITATION_PAYLOAD}{people.invite()}"
    if identity is not None:
        out.print(f"{identity.link}?start={payload}", soft_wrap=True)
    out.print(f"/start {payload}", soft_wrap=True)
    if settings.access.kind is not AccessKind.INVITED:
        warn("invitations have no effect now: set VERBATIM_ACCESS=invited to invite people.")
