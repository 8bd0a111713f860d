"""Does acts by calls of Telegram, and compares every quote with its source as it is sent."""

import logging
from functools import partial
from typing import Protocol

from telegram import (
    Chat,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQuery,
    InlineQueryResultArticle,
    InputTextMessageContent,
    LinkPreviewOptions,
    MessageEntity,
    ReplyParameters,
    SwitchInlineQueryChosenChat,
    Update,
    WebAppInfo,
)
from telegram import Message as TelegramMessage
from telegram.constants import ChatAction, ChatType
from telegram.error import BadRequest, TelegramError
from telegram.ext import ExtBot

from bot.chat.actions import (
    Act,
    Button,
    Buttons,
    Change,
    GuestAnswer,
    Notice,
    Offers,
    Say,
    Toast,
    Typing,
)
from bot.chat.messages import Entity, EntityKind, Message, check_message
from bot.errors import UnfaithfulQuote
from bot.language.utf16 import shorten
from bot.telegrambot.incoming.albums import Albums
from bot.telegrambot.incoming.updates import start_link, topic_of
from bot.telegrambot.limits import OnceSent
from bot.telegrambot.outgoing.notices import Notices
from bot.telegrambot.outgoing.sentanswers import SentAnswers
from bot.telegrambot.outgoing.telegramtext import as_shown
from corpus import Corpus

log = logging.getLogger(__name__)

_TOAST_UNITS = 200
_GUEST = "answer"
_UNCHANGED = "not modified"
_GONE = ("not found", "can't be edited", "message_id_invalid")
_LATE = ("query is too old", "query id is invalid")


class Parts(Protocol):
    """Keeps which parts of an answer arrived before a crash."""

    def has(self, text: str) -> bool:
        """Return whether the next part had arrived before."""
        ...

    async def arrived(self, text: str) -> None:
        """Keep that a part has arrived."""
        ...


