"""/settings: what a chat can choose, in place, and what the choice does."""

from pathlib import Path

import pytest
from gestures import (
    ADA,
    BOB,
    GROUP,
    asking,
    buttons_of,
    inline,
    live_answerer,
    pressed,
    texts_of,
    written,
)

from bot.answering.linkstyle import LinkStyle
from bot.answering.smalltalk import Examples
from bot.chat.actions import Act, Change, Offers, Say, Toast
from bot.chat.dialogue import Dialogue
from bot.chat.events import Event
from bot.chat.messages import EntityKind, Message
from bot.responders.inlinequestions import InlineQuestions
from bot.responders.pressedbuttons import PressedButtons
from bot.responders.settingsmenu import SettingsMenu, chosen_language, chosen_preferences
from bot.state.files.people import people_in
from bot.state.people import People
from bot.state.peoplevalues import Preferences
from embeddings import FolderIndex

QUESTION = "zebras zigzag"
STRIPES = (
    "Zebras zigzag.\n\nZebras zap.",
    "Zebras zigzag at zoos.",
    "Zebras zigzag, zoos buzz.",
    "Zebras zzz.",
)


@pytest.fixture
def people(tmp_path: Path) -> People:
    return people_in(tmp_path / "people.sqlite")


@pytest.fixture
def dialogue(people: People, store: FolderIndex) -> Dialogue:
    def chosen(event: Event) -> Preferences:
        return chosen_preferences(event, people)

    answerers = live_answerer(store, *STRIPES)
    questions, replies = asking(answerers, preferences_of=chosen)
    buttons = PressedButtons(
        replies,
        Examples(),
        source_text=lambda _: lambda _: None,
        keep_vote=lambda _: None,
    )
    offers = InlineQuestions(answerers, preferences_of=chosen)
    return Dialogue(
        [SettingsMenu(people), questions, buttons, offers],
        language_of=lambda e: chosen_language(e, people),
    )


def press(dialogue: Dialogue, label: str, **who: object) -> None:
    """Opens the menu and presses the button with that label."""
    buttons = buttons_of(dialogue.acts(written("/settings", **who)))  # type: ignore[arg-type]
    list(dialogue.acts(pressed(buttons[label], **who)))  # type: ignore[arg-type]


def test_the_menu_shows_what_is_set_and_marks_it(dialogue: Dialogue) -> None:
    acts = list(dialogue.acts(written("/settings")))
    assert texts_of(acts) == [
        "Settings of this chat\n\nLanguage: As my Telegram\nQuotes at most: 3\nLinks: To the words"
    ]
    assert list(buttons_of(acts)) == [
        *("✓ As my Telegram", "English", "Français"),
        *("1", "2", "✓ 3", "4", "5"),
        *("✓ To the words", "To the page", "None"),
    ]


def test_a_button_changes_the_menu_in_place_after_the_press_was_answered(
    dialogue: Dialogue, people: People
) -> None:
    buttons = buttons_of(dialogue.acts(written("/settings")))
    told, change = dialogue.acts(pressed(buttons["5"]))
    assert told == Toast()
    assert isinstance(change, Change)
    assert change.message_id == 5
    assert "Quotes at most: 5" in change.message.text
    assert "✓ 5" in buttons_of([change])
    assert people.preferences(ADA) == Preferences(quotes=5)


def test_the_language_is_changed_at_once_and_for_all_that_is_said(dialogue: Dialogue) -> None:
    buttons = buttons_of(dialogue.acts(written("/settings")))
    _, change = dialogue.acts(pressed(buttons["Français"]))
    assert isinstance(change, Change)
    assert change.message.text.startswith("Réglages de cette discussion")
    assert texts_of(dialogue.acts(written("/frobnicate")))[0].startswith("Je ne connais pas")
    assert texts_of(dialogue.acts(written("/frobnicate", BOB)))[0].startswith("I do not know")
    _, change = dialogue.acts(pressed(buttons["✓ As my Telegram"], language="fr"))
    assert isinstance(change, Change)
    assert texts_of(dialogue.acts(written("/frobnicate")))[0].startswith("I do not know")


def test_english_is_kept_for_who_has_a_french_telegram(dialogue: Dialogue, people: People) -> None:
    press(dialogue, "English", language="fr")
    said = texts_of(dialogue.acts(written("/frobnicate", language="fr")))
    assert said[0].startswith("I do not know")
    assert chosen_language(inline("q", language="fr"), people) == "en"


@pytest.mark.parametrize(("label", "count"), [("1", 1), ("2", 2)])
def test_as_many_quotes_are_shown_as_were_chosen(
    dialogue: Dialogue, label: str, count: int
) -> None:
    press(dialogue, label)
    said = "\n".join(texts_of(dialogue.acts(written(QUESTION))))
    assert said.count("· ¶ 1 ·") == count


def links_of(acts: list[Act], kind: EntityKind) -> list[str]:
    messages: list[Message] = []
    for act in acts:
        match act:
            case Say():
                messages += act.messages
            case Change():
                messages.append(act.message)
            case Offers():
                messages += [offer.message for offer in act.offers]
    return [e.url or "" for message in messages for e in message.entities if e.kind is kind]


@pytest.mark.parametrize(
    ("label", "begin"),
    [("✓ To the words", "#:~:text="), ("To the page", ""), ("None", None)],
)
def test_links_lead_where_was_chosen(dialogue: Dialogue, label: str, begin: str | None) -> None:
    press(dialogue, label)
    answered = list(dialogue.acts(written(QUESTION)))
    (payload, *_) = links_of(answered, EntityKind.OPENS)
    opened = list(dialogue.acts(written(f"/start {payload}")))
    forward = buttons_of(opened)["¶ 2 ▶"]
    stepped = list(dialogue.acts(pressed(forward)))
    offered = list(dialogue.acts(inline(QUESTION)))
    for acts in (answered, opened, stepped, offered):
        links = links_of(acts, EntityKind.TEXT_LINK)
        if begin is None:
            assert links == []
        else:
            assert links
            assert all(link.startswith("https://example.org/page") for link in links)
            assert all(("#" in link) == (begin == "#:~:text=") for link in links)


def test_in_a_group_only_who_opened_the_menu_uses_it(dialogue: Dialogue, people: People) -> None:
    buttons = buttons_of(dialogue.acts(written("/settings", ADA, group=GROUP)))
    (refusal,) = dialogue.acts(pressed(buttons["1"], BOB, group=GROUP))
    assert isinstance(refusal, Toast)
    assert refusal.alert
    assert people.preferences(GROUP) == Preferences()
    list(dialogue.acts(pressed(buttons["1"], ADA, group=GROUP)))
    assert people.preferences(GROUP) == Preferences(quotes=1)
    assert people.preferences(ADA) == Preferences()


@pytest.mark.parametrize(
    "data",
    [
        "settings:",
        "settings:11:quotes=0",
        "settings:11:quotes=6",
        "settings:11:quotes=٣",
        "settings:11:language=xx",
        "settings:11:links=evil",
        "settings:11:owner=12",
        f"settings:{'9' * 30}:quotes=1",
    ],
)
def test_data_of_no_button_of_the_menu_changes_nothing(
    dialogue: Dialogue, people: People, data: str
) -> None:
    list(dialogue.acts(pressed(data)))
    assert people.preferences(ADA) == Preferences()


def test_every_style_of_link_has_its_words() -> None:
    from bot.language.translation import LANGUAGES
    from bot.responders import peopletexts

    assert set(peopletexts.LINKS) == set(LinkStyle)
    assert set(peopletexts.OWN_NAMES) == set(LANGUAGES)
