"""Defines how connections to PostgreSQL find out that a server is gone, and when they try again.

A value of the standard library alone, so that it can be chosen before psycopg is imported.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConnectionPolicy:
    """The waiting times and settings of connections; all times are in seconds.

    ``silence_s``: how long a server may say nothing about a statement before the connection is
    closed. ``connect_s``: how long connecting to one server may take. ``patience_s``: how long a
    call tries again before it fails; 0 for one that fails at once. ``pauses_s``: the pauses
    between attempts, the last one repeated. ``keepalive_s`` and ``dead_after_s``: the system asks
    a silent machine that often, and gives it up after that long. ``settings``: further parameters
    of libpq, in whose place those of the address are taken. ``session``: the statements that begin
    each session. ``times_hold``: the times of an address, such as its ``connect_timeout``, are
    replaced by those of the policy; else it is the other way round.
    """

    silence_s: float
    connect_s: int
    patience_s: float = 0
    pauses_s: tuple[float, ...] = (0.1,)
    keepalive_s: int = 5
    dead_after_s: int = 20
    settings: tuple[tuple[str, str], ...] = ()
    session: tuple[str, ...] = ()
    times_hold: bool = False

    def __post_init__(self) -> None:
        if not self.pauses_s or self.connect_s < 1 or self.keepalive_s < 1:
            raise ValueError("a policy needs a pause, and whole seconds of at least 1")

    def pause_s(self, failures: int) -> float:
        """Return the pause after so many failures in a row, at least one."""
        return self.pauses_s[min(max(failures, 1), len(self.pauses_s)) - 1]

    def parameters(self, address: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters of libpq: those of the address and of the policy."""
        given = {"application_name": "verbatim", **dict(self.settings), **address}
        return {**given, **self._times} if self.times_hold else {**self._times, **given}

    @property
    def _times(self) -> dict[str, str]:
        return {
            "connect_timeout": str(self.connect_s),
            "keepalives_idle": str(self.keepalive_s),
            "keepalives_interval": str(self.keepalive_s),
            "keepalives_count": "3",
            "tcp_user_timeout": str(1000 * self.dead_after_s),
        }


INDEX_POLICY = ConnectionPolicy(
    silence_s=8.0, connect_s=3, patience_s=10.0, dead_after_s=25, times_hold=True
)
"""For questions and refreshes: another server is asked soon, for as long as a person waits."""