class Sender:
    """Does acts in the chats that their updates come from.

    The bot must call within ``RateLimits``: they write that a message has arrived before the next
    one is sent.
    """

    def __init__(self, bot: ExtBot[OnceSent], *, albums: Albums | None = None) -> None:
        self._bot = bot
        self._albums = albums or Albums()
        self._answers = SentAnswers()
        self._notices = Notices(self._edit_notice)

    async def do(self, act: Act, update: Update, parts: Parts | None = None) -> None:
        """Do one act about an update; messages that had arrived before are left out.

        A message to change that is gone, and a button or inline question that waited too long for
        Telegram to pass the answer on, are no errors.

        Raises:
            TelegramError: if Telegram refuses it or cannot be reached.
            UnfaithfulQuote: if a quote differs from its source; nothing of it is sent then.
        """
        # to a chat of which it is no member the bot can send nothing but the one answer
        chat = update.effective_chat if update.guest_message is None else None
        match act:
            case Typing() if chat is not None:
                try:
                    await self._bot.send_chat_action(
                        chat.id, ChatAction.TYPING, message_thread_id=topic_of(update)
                    )
                except TelegramError as error:
                    log.debug("the typing action failed: %s", error)
            case Say() if chat is not None:
                await self._say(act, update, chat, parts)
            case Notice() if chat is not None:
                await self._notice(act, update, chat, parts)
            case Change(message_id=int(message_id)) if chat is not None:
                await self._edit(chat.id, message_id, act.message, act.buttons, corpus=act.corpus)
            case Change() if chat is not None:
                await self._change_last(act, update, chat, parts)
            case Toast() if update.callback_query is not None:
                text = None if act.text is None else shorten(act.text, units=_TOAST_UNITS)
                try:
                    await update.callback_query.answer(text, show_alert=act.alert)
                except BadRequest as error:
                    _pass_over(error, _LATE)
            case Offers() if update.inline_query is not None:
                await self._offer(act, update.inline_query)
            case GuestAnswer() if update.guest_message is not None:
                await self._answer_as_guest(act, update.guest_message)

    async def react(self, emoji: str, update: Update) -> None:
        """React to the message of an update; where that is not allowed, nothing happens."""
        message = update.effective_message
        if message is None:
            return
        try:
            await self._bot.set_message_reaction(message.chat.id, message.message_id, emoji)
        except TelegramError as error:
            log.debug("the reaction failed: %s", error)

    def stop(self) -> None:
        """Change no notice any more."""
        self._notices.stop()

    async def _notice(self, act: Notice, update: Update, chat: Chat, parts: Parts | None) -> None:
        """Say a notice, or change it a little later: nobody else in the chat waits for that."""
        said = self._answers.last(chat.id, act.to)
        if said is None:
            await self._say(Say((act.message,), act.to), update, chat, parts)
        else:
            self._notices.change((chat.id, said), act.message)

    async def _edit_notice(self, place: tuple[int, int], message: Message) -> None:
        await self._edit(*place, message, (), corpus=None)

    async def _say(self, act: Say, update: Update, chat: Chat, parts: Parts | None) -> None:
        for part in act.messages:
            checked(part, act.corpus)
        instead_of = act.to if update.edited_message is not None else None
        if (before := self._albums.answered_before(update.message)) is not None:
            instead_of = before
        earlier = [] if instead_of is None else list(self._answers.take(chat.id, instead_of))
        now: list[int] = []
        try:
            for number, part in enumerate(act.messages, start=1):
                if parts is not None and parts.has(part.text):
                    # it is in the place of the earlier answer's message already
                    now += earlier[:1]
                    del earlier[:1]
                    continue
                buttons = act.buttons if number == len(act.messages) else ()
                # one that cannot be edited is sent anew
                if earlier and await self._edit(
                    chat.id, earlier[0], part, buttons, corpus=act.corpus
                ):
                    now.append(earlier.pop(0))
                else:
                    del earlier[:1]
                    now.append(await self._send(act, part, buttons, update, chat, parts))
                    continue
                if parts is not None:
                    await parts.arrived(part.text)
            while earlier:
                await self._delete(chat.id, earlier.pop())
        finally:
            self._answers.add(chat.id, act.to, (*now, *earlier))

    async def _change_last(
        self, act: Change, update: Update, chat: Chat, parts: Parts | None
    ) -> None:
        """Edit the last message about the event; without one, or if it is gone, say the text."""
        message = update.effective_message
        to = message.message_id if message is not None else 0
        last = self._answers.last(chat.id, to)
        if last is None or not await self._edit(
            chat.id, last, act.message, act.buttons, corpus=act.corpus
        ):
            await self._say(Say((act.message,), to, act.buttons, act.corpus), update, chat, parts)

    async def _send(
        self,
        act: Say,
        part: Message,
        buttons: Buttons,
        update: Update,
        chat: Chat,
        parts: Parts | None,
    ) -> int:
        """Send a message, and return its id when it is written that it arrived."""
        to_send = checked(part, act.corpus)
        # in a group an answer names the message it answers; in a private chat that is plain
        replies = None
        if chat.type != ChatType.PRIVATE:
            replies = ReplyParameters(act.to, allow_sending_without_reply=True)
        sent = await self._bot.send_message(
            chat.id,
            to_send.text,
            entities=self._entities(to_send),
            message_thread_id=topic_of(update),
            reply_parameters=replies,
            reply_markup=self._keyboard(buttons),
            rate_limit_args=None if parts is None else partial(parts.arrived, part.text),
        )
        return sent.message_id

    async def _edit(
        self,
        chat_id: int,
        message_id: int,
        part: Message,
        buttons: Buttons,
        *,
        corpus: Corpus | None,
    ) -> bool:
        """Edit a message, and return whether it could be edited or was the same already."""
        part = checked(part, corpus)
        try:
            await self._bot.edit_message_text(
                part.text,
                chat_id=chat_id,
                message_id=message_id,
                entities=self._entities(part),
                reply_markup=self._keyboard(buttons),
            )
        except BadRequest as error:
            if _UNCHANGED in str(error).lower():
                return True
            _pass_over(error, _GONE)
            return False
        return True

    async def _delete(self, chat_id: int, message_id: int) -> None:
        try:
            await self._bot.delete_message(chat_id, message_id)
        except BadRequest as error:  # it is gone, or too old to be deleted
            log.debug("a message stays: %s", error)

    async def _offer(self, act: Offers, query: InlineQuery) -> None:
        results = []
        for offer in act.offers:
            content = self._content(checked(offer.message, act.corpus))
            results.append(
                InlineQueryResultArticle(
                    offer.id,
                    offer.title,
                    content,
                    reply_markup=self._keyboard(offer.buttons),
                    description=offer.description,
                )
            )
        try:
            await query.answer(results, cache_time=0, is_personal=True)
        except BadRequest as error:
            _pass_over(error, _LATE)

    async def _answer_as_guest(self, act: GuestAnswer, asked: TelegramMessage) -> None:
        content = self._content(checked(act.message, act.corpus))
        query = asked.guest_query_id or ""
        # the title is that of the entry in a list, which nobody sees here
        title = self._bot.first_name or _GUEST
        keyboard = self._keyboard(act.buttons)
        result = InlineQueryResultArticle(_GUEST, title, content, reply_markup=keyboard)
        try:
            await self._bot.answer_guest_query(query, result)
        except BadRequest as error:
            _pass_over(error, _LATE)

    def _content(self, message: Message) -> InputTextMessageContent:
        return InputTextMessageContent(
            message.text,
            entities=self._entities(message),
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )

    def _keyboard(self, buttons: Buttons) -> InlineKeyboardMarkup | None:
        return _keyboard(buttons, inline=bool(self._bot.supports_inline_queries))

    def _entities(self, part: Message) -> list[MessageEntity]:
        return [self._entity(entity) for entity in part.entities]

    def _entity(self, e: Entity) -> MessageEntity:
        if e.kind is EntityKind.OPENS and e.url is not None:
            url = start_link(self._bot.username, e.url)
            return MessageEntity(MessageEntity.TEXT_LINK, e.offset, e.length, url=url)
        return MessageEntity(e.kind.value, e.offset, e.length, url=e.url)


