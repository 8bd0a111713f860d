"""Stores updates in a database, of which several processes take a lane at a time."""

import hashlib
import json
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress

from bot.answering.conversation import FORGOTTEN_AFTER_S
from bot.errors import LaneLost, StateUnreachable
from bot.state.contracts import MOST_BLAMED, REMEMBERED, Arrival, Begun
from bot.state.postgres.connection import ResultRows, StateConnection
from bot.state.postgres.database import PostgresState
from bot.state.postgres.session import TELL, PostgresSession

LEFT_TO_THE_LAST_S = 0.25
"""The time for which a lane is left to the process that worked on it last: it remembers more."""

IDLE_S = FORGOTTEN_AFTER_S + 60.0
"""The time for which the last process of a lane is known: as long as it remembers questions."""

_LONGEST_NAME = 200
_TAKEN_OVER = "another process has taken over this chat"

_PUT = f"""
WITH came AS (
  INSERT INTO updates (bot, update_id, lane, payload)
  SELECT %(bot)s, t.id, t.lane, t.payload
  FROM unnest(%(ids)s::bigint[], %(lanes)s::text[], %(payloads)s::text[])
    WITH ORDINALITY AS t (id, lane, payload, place)
  ORDER BY t.place
  ON CONFLICT DO NOTHING
  RETURNING update_id, lane
), counted AS (
  INSERT INTO lanes AS l (bot, lane, waiting, since)
  SELECT %(bot)s, lane, count(*), now() FROM came GROUP BY lane ORDER BY lane
  ON CONFLICT (bot, lane) DO UPDATE SET
    waiting = l.waiting + excluded.waiting,
    since = CASE WHEN l.waiting = 0 THEN excluded.since ELSE l.since END
)
SELECT array_agg(update_id), {TELL} FROM came HAVING count(*) > 0
"""

# MATERIALIZED: the lanes are locked and counted once, whatever the plan
_CLAIM = """
WITH free AS MATERIALIZED (
  SELECT lane, last FROM lanes
  WHERE bot = %(bot)s AND waiting > 0 AND owner IS NULL
    AND (last IS NULL OR last = %(me)s OR since < now() - make_interval(secs => %(left)s))
  ORDER BY since LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE lanes SET owner = %(me)s, last = %(me)s FROM free
WHERE lanes.bot = %(bot)s AND lanes.lane = free.lane
RETURNING lanes.lane, free.last IS NOT DISTINCT FROM %(me)s
"""

_NEXT = """
SELECT (
  SELECT min(u.update_id) FROM updates AS u
  WHERE u.bot = l.bot AND u.lane = l.lane AND u.payload IS NOT NULL
) FROM lanes AS l WHERE l.bot = %(bot)s AND l.lane = %(lane)s AND l.owner = %(me)s
"""

_OWN = """
FROM lanes AS l WHERE u.bot = %(bot)s AND u.update_id = %(id)s AND u.payload IS NOT NULL
  AND l.bot = u.bot AND l.lane = u.lane AND l.owner = %(me)s
"""

_PUT_OFF = f"""
WITH old AS (
  SELECT u.update_id, u.lane FROM updates AS u JOIN lanes AS l ON l.bot = u.bot AND l.lane = u.lane
  WHERE u.bot = %(bot)s AND u.update_id = %(id)s AND u.payload IS NOT NULL AND l.owner = %(me)s
  FOR UPDATE OF u
), moved AS (
  UPDATE updates AS u SET lane = %(lane)s, payload = %(payload)s, attempts = 0
  FROM old WHERE u.bot = %(bot)s AND u.update_id = old.update_id
), left_behind AS (
  UPDATE lanes AS l SET waiting = l.waiting - 1
  FROM old WHERE l.bot = %(bot)s AND l.lane = old.lane
), counted AS (
  INSERT INTO lanes AS l (bot, lane, waiting, since, last)
  SELECT %(bot)s, %(lane)s, 1, now(), %(me)s FROM old
  ON CONFLICT (bot, lane) DO UPDATE SET
    waiting = l.waiting + 1,
    since = CASE WHEN l.waiting = 0 THEN excluded.since ELSE l.since END
)
SELECT count(*), {TELL} FROM old HAVING count(*) > 0
"""

