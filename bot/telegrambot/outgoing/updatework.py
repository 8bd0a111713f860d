"""Keeps the progress of the work about one update: its acts, and the parts that arrived."""

import enum
import hashlib
import logging
from collections.abc import Iterator

from telegram import Update

from bot.chat.actions import Act, GuestAnswer, Offers, Say, Typing
from bot.chat.events import Event
from bot.chat.messages import Message
from bot.state.contracts import NOT_KEPT, Begun
from bot.telegrambot.outgoing.inboxcalls import InboxCalls

log = logging.getLogger(__name__)


class WorkOutcome(enum.Enum):
    """The outcomes of the work about an update; the values are those of the metrics and the log."""

    IGNORED = "ignored"
    QUOTED = "quoted"
    NOTHING_FOUND = "nothing_found"
    SAID = "said"
    NOT_SENT = "not_sent"
    FAILED = "failed"
    SET_ASIDE = "set_aside"
    GIVEN_UP = "given_up"


class UpdateWork:
    """The work about an update: its progress, and which parts of its answer have arrived.

    ``acts`` are made as they are done, and ``act`` is the one that is not done yet. ``wait_s`` are
    the seconds until it is due, and an update that ``is_put_off`` waits in another lane.
    """

    def __init__(self, calls: InboxCalls, update_id: int) -> None:
        self._calls = calls
        self.update_id = update_id
        self._earlier: list[str] = []
        self._arrived: list[str] = []
        self.suspect = False
        self.acts: Iterator[Act] | None = None
        self.act: Act | None = None
        self.outcome = WorkOutcome.IGNORED
        self.update: Update | None = None
        self.event: Event | None = None
        self.wait_s = 0.0
        self.has_waited = False
        self.is_put_off = False

    async def begin(self) -> Begun | None:
        """Count the attempt until the answer is made; return None if the update is done.

        Only an end of the process while an answer is made can be the fault of the update.
        """
        begun: Begun | None = await self._calls.ask(self._calls.inbox.begin, self.update_id)
        if begun is not None:
            self._earlier = list(begun.delivered)
        return begun

    def try_act(self) -> None:
        """Begin the act, or begin it again: no part that has arrived is sent once more."""
        self._earlier = [*self._arrived, *self._earlier]
        self._arrived = []

    def did(self) -> None:
        """Note the act that was done, unless something went wrong before."""
        act, self.act, self._arrived = self.act, None, []
        if self.outcome is not WorkOutcome.IGNORED or isinstance(act, Typing):
            return
        messages: tuple[Message, ...] = ()
        if isinstance(act, Say):
            messages = act.messages
        elif isinstance(act, Offers):
            messages = tuple(offer.message for offer in act.offers)
        elif isinstance(act, GuestAnswer):
            messages = (act.message,)
        if any(message.quoted for message in messages):
            self.outcome = WorkOutcome.QUOTED
        else:
            searched = isinstance(act, Say | Offers | GuestAnswer) and act.corpus is not None
            self.outcome = WorkOutcome.NOTHING_FOUND if searched else WorkOutcome.SAID

    def has(self, text: str) -> bool:
        """Return whether the next part had arrived before the crash; it is not sent again then."""
        if self._earlier and self._earlier[0] == _mark(text):
            self._arrived.append(self._earlier.pop(0))
            return True
        self._earlier.clear()  # another answer than before the crash
        return False

    async def arrived(self, text: str) -> None:
        """Keep that a part has arrived."""
        self._arrived.append(_mark(text))
        try:
            await self._calls.ask(self._calls.inbox.delivered, self.update_id, self._arrived[-1])
        except NOT_KEPT as error:
            log.error("the inbox cannot be written: %s", error)  # noqa: TRY400 (the error says all)


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
