"""Opens the database that several processes share, and brings its tables to this version."""

import logging

from bot.errors import SettingsError
from bot.state.postgres.connection import STATE_POLICY, StateConnection
from bot.state.postgres.migrations import MIGRATIONS, SCHEMA
from embeddings.storage.postgres.address import DatabaseAddress
from embeddings.storage.postgres.connectionpolicy import ConnectionPolicy

log = logging.getLogger(__name__)
_HURRY_S = 4


class PostgresState:
    """A database with the tables that processes share; ``where`` names it for people."""

    def __init__(
        self, address: DatabaseAddress, *, policy: ConnectionPolicy = STATE_POLICY
    ) -> None:
        """Make the tables, or bring them to this version's form; asks the database at once.

        Raises:
            SettingsError: if psycopg is not installed, or the database is of a later version or
                cannot hold every text.
            StateUnreachable: if the database cannot be reached, or refuses to be used.
        """
        self._address = address
        self.where = address.where
        try:
            import psycopg  # noqa: F401 (whether it is there)
        except ImportError:
            raise SettingsError(
                "VERBATIM_STATE needs a library that is not installed. Type: "
                'pip install "verbatim-bot[postgres]"'
            ) from None
        self._policy = policy
        self._silence_s = policy.silence_s
        connection = self.connection()
        try:
            self._prepare(connection)
        finally:
            connection.close()

    def connection(self, *, durable: bool = True, comes_back: bool = True) -> "StateConnection":
        """Return a new connection, made when it is first used.

        What is written without ``durable`` survives the death of this process at once and that of
        the server within a second. One that never ``comes_back`` fails for ever once
        it has failed.
        """
        return StateConnection(
            self._address,
            durable=durable,
            comes_back=comes_back,
            policy=self._policy,
            silence_s=lambda: self._silence_s,
        )

    def hurry(self, silence_s: float = _HURRY_S) -> None:
        """Wait less for a silent server, because this process is to end."""
        self._silence_s = silence_s

    def _prepare(self, connection: "StateConnection") -> None:
        with connection.transaction():
            (encoding,) = connection.rows("SELECT current_setting('server_encoding')")[0]
            if encoding != "UTF8":
                raise SettingsError(
                    f"The database {self.where} has the encoding {encoding}, which cannot hold "
                    "every text. Make one with: createdb --encoding=UTF8 --template=template0 NAME"
                )
            connection.rows("SELECT pg_advisory_xact_lock(hashtext('verbatim_state'))")
            if connection.rows(f"SELECT 1 WHERE to_regnamespace('{SCHEMA}') IS NULL"):
                connection.rows(f"CREATE SCHEMA {SCHEMA}")
            if connection.rows("SELECT 1 WHERE to_regclass('versions') IS NULL"):
                connection.rows("CREATE TABLE versions (number integer PRIMARY KEY)")
            (version,) = connection.rows("SELECT coalesce(max(number), 0) FROM versions")[0]
            if version > len(MIGRATIONS):
                raise SettingsError(
                    f"The state in {self.where} was made by a later version of Verbatim. Update "
                    "this one: pip install --upgrade verbatim-bot"
                )
            for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
                connection.rows(script)
                connection.rows("INSERT INTO versions VALUES (%(number)s)", {"number": number})
