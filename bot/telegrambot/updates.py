"""What Telegram tells → events."""

from dataclasses import replace

from telegram import CallbackQuery, MaybeInaccessibleMessage, MessageEntity, Update
from telegram import Message as TelegramMessage
from telegram.constants import ChatType
from telegram.ext.filters import StatusUpdate

from bot.events import (
    Event,
    InlineAsked,
    Person,
    Place,
    PlaceKind,
    Pressed,
    Uploaded,
    Written,
)


def event_of(update: Update, *, bot_name: str) -> Event | None:
    """What a person did, None for what is nothing to the bot."""
    if update.callback_query is not None:
        return _pressed(update.callback_query)
    if update.inline_query is not None:
        user = update.inline_query.from_user
        return InlineAsked(Person(user.id, user.language_code), update.inline_query.query)
    message = update.message or update.edited_message
    if message is None or message.from_user is None or not (place := _place(message)):
        return None
    person = Person(message.from_user.id, message.from_user.language_code)
    if message.text is None:
        if update.edited_message is not None or StatusUpdate.ALL.check_update(update):
            return None
        document = message.document
        return Uploaded(
            person,
            place,
            message.message_id,
            caption=message.caption or "",
            file_id=document.file_id if document else None,
            file_name=document.file_name if document else None,
            size_bytes=document.file_size if document else None,
            forwarded=message.forward_origin is not None,
        )
    written = Written(
        person,
        place,
        message.message_id,
        message.text,
        edited=update.edited_message is not None,
        forwarded=message.forward_origin is not None,
    )
    return _addressed(written, message, bot_name=bot_name)


def _addressed(event: Written, message: TelegramMessage, *, bot_name: str) -> Written | None:
    """The event with its command, and whether the bot is meant; None for another bot's command."""
    first = message.entities[0] if message.entities else None
    if first is not None and first.type == MessageEntity.BOT_COMMAND and first.offset == 0:
        command, _, meant = message.parse_entity(first)[1:].partition("@")
        if meant and meant.casefold() != bot_name.casefold():
            return None
        rest = event.text[first.length :].strip()
        return replace(event, command=command.casefold(), text=rest)
    private = event.place.kind is PlaceKind.PRIVATE
    return replace(event, addressed=private)


def _pressed(query: CallbackQuery) -> Pressed | None:
    message = query.message
    if message is None or query.data is None or not (place := _place(message)):
        return None
    person = Person(query.from_user.id, query.from_user.language_code)
    return Pressed(person, place, message.message_id, query.data)


def _place(message: MaybeInaccessibleMessage) -> Place | None:
    kinds = {
        ChatType.PRIVATE: PlaceKind.PRIVATE,
        ChatType.GROUP: PlaceKind.GROUP,
        ChatType.SUPERGROUP: PlaceKind.GROUP,
    }
    kind = kinds.get(ChatType(message.chat.type)) if message.chat.type in set(ChatType) else None
    thread = message.message_thread_id if isinstance(message, TelegramMessage) else None
    return None if kind is None else Place(message.chat.id, kind, thread)
