"""Notes updates that this process had not seen: counts them, and learns about their chats."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from bot.state.contracts import NOT_KEPT, KeepsChats
from bot.telegrambot.incoming.rawupdates import chat_move_in, chat_written_in, kind_of

log = logging.getLogger(__name__)

UPDATE_KINDS = ("message", "edited_message", "callback_query", "inline_query", "guest_message")
"""The kinds of update that the bot asks Telegram for."""

_MOST_NOTED = 20_000


class NewUpdates:
    """Learns from updates what changed in their chats: one is written in again, another moved."""

    def __init__(self, chats: KeepsChats, *, on_arrived: Callable[[int, str], None]) -> None:
        """``on_arrived`` gets the id and the kind of each update."""
        self._chats = chats
        self._on_arrived = on_arrived
        self._noted: dict[int, None] = {}

    def note(self, update_id: int, raw: Mapping[str, Any]) -> None:
        """Note an update when it arrives or, if it waits since before, when the work on it begins.

        The second call for an update does nothing: since it came, its person may have blocked the
        bot. A failure to write about its chat is logged: the update is answered all the same.
        """
        if update_id in self._noted:
            return
        self._noted[update_id] = None
        if len(self._noted) > _MOST_NOTED:
            del self._noted[next(iter(self._noted))]
        self._on_arrived(update_id, kind_of(raw, among=UPDATE_KINDS))
        try:
            if self._chats.any_closed and (chat_id := chat_written_in(raw)) is not None:
                self._chats.open_chat(chat_id)
            if (move := chat_move_in(raw)) is not None:
                self._chats.move(*move)
        except NOT_KEPT as error:
            log.warning("what is known of a chat cannot be written: %s", error)