def checked(part: Message, corpus: Corpus | None) -> Message:
    """Return the message as Telegram will show it, if its quotes agree with their source.

    Without a corpus it may quote nothing.

    Raises:
        UnfaithfulQuote: if it does not.
    """
    if corpus is not None:
        check_message(part, corpus)
    elif part.quoted:
        raise UnfaithfulQuote("A quote without its source was held back.")
    return as_shown(part)


def _keyboard(buttons: Buttons, *, inline: bool) -> InlineKeyboardMarkup | None:
    """Return the keyboard; without ``inline`` no button shares, since Telegram takes none then."""
    rows = [[each for each in row if inline or each.shares is None] for row in buttons]
    shown = [[_button(each) for each in row] for row in rows if row]
    return InlineKeyboardMarkup(shown) if shown else None


def _button(button: Button) -> InlineKeyboardButton:
    copies = None if button.copies is None else CopyTextButton(button.copies)
    shares = button.shares and SwitchInlineQueryChosenChat(
        button.shares, allow_user_chats=True, allow_group_chats=True, allow_channel_chats=True
    )
    return InlineKeyboardButton(
        button.label,
        callback_data=button.data,
        url=button.url,
        copy_text=copies,
        web_app=None if button.app is None else WebAppInfo(button.app),
        switch_inline_query_chosen_chat=shares or None,
    )


def _pass_over(error: BadRequest, reasons: tuple[str, ...]) -> None:
    """Log the error if it is for one of the reasons, which the person has seen already.

    Raises:
        BadRequest: the error itself, if not.
    """
    if not any(reason in str(error).lower() for reason in reasons):
        raise error
    log.debug("too late: %s", error)
