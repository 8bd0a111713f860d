"""Events as people make them, and what came of them, without a chat library."""

from collections.abc import Callable, Iterable, Iterator

from fakes import LetterEmbedder, corpus_of

from bot.answering.answerer import Answerer
from bot.answering.liveanswerer import LiveAnswerer
from bot.answering.smalltalk import Examples
from bot.chat.actions import Act, Button, Change, GuestAnswer, Notice, Offers, Say, Toast
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
from bot.replies.chatreplies import ChatReplies
from bot.responders.questions import Questions
from bot.state.peoplevalues import Preferences
from embeddings import FolderIndex, Generation, Retriever, refresh

ADA, BOB = 11, 12
GROUP = -100


def place(person: int, group: int | None) -> Place:
    if group is None:
        return Place(person, PlaceKind.PRIVATE)
    return Place(group, PlaceKind.GROUP)


def written(
    text: str,
    person: int = ADA,
    *,
    group: int | None = None,
    language: str = "en",
    message_id: int = 1,
    addressed: bool = True,
    edited: bool = False,
    forwarded: bool = False,
) -> TextMessage:
    """A message; one that begins with "/" is a command, for the bot alone with "@bot" after it."""
    command, named = None, False
    if text.startswith("/"):
        command, _, text = text[1:].partition(" ")
        named = command.endswith("@bot")
        command = command.removesuffix("@bot")
    return TextMessage(
        Person(person, language),
        place(person, group),
        message_id,
        text,
        command,
        addressed=addressed,
        edited=edited,
        named=named,
        forwarded=forwarded,
    )


def uploaded(
    caption: str = "",
    person: int = ADA,
    *,
    group: int | None = None,
    name: str | None = "file.txt",
    size_bytes: int = 100,
    forwarded: bool = False,
) -> FileMessage:
    return FileMessage(
        Person(person, "en"),
        place(person, group),
        1,
        caption,
        "file-id",
        name,
        size_bytes,
        forwarded=forwarded,
    )


def pressed(
    data: str | None, person: int = ADA, *, group: int | None = None, language: str = "en"
) -> ButtonPress:
    assert data is not None
    assert len(data.encode()) <= 64
    return ButtonPress(Person(person, language), place(person, group), 5, data)


def inline(text: str, person: int = ADA, *, language: str = "en") -> InlineQuestion:
    return InlineQuestion(Person(person, language), text)


def mentioned(text: str, person: int = ADA, *, language: str = "en") -> GuestQuestion:
    """A mention of the bot in a chat of which it is no member."""
    return GuestQuestion(Person(person, language), text)


def texts_of(acts: Iterable[Act]) -> list[str]:
    """The texts that a person reads, in order: messages, changed messages, notes."""
    return list(_texts(acts))


def _texts(acts: Iterable[Act]) -> Iterator[str]:
    for act in acts:
        match act:
            case Notice():
                yield act.message.text
            case Say():
                yield from (message.text for message in act.messages)
            case Change():
                yield act.message.text
            case Toast(text=str(text)):
                yield text
            case GuestAnswer():
                yield act.message.text


def buttons_of(acts: Iterable[Act]) -> dict[str, str]:
    """Label → data of the buttons under the last message, offers left out."""
    shown: tuple[tuple[Button, ...], ...] = ()
    for act in acts:
        if not isinstance(act, Toast | Offers) and hasattr(act, "buttons"):
            shown = act.buttons
    return {button.label: button.data or "" for row in shown for button in row}


def live_answerer(store: FolderIndex, *texts: str) -> LiveAnswerer:
    """Answers from the texts by their letters."""
    embedder = LetterEmbedder()
    refresh(corpus_of(*texts, url="https://example.org/page"), index=store, embedder=embedder)

    def answerer(of: Generation) -> Answerer:
        return Answerer(Retriever(of, embedder))

    return LiveAnswerer(answerer(store.open_current()), store, answerer)


def asking(
    answerers: LiveAnswerer,
    *,
    preferences_of: Callable[[Event], Preferences] = lambda _: Preferences(),
) -> tuple[Questions, ChatReplies]:
    """What answers questions, and what remembers them."""
    replies = ChatReplies(answerers, preferences_of=preferences_of)
    return Questions(replies, Examples(), source_text=lambda _: lambda _: None), replies
