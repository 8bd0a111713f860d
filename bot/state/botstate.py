"""Defines the state of a bot: its updates, chats and people, in files or in a shared database."""

from collections.abc import Awaitable, Callable, Collection, Hashable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from bot.state.contracts import KeepsChats, KeepsUpdates, RemembersPeople, RemembersTalks
from bot.state.pace import Paces
from bot.state.people import CameFrom, People

Work = Callable[[int], Awaitable[bool]]
"""Works on the update of that id; False leaves its lane."""

PlaceOf = Callable[[str], tuple[int, int | None] | None]
"""Returns the chat and the topic of a lane; None for a lane of no chat."""


class UpdateLanes(Protocol):
    """Hands updates over to be worked on, those of one lane one after the other.

    See ``bot.state.lanes.Lanes`` and ``bot.state.sharedlanes.SharedLanes``.
    """

    def begin(self) -> None:
        """Hand over the updates that wait since the last time, and from now on what is added."""
        ...

    def add(self, lane: str, number: int) -> bool:
        """Add an update that is in the inbox; return whether this process will work on it."""
        ...

    async def drain(self, *, timeout_s: float) -> bool:
        """Return whether all was worked on in that time."""
        ...


@dataclass(frozen=True, slots=True)
class ServingState:
    """The stores of a bot that runs.

    ``open_lanes`` makes the lanes for some work and for a function that returns whether one more
    update would be worked on at once. ``hurry`` says that the process is to end: it waits less
    long for a database that does not answer.
    """

    inbox: KeepsUpdates
    chats: KeepsChats
    open_lanes: Callable[[Work, Callable[[], bool]], UpdateLanes]
    hurry: Callable[[], None]


class BotState(Protocol):
    """Everything that a bot keeps about updates, chats and people.

    See ``bot.state.files.filestate.FileState`` and ``bot.state.postgres.sharedstate.SharedState``.
    """

    def serving(
        self, bot: str, *, alone: bool, on_refused: Callable[[], None], place_of: PlaceOf
    ) -> AbstractContextManager[ServingState]:
        """Open the stores of a bot while this process answers for it.

        ``alone``: no other process may. ``on_refused`` is called in any thread if another process
        answers in this one's place. ``place_of`` finds the chat of a lane.

        Raises:
            AlreadyServing: if another process answers and cannot share the work.
            InboxBlocked: if another program holds a file, or the disk is full: it may pass.
            InboxUnusable: if updates cannot be kept.
            StateUnreachable: if the database cannot be reached.
        """
        ...

    def people(self, *, came_from: CameFrom) -> People:
        """Return what is kept about people."""
        ...

    def paces(self, *, per_minute: float, burst: int) -> Paces:
        """Return the paces of persons."""
        ...

    def forgets_with(self, *memories: RemembersPeople, talks: RemembersTalks) -> None:
        """Have these forget what another process forgets."""
        ...

    def tell_to_forget(self, person: int) -> bool:
        """Have the other processes forget a person; return False."""
        ...

    def tell_to_forget_talks(self, talks: Hashable) -> None:
        """Have the other processes forget what one person asked in one place."""
        ...

    def blame(self, bot: str, update_ids: Collection[int], *, counted: bool) -> None:
        """Note that these updates were in work when a process ended; see ``KeepsUpdates``."""
        ...
