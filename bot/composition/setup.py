"""Examines the setup for "verbatim doctor"."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from bot.composition.extractor import open_extractor
from bot.composition.index import open_index
from bot.errors import SettingsError
from bot.operations.doctor import examine
from bot.operations.doctorservers import Finding
from bot.settings import Settings
from bot.state.databaseaddress import DatabaseAddress
from embeddings import EmbeddingsError, ModelFolder, find_model

if TYPE_CHECKING:
    from embeddings.storage.postgres.serverfacts import ServerFacts


def examine_setup(
    settings: Settings, environment: Mapping[str, str], *, online: bool
) -> Iterator[Finding]:
    """What "verbatim doctor" finds; ``online`` has Telegram asked, too."""

    def find_whole_model() -> ModelFolder:
        return find_model(
            settings.model,
            query_prompt=settings.query_prompt,
            passage_prompt=settings.passage_prompt,
            precision=settings.precision,
        )

    def servers() -> "list[ServerFacts | EmbeddingsError]":
        open_index(settings)  # says what is not installed
        from embeddings.storage.postgres.serverfacts import server_facts

        return [*server_facts(settings.index_url or "")]

    def bot_name(token: str) -> str | None:
        from bot.telegrambot.identity import telegram_name

        return telegram_name(settings, token)

    return examine(
        settings,
        environment,
        find_model=find_whole_model,
        extractor=open_extractor(),
        open_index=lambda: open_index(settings),
        servers=servers if settings.index_url else None,
        ask_state=partial(_ask_state, settings.state) if settings.state else None,
        bot_name=bot_name if online else None,
    )


def _ask_state(address: DatabaseAddress) -> None:
    """Raise what is wrong with the database of what is shared; nothing is made in it."""
    try:
        from bot.state.postgres.connection import Link
        from bot.state.postgres.patience import Patience
    except ImportError as error:
        raise SettingsError(
            f'VERBATIM_STATE needs {error.name}. Type pip install "verbatim-bot[postgres]".'
        ) from error
    link = Link(address, Patience(), durable=True, comes_back=False)
    try:
        link.rows("SELECT 1")
    finally:
        link.close()
