"""Examines the setup for "verbatim doctor"."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from bot.chat.botidentity import BotIdentity
from bot.composition.embedders import check_answers
from bot.composition.extractor import open_extractor
from bot.composition.index import open_index
from bot.errors import SettingsError
from bot.operations.doctor import examine
from bot.operations.doctorservers import Finding
from bot.settings import Settings
from embeddings import EmbeddingsError, ModelFolder, find_model
from embeddings.storage.postgres.address import DatabaseAddress

if TYPE_CHECKING:
    from embeddings.storage.postgres.serverfacts import ServerFacts


def examine_setup(settings: Settings, *, online: bool) -> Iterator[Finding]:
    """Yield the findings of "verbatim doctor"; with ``online``, Telegram is asked, too."""

    def find_whole_model() -> ModelFolder:
        return find_model(
            settings.model,
            query_prompt=settings.query_prompt,
            passage_prompt=settings.passage_prompt,
            precision=settings.precision,
        )

    def servers() -> "list[ServerFacts | EmbeddingsError]":
        assert settings.index is not None  # noqa: S101 (for the types)
        open_index(settings).close()  # raises an error that names a missing package
        from embeddings.storage.postgres.serverfacts import server_facts

        return [*server_facts(settings.index)]

    def identify(token: str) -> BotIdentity | None:
        from bot.telegrambot.identity import telegram_identity

        return telegram_identity(settings, token)

    return examine(
        settings,
        find_model=find_whole_model,
        extractor=open_extractor(),
        open_index=lambda: open_index(settings),
        check_answers=partial(check_answers, settings),
        servers=servers if settings.index else None,
        ask_state=partial(_ask_state, settings.state) if settings.state else None,
        identify=identify if online else None,
    )


def _ask_state(address: DatabaseAddress) -> None:
    """Raise the fault of the shared database, if it has one; nothing is made in it."""
    from bot.state.postgres.connection import StateConnection

    with closing(StateConnection(address, durable=True, comes_back=False)) as connection:
        try:
            connection.rows("SELECT 1")
        except ImportError as error:
            raise SettingsError(
                f'VERBATIM_STATE needs {error.name}. Type pip install "verbatim-bot[postgres]".'
            ) from error
