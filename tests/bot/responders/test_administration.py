"""What administrators can do in private, and that nobody else can, in any way."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from gestures import buttons_of, inline, pressed, texts_of, uploaded, written
from offices import CHIEF, GROUP, STRANGER, Office

from bot.chat.actions import Act, Change, Say, Toast, Typing
from bot.chat.events import Event, Place, PlaceKind
from bot.operations.background import Background
from bot.operations.refresher import ProgressBar
from bot.operations.submissions import MOST_BYTES, MOST_WAITING
from bot.responders.admintexts import duration
from embeddings import RefreshReport, RefreshRunning

COMMANDS = ("/status", "/refresh", "/add https://example.org/", "/remove zebras", "/rollback")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


# --- who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "change",
    [
        lambda text: written(text, STRANGER),
        lambda text: written(text, CHIEF, forwarded=True),
        lambda text: replace(written(text, CHIEF), place=Place(STRANGER, PlaceKind.PRIVATE)),
    ],
    ids=["a stranger", "forwarded", "in another's chat"],
)
def test_for_who_is_no_administrator_the_commands_are_unknown(
    office: Office, command: str, change: Callable[[str], Event]
) -> None:
    before, generation = office.names, office.store.current_number()
    assert office.acts(change(command)) == office.acts(change("/frobnicate"))
    assert office.said(change(command)) == [
        "I do not know this command. /help shows what I can do."
    ]
    assert (office.names, office.store.current_number()) == (before, generation)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("person", [CHIEF, STRANGER, 1087968824, GROUP])
def test_in_a_group_they_are_unknown_to_everybody_the_anonymous_included(
    office: Office, command: str, person: int
) -> None:
    def event(text: str) -> Event:
        return written(text, person, group=GROUP)

    assert office.acts(event(command)) == office.acts(event("/frobnicate")) == []


def test_an_edited_command_is_not_done_again(office: Office) -> None:
    edited = replace(written("/remove zebras", CHIEF), edited=True)
    assert office.acts(edited) == []


@pytest.mark.parametrize(
    "event",
    [
        uploaded("/add", STRANGER),
        uploaded("/add", CHIEF, forwarded=True),
        uploaded("add", CHIEF),
        uploaded("/address", CHIEF),
    ],
)
def test_a_file_of_another_or_without_the_caption_is_what_any_file_is(
    office: Office, event: Event
) -> None:
    office.files["file-id"] = b"Zoos buzz."
    assert office.said(event) == ["I can only read text. Please type your question."]


def test_the_buttons_of_an_administrator_do_nothing_for_others(office: Office) -> None:
    office.files["file-id"] = b"Zoos buzz."
    labels = {
        **buttons_of(office.acts(uploaded("/add"))),
        **buttons_of(office.acts(written("/remove zebras"))),
    }
    assert list(labels) == ["Publish", "Discard", "Remove", "Leave it"]
    before = office.names
    for data in labels.values():
        for event in (pressed(data, STRANGER), pressed(data, CHIEF, group=GROUP)):
            assert office.acts(event) == [Toast()]
    assert office.names == before
    assert office.said(pressed(labels["Discard"])) == ["Discarded. Nothing was added."]


def test_an_administrator_asks_like_everybody_else(office: Office) -> None:
    assert "Zebras zigzag." in office.said(written("zebras zigzag"))[0]
    assert office.said(written("/frobnicate"))[0].startswith("I do not know this command.")
    assert not texts_of(office.acts(inline("zebras")))


# --- refresh ------------------------------------------------------------------------------------


def test_a_refresh_tells_its_progress_in_one_message_and_is_answered_from(
    office: Office,
) -> None:
    (office.statements / "zoos.txt").write_text("Zoos buzz.")
    acts = office.acts(written("/refresh"))
    assert isinstance(acts[0], Say)
    assert acts[0].messages[0].text == "The refresh begins."
    shown = [act for act in acts[1:] if not isinstance(act, Typing)]  # of a slow machine
    assert all(isinstance(act, Change) and act.message_id is None for act in shown)
    last = texts_of(acts)[-1]
    assert last.startswith(
        "Generation 2 now answers.\nDocuments: 3\n"
        "Paragraphs: 1 added, 3 kept, 0 moved, 0 removed\nSeconds: "
    )
    assert office.quotes("zoos buzz") == ["Zoos buzz."]
    assert office.said(written("/refresh"))[-1] == (
        "Nothing has changed. Generation 2 still answers."
    )


def test_progress_comes_at_most_so_often_however_fast_it_is(office: Office) -> None:
    def long_refresh(bar: ProgressBar) -> RefreshReport:
        with bar("Embedding") as progress:
            for done in range(1, 201):
                time.sleep(0.002)
                progress(done, 20_000)
        return office.refresh()

    office.use(refresh=long_refresh)
    began = time.monotonic()
    steps = [t for t in office.said(written("/refresh")) if "of 20,000" in t]
    took_s = time.monotonic() - began
    assert 2 <= len(steps) <= took_s / 0.05
    assert steps == sorted(set(steps), key=steps.index)
    assert steps[0].startswith("Refresh: embedding, ")


def test_a_refresh_that_fails_says_why_and_what_answers(office: Office) -> None:
    def running(bar: ProgressBar) -> RefreshReport:
        raise RefreshRunning("A refresh is running in another process.")

    office.use(refresh=running)
    assert office.said(written("/refresh"))[-1] == (
        "That failed: A refresh is running in another process.\n\nGeneration 1 still answers."
    )


def test_a_programming_error_in_a_refresh_is_not_hidden(office: Office) -> None:
    def broken(bar: ProgressBar) -> RefreshReport:
        raise ZeroDivisionError

    office.use(refresh=broken)
    with pytest.raises(ZeroDivisionError):
        office.acts(written("/refresh"))


def test_questions_are_answered_while_a_refresh_runs(office: Office) -> None:
    going_on, may_end = threading.Event(), threading.Event()

    def waiting(bar: ProgressBar) -> RefreshReport:
        going_on.set()
        may_end.wait(30)
        return office.refresh()

    office.use(refresh=waiting)
    acts: Iterator[Act] = office.dialogue.acts(written("/refresh"))
    assert isinstance(next(acts), Say)
    finishing = threading.Thread(target=lambda: list(acts))
    finishing.start()
    assert going_on.wait(30)
    assert "Zebras zigzag." in office.said(written("zebras zigzag", STRANGER))[0]
    may_end.set()
    finishing.join(30)


# --- add ----------------------------------------------------------------------------------------

STATEMENT = b"""---
title: On zoos
publisher: The Zoo
date: 2022-05-12
---
Zoos buzz.

