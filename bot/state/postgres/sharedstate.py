"""Opens the state that several processes share, for the parts that use it."""

import json
import logging
from collections.abc import Callable, Collection, Hashable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from bot.errors import StateUnreachable
from bot.state.botstate import PlaceOf, ServingState, UpdateLanes, Work
from bot.state.chats import KnownChats
from bot.state.contracts import RemembersPeople, RemembersTalks, SharesUpdates
from bot.state.people import CameFrom, People
from bot.state.postgres.chats import PostgresChats
from bot.state.postgres.database import PostgresState
from bot.state.postgres.inbox import PostgresInbox, blame
from bot.state.postgres.pace import TIDY_S, PostgresPaces
from bot.state.postgres.people import PostgresPeople
from bot.state.postgres.session import LOST, PostgresSession
from bot.state.sharedlanes import SharedLanes
from embeddings.storage.postgres.address import DatabaseAddress

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sharing:
    """A bot's part in the work that several processes share.

    ``start`` begins it; what it is given is called, in any thread, when there may be work.
    ``hurry`` says that the process is to end: less is waited for a database that says nothing.
    """

    inbox: SharesUpdates
    chats: KnownChats
    start: Callable[[Callable[[], None]], None]
    hurry: Callable[[], None]


class SharedState:
    """State shared by several processes.

    Erasing a person also clears what every process holds in memory.
    """

    def __init__(self, address: DatabaseAddress) -> None:
        """Asks the database at once.

        Raises:
            SettingsError: if psycopg is not installed, or the database cannot be used.
            StateUnreachable: if it cannot be reached.
        """
        self._state = PostgresState(address)
        self._session: PostgresSession | None = None
        self._memories: tuple[RemembersPeople, ...] = ()
        self._talks: RemembersTalks | None = None
        self._tidy: list[Callable[[], None]] = []

    def people(self, *, came_from: CameFrom) -> People:
        """Return the people of the database."""
        return People(PostgresPeople(self._state), came_from=came_from)

    def paces(self, *, per_minute: float, burst: int, tidy_s: float = TIDY_S) -> PostgresPaces:
        """Return the limits of each person; tidied now and then while a bot runs."""
        paces = PostgresPaces(self._state, per_minute=per_minute, burst=burst, tidy_s=tidy_s)
        self._tidy.append(paces.tidy)
        return paces

    def forgets_with(self, *memories: RemembersPeople, talks: RemembersTalks) -> None:
        """Return these forget what another process forgets, and all when it may have gone unheard.

        ``talks`` forgets a chat, too, in which another process has answered meanwhile.
        """
        self._memories, self._talks = (*memories, talks), talks

    def blame(self, bot: str, update_ids: Collection[int], *, counted: bool) -> None:
        """Return these updates were in work when a process of the bot ended; see ``KeepsUpdates``.

        Raises:
            StateUnreachable: if the database cannot be reached.
        """
        connection = self._state.connection()
        try:
            blame(connection, bot, update_ids, counted=counted)
        finally:
            connection.close()

    def tell_to_forget(self, person: int) -> bool:
        """Make the other processes forget a person, and return False."""
        self._tell("forget", str(person))
        return False

    def tell_to_forget_talks(self, talks: Hashable) -> None:
        """Tells the other processes to forget what one person asked in one place."""
        self._tell("talks", json.dumps(talks))

    def _tell(self, kind: str, what: str) -> None:
        if self._session is not None:
            try:
                self._session.tell(kind, what)
            except StateUnreachable as error:
                log.warning(
                    "what other processes remember of a person for a while stays: %s", error
                )

    @contextmanager
    def serving(
        self, bot: str, *, alone: bool, on_refused: Callable[[], None], place_of: PlaceOf
    ) -> Iterator[ServingState]:
        """See ``BotState.serving``."""
        with self.sharing(bot, alone=alone, on_refused=on_refused, place_of=place_of) as sharing:

            def open_lanes(work: Work, has_room: Callable[[], bool]) -> UpdateLanes:
                return SharedLanes(sharing.inbox, work, has_room=has_room, listen=sharing.start)

            yield ServingState(sharing.inbox, sharing.chats, open_lanes, sharing.hurry)

    @contextmanager
    def sharing(
        self,
        bot: str,
        *,
        alone: bool,
        on_refused: Callable[[], None],
        place_of: PlaceOf = lambda _: None,
    ) -> Iterator[Sharing]:
        """Yield the inbox and the chats of a bot, while this process answers for it.

        ``alone``: no other process may. ``on_refused`` is called in any thread if, after the
        database was lost for a while, another process answers in its place. ``place_of`` tells
        the chat and the topic of a lane.

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

            def taken(lane: str) -> None:
                if self._talks is not None and (place := place_of(lane)) is not None:
                    self._talks.forget_chat(*place)

            inbox = PostgresInbox(self._state, session, bot, on_news=news, on_taken=taken)
            opened.callback(inbox.close)
            chats = PostgresChats(self._state, session, bot)
            opened.callback(chats.close)
            for tidy in self._tidy:
                session.on_sweep(tidy)
            session.on_told("forget", self._forget_person)
            session.on_told("talks", self._forget_talks)
            session.on_told(LOST, lambda _: self._forget_all())

            def start(look: Callable[[], None]) -> None:
                work.append(look)
                session.start()

            self._session = session
            opened.callback(setattr, self, "_session", None)
            yield Sharing(inbox, chats, start, self._state.hurry)

    def _forget_person(self, person: str) -> None:
        for memory in self._memories:
            memory.forget_person(int(person))

    def _forget_talks(self, talks: str) -> None:
        if self._talks is not None:
            self._talks.forget_talks(tuple(json.loads(talks)))

    def _forget_all(self) -> None:
        for memory in self._memories:
            memory.forget_all()
