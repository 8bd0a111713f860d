"""A process as the shared database sees it: alive while one connection lives, told of news.

A session has a number, and holds a lock on it: what it owns is free for others as soon as the
database sees that the connection ended, which for a killed process is at once.
"""

import hashlib
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from bot.errors import AlreadyServing, StateUnreachable
from bot.state.postgres.connection import StateConnection
from bot.state.postgres.database import PostgresState

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SessionTiming:
    """The times of a session, in seconds.

    ``poll_s``: how often it looks whether another process died. ``lock_s``: how long it waits for
    the place of a process that was killed. ``renew_s``: the pauses between attempts to connect
    again, the last one repeated.
    """

    poll_s: float = 1.0
    lock_s: float = 3.0
    renew_s: tuple[float, ...] = (0.1, 0.2, 0.5, 1.0)


SESSION_TIMING = SessionTiming()


LOST = "lost"
"""The kind of what is told to this session alone, after it may have missed what others told."""

_CHANNEL = "verbatim_state"
LEASES, _SERVING = 1_986_358_901, 1_986_358_902  # any two numbers, ours alone

_LIVE = f"""
SELECT objid::bigint FROM pg_locks
WHERE locktype = 'advisory' AND granted AND classid = {LEASES} AND objsubid = 2
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
"""The numbers of the sessions that live."""

TELL = f"pg_notify('{_CHANNEL}', %(kind)s || ' ' || %(what)s)"
"""Tells all sessions something when the transaction ends: a kind, and a word about it."""

OnTold = Callable[[str], None]


class PostgresSession:
    """A session of one bot, shared with others or alone. Safe to call from several threads.

    A thread of its own hands notifications over. If the connection is lost, another one is made,
    and what this process owned is its own again unless another process has taken it.
    """

    def __init__(
        self,
        state: PostgresState,
        bot: str,
        *,
        alone: bool,
        on_refused: Callable[[], None] = lambda: None,
        timing: SessionTiming = SESSION_TIMING,
    ) -> None:
        """``on_refused`` is called when, after a loss, another process answers in its place.

        Raises:
            AlreadyServing: if another process answers for the bot and one of the two is to be
                alone.
            StateUnreachable: if the database cannot be reached.
        """
        self._state = state
        self._bot = bot
        self._alone = alone
        self._on_refused = on_refused
        self._timing = timing
        self._listeners: dict[str, list[OnTold]] = defaultdict(list)
        self._sweepers: list[Callable[[], None]] = []
        self._steady = threading.Lock()
        self._ended = threading.Event()
        self._connection = state.connection(comes_back=False)
        self._others = state.connection(durable=False)
        self._number = 0
        self._backend: tuple[int, object] = (0, None)
        self._sweep_at_s = 0.0
        self._missing: set[int] = set()
        try:
            self._take(self._connection)
        except BaseException:
            self._close_connections()
            raise
        self._thread = threading.Thread(target=self._run, name="shared state", daemon=True)

    @property
    def number(self) -> int:
        """The session's number, which is another one after a loss."""
        return self._number

    @property
    def is_there(self) -> bool:
        """True if the session has its connection; without it others think that it has ended."""
        return self._connection.is_there

    def settled(self) -> int:
        """Return the session's number, once what it owned before a loss is its own again."""
        with self._steady:
            return self._number

    def on_told(self, kind: str, listener: OnTold) -> None:
        """Hands over what is told of a kind; call it before ``start``."""
        self._listeners[kind].append(listener)

    def on_sweep(self, sweeper: Callable[[], None]) -> None:
        """Call it every ``poll_s``, and after a loss; call this before ``start``."""
        self._sweepers.append(sweeper)

    def start(self) -> None:
        """From now on what is told is handed over."""
        self._thread.start()

    def tell(self, kind: str, what: str) -> None:
        """Tells all sessions, this one too.

        Raises:
            StateUnreachable: if the database cannot be reached.
        """
        self._others.rows(f"SELECT {TELL}", {"kind": kind, "what": what})

    def is_alone(self) -> bool:
        """Return whether no other session answers for the bot.

        Raises:
            StateUnreachable: if the database cannot be reached.
        """
        (count,) = self._others.rows(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted "
            "AND classid = %(class)s AND objid = (%(key)s::bigint & 4294967295)::oid "
            "AND objsubid = 2 "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            {"class": _SERVING, "key": _key(self._bot)},
        )[0]
        return bool(count <= 1)

    def close(self) -> None:
        """End the session: what it owns is free."""
        self._ended.set()
        if self._thread.is_alive():
            with suppress(StateUnreachable):
                self.tell("end", "")  # whoever waits for something wakes up
            self._thread.join(self._timing.poll_s + self._timing.lock_s)
        self._close_connections()

    def _close_connections(self) -> None:
        self._connection.close()
        self._others.close()

    def _take(self, connection: StateConnection) -> None:
        """Give the session a number and its locks; what it owned before stays its own."""
        self._end_what_is_left(connection)
        number = int(connection.rows("SELECT nextval('sessions')")[0][0])
        connection.rows("SELECT pg_advisory_lock(%(c)s, %(n)s)", {"c": LEASES, "n": number})
        self._take_place(connection)
        with self._steady:
            connection.rows(
                "UPDATE lanes SET owner = %(new)s, last = %(new)s WHERE owner = %(old)s",
                {"new": number, "old": self._number},
            )
            self._number = number
        connection.rows(f"LISTEN {_CHANNEL}")

    def _end_what_is_left(self, connection: StateConnection) -> None:
        """End the connection before this one: the server may not have seen yet that it is lost."""
        pid, since = self._backend
        connection.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid = %(pid)s AND backend_start = %(since)s",
            {"pid": pid, "since": since},
        )
        self._backend = connection.rows(
            "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
        )[0]

    def _take_place(self, connection: StateConnection) -> None:
        """Take the right to answer for the bot.

        Raises:
            AlreadyServing: if another process has it.
        """
        lock = "pg_try_advisory_lock" if self._alone else "pg_try_advisory_lock_shared"
        end_s = time.monotonic() + self._timing.lock_s  # who was killed has it for a moment
        while not connection.rows(
            f"SELECT {lock}(%(c)s, %(k)s)",
            {"c": _SERVING, "k": _key(self._bot)},
        )[0][0]:
            if time.monotonic() > end_s:
                raise AlreadyServing(
                    f'Another "verbatim serve" answers for this bot with the state in '
                    f"{self._state.where}, and one of the two polls. Stop it first, or start "
                    "all of them with --webhook: only then they share the work."
                )
            time.sleep(0.1)

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                # a statement that failed for another reason, a lock say, has not ended the session
                if not self._connection.is_there:
                    self._renew()
                    continue
                for notification in self._connection.notifications(timeout_s=self._timing.poll_s):
                    self._hand_over(notification)
                self._sweep()
            except StateUnreachable as error:
                if not self._ended.is_set():
                    log.warning("the shared state: %s", error)
            except Exception as error:  # noqa: BLE001 (whatever it is, the session is to be kept)
                log.error("news are not handed over: %s", type(error).__name__)  # noqa: TRY400 (it may hold what people asked)

    def _hand_over(self, notification: str) -> None:
        kind, _, what = notification.partition(" ")
        for listener in self._listeners[kind]:
            listener(what)

    def _sweep(self) -> None:
        """Free what processes owned that are missing for the second time, and let the others look.

        A process that lives and has only lost its connection has made another one by then.
        """
        now_s = time.monotonic()
        if now_s >= self._sweep_at_s:
            self._sweep_at_s = now_s + self._timing.poll_s
            before, self._missing = self._missing, set()
            missing = self._connection.rows(
                "SELECT DISTINCT owner FROM lanes "
                f"WHERE owner IS NOT NULL AND owner NOT IN ({_LIVE})"
            )
            self._missing = {int(owner) for (owner,) in missing}
            freed = self._connection.rows(
                "UPDATE lanes SET owner = NULL, last = NULL "
                "WHERE owner = ANY(%(dead)s) RETURNING 1",
                {"dead": sorted(self._missing & before)},
            )
            if freed:
                log.info("%d chats are taken over from a process that ended", len(freed))
                self._hand_over("news ")
            for sweeper in self._sweepers:
                with suppress(StateUnreachable):
                    sweeper()

    def _renew(self) -> None:
        """Make the connection anew, however long that takes."""
        attempt, pauses_s = 0, self._timing.renew_s
        while not self._ended.wait(pauses_s[min(attempt, len(pauses_s) - 1)]):
            attempt += 1
            connection = self._state.connection(comes_back=False)
            try:
                self._take(connection)
            except StateUnreachable:
                connection.close()
            except AlreadyServing as error:
                log.error("%s", error)  # noqa: TRY400 (the error says all)
                connection.close()
                self._ended.set()
                self._on_refused()
                return
            except BaseException:
                connection.close()
                raise
            else:
                self._connection = connection
                log.info("the shared state is there again")
                # where all have lost it, the others have time to come back, too
                self._sweep_at_s = time.monotonic() + self._timing.poll_s
                self._missing = set()
                for kind in (LOST, "moved", "news"):
                    self._hand_over(kind)
                return


def _key(bot: str) -> int:
    """Return a number of 32 bits with a sign for the name of a bot."""
    return int.from_bytes(hashlib.sha256(bot.encode()).digest()[:4], "big", signed=True)