Zoos hum.

Bees buzz.

Wasps buzz.

Gnats whirr."""


def test_a_file_is_shown_before_it_is_published_and_then_answered_from(office: Office) -> None:
    office.files["file-id"] = STATEMENT
    acts = office.acts(uploaded("/add", name="zoos.md"))
    assert acts[0] == Typing()
    assert texts_of(acts) == [
        "On zoos (as the file says)\nThe Zoo (as the file says) · 2022-05-12 · en\nNew, as zoos\n5 paragraphs\n\n"
        "¶ 1: Zoos buzz.\n\n¶ 2: Zoos hum.\n\n¶ 3: Bees buzz.\n\n¶ 5: Gnats whirr."
    ]
    buttons = buttons_of(acts)
    assert "zoos.md" not in office.names
    assert not (office.folder / "snapshots").exists()
    acts = office.acts(pressed(buttons["Publish"]))
    assert acts[0] == Toast()
    changes = [act for act in acts[1:] if act != Typing()]  # typing: a step takes its time
    assert all(isinstance(act, Change) and act.message_id == 5 for act in changes)
    last = texts_of(acts)[-1]
    assert last.startswith("Published: zoos\n\nGeneration 2 now answers.")
    assert "zoos.md" in office.names
    assert "Zoos buzz." in office.quotes("zoos buzz")
    again = office.acts(pressed(buttons["Publish"]))
    assert texts_of(again) == ["This is no longer waiting. Send it again."]


def test_a_file_that_is_discarded_leaves_nothing(office: Office) -> None:
    office.files["file-id"] = STATEMENT
    before = office.names
    buttons = buttons_of(office.acts(uploaded("/add")))
    assert office.said(pressed(buttons["Discard"])) == ["Discarded. Nothing was added."]
    assert office.said(pressed(buttons["Publish"]))[0].startswith("This is no longer waiting.")
    assert office.said(pressed(buttons["Discard"]))[0].startswith("This is no longer waiting.")
    assert office.names == before
    assert not (office.folder / "snapshots").exists()


def test_a_file_again_takes_the_place_of_what_it_was_and_the_same_one_is_there(
    office: Office,
) -> None:
    for content in (STATEMENT, STATEMENT.replace(b"hum", b"sing")):
        office.files["file-id"] = content
        acts = office.acts(uploaded("/add@the_bot", name="zoos.md"))
        office.acts(pressed(buttons_of(acts)["Publish"]))
    assert "Replaces the earlier text of zoos" in texts_of(acts)[0]
    assert "Zoos sing." in office.quotes("zoos sing")
    acts = office.acts(uploaded("/add please", name="zoos.md"))
    assert "zoos already has this text" in texts_of(acts)[0]
    assert list(buttons_of(acts)) == ["Discard"]


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "a.txt", "empty"),
        (b"\x00\x01\x02\xff" * 50, "a.bin", ""),
        (b"%PDF-1.7 nothing", "a.pdf", ""),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(
    office: Office, content: bytes, name: str, reason: str
) -> None:
    office.files["file-id"] = content
    (said,) = office.said(uploaded("/add", name=name))
    assert said.startswith("That failed: ")
    assert reason in said
    assert said.endswith("Generation 1 still answers.")


@pytest.mark.parametrize(
    "name", ["../../evil.txt", "/etc/passwd", "a\x00b.txt", "\ud800.txt", "CON", None, "x" * 900]
)
def test_the_name_of_a_file_is_a_label_and_leads_nowhere(office: Office, name: str | None) -> None:
    office.files["file-id"] = b"Zoos buzz."
    above = {path.name for path in office.folder.iterdir()}
    acts = office.acts(uploaded("/add", name=name))
    assert office.said(pressed(buttons_of(acts)["Publish"]))[-1].startswith("Published: ")
    assert len(office.names) == 3
    assert {path.name for path in office.folder.iterdir()} == above | {"snapshots"}


def test_a_picture_a_large_file_and_one_that_does_not_come_are_refused(office: Office) -> None:
    picture = replace(uploaded("/add"), file_id=None)
    assert office.said(picture)[0].startswith("Only a file can be added")
    large = uploaded("/add", size_bytes=MOST_BYTES + 1)
    assert office.said(large) == [
        "The file is larger than 20 MB. Telegram gives no such file to a bot."
    ]
    assert office.said(uploaded("/add"))[0].startswith(
        "That failed: Telegram did not give the file (BadRequest). Send it again."
    )
    office.use(fetch_file=None)
    assert office.said(uploaded("/add"))[0].startswith("Files cannot be fetched here.")


def test_a_page_is_added_by_its_address(office: Office) -> None:
    assert office.said(written("/add"))[0].startswith("Send a file with the caption /add")
    office.pages["https://example.org/zoos"] = b"Zoos buzz."
    acts = office.acts(written("/add https://example.org/zoos#top"))
    assert "https://example.org/zoos" in texts_of(acts)[0]
    office.acts(pressed(buttons_of(acts)["Publish"]))
    (document,) = (
        d for d in office.live.public.corpus.documents if d.url == "https://example.org/zoos"
    )
    assert document.passages[0].text == "Zoos buzz."


@pytest.mark.parametrize(
    "address",
    (
        "http://127.0.0.1/ http://[::1]/ http://169.254.169.254/ http://2130706433/ "
        "file:///etc/passwd ftp://example.org/ /etc/passwd zebras http://"
    ).split(),
)
def test_an_address_that_is_not_public_is_refused(office: Office, address: str) -> None:
    (said,) = office.said(written(f"/add {address}"))
    assert said.startswith("That failed: ")


def test_only_the_last_files_wait(office: Office) -> None:
    published = []
    for number in range(MOST_WAITING + 1):
        office.files["file-id"] = f"Zoos buzz {number}.".encode()
        acts = office.acts(uploaded("/add", name=f"{number}.txt"))
        published.append(buttons_of(acts)["Publish"])
    assert office.said(pressed(published[0]))[0].startswith("This is no longer waiting.")
    assert office.said(pressed(published[1]))[-1].startswith("Published: ")


# --- remove, roll back, status ------------------------------------------------------------------


def test_a_document_is_removed_after_it_was_confirmed_and_quoted_no_more(office: Office) -> None:
    acts = office.acts(written("/remove mol"))
    assert texts_of(acts) == ["Remove moles?\n\nmoles"]
    buttons = buttons_of(acts)
    assert office.said(pressed(buttons["Leave it"])) == ["moles stays."]
    assert "moles.txt" in office.names
    last = office.said(pressed(buttons["Remove"]))[-1]
    assert last.startswith("Removed: moles\n\nGeneration 2 now answers.")
    assert "moles.txt" not in office.names
    assert all("Moles" not in quote for quote in office.quotes("moles dig"))
    assert "not in the corpus directory any more" in office.said(pressed(buttons["Remove"]))[0]


def test_the_only_document_and_what_is_none_are_not_removed(office: Office) -> None:
    assert office.said(written("/remove"))[0].startswith("Type /remove and the id")
    assert "No document in" in office.said(written("/remove walrus"))[0]
    (office.statements / "moles.txt").unlink()
    buttons = buttons_of(office.acts(written("/remove zebras")))
    assert office.said(pressed(buttons["Remove"]))[0].startswith("zebras is the only statement.")
    assert office.names == {"zebras.txt"}


def test_a_long_id_fits_a_button(office: Office) -> None:
    shutil.copy(office.statements / "moles.txt", office.statements / f"{'m' * 150}.txt")
    buttons = buttons_of(office.acts(written("/remove mmm")))
    assert office.said(pressed(buttons["Remove"]))[0].startswith("Removed: mmm")


def test_a_rollback_is_answered_from_at_once(office: Office) -> None:
    (office.statements / "zoos.txt").write_text("Zoos buzz.")
    office.acts(written("/refresh"))
    assert office.said(written("/rollback"))[-1].startswith("Generation 1, built ")
    assert "Zoos buzz." not in office.quotes("zoos buzz")
    assert office.said(written("/rollback 2"))[-1].startswith("Generation 2, built ")
    assert office.quotes("zoos buzz") == ["Zoos buzz."]
    assert office.said(written("/rollback last")) == [
        "Type /rollback, or /rollback and the number of a generation."
    ]
    assert office.said(written("/rollback 99"))[-1].startswith("That failed: ")


def test_the_status_tells_what_answers_how_much_waits_and_no_person(office: Office) -> None:
    office.said(written("zebras zigzag", 987654321))
    (status,) = office.said(written("/status"))
    lines = dict(line.split(": ") for line in status.splitlines())
    assert lines["Generation"] == "1"
    assert (lines["Documents"], lines["Paragraphs"]) == ("2", "3")
    assert lines["Waiting messages"] == "3"
    assert lines["Uptime"] == "0 min"
    assert 10 < int(lines["Memory"].removesuffix(" MB").replace(",", "")) < 100_000
    assert "987654321" not in status
    office.use(changed=lambda: True, waiting=None)
    (status,) = office.said(written("/status"))
    assert status.endswith("The statements have changed since then. /refresh takes the changes in.")
    assert "Waiting messages: –" in status


def test_a_duration_is_short() -> None:
    assert [duration(s) for s in (59, 3_600, 90_061)] == ["0 min", "1 h 0 min", "1 d 1 h 1 min"]


def test_an_administrator_is_spoken_to_in_their_language(office: Office) -> None:
    (status,) = office.said(written("/status", language="fr"))
    assert status.startswith("Génération\u00a0: 1\n")


# --- work in the background ---------------------------------------------------------------------


def test_work_in_the_background_gives_its_result_or_its_error() -> None:
    def twice(bar: Callable[[str], AbstractContextManager[object]]) -> int:
        return 42

    working = Background(twice, every_s=0.01)
    assert set(working.steps()) <= {None}
    assert working.result() == 42

    def fails(bar: ProgressBar) -> int:
        raise ValueError("no")

    failing = Background(fails, every_s=0.01)
    list(failing.steps())
    with pytest.raises(ValueError, match="no"):
        failing.result()


def test_who_waits_for_work_that_stands_still_can_stop_waiting() -> None:
    end = threading.Event()

    def stuck(bar: ProgressBar) -> None:
        end.wait(30)

    steps = Background(stuck, every_s=0.01).steps()
    assert [next(steps), next(steps)] == [None, None]
    end.set()
