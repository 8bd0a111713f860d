"""Serves documents and answers to browsers: ``web``."""

from typing import Annotated

import typer

from bot.cli.output import out, progress_bar, read_settings

_MOST_PORTS = 65_535


def web(
    host: Annotated[
        str, typer.Option("--host", metavar="HOST", help="The address to listen at.")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            "--port", metavar="PORT", min=1, max=_MOST_PORTS, help="The port to listen at."
        ),
    ] = 8080,
) -> None:
    """Serve documents and answers to browsers and programs until you stop it.

    Each quote has a page of its own, which shows it where it stands. Nothing is asked of Telegram.
    A refresh or a rollback takes effect within seconds, without a restart.

    Example: verbatim web --port 8080
    """
    settings = read_settings()
    from bot.websettings import web_settings

    shown = f"[{host}]" if ":" in host else host
    found = web_settings(settings, listen=f"{shown}:{port}", source="--host and --port")
    from bot.cli.commands.service import configure_log

    configure_log(settings, [*found.secrets, *settings.secrets])
    from bot.composition.web import run_web

    def say_address() -> None:
        out.print(found.public_url or f"http://{shown}:{port}", soft_wrap=True)

    run_web(settings, found, progress_bar=progress_bar, on_listening=say_address)
