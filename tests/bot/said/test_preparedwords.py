"""A process that stays indexes the words of each generation before somebody asks."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from adaptedmodels import put_default

from bot.composition.serving import open_refresher, open_served
from bot.said.archive import Archive
from bot.settings import Settings
from embeddings import Progress


@contextmanager
def bar(doing: str) -> Iterator[Progress]:
    yield lambda done, in_all: None


@pytest.fixture
def settings(model_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    put_default(monkeypatch, model_folder)
    exports = {"VERBATIM_HOME": str(tmp_path), "VERBATIM_EXPORTS": str(tmp_path / "models")}
    found = Settings.from_environment({**exports, "VERBATIM_READER": "off"})
    open_refresher(found, progress_bar=bar).refresh()
    return found


def wait_for_words() -> None:
    for thread in threading.enumerate():
        if thread.name == "words":
            thread.join(30)


@pytest.mark.parametrize(("stays", "prepared"), [(True, 1), (False, 0)])
def test_the_words_are_indexed_before_somebody_asks_only_where_the_process_stays(
    settings: Settings, caplog: pytest.LogCaptureFixture, stays: bool, prepared: int
) -> None:
    caplog.set_level(logging.INFO, "bot.composition.serving")
    served = open_served(settings, progress_bar=bar, stays=stays)
    wait_for_words()
    assert caplog.text.count("the words are indexed") == prepared
    served.extractor.close()
    served.index.close()


def test_words_that_cannot_be_indexed_do_not_keep_the_bot_from_starting(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Archive) -> None:
        raise MemoryError

    monkeypatch.setattr(Archive, "prepare", fail)
    served = open_served(settings, progress_bar=bar, stays=True)
    wait_for_words()
    assert "the words of the statements could not be indexed" in caplog.text
    assert served.answerers.public.answer("Benin").quotes is not None
    served.extractor.close()
    served.index.close()
