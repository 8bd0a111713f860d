"""Shares among processes which chats are closed, and where chats have moved."""

import json
import logging
import secrets
from concurrent.futures import ThreadPoolExecutor

from bot.errors import StateUnreachable
from bot.state.chats import KnownChats
from bot.state.postgres.database import PostgresState
from bot.state.postgres.session import LOST, TELL, PostgresSession

log = logging.getLogger(__name__)


class PostgresChats(KnownChats):
    """The closed and moved chats of one bot, in a database that several processes share.

    Written in a thread, since nobody may wait for it; what cannot be written is known until the
    process ends, with a warning. All processes hear that a chat is closed, or open again because
    somebody wrote there.
    """

    def __init__(self, state: PostgresState, session: PostgresSession, bot: str) -> None:
        """``session`` is of the same bot, and was not started yet.

        Raises:
            StateUnreachable: if the database cannot be reached.
        """
        super().__init__()
        self._bot = bot
        self._connection = state.connection(durable=False)
        self._reader = state.connection(durable=False)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="chats")
        self._me = secrets.token_hex(8)
        rows = self._reader.rows("SELECT chat FROM closed_chats WHERE bot = %(bot)s", {"bot": bot})
        self.know(closed={chat for (chat,) in rows}, moved={})
        self._read_moves()
        session.on_told("moved", lambda _: self._read_moves())
        session.on_told("closed", self._hear_closed)
        session.on_told("open", self._hear_open)
        session.on_told(LOST, self._read_again)

    def close(self) -> None:
        """Wait for what is being written, and end the connections."""
        self._writer.shutdown()
        self._connection.close()
        self._reader.close()

    def keep_closed(self, chat_id: int) -> None:
        """Write that a chat is closed, and tell all."""
        self._write(
            "WITH closed AS (INSERT INTO closed_chats (bot, chat) VALUES (%(bot)s, %(chat)s) "
            f"ON CONFLICT DO NOTHING RETURNING 1) SELECT {TELL} FROM closed",
            chat=chat_id,
            kind="closed",
            what=self._about(chat_id),
        )

    def keep_open(self, chat_id: int) -> None:
        """Delete that a chat is closed, and tell all."""
        self._write(
            "WITH opened AS (DELETE FROM closed_chats WHERE bot = %(bot)s AND chat = %(chat)s "
            f"RETURNING 1) SELECT {TELL} FROM opened",
            chat=chat_id,
            kind="open",
            what=self._about(chat_id),
        )

    def keep_move(self, chat_id: int, to_id: int) -> None:
        """Write where a chat has moved, and tell all."""
        self._write(
            "WITH moved AS (INSERT INTO moved_chats AS m (bot, chat, to_chat) "
            "VALUES (%(bot)s, %(chat)s, %(to)s) ON CONFLICT (bot, chat) "
            "DO UPDATE SET to_chat = excluded.to_chat WHERE m.to_chat <> excluded.to_chat "
            f"RETURNING 1) SELECT {TELL} FROM moved",
            chat=chat_id,
            to=to_id,
            kind="moved",
            what=self._bot,
        )

    def _write(self, statement: str, **values: object) -> None:
        self._writer.submit(self._written, statement, {"bot": self._bot, **values})

    def _written(self, statement: str, values: dict[str, object]) -> None:
        try:
            self._connection.rows(statement, values)
        except StateUnreachable as error:
            log.warning("what is known of a chat cannot be written: %s", error)

    def _about(self, chat_id: int) -> str:
        return json.dumps([self._bot, self._me, chat_id])

    def _heard(self, what: str) -> int | None:
        """Return the chat of this bot that another process named; None for its own changes."""
        bot, who, chat = json.loads(what)
        return int(chat) if bot == self._bot and who != self._me else None

    def _hear_closed(self, what: str) -> None:
        if (chat := self._heard(what)) is not None:
            self.know(closed={chat}, moved={})

    def _hear_open(self, what: str) -> None:
        if (chat := self._heard(what)) is not None:
            self.know_open(chat)

    def _read_again(self, _: str) -> None:
        self._writer.submit(self._read_closed)

    def _read_closed(self) -> None:
        """Knows what is closed now: read when what this process has changed is written."""
        changes = self.changes
        try:
            rows = self._reader.rows(
                "SELECT chat FROM closed_chats WHERE bot = %(bot)s", {"bot": self._bot}
            )
        except StateUnreachable as error:
            log.warning("which chats are closed cannot be read: %s", error)
            return
        if not self.know_all_closed({int(chat) for (chat,) in rows}, changes=changes):
            self._writer.submit(self._read_closed)

    def _read_moves(self) -> None:
        try:
            rows = self._reader.rows(
                "SELECT chat, to_chat FROM moved_chats WHERE bot = %(bot)s", {"bot": self._bot}
            )
        except StateUnreachable as error:
            log.warning("where chats have moved cannot be read: %s", error)
            return
        self.know(closed=set(), moved={int(chat): int(to) for chat, to in rows})
