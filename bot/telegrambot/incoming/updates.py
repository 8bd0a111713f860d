"""Turns Telegram's updates into events."""

import re
from collections.abc import Sequence
from dataclasses import replace

from telegram import (
    CallbackQuery,
    InlineQuery,
    MaybeInaccessibleMessage,
    MessageEntity,
    Update,
    User,
)
from telegram import Message as TelegramMessage
from telegram.constants import ChatType
from telegram.ext.filters import StatusUpdate

from bot.chat.events import (
    ButtonPress,
    Event,
    FileMessage,
    GuestQuestion,
    InlineQuestion,
    Person,
    Place,
    PlaceKind,
    TextMessage,
)

_STANDS_FOR_PEOPLE = frozenset({1087968824, 136817688, 777000})
"""Accounts of Telegram's own in whose name anonymous administrators and channels write."""


_WITH_FILES = frozenset({"add"})
"""The commands that are about the file whose caption they are."""

_COMMAND = re.compile(r"/(?P<name>\w{1,64})(?:@\w++)?+(?:\s|$)")

_ASKING = frozenset({"ask", "said"})
"""The commands that take the text of the message that they reply to, if they have none."""


def start_link(bot_name: str, payload: str) -> str:
    """Return the address that opens the chat with the bot and sends it /start with a payload."""
    return f"https://t.me/{bot_name}?start={payload}"


def topic_of(update: Update) -> int | None:
    """Return the topic of a forum that an update comes from, to answer there; None elsewhere."""
    return _topic(update.effective_message)


def event_of(update: Update, *, bot_name: str) -> Event | None:
    """Return the event of an update; None if it does not concern the bot."""
    if update.callback_query is not None:
        return _pressed(update.callback_query, bot_name)
    if update.inline_query is not None:
        return _asked_inline(update.inline_query)
    if update.guest_message is not None:
        return _asked_as_guest(update.guest_message, bot_name)
    message = update.message or update.edited_message
    if message is None or not (person := _author(message)) or not (place := _place(message)):
        return None
    edited = update.edited_message is not None
    text = message.text or message.caption
    if not text:
        says_nothing = edited or StatusUpdate.ALL.check_update(update)
        return None if says_nothing else _file(message, person, place)
    written = TextMessage(
        person,
        place,
        message.message_id,
        text,
        edited=edited,
        forwarded=message.forward_origin is not None,
        done_before=tuple(update.api_kwargs.get("done_before", ())),
    )
    event = _addressed(written, message, bot_name=bot_name)
    is_about_file = event is not None and message.text is None and _names_file_command(event)
    return _file(message, person, place) if is_about_file and not edited else event


def _names_file_command(caption: TextMessage) -> bool:
    """Return whether a caption is a command about its file, even if no entity marks the command."""
    if caption.command is not None:
        return caption.command in _WITH_FILES
    words = _COMMAND.match(caption.text)
    return words is not None and words["name"].casefold() in _WITH_FILES


def _file(message: TelegramMessage, person: Person, place: Place) -> FileMessage:
    document = message.document
    return FileMessage(
        person,
        place,
        message.message_id,
        caption=message.caption or "",
        file_id=document.file_id if document else None,
        file_name=document.file_name if document else None,
        size_bytes=document.file_size if document else None,
        forwarded=message.forward_origin is not None,
    )


def _asked_inline(query: InlineQuery) -> InlineQuestion | None:
    user = query.from_user
    if user is None:  # a field that Telegram always gives, and the library does not insist on
        return None
    return InlineQuestion(Person(user.id, user.language_code), query.query)


def _asked_as_guest(message: TelegramMessage, bot_name: str) -> GuestQuestion | None:
    person = _author(message)
    if person is None or not message.guest_query_id:
        return None
    written = TextMessage(
        person,
        Place(message.chat.id, PlaceKind.GROUP),
        message.message_id,
        message.text or message.caption or "",
    )
    event = _addressed(written, message, bot_name=bot_name)
    return None if event is None else GuestQuestion(person, event.text, event.command)


def _author(message: TelegramMessage) -> Person | None:
    """Return the author of a message; None for another bot, and for an inline quote.

    In a group that may be a chat, in whose name a person writes.
    """
    user = message.from_user
    if user is None or message.chat is None or message.via_bot is not None:
        return None
    if user.is_bot and user.id not in _STANDS_FOR_PEOPLE:
        return None
    in_group = message.chat.type in {ChatType.GROUP, ChatType.SUPERGROUP}
    if in_group and user.id in _STANDS_FOR_PEOPLE and message.sender_chat is not None:
        # not one person for all groups: each has its own questions
        return Person(message.sender_chat.id)
    return Person(user.id, user.language_code)


