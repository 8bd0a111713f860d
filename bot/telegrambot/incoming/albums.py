"""Makes one question of an album, of which Telegram sends each picture as a message."""

from collections import OrderedDict
from dataclasses import dataclass

from telegram import Message, Update

from bot.chat.events import Event, FileMessage, TextMessage

MOST_ALBUMS = 10_000


@dataclass(slots=True)
class _Album:
    """The message that is answered for an album, and the one whose caption asks."""

    answered: int
    asking: int | None


class Albums:
    """Chooses the message of each album that is answered. Belongs to one event loop.

    That is the first with a caption. Without one it is the first of all; a caption that comes after
    that is answered in the place of its answer. Of more than ``most`` albums the oldest are
    forgotten.
    """

    def __init__(self, *, most: int = MOST_ALBUMS) -> None:
        self._most = most
        self._albums: OrderedDict[tuple[int, str], _Album] = OrderedDict()

    def is_for_answer(self, update: Update, event: Event) -> bool:
        """Return whether an event is to be answered: it is of no album, or chosen for its album."""
        message = update.message
        if message is None or message.media_group_id is None:
            return True
        if not isinstance(event, TextMessage | FileMessage) or _is_talk(event):
            return True
        asks, number = isinstance(event, TextMessage), message.message_id
        album = self._albums.get((message.chat.id, message.media_group_id))
        if album is None:
            album = _Album(number, number if asks else None)
            self._albums[message.chat.id, message.media_group_id] = album
            while len(self._albums) > self._most:
                self._albums.popitem(last=False)
        elif asks and album.asking is None:
            album.asking = number
        # the same message may be tried again
        return number == (album.answered if album.asking is None else album.asking)

    def answered_before(self, message: Message | None) -> int | None:
        """Return the other message of an album that was answered before this one; None if none."""
        if message is None or message.media_group_id is None:
            return None
        album = self._albums.get((message.chat.id, message.media_group_id))
        if album is None or album.answered == message.message_id:
            return None
        return album.answered


def _is_talk(event: TextMessage | FileMessage) -> bool:
    """Return whether people in a group talk to each other."""
    return isinstance(event, TextMessage) and not event.addressed
