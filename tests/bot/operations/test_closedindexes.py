"""What opens the index for a moment closes it, whether it succeeds or fails."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest

from bot.composition import index as composed
from bot.composition import setup, statements
from bot.errors import BotError
from bot.settings import Settings
from corpus import CorpusError
from embeddings import EmbeddingsError, FolderIndex


def no_bar(_: str) -> AbstractContextManager[Any]:
    return nullcontext(lambda done, in_all: None)


MOMENTS: dict[str, Callable[[Settings], object]] = {
    "rollback": lambda settings: composed.rollback_index(settings, None),
    "check": lambda settings: composed.check_index(settings, progress_bar=no_bar),
    "changed": composed.changed_since,
    "left out": composed.left_out,
    "served corpus": statements.served_corpus,
    "new machine": statements.seed_new_machine,
    "doctor": lambda settings: list(setup.examine_setup(settings, online=False)),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_what_opens_the_index_for_a_moment_closes_it(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_now: list[FolderIndex] = []

    class Counted(FolderIndex):
        def __init__(self, directory: Path) -> None:
            super().__init__(directory)
            open_now.append(self)

        def close(self) -> None:
            open_now.remove(self)

    opened = 0

    def counted(settings: Settings) -> Counted:
        nonlocal opened
        opened += 1
        return Counted(settings.index_directory)

    for module in (composed, statements, setup):
        monkeypatch.setattr(module, "open_index", counted)
    settings = Settings.from_environment({"VERBATIM_HOME": str(tmp_path)})
    with suppress(BotError, CorpusError, EmbeddingsError):
        MOMENTS[moment](settings)
    assert opened
    assert open_now == []