# not only by the owner: an answer that has arrived in full is not to be made again
_DONE = """
WITH gone AS (
  SELECT update_id, lane FROM updates
  WHERE bot = %(bot)s AND update_id = ANY(%(ids)s) AND payload IS NOT NULL
  ORDER BY update_id FOR UPDATE
), forgotten AS (
  UPDATE updates AS u SET payload = NULL, lane = NULL, delivered = '', attempts = 0
  FROM gone WHERE u.bot = %(bot)s AND u.update_id = gone.update_id
), counted AS (
  UPDATE lanes AS l SET waiting = l.waiting - n.number
  FROM (SELECT lane, count(*) AS number FROM gone GROUP BY lane) AS n
  WHERE l.bot = %(bot)s AND l.lane = n.lane
)
SELECT count(*) FROM gone
"""


class PostgresInbox:
    """Updates of one bot that wait, in a database that several processes share.

    See ``bot.state.contracts.SharesUpdates``. What is put waits for the database's disk. A lane
    belongs to the session that claimed it until it is free or the session ends; only its owner
    works on what is in it, so that the order within a lane is kept. ``on_news`` is called, in any
    thread, when there may be something to claim.
    """

    waits = True

    def __init__(
        self,
        state: PostgresState,
        session: PostgresSession,
        bot: str,
        *,
        on_news: Callable[[], None] = lambda: None,
        on_taken: Callable[[str], None] = lambda _: None,
        remembered: int = REMEMBERED,
    ) -> None:
        """``session`` is of the same bot, and was not started yet.

        ``on_taken`` gets each lane that is claimed and that this process was not the last to
        work on, before it is worked on.

        Raises:
            StateUnreachable: if the database cannot be reached.
        """
        self._session = session
        self._bot = bot
        self._on_news = on_news
        self._on_taken = on_taken
        self._remembered = remembered
        self._writer = state.connection()
        self._connection = state.connection(durable=False)
        # what has arrived and is not kept yet would be sent again after a kill: that waits for none
        self._marker = state.connection(durable=False)
        self._lock = threading.Lock()  # of what follows
        self._marks: dict[int, str] = {}
        self._late: set[int] = set()
        self._erased: set[int] = set()
        self._connection.rows("SELECT 1")
        self._connections_made = self._connection.times_made
        self._came = self._gone = 0
        self._count()
        session.on_told("news", lambda _: self._on_news())
        session.on_sweep(self._look)

    @property
    def depth(self) -> int:
        """See ``KeepsUpdates.depth``: counted every second, and here by what comes and goes."""
        return max(0, self._came - self._gone)

    def put(self, arrivals: Sequence[Arrival]) -> list[Arrival]:
        """See ``KeepsUpdates.put``; all processes are notified."""
        rows = self._writer.rows(
            _PUT,
            {
                "bot": self._bot,
                "ids": [each.update_id for each in arrivals],
                "lanes": [_name(each.lane) for each in arrivals],
                "payloads": [each.payload for each in arrivals],
                "kind": "news",
                "what": self._bot,
            },
        )
        ids = set(rows[0][0]) if rows else set()
        new = {each.update_id: each for each in reversed(arrivals) if each.update_id in ids}
        with self._lock:
            self._came += len(new)
        return [each for each in arrivals if new.pop(each.update_id, None) is not None]

    def waiting(self) -> list[tuple[int, str]]:
        """See ``KeepsUpdates.waiting``: whoever works on it."""
        rows = self._connection.rows(
            "SELECT update_id, lane FROM updates "
            "WHERE bot = %(bot)s AND payload IS NOT NULL ORDER BY number",
            {"bot": self._bot},
        )
        return [(int(update_id), str(lane)) for update_id, lane in rows]

    def claim(self, *, most: int) -> list[str]:
        """See ``SharesUpdates.claim``."""
        if not self._session.is_there:  # others would take them for a dead one's
            raise StateUnreachable("the connection that chats belong to is not there")
        me = self._session.number
        values = {"bot": self._bot, "me": me, "most": most, "left": LEFT_TO_THE_LAST_S}
        if self._connection.times_made != self._connections_made:
            # it may have claimed lanes and not learned which
            self._connections_made = self._connection.times_made
            found = self._connection.rows(
                "SELECT lane, false FROM lanes WHERE bot = %(bot)s AND owner = %(me)s", values
            )
            if found:
                return self._taken(found)
        return self._taken(self._connection.rows(_CLAIM, values))

    def _taken(self, found: ResultRows) -> list[str]:
        for lane, was_last in found:
            if not was_last:
                self._on_taken(str(lane))
        return [str(lane) for lane, _ in found]

    def next_in(self, lane: str) -> int | None:
        """See ``SharesUpdates.next_in``; None, too, if another process has taken it over."""
        self._forget_late()
        rows = self._as_owner(self._connection, _NEXT, lane=lane)
        if rows and rows[0][0] is not None:
            return int(rows[0][0])
        # what has come in this moment is claimed as from a lane that was free
        self._as_owner(
            self._connection,
            "UPDATE lanes SET owner = NULL, since = now() "
            "WHERE bot = %(bot)s AND lane = %(lane)s AND owner = %(me)s RETURNING 1",
            lane=lane,
        )
        return None

    def give_back(self, lane: str) -> None:
        """See ``SharesUpdates.give_back``; the others are notified."""
        self._as_owner(
            self._connection,
            "WITH given AS (UPDATE lanes SET owner = NULL, last = NULL "
            "WHERE bot = %(bot)s AND lane = %(lane)s AND owner = %(me)s RETURNING 1) "
            f"SELECT {TELL} FROM given",
            lane=lane,
            kind="news",
            what=self._bot,
        )

    def is_alone(self) -> bool:
        """See ``SharesUpdates.is_alone``."""
        return self._session.is_alone()

    def is_suspect(self, update_id: int) -> bool:
        """See ``KeepsUpdates.is_suspect``."""
        rows = self._connection.rows(
            "SELECT attempts FROM updates WHERE bot = %(bot)s AND update_id = %(id)s",
            {"bot": self._bot, "id": update_id},
        )
        return bool(rows) and rows[0][0] > 0

    def begin(self, update_id: int) -> Begun | None:
        """See ``KeepsUpdates.begin``; its lane must have been claimed."""
        rows = self._as_owner(
            self._connection,
            f"UPDATE updates AS u SET attempts = attempts + 1 {_OWN} "
            "RETURNING u.payload, u.attempts, u.delivered, u.blamed",
            id=update_id,
        )
        if not rows and self._connection.rows(
            "SELECT 1 FROM updates "
            "WHERE bot = %(bot)s AND update_id = %(id)s AND payload IS NOT NULL",
            {"bot": self._bot, "id": update_id},
        ):
            raise LaneLost(_TAKEN_OVER)
        if not rows:
            return None
        payload, attempts, delivered, blamed = rows[0]
        with self._lock:
            self._marks[update_id] = str(delivered)
        return Begun(str(payload), int(attempts), tuple(str(delivered).split()), int(blamed))

    def delivered(self, update_id: int, mark: str) -> None:
        """See ``KeepsUpdates.delivered``; what could not be kept before is kept with it."""
        with self._lock:
            marks = self._marks[update_id] = f"{self._marks.get(update_id, '')}{mark} "
        # all of them, so that a statement that was run twice does no harm
        self._owned(
            self._marker,
            f"UPDATE updates AS u SET delivered = %(marks)s {_OWN} RETURNING 1",
            update_id,
            marks=marks,
        )

    def clear(self, update_id: int) -> None:
        """See ``KeepsUpdates.clear``; where it returns, the update is this session's to answer."""
        self._owned(
            self._connection,
            "UPDATE updates AS u SET attempts = 0, "
            "blamed = CASE WHEN blamed < %(most)s THEN 0 ELSE blamed END "
            f"{_OWN} RETURNING 1",
            update_id,
            most=MOST_BLAMED,
        )

    def done(self, update_id: int) -> None:
        """See ``KeepsUpdates.done``; before its lane goes on it is forgotten."""
        with self._lock:
            self._marks.pop(update_id, None)
            self._erased.discard(update_id)
            self._late.add(update_id)
        self._forget_late()

    def set_aside(self) -> list[int]:
        """See ``KeepsUpdates.set_aside``: by any process."""
        rows = self._connection.rows(
            "SELECT update_id FROM updates WHERE bot = %(bot)s AND payload IS NULL "
            "AND blamed >= %(most)s ORDER BY number",
            {"bot": self._bot, "most": MOST_BLAMED},
        )
        return [int(update_id) for (update_id,) in rows]

    def blame(self, update_ids: Collection[int], *, counted: bool) -> None:
        """See ``KeepsUpdates.blame``."""
        blame(self._connection, self._bot, update_ids, counted=counted)

    def put_off(self, update_id: int, payload: str, *, lane: str) -> None:
        """See ``KeepsUpdates.put_off``; the lane is left for a moment to this process."""
        if update_id in self._erased:
            return
        name = _name(lane)
        if not self._as_owner(
            self._connection,
            _PUT_OFF,
            id=update_id,
            payload=payload,
            lane=name,
            kind="news",
            what=self._bot,
        ):
            raise LaneLost(_TAKEN_OVER)

    def replace(self, update_id: int, payload: str) -> None:
        """See ``KeepsUpdates.replace``; its lane says whose it is to answer, and stays."""
        self._writer.rows(
            "UPDATE updates SET payload = %(payload)s "
            "WHERE bot = %(bot)s AND update_id = %(id)s AND payload IS NOT NULL",
            {"bot": self._bot, "id": update_id, "payload": payload},
        )

    def erase(self, is_meant: Callable[[int, str], bool], *, containing: str) -> bool:
        """See ``KeepsUpdates.erase``. What lies in the files of the database is its own affair."""
        rows = self._writer.rows(
            "SELECT update_id, payload FROM updates WHERE bot = %(bot)s AND payload IS NOT NULL "
            "AND strpos(payload, %(text)s) > 0",
            {"bot": self._bot, "text": containing},
        )
        ids = sorted(int(each) for each, payload in rows if is_meant(int(each), str(payload)))
        if not ids:
            return True
        with self._lock:
            self._erased.update(ids)  # some are worked on: they are this session's to answer still
        (gone,) = self._writer.rows(_DONE, {"bot": self._bot, "ids": ids})[0]
        with self._lock:
            self._gone += gone
        self._writer.rows("VACUUM (FULL, SKIP_LOCKED) updates")
        return True

    def tidy(self) -> None:
        """See ``KeepsUpdates.tidy``. What lies in the files of the database is its own affair."""
        self._forget_late()
        self._writer.rows(
            "DELETE FROM updates WHERE bot = %(bot)s AND payload IS NULL AND number <= "
            "(SELECT max(number) FROM updates WHERE bot = %(bot)s) - %(kept)s",
            {"bot": self._bot, "kept": self._remembered},
        )
        self._writer.rows(
            "DELETE FROM lanes WHERE waiting = 0 AND owner IS NULL "
            "AND since < now() - make_interval(secs => %(idle)s)",
            {"idle": IDLE_S},
        )

    def close(self) -> None:
        """Give all lanes back and end its connections; the session goes on."""
        # where it fails, the end of the session gives them back
        with suppress(StateUnreachable):
            self._as_owner(
                self._connection,
                "WITH given AS (UPDATE lanes SET owner = NULL, last = NULL "
                "WHERE owner = %(me)s RETURNING 1) "
                f"SELECT {TELL} FROM given LIMIT 1",
                kind="news",
                what=self._bot,
            )
        for connection in (self._connection, self._marker, self._writer):
            connection.close()

    def _owned(
        self, connection: StateConnection, statement: str, update_id: int, **more: object
    ) -> None:
        """Run a statement about an update that waits in a lane of this session.

        Of one that was erased there is nothing to write.

        Raises:
            LaneLost: if its lane is another's, which may be done with it already.
        """
        if update_id in self._erased:
            return
        if not self._as_owner(connection, statement, id=update_id, **more):
            raise LaneLost(_TAKEN_OVER)

    def _as_owner(
        self, connection: StateConnection, statement: str, **values: object
    ) -> ResultRows:
        """Return the rows of a statement about what this session owns, whatever its
        number is now.
        """
        me = self._session.number
        rows = connection.rows(statement, {"bot": self._bot, "me": me, **values})
        if not rows and (now := self._session.settled()) != me:
            rows = connection.rows(statement, {"bot": self._bot, "me": now, **values})
        return rows

    def _forget_late(self) -> None:
        with self._lock:
            late = sorted(self._late)
        if late:
            (gone,) = self._connection.rows(_DONE, {"bot": self._bot, "ids": late})[0]
            with self._lock:
                self._late.difference_update(late)
                self._gone += gone

    def _look(self) -> None:
        self._count()
        if self.depth:
            self._on_news()

    def _count(self) -> None:
        (waiting,) = self._writer.rows(
            "SELECT coalesce(sum(waiting), 0) FROM lanes WHERE bot = %(bot)s", {"bot": self._bot}
        )[0]
        with self._lock:
            self._came, self._gone = int(waiting), 0


def blame(
    connection: StateConnection, bot: str, update_ids: Collection[int], *, counted: bool
) -> None:
    """See ``KeepsUpdates.blame``, of a process that has ended."""
    connection.rows(
        "UPDATE updates SET blamed = blamed + %(counted)s, attempts = greatest(attempts, 1) "
        "WHERE bot = %(bot)s AND update_id = ANY(%(ids)s) AND payload IS NOT NULL",
        {"bot": bot, "ids": list(update_ids), "counted": int(counted)},
    )


def _name(lane: str) -> str:
    """Return the lane as the database can hold it, the same for the same; most are as they are."""
    name = json.dumps(lane, ensure_ascii=True)[1:-1]
    if len(name) > _LONGEST_NAME:
        return hashlib.sha256(name.encode("ascii")).hexdigest()
    return name
