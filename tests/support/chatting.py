"""The bot without its process: the dialogue, the sender and the strict server in one place."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self

from botapi_server import BotApiServer, Sent, User, buttons
from fakes import LetterEmbedder
from telegram import LinkPreviewOptions
from telegram.ext import BaseRateLimiter, Defaults, ExtBot

from bot.answering.answerer import Answerer
from bot.answering.liveanswerer import LiveAnswerer
from bot.answering.smalltalk import Examples
from bot.chat.accessrules import GroupsOf
from bot.chat.actions import Act, Button, Change, Say, Toast
from bot.chat.dialogue import Dialogue
from bot.chat.events import ButtonPress, Event, Person, Place, PlaceKind, SourceTextFor, TextMessage
from bot.chat.votes import KeepVote
from bot.citations.pageaddress import PageAddresses
from bot.replies.chatreplies import ChatReplies
from bot.responders.guestquestions import GuestQuestions
from bot.responders.inlinequestions import InlineQuestions
from bot.responders.pressedbuttons import PressedButtons
from bot.responders.questions import Questions
from bot.state.peoplevalues import Preferences
from bot.telegrambot.incoming.updates import event_of
from bot.telegrambot.limits import OnceSent
from bot.telegrambot.outgoing.sender import Sender
from corpus import Corpus
from embeddings import FolderIndex, Retriever, refresh


def live_letters(corpus: Corpus, store: FolderIndex) -> LiveAnswerer:
    """Answers from a corpus by its letters; ``look()`` takes up what is refreshed after."""
    embedder = LetterEmbedder()
    refresh(corpus, index=store, embedder=embedder)
    return live(Answerer(Retriever(store.open_current(), embedder)), store)


def live(answerer: Answerer, store: FolderIndex) -> LiveAnswerer:
    """The answerer in use, and those of the letters after it."""
    return LiveAnswerer(
        answerer, store, lambda generation: Answerer(Retriever(generation, LetterEmbedder()))
    )


def dialogue_of(
    answerers: LiveAnswerer,
    *,
    source_text: SourceTextFor = lambda _: lambda _: None,
    keep_vote: KeepVote = lambda _: None,
    wanted: int = 3,
    groups_of: GroupsOf = lambda _: frozenset(),
    pages: PageAddresses | None = None,
) -> Dialogue:
    """All responders about questions, without settings."""
    replies, examples = (
        ChatReplies(
            answerers,
            preferences_of=lambda _: Preferences(quotes=wanted),
            groups_of=groups_of,
            pages=pages,
        ),
        Examples(),
    )
    return Dialogue(
        [
            Questions(replies, examples, source_text=source_text),
            PressedButtons(replies, examples, source_text=source_text, keep_vote=keep_vote),
            InlineQuestions(answerers, pages=pages),
            GuestQuestions(answerers, pages=pages),
        ]
    )


class Talk:
    """One person's private chat with a dialogue, in acts alone. Messages are numbered from 1."""

    def __init__(self, dialogue: Dialogue, *, kind: PlaceKind = PlaceKind.PRIVATE) -> None:
        self._dialogue = dialogue
        self.person = Person(7, "en")
        self.place = Place(70, kind)
        self._last = 0

    def next_id(self) -> int:
        self._last += 1
        return self._last

    def acts(self, event: Event) -> list[Act]:
        return list(self._dialogue.acts(event))

    def say(self, text: str, **more: object) -> list[Act]:
        fields: dict[str, object] = {"message_id": self.next_id(), "text": text, **more}
        return self.acts(TextMessage(self.person, self.place, **fields))  # type: ignore[arg-type]

    def press(self, data: str | None, *, opens: tuple[str, ...] = ()) -> list[Act]:
        assert data is not None
        return self.acts(ButtonPress(self.person, self.place, self.next_id(), data, opens))


def said(acts: list[Act]) -> Say:
    """The one Say among acts."""
    (found,) = (act for act in acts if isinstance(act, Say))
    return found


def changed(acts: list[Act]) -> Change:
    """The one Change among acts."""
    (found,) = (act for act in acts if isinstance(act, Change))
    return found


def told(acts: list[Act]) -> Toast:
    """What was told to who pressed a button, which is the first act of all."""
    (found,) = (act for act in acts if isinstance(act, Toast))
    assert acts[0] is found
    return found


def button(act: Say | Change, label: str) -> Button:
    """The button whose label holds the words."""
    (found,) = (each for row in act.buttons for each in row if label in each.label)
    return found


def labels(act: Say | Change) -> list[list[str]]:
    """The labels of the buttons, row by row."""
    return [[each.label for each in row] for row in act.buttons]


class NoLimits(BaseRateLimiter[OnceSent]):
    """Calls at once, without the pace of ``RateLimits``, and keeps as they do that a message arrived."""

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: OnceSent | None,
    ) -> Any:
        done = await callback(*args, **kwargs)
        if rate_limit_args is not None:
            await rate_limit_args()
        return done


class InProcessBot(AbstractContextManager["InProcessBot"]):
    """Answers on the loopback server what people did there, one after the other, in ``handle``."""

    def __init__(
        self,
        server: BotApiServer,
        dialogue: Dialogue,
    ) -> None:
        self.server = server
        self._dialogue = dialogue
        self._runner = asyncio.Runner()
        self._bot: ExtBot[OnceSent] = ExtBot(
            server.token,
            base_url=server.base_url,
            defaults=Defaults(link_preview_options=LinkPreviewOptions(is_disabled=True)),
        )
        self._sender = Sender(self._bot)
        self._offset = 0

    def __enter__(self) -> Self:
        self._runner.run(self._bot.initialize())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._runner.run(self._bot.shutdown())
        self._runner.close()

    def handle(self) -> None:
        """Returns when all that people did is answered."""
        self._runner.run(self._handle())

    def skip(self) -> None:
        """Returns when all that people did is confirmed, unanswered where it was not yet."""
        for update in self.server.pending_updates():
            self._offset = max(self._offset, update["update_id"] + 1)
        self._runner.run(self._bot.get_updates(offset=self._offset, timeout=0))

    async def _handle(self) -> None:
        while updates := await self._bot.get_updates(offset=self._offset, timeout=0):
            for update in updates:
                self._offset = update.update_id + 1
                event = event_of(update, bot_name=self._bot.username)
                if event is not None:
                    for act in self._dialogue.acts(event):
                        await self._sender.do(act, update)


class Chatter:
    """A person in a private chat with an in-process bot; each action is answered at once."""

    def __init__(self, bot: InProcessBot, user: User | None = None) -> None:
        self.bot = bot
        self.server = bot.server
        self.user = user or bot.server.add_user()

    def say(self, text: str, *, thread_id: int | None = None) -> int:
        update = self.server.say(text, chat_id=self.user.id, thread_id=thread_id)
        self.bot.handle()
        return update

    def edit(self, update: int, text: str) -> None:
        self.server.edit(update, text)
        self.bot.handle()

    def press(self, label: str) -> None:
        """Presses the last button on the screen whose label holds the words."""
        for sent in reversed(self.screen):
            for each in buttons(sent):
                if label in each["text"]:
                    self.server.press(sent, each["callback_data"])
                    self.bot.handle()
                    return
        raise AssertionError(f"no button {label!r} on the screen")

    @property
    def screen(self) -> list[Sent]:
        return self.server.on_screen(self.user.id)
