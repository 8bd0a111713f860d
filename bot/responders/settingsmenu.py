"""Shows the settings of a chat after /settings, and changes them by buttons."""

import re
from collections.abc import Iterator
from dataclasses import replace

from bot.answering.answerer import DEFAULT_QUOTES
from bot.answering.linkstyle import LinkStyle
from bot.chat.actions import Act, Button, Buttons, Change, Say, Toast
from bot.chat.dialogue import client_language
from bot.chat.events import (
    ButtonPress,
    Event,
    GuestQuestion,
    InlineQuestion,
    PlaceKind,
    TextMessage,
)
from bot.chat.messages import Message
from bot.language.translation import LANGUAGES, Translator, translator
from bot.responders import peopletexts
from bot.state.people import MOST_CHOSEN_QUOTES, People
from bot.state.peoplevalues import Preferences

_DATA = re.compile(r"settings:(?P<owner>\d{1,19}):(?P<name>[a-z]+)=(?P<value>[a-z0-9]+)")
_USUAL = "usual"
_CHOSEN = "✓ "


def chosen_preferences(event: Event, people: People) -> Preferences:
    """Return the preferences that were chosen for the chat of an event.

    A question inline or to a guest, in whatever chat, follows those of the person's own chat with
    the bot.
    """
    if isinstance(event, InlineQuestion | GuestQuestion):
        return people.preferences(event.person.id)
    return people.preferences(event.place.chat_id)


def chosen_language(event: Event, people: People) -> str:
    """Return the language that was chosen for the chat, else that of the person's chat program."""
    return chosen_preferences(event, people).language or client_language(event)


class SettingsMenu:
    """Shows the settings of a chat and changes them; in a group, for the person who opened them."""

    def __init__(self, people: People) -> None:
        self._people = people

    def respond(self, event: Event, words: Translator) -> Iterator[Act] | None:
        """See ``Responder.respond``."""
        match event:
            case TextMessage(command="settings", edited=False, addressed=True):
                return self._show(event, words)
            case ButtonPress() if event.data.startswith("settings:"):
                return self._pressed(event, words)
        return None

    def _show(self, event: TextMessage, words: Translator) -> Iterator[Act]:
        preferences = self._people.preferences(event.place.chat_id)
        buttons = _menu(preferences, event.person.id, words)
        yield Say((_text(preferences, words),), event.message_id, buttons)

    def _pressed(self, event: ButtonPress, words: Translator) -> Iterator[Act]:
        pressed = _DATA.fullmatch(event.data)
        if pressed is None:
            yield Toast()
            return
        owner, chat = int(pressed["owner"]), event.place.chat_id
        if event.place.kind is not PlaceKind.PRIVATE and owner != event.person.id:
            yield Toast(words.say(peopletexts.NOT_YOUR_MENU), alert=True)
            return
        yield Toast()
        preferences = _changed(self._people.preferences(chat), pressed["name"], pressed["value"])
        self._people.prefer(chat, preferences)
        # the words that were given are in the language as it was
        words = translator(preferences.language) if preferences.language else words
        yield Change(event.message_id, _text(preferences, words), _menu(preferences, owner, words))


def _changed(preferences: Preferences, name: str, value: str) -> Preferences:
    """Return the preferences with one setting changed; unchanged for unknown data."""
    styles = {style.value: style for style in LinkStyle}
    if name == "language" and value in {*LANGUAGES, _USUAL}:
        return replace(preferences, language=None if value == _USUAL else value)
    if name == "quotes" and value in set(map(str, range(1, MOST_CHOSEN_QUOTES + 1))):
        quotes = int(value)
        return replace(preferences, quotes=None if quotes == DEFAULT_QUOTES else quotes)
    if name == "links" and value in styles:
        return replace(preferences, links=styles[value])
    return preferences


def _text(preferences: Preferences, words: Translator) -> Message:
    language = preferences.language
    return Message(
        words.say(
            peopletexts.SETTINGS,
            language=peopletexts.OWN_NAMES[language]
            if language
            else words.say(peopletexts.AS_TELEGRAM),
            quotes=str(preferences.quotes or DEFAULT_QUOTES),
            links=words.say(peopletexts.LINKS[preferences.links]),
        )
    )


def _menu(preferences: Preferences, owner: int, words: Translator) -> Buttons:
    def button(label: str, name: str, value: str, chosen: bool) -> Button:
        return Button(_CHOSEN * chosen + label, f"settings:{owner}:{name}={value}")

    languages = [(_USUAL, words.say(peopletexts.AS_TELEGRAM))]
    languages += [(code, peopletexts.OWN_NAMES[code]) for code in LANGUAGES]
    quotes = preferences.quotes or DEFAULT_QUOTES
    return (
        tuple(
            button(label, "language", code, code == (preferences.language or _USUAL))
            for code, label in languages
        ),
        tuple(
            button(str(n), "quotes", str(n), n == quotes) for n in range(1, MOST_CHOSEN_QUOTES + 1)
        ),
        tuple(
            button(words.say(label), "links", style.value, style is preferences.links)
            for style, label in peopletexts.LINKS.items()
        ),
    )
