"""Acts → calls of Telegram's methods, every quote compared with its source as it is sent."""

import logging
from collections.abc import Awaitable
from typing import Protocol

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQuery,
    InlineQueryResultArticle,
    InputTextMessageContent,
    LinkPreviewOptions,
    MessageEntity,
    ReplyParameters,
    Update,
)
from telegram import Message as TelegramMessage
from telegram.constants import ChatAction, ChatType
from telegram.error import BadRequest, TelegramError

from bot.acts import Act, Buttons, Change, Offers, Say, Told, Typing
from bot.errors import UnfaithfulQuote
from bot.rendering import Message, check_message
from corpus import Corpus

log = logging.getLogger(__name__)


class Parts(Protocol):
    """What has arrived of an answer that is sent once more after a crash."""

    def has(self, text: str) -> bool:
        """Whether the next part had arrived before."""
        ...

    def arrived(self, text: str) -> None:
        """Keeps that a part has arrived."""
        ...


class Sender:
    """Does acts in the chats that their updates come from."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def do(self, act: Act, update: Update, parts: Parts | None = None) -> None:
        """Does one act about an update; messages that had arrived before are left out.

        Raises:
            TelegramError: if Telegram refuses it or cannot be reached.
            UnfaithfulQuote: if a quote differs from its source; nothing of it is sent then.
        """
        message = update.effective_message
        match act:
            case Typing() if message is not None:
                try:
                    await message.reply_chat_action(ChatAction.TYPING)
                except TelegramError as error:
                    log.debug("the typing action failed: %s", error)
            case Say() if message is not None:
                await self._say(act, message, parts)
            case Change() if message is not None:
                await self._change(act, message)
            case Told() if update.callback_query is not None:
                await _unless_too_late(update.callback_query.answer(act.text, show_alert=act.alert))
            case Offers() if update.inline_query is not None:
                await self._offer(act, update.inline_query)

    async def _say(self, act: Say, message: TelegramMessage, parts: Parts | None) -> None:
        for number, part in enumerate(act.messages, start=1):
            check_sent(part, act.corpus)
            if parts is not None and parts.has(part.text):
                continue
            await message.reply_text(
                part.text,
                entities=_entities(part),
                reply_parameters=_reply_parameters(message, act.to),
                reply_markup=_keyboard(act.buttons if number == len(act.messages) else ()),
            )
            if parts is not None:
                parts.arrived(part.text)

    async def _change(self, act: Change, message: TelegramMessage) -> None:
        check_sent(act.message, act.corpus)
        try:
            await self._bot.edit_message_text(
                act.message.text,
                chat_id=message.chat_id,
                message_id=act.message_id,
                entities=_entities(act.message),
                reply_markup=_keyboard(act.buttons),
            )
        except BadRequest as error:
            if "not modified" not in str(error):
                raise

    async def _offer(self, act: Offers, query: InlineQuery) -> None:
        results = []
        for offer in act.offers:
            check_sent(offer.message, act.corpus)
            content = InputTextMessageContent(
                offer.message.text,
                entities=_entities(offer.message),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
            results.append(
                InlineQueryResultArticle(
                    offer.id, offer.title, content, description=offer.description
                )
            )
        await _unless_too_late(query.answer(results, cache_time=0, is_personal=True))


async def _unless_too_late(answering: Awaitable[bool]) -> None:
    """Answers who pressed or typed; they have stopped waiting after some seconds."""
    try:
        await answering
    except BadRequest as error:
        if "query is too old" not in str(error).casefold():
            raise
        log.info("answered too late: %s", error)


def check_sent(part: Message, corpus: Corpus | None) -> None:
    """Returns if what is about to be sent quotes its source, and quotes nothing without one.

    Raises:
        UnfaithfulQuote: if not.
    """
    if corpus is not None:
        check_message(part, corpus)
    elif part.quoted:
        raise UnfaithfulQuote("A quote without its source was held back.")


def _entities(part: Message) -> list[MessageEntity]:
    return [
        MessageEntity(type=e.kind.value, offset=e.offset, length=e.length, url=e.url)
        for e in part.entities
    ]


def _keyboard(buttons: Buttons) -> InlineKeyboardMarkup | None:
    if not buttons:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(b.label, callback_data=b.data, url=b.url) for b in row]
            for row in buttons
        ]
    )


def _reply_parameters(message: TelegramMessage, to: int) -> ReplyParameters | None:
    """In a group an answer names the message it answers; in a private chat that is plain."""
    if message.chat.type == ChatType.PRIVATE:
        return None
    return ReplyParameters(to, allow_sending_without_reply=True)
