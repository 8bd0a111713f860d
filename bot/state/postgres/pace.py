"""Limits how fast each person may ask, whichever process they reach."""

import logging
import time
from collections.abc import Hashable

from bot.errors import StateUnreachable
from bot.state.pace import MOST_AHEAD, TOLD_AGAIN_S, Verdict
from bot.state.postgres.database import PostgresState

log = logging.getLogger(__name__)

TIDY_S = 60.0
"""The pause between two looks for buckets that are full again, which are forgotten."""

# the same as ``TokenBuckets.take``, in one statement
_TAKE = """
WITH old AS (
  SELECT least(%(burst)s, tokens + extract(epoch FROM now() - at) * %(per_s)s) AS have, told
  FROM paces WHERE person = %(person)s FOR UPDATE
), gained AS (
  SELECT coalesce(max(have), %(burst)s) AS have, max(told) AS told FROM old
), verdict AS (
  SELECT have, have >= %(tokens)s AS allowed,
    have < %(tokens)s AND %(ahead)s > 0 AND have - %(tokens)s >= -%(ahead)s AS reserved,
    CASE WHEN have < %(burst)s THEN told END AS told,
    have >= %(burst)s OR told IS NULL OR now() - told >= make_interval(secs => %(again)s) AS untold
  FROM gained
)
INSERT INTO paces (person, tokens, at, told)
SELECT %(person)s, CASE WHEN allowed OR reserved THEN have - %(tokens)s ELSE have END, now(),
  CASE WHEN untold AND NOT allowed AND NOT reserved THEN now() ELSE told END
FROM verdict
ON CONFLICT (person) DO UPDATE
SET tokens = excluded.tokens, at = excluded.at, told = excluded.told
RETURNING (SELECT allowed FROM verdict), (SELECT reserved FROM verdict),
  (SELECT have FROM verdict), (SELECT untold FROM verdict)
"""


class PostgresPaces:
    """See ``bot.state.pace.TokenBuckets``; where the database cannot be asked, all may go on.

    A bucket that is full again is forgotten by the next ``tidy``.
    """

    def __init__(
        self, state: PostgresState, *, per_minute: float, burst: int, tidy_s: float = TIDY_S
    ) -> None:
        """``tidy_s`` is how often what is full again is forgotten."""
        self._tidy_s = tidy_s
        self._connection = state.connection(durable=False)
        self._per_s = per_minute / 60
        self._burst = float(burst)
        self._tidied_s = -tidy_s

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def tidy(self) -> None:
        """Forgets, every ``tidy_s``, who has not asked for so long that nothing of it counts.

        Raises:
            StateUnreachable: if the database cannot be reached.
        """
        if time.monotonic() < self._tidied_s + self._tidy_s:
            return
        self._tidied_s = time.monotonic()
        self._connection.rows(
            "DELETE FROM paces WHERE at < now() - make_interval(secs => %(full)s)",
            {"full": max(TOLD_AGAIN_S, (self._burst + MOST_AHEAD) / self._per_s)},
        )

    def take(self, key: Hashable, tokens: float = 1.0, *, ahead: float = 0.0) -> Verdict:
        """See ``Paces.take``."""
        try:
            allowed, reserved, have, untold = self._connection.rows(
                _TAKE,
                {
                    "person": repr(key),
                    "tokens": tokens,
                    "ahead": ahead,
                    "burst": self._burst,
                    "per_s": self._per_s,
                    "again": TOLD_AGAIN_S,
                },
            )[0]
        except StateUnreachable as error:
            log.warning("nobody is held up for haste: %s", error)
            return Verdict(True)
        if allowed:
            return Verdict(True)
        wait_s = (tokens - float(have)) / self._per_s
        return Verdict(False, wait_s, bool(untold and not reserved), bool(reserved))
