"""An index of the model that shipped before goes on answering until one of the new is published."""

import logging
import multiprocessing
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from adaptedmodels import put_default, write_adapted

from bot.composition import upgrade
from bot.composition.index import rollback_index
from bot.composition.serving import Served, open_refresher, open_served
from bot.composition.upgrade import begin_upgrade
from bot.settings import Settings
from embeddings import IndexMismatch, Progress, RefreshRunning
from embeddings.models import modelfolder

QUESTION = "How many members does the Coalition have?"
BASE, ADAPTED = "all-MiniLM-L6-v2", "verbatim-embedder"


@contextmanager
def bar(doing: str) -> Iterator[Progress]:
    yield lambda done, in_all: None


@contextmanager
def serving(settings: Settings, warnings: list[str] | None = None) -> Iterator[Served]:
    told: list[str] = [] if warnings is None else warnings
    served = open_served(settings, progress_bar=bar, warn=told.append)
    try:
        yield served
    finally:
        served.extractor.close()
        served.index.close()


def settings_of(home: Path, **more: str) -> Settings:
    exports = {"VERBATIM_HOME": str(home), "VERBATIM_EXPORTS": str(home / "models")}
    return Settings.from_environment({**exports, "VERBATIM_READER": "off", **more})


@pytest.fixture
def home(model_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data directory whose index the default model made."""
    put_default(monkeypatch, model_folder)
    open_refresher(settings_of(tmp_path), progress_bar=bar).refresh()
    return tmp_path


@pytest.fixture
def upgraded(home: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of that directory, after a version with adapted weights was installed."""
    weights = write_adapted(home / "weights", model_folder)
    monkeypatch.setattr(modelfolder, "ADAPTED_WEIGHTS", weights)
    return settings_of(home)


def model_of(served: Served) -> str:
    """The model that made the generation that answers, after a question was answered."""
    answerer = served.answerers.everything
    assert answerer.answer(QUESTION).generation == answerer.generation
    return answerer.manifest.model.name


def test_the_earlier_model_answers_until_a_refresh_has_published(
    upgraded: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    warnings: list[str] = []
    with serving(upgraded, warnings) as served:
        assert model_of(served) == BASE
        before = served.answerers.everything
        thread = begin_upgrade(served, upgraded)
        assert thread is not None
        assert model_of(served) == BASE
        thread.join(120)
        served.answerers.look()
        assert model_of(served) == ADAPTED
        assert before.answer(QUESTION).generation == 1  # who took it keeps it
        assert begin_upgrade(served, upgraded) is None
    assert not warnings
    assert f"made by the earlier model {BASE}" in caplog.text
    assert "minutes" in caplog.text
    with serving(upgraded) as served:
        assert model_of(served) == ADAPTED


def test_after_a_rollback_the_earlier_model_answers_and_nothing_is_made_anew(
    upgraded: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    open_refresher(upgraded, progress_bar=bar).refresh()
    with serving(upgraded) as served:
        assert model_of(served) == ADAPTED
        _, now = rollback_index(upgraded, None)
        assert now.manifest.model.name == BASE
        served.answerers.look()
        assert model_of(served) == BASE
    with serving(upgraded) as served:
        assert model_of(served) == BASE
        assert begin_upgrade(served, upgraded) is None
    assert "chosen by a rollback" in caplog.text


def test_without_room_for_the_model_the_earlier_one_goes_on(
    upgraded: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(upgrade.shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000))
    with serving(upgraded) as served:
        assert begin_upgrade(served, upgraded) is None
        assert model_of(served) == BASE
    assert "goes on answering" in caplog.text
    assert "MB are free" in caplog.text
    assert 'type "verbatim refresh"' in caplog.text


def test_a_refresh_that_fails_is_told_and_the_earlier_model_goes_on(
    upgraded: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(upgraded) as served:

        def running(**_: object) -> None:
            raise RefreshRunning("Another refresh runs.")

        monkeypatch.setattr(served.refresher, "refresh", running)
        thread = begin_upgrade(served, upgraded)
        assert thread is not None
        thread.join(60)
        assert model_of(served) == BASE
    assert "Another refresh runs." in caplog.text


def _killed_while_embedding(home: Path, base: Path, weights: Path) -> None:
    """Refresh with the adapted model, and be killed when the first texts are embedded."""
    put_default(pytest.MonkeyPatch(), base)
    modelfolder.ADAPTED_WEIGHTS = weights

    @contextmanager
    def deadly(doing: str) -> Iterator[Progress]:
        def progress(done: int, in_all: int) -> None:
            if doing == "Embedding" and done:
                os.kill(os.getpid(), signal.SIGKILL)

        yield progress

    open_refresher(settings_of(home), progress_bar=deadly).refresh()


def test_a_refresh_that_is_killed_leaves_the_earlier_model_answering(
    upgraded: Settings, model_folder: Path
) -> None:
    process = multiprocessing.get_context("spawn").Process(
        target=_killed_while_embedding,
        args=(upgraded.home, model_folder, upgraded.home / "weights"),
    )
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    with serving(upgraded) as served:
        assert model_of(served) == BASE
        thread = begin_upgrade(served, upgraded)
        assert thread is not None
        thread.join(120)
        served.answerers.look()
        assert model_of(served) == ADAPTED


def test_the_earlier_model_answers_by_its_export_where_its_own_files_are_gone(
    upgraded: Settings, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_refresher(upgraded, progress_bar=bar).refresh()
    newer = write_adapted(upgraded.home / "newer", model_folder, seed=1)
    monkeypatch.setattr(modelfolder, "ADAPTED_WEIGHTS", newer)
    later = settings_of(upgraded.home)
    with serving(later) as served:
        assert served.embedders.outdated(served.answerers.everything.manifest)
        assert model_of(served) == ADAPTED
    shutil.rmtree(later.exports_directory)
    with pytest.raises(IndexMismatch, match="verbatim refresh"):
        open_served(later, progress_bar=bar)


def test_a_model_that_the_settings_name_is_never_replaced(upgraded: Settings) -> None:
    named = settings_of(upgraded.home, VERBATIM_MODEL=ADAPTED)
    with pytest.raises(IndexMismatch, match=f"set VERBATIM_MODEL back to {BASE}"):
        open_served(named, progress_bar=bar)


def test_two_versions_on_one_database_each_answer_with_the_model_of_the_generation(
    model_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    postgres_database: str,
) -> None:
    put_default(monkeypatch, model_folder)
    database = {"VERBATIM_INDEX": postgres_database}
    # a version without adapted weights knows the default model alone, as if it were named
    old = settings_of(tmp_path / "old", VERBATIM_MODEL=BASE, **database)
    refresher = open_refresher(old, progress_bar=bar)
    refresher.refresh()
    weights = write_adapted(tmp_path / "weights", model_folder)
    monkeypatch.setattr(modelfolder, "ADAPTED_WEIGHTS", weights)
    corpus = str(old.corpus_directory)
    new = settings_of(tmp_path / "new", VERBATIM_CORPUS=corpus, **database)
    warnings: list[str] = []
    with closing(refresher._index), serving(old, warnings) as first, serving(new) as second:
        assert (model_of(first), model_of(second)) == (BASE, BASE)
        thread = begin_upgrade(second, new)
        assert thread is not None
        thread.join(120)
        for served in (first, second):
            served.answerers.look()
        assert (model_of(first), model_of(second)) == (BASE, ADAPTED)
        assert any("goes on answering" in warning for warning in warnings)
        refresher.refresh()  # the old version takes it back; both still answer
        for served in (first, second):
            served.answerers.look()
        assert (model_of(first), model_of(second)) == (BASE, BASE)
