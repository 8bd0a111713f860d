"""A running program answers from what is published, each question from one generation."""

import logging
import os
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from fakes import LetterEmbedder, corpus_of
from processes import VERBATIM, environment, verbatim

from bot.answering.answerer import Answerer
from bot.answering.liveanswerer import LiveAnswerer
from embeddings import FolderIndex, Generation, Retriever, refresh

QUESTION = "zebras zigzag"


def publish(store: FolderIndex, text: str, *, embedder: LetterEmbedder | None = None) -> int:
    return refresh(corpus_of(text), index=store, embedder=embedder or LetterEmbedder()).generation


class Live:
    """A LiveAnswerer that counts what it opens and remembers its warnings."""

    def __init__(self, store: FolderIndex) -> None:
        self.opened: list[int] = []
        self.warnings: list[str] = []
        self.answerers = LiveAnswerer(
            self._open(store.open_current()), store, self._open, warn=self.warnings.append
        )
        self.opened.clear()

    def _open(self, generation: Generation) -> Answerer:
        self.opened.append(generation.number)
        return Answerer(Retriever(generation, LetterEmbedder()))

    def quotes(self) -> tuple[int, str]:
        """The generation that answers, and its first quote."""
        reply = self.answerers.public.answer(QUESTION)
        return reply.generation, reply.quotes[0].text


@pytest.fixture
def live(store: FolderIndex) -> Live:
    publish(store, "Zebras zigzag once.")
    return Live(store)


def damage(store: FolderIndex, number: int) -> None:
    path = store.directory / f"{number:06d}" / "words.txt"
    path.write_bytes(path.read_bytes() + b"\nmore")


def test_a_refresh_is_answered_from_after_the_next_look_and_what_was_deleted_is_gone(
    store: FolderIndex, live: Live
) -> None:
    assert live.quotes() == (1, "Zebras zigzag once.")
    publish(store, "Zebras zigzag twice.")
    assert live.quotes() == (1, "Zebras zigzag once.")
    live.answerers.look()
    assert live.quotes() == (2, "Zebras zigzag twice.")
    assert live.warnings == []


def test_a_look_without_a_change_opens_nothing(store: FolderIndex, live: Live) -> None:
    for _ in range(3):
        live.answerers.look()
    publish(store, "Zebras zigzag once.")
    live.answerers.look()
    assert live.opened == []


def test_an_index_that_was_deleted_and_built_anew_is_answered_from(
    store: FolderIndex, live: Live
) -> None:
    shutil.rmtree(store.directory)
    live.answerers.look()
    assert live.quotes() == (1, "Zebras zigzag once.")
    publish(store, "Zebras zigzag anew.")
    live.answerers.look()
    assert live.quotes() == (1, "Zebras zigzag anew.")
    live.answerers.look()
    assert live.opened == [1]
    assert live.warnings == []


def test_a_rollback_is_answered_from_as_well(store: FolderIndex, live: Live) -> None:
    publish(store, "Zebras zigzag twice.")
    live.answerers.look()
    store.rollback()
    live.answerers.look()
    assert live.quotes() == (1, "Zebras zigzag once.")


def test_who_took_an_answerer_keeps_its_generation_to_the_end(
    store: FolderIndex, live: Live
) -> None:
    taken = live.answerers.public
    publish(store, "Zebras zigzag twice.")
    live.answerers.look()
    reply = taken.answer(QUESTION)
    assert (reply.generation, reply.quotes[0].text) == (1, "Zebras zigzag once.")
    assert taken.corpus.documents[0].text == "Zebras zigzag once."


def test_a_damaged_generation_leaves_the_old_one_answering_and_is_told_once(
    store: FolderIndex, live: Live
) -> None:
    publish(store, "Zebras zigzag twice.")
    damage(store, 2)
    for _ in range(3):
        live.answerers.look()
    assert live.quotes() == (1, "Zebras zigzag once.")
    (warning,) = live.warnings
    assert "000002 is damaged: words.txt" in warning
    assert warning.endswith(" Generation 1 goes on answering.")
    publish(store, "Zebras zigzag thrice.")
    live.answerers.look()
    assert live.quotes() == (3, "Zebras zigzag thrice.")


def test_a_generation_that_was_mended_is_tried_again_later(
    store: FolderIndex, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store, "Zebras zigzag twice.")
    path = store.directory / "000002" / "words.txt"
    good = path.read_bytes()
    damage(store, 2)
    live.answerers.look()
    path.write_bytes(good)
    live.answerers.look()
    assert live.quotes()[0] == 1
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 61)
    live.answerers.look()
    assert live.quotes()[0] == 2


def test_a_generation_of_another_model_is_refused_and_told_once(
    store: FolderIndex, live: Live
) -> None:
    second = LetterEmbedder(name="second", digest="1" * 64)
    publish(store, "Zebras zigzag twice.", embedder=second)
    live.answerers.look()
    live.answerers.look()
    assert live.quotes() == (1, "Zebras zigzag once.")
    (warning,) = live.warnings
    assert "built with the model second" in warning


@pytest.mark.parametrize("pointer", [b"junk", None])
def test_a_pointer_that_is_lost_leaves_the_old_one_answering(
    store: FolderIndex, live: Live, pointer: bytes | None
) -> None:
    path = store.directory / "CURRENT"
    path.unlink() if pointer is None else path.write_bytes(pointer)
    live.answerers.look()
    live.answerers.look()
    assert live.quotes()[0] == 1
    assert len(live.warnings) == (0 if pointer is None else 1)


def test_it_looks_by_itself_while_watching_whatever_goes_wrong(
    store: FolderIndex,
    live: Live,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    look = LiveAnswerer.look
    looks: list[int] = []

    def failing_once(answerers: LiveAnswerer) -> None:
        looks.append(1)
        if len(looks) == 1:
            raise MemoryError
        look(answerers)

    monkeypatch.setattr(LiveAnswerer, "look", failing_once)
    publish(store, "Zebras zigzag twice.")
    with caplog.at_level(logging.INFO), live.answerers.watching(every_s=0.01):
        end = time.monotonic() + 30
        while live.answerers.public.generation != 2 and time.monotonic() < end:
            time.sleep(0.01)
    assert live.quotes() == (2, "Zebras zigzag twice.")
    assert "MemoryError" in caplog.text
    assert "generation 2 answers now" in caplog.text
    count = len(looks)
    time.sleep(0.05)
    assert len(looks) == count


def test_a_chat_sees_what_was_refreshed_between_two_questions(
    built_home: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(built_home, home)
    process = subprocess.Popen(  # noqa: S603
        [VERBATIM, "chat", "--top", "1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(home, PYTHONUNBUFFERED="1"),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    said = b""

    def ask(question: str, until: bytes) -> None:
        nonlocal said
        process.stdin.write(question.encode() + b"\n")
        process.stdin.flush()
        end = time.monotonic() + 90
        while until not in said:
            assert time.monotonic() < end, said
            if select.select([process.stdout], [], [], 1)[0]:
                said += os.read(process.stdout.fileno(), 4096)

    ask("How many members does the Coalition have?", b"generation 1\n")
    (home / "corpus" / "zebras.txt").write_text("Zebras have black and white stripes.", "utf-8")
    assert verbatim("refresh", home=home).returncode == 0
    ask("What do zebras have?", b"generation 2\n")
    assert b"black and white stripes" in said
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, b"")
