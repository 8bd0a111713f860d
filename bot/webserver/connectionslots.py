"""Limits the connections to a server: an idle one gives way to a new one."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.webserver.callers import caller_of


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """The slot of one connection; ``cut`` ends the connection."""

    address: str
    cut: Callable[[], None]


class ConnectionSlots:
    """At most ``most`` connections. One is idle until its next request has arrived whole.

    A new connection always finds a slot while another is idle: the one that has been idle longest
    is cut. Those that are known, because a head that they sent was accepted, are cut after all
    strangers. One address keeps at most half of the slots for strangers, and takes them from
    itself. Belongs to one event loop.
    """

    def __init__(self, most: int) -> None:
        """``most`` is at least 2."""
        self.most = most
        self._most_of_one = most // 2
        self._taken: set[Slot] = set()
        # both in the order in which they became idle
        self._strangers: dict[Slot, None] = {}
        self._known: dict[Slot, None] = {}
        self._strangers_of: dict[str, dict[Slot, None]] = {}

    def __len__(self) -> int:
        return len(self._taken)

    def take(self, address: str, cut: Callable[[], None]) -> Slot | None:
        """Return a slot for a connection from an address, idle; None if no other can give way.

        ``cut`` is called, at most once, when the slot is given to another connection.
        """
        slot = Slot(caller_of(address), cut)
        of_one = self._strangers_of.get(slot.address, {})
        if len(of_one) >= self._most_of_one:
            self._give(next(iter(of_one)))
        elif len(self._taken) >= self.most:
            idle = self._strangers or self._known
            if not idle:
                return None
            self._give(next(iter(idle)))
        self._taken.add(slot)
        self.wait(slot)
        return slot

    def wait(self, slot: Slot, *, known: bool = False) -> None:
        """Mark the connection as idle; ``known`` if the server accepted a head that it sent."""
        if slot not in self._taken:
            return
        self.work(slot)
        if known:
            self._known[slot] = None
        else:
            self._strangers[slot] = None
            self._strangers_of.setdefault(slot.address, {})[slot] = None

    def work(self, slot: Slot) -> None:
        """Mark the connection as busy: it keeps its slot until it waits or leaves."""
        self._known.pop(slot, None)
        self._strangers.pop(slot, None)
        of_one = self._strangers_of.get(slot.address)
        if of_one is not None:
            of_one.pop(slot, None)
            if not of_one:
                del self._strangers_of[slot.address]

    def leave(self, slot: Slot) -> None:
        """Free the slot of a connection that has ended."""
        self.work(slot)
        self._taken.discard(slot)

    def _give(self, slot: Slot) -> None:
        self.leave(slot)
        slot.cut()
