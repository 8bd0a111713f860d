"""What several processes share, opened: the only door to it for the parts that use it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from bot.databaseaddress import DatabaseAddress
from bot.errors import StateUnreachable
from bot.kept import SharesUpdates
from bot.knownchats import KnownChats
from bot.people import CameFrom, People
from bot.postgreschats import PostgresChats
from bot.postgresinbox import PostgresInbox
from bot.postgrespaces import PostgresPaces
from bot.postgrespeople import PostgresPeople
from bot.postgressession import PostgresSession
from bot.postgresstate import PostgresState

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sharing:
    """A bot's part in the work that several processes share.

    ``start`` begins it; what it is given is called, in any thread, when there may be work.
    """

    inbox: SharesUpdates
    chats: KnownChats
    start: Callable[[Callable[[], None]], None]


class SharedState:
    """The database that processes share. What is memory alone is forgotten in all of them."""

    def __init__(self, address: DatabaseAddress) -> None:
        """Asks the database at once.

        Raises:
            SettingsError: if psycopg is not installed, or the database cannot be used.
            StateUnreachable: if it cannot be reached.
        """
        self._state = PostgresState(address)
        self._session: PostgresSession | None = None
        self._forget: list[Callable[[int], object]] = []

    def people(self, *, came_from: CameFrom) -> People:
        """What is kept about people."""
        return People(PostgresPeople(self._state), came_from=came_from)

    def paces(self, *, per_minute: float, burst: int) -> PostgresPaces:
        """How fast each person may go on."""
        return PostgresPaces(self._state, per_minute=per_minute, burst=burst)

    def forgets_with(self, *forget: Callable[[int], object]) -> None:
        """Calls these with a person's id when another process forgets that person."""
        self._forget.extend(forget)

    def tell_to_forget(self, person: int) -> bool:
        """False, after the other processes were told to forget a person."""
        if self._session is not None:
            try:
                self._session.tell("forget", str(person))
            except StateUnreachable as error:
                log.warning(
                    "what other processes remember of a person for a while stays: %s", error
                )
        return False

    @contextmanager
    def sharing(
        self, bot: str, *, alone: bool, on_refused: Callable[[], None]
    ) -> Iterator[Sharing]:
        """The inbox and the chats of a bot, while this process answers for it.

        ``alone``: no other process may. ``on_refused`` is called in any thread if, after the
        database was lost for a while, another process answers in its place.

        Raises:
            AlreadyServing: if another process answers, and one of the two is to be alone.
            StateUnreachable: if the database cannot be reached.
        """
        with ExitStack() as opened:
            session = PostgresSession(self._state, bot, alone=alone, on_refused=on_refused)
            opened.callback(session.close)
            work: list[Callable[[], None]] = []

            def news() -> None:
                for look in work:
                    look()

            inbox = PostgresInbox(self._state, session, bot, on_news=news)
            opened.callback(inbox.close)
            chats = PostgresChats(self._state, session, bot)
            opened.callback(chats.close)
            session.on_told("forget", self._forgotten)

            def start(look: Callable[[], None]) -> None:
                work.append(look)
                session.start()

            self._session = session
            opened.callback(setattr, self, "_session", None)
            yield Sharing(inbox, chats, start)

    def _forgotten(self, person: str) -> None:
        for forget in self._forget:
            forget(int(person))