def _addressed(
    event: TextMessage, message: TelegramMessage, *, bot_name: str
) -> TextMessage | None:
    """Return the event with its command, and whether it addresses the bot; None for another bot's
    command.
    """
    entities = _entities(message)
    first = entities[0] if entities else None
    if first is not None and first.type == MessageEntity.BOT_COMMAND and first.offset == 0:
        command, _, meant = _words_at(first, event.text)[1:].partition("@")
        if meant and meant.casefold() != bot_name.casefold():
            return None
        command, rest = command.casefold(), event.text[first.length :].strip()
        if not rest and command in _ASKING:
            rest = _answered_words(message, bot_name)
        return replace(event, command=command, text=rest, named=bool(meant))
    text, mentioned = _without_mentions(message, bot_name)
    if mentioned and not text:
        text = _answered_words(message, bot_name)
    addressed = (
        event.place.kind is PlaceKind.PRIVATE or mentioned or _answers_bot(message, bot_name)
    )
    return replace(event, text=text, addressed=addressed)


def _without_mentions(message: TelegramMessage, bot_name: str) -> tuple[str, bool]:
    """Return the text without the bot's name, and whether the name was mentioned."""
    text = message.text or message.caption or ""
    rest = text.encode("utf-16-le", errors="replace")
    mentions = [
        entity
        for entity in _entities(message)
        if (
            entity.type == MessageEntity.MENTION
            and _words_at(entity, text).casefold() == f"@{bot_name}".casefold()
        )
        or (entity.type == MessageEntity.TEXT_MENTION and _is_bot(entity.user, bot_name))
    ]
    for entity in sorted(mentions, key=lambda e: e.offset, reverse=True):
        rest = rest[: 2 * entity.offset] + rest[2 * (entity.offset + entity.length) :]
    if not mentions:
        return text, False
    words = rest.decode("utf-16-le", errors="replace")
    return re.sub(r"[ \t]{2,}", " ", words).strip(" \t\n,:"), True


def _entities(message: TelegramMessage) -> Sequence[MessageEntity]:
    """Return the entities of the text; of the caption, if there is no text."""
    return message.caption_entities if message.text is None else message.entities


def _answered_words(message: TelegramMessage, bot_name: str) -> str:
    """Return the words of another person's message that a message replies to; "" if none.

    If the person has marked a part of it, these words are meant.
    """
    answered = message.reply_to_message
    if answered is not None and _is_bot(answered.from_user, bot_name):
        return ""
    if message.quote is not None and message.quote.is_manual:
        return message.quote.text.strip()
    if answered is None:
        return ""
    return _without_mentions(answered, bot_name)[0].strip()


def _words_at(entity: MessageEntity, text: str) -> str:
    """Return the words that an entity marks, even if its offsets cut a character in two."""
    units = text.encode("utf-16-le", errors="replace")
    marked = units[2 * entity.offset : 2 * (entity.offset + entity.length)]
    return marked.decode("utf-16-le", errors="replace")


def _answers_bot(message: TelegramMessage, bot_name: str) -> bool:
    """Return whether the message replies to one of the bot; opening a topic does not count."""
    answered = message.reply_to_message
    if answered is None or answered.forum_topic_created is not None:
        return False
    return _is_bot(answered.from_user, bot_name)


def _is_bot(user: User | None, bot_name: str) -> bool:
    name = (user.username or "") if user is not None and user.is_bot else ""
    return name.casefold() == bot_name.casefold()


def _pressed(query: CallbackQuery, bot_name: str) -> ButtonPress | None:
    message = query.message
    if message is None or query.data is None or query.from_user is None:
        return None
    if not (place := _place(message)):
        return None
    person = Person(query.from_user.id, query.from_user.language_code)
    opens: tuple[str, ...] = ()
    if isinstance(message, TelegramMessage):
        begin = start_link(bot_name, "")
        links = (entity.url or "" for entity in message.entities)
        opens = tuple(link.removeprefix(begin) for link in links if link.startswith(begin))
    return ButtonPress(person, place, message.message_id, query.data, opens)


def _place(message: MaybeInaccessibleMessage) -> Place | None:
    kinds = {
        ChatType.PRIVATE: PlaceKind.PRIVATE,
        ChatType.GROUP: PlaceKind.GROUP,
        ChatType.SUPERGROUP: PlaceKind.GROUP,
    }
    chat = message.chat
    known = chat is not None and chat.type in set(ChatType)
    kind = kinds.get(ChatType(chat.type)) if known else None
    return None if kind is None else Place(chat.id, kind, _topic(message))


def _topic(message: MaybeInaccessibleMessage | None) -> int | None:
    """Return the topic of a forum; None for a thread of replies in another group."""
    if isinstance(message, TelegramMessage) and message.is_topic_message:
        return message.message_thread_id
    return None
