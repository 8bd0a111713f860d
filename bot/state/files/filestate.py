"""Keeps the state of a bot in files of its data directory, for one process alone."""

from collections.abc import Callable, Collection, Hashable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from bot.errors import AlreadyServing, InboxUnusable
from bot.state.botstate import PlaceOf, ServingState, UpdateLanes, Work
from bot.state.contracts import RemembersPeople, RemembersTalks
from bot.state.files.chats import Chats
from bot.state.files.inbox import Inbox
from bot.state.files.people import people_in
from bot.state.lanes import Lanes
from bot.state.pace import Paces, TokenBuckets
from bot.state.people import CameFrom, People
from corpus.filelocks import LockHeld, file_lock

_KILLED_S = 1.0
"""A process that was killed holds its lock for a moment."""


class FileState:
    """The state of a bot in files; see ``bot.state.botstate.BotState``. No process shares it."""

    def __init__(self, directory: Path, *, people_file: Path) -> None:
        """``directory`` has a folder for each bot."""
        self._directory = directory
        self._people_file = people_file

    @contextmanager
    def serving(
        self,
        bot: str,
        *,
        alone: bool,  # noqa: ARG002 (always: nobody shares files)
        on_refused: Callable[[], None],  # noqa: ARG002 (the lock stays with this process)
        place_of: PlaceOf,  # noqa: ARG002 (all chats are this process's)
    ) -> Iterator[ServingState]:
        """See ``BotState.serving``."""
        directory = self._directory / bot
        with (
            _alone(directory),
            Inbox(directory / "inbox.sqlite") as inbox,
            closing(Chats(directory / "chats.sqlite")) as chats,
        ):

            def open_lanes(work: Work, _: Callable[[], bool]) -> UpdateLanes:
                return Lanes(work, waiting=inbox.waiting)

            yield ServingState(inbox, chats, open_lanes, _no_hurry)

    def people(self, *, came_from: CameFrom) -> People:
        """See ``BotState.people``."""
        return people_in(self._people_file, came_from=came_from)

    def paces(self, *, per_minute: float, burst: int) -> Paces:
        """See ``BotState.paces``."""
        return TokenBuckets(per_minute=per_minute, burst=burst)

    def forgets_with(self, *memories: RemembersPeople, talks: RemembersTalks) -> None:
        """Do nothing: no other process remembers anybody."""

    def tell_to_forget(self, person: int) -> bool:  # noqa: ARG002 (there is no other process)
        """Return False: no other process remembers anybody."""
        return False

    def tell_to_forget_talks(self, talks: Hashable) -> None:
        """Do nothing: no other process remembers anybody."""

    def blame(self, bot: str, update_ids: Collection[int], *, counted: bool) -> None:
        """See ``BotState.blame``."""
        with Inbox(self._directory / bot / "inbox.sqlite") as inbox:
            inbox.blame(update_ids, counted=counted)


def _no_hurry() -> None:
    """Do nothing: nobody waits for files."""


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Let no other process answer for the same bot from the same data directory.

    Raises:
        AlreadyServing: if one does.
        InboxUnusable: if the directory cannot be written.
    """
    with ExitStack() as held:
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            held.enter_context(file_lock(directory / "serving.lock", wait_s=_KILLED_S))
        except LockHeld as error:
            raise AlreadyServing(
                f'Another "verbatim serve" answers for this bot from {directory}. Stop it first.'
            ) from error
        except OSError as error:
            raise InboxUnusable(
                f"{directory} cannot be written ({error.strerror}). Set VERBATIM_HOME to a "
                "directory that can."
            ) from error
        yield
