"""Long work in a thread, its progress told step by step."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.operations.refresher import ProgressBar
from embeddings import Progress

PROGRESS_EVERY_S = 1.0

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class WorkProgress:
    """How far the work is: ``done`` of ``in_all`` in what it does at present."""

    doing: str
    done: int
    in_all: int


class Background(Generic[_Result]):
    """Work that goes on in a thread of its own, and ends with the process at the latest."""

    def __init__(
        self, work: Callable[[ProgressBar], _Result], *, every_s: float = PROGRESS_EVERY_S
    ) -> None:
        """Begins the work; it shows its progress with the progress bar that it is given."""
        self._work = work
        self._every_s = every_s
        self._ended = threading.Event()
        self._step: WorkProgress | None = None
        self._result: _Result
        self._error: BaseException | None = None
        threading.Thread(target=self._run, name="background", daemon=True).start()

    def steps(self) -> Iterator[WorkProgress | None]:
        """Yield the step after each ``every_s`` seconds, None if it is as before, until the work
        ends.

        So who waits for it can stop waiting.
        """
        told: WorkProgress | None = None
        while not self._ended.wait(self._every_s):
            now = self._step
            yield now if now != told else None
            told = now

    def result(self) -> _Result:
        """What the work came to, when it has ended. Raises what it raised."""
        self._ended.wait()
        if self._error is not None:
            raise self._error
        return self._result

    def _run(self) -> None:
        try:
            self._result = self._work(self._bar)
        except BaseException as error:  # noqa: BLE001 (raised again where the result is asked for)
            self._error = error
        finally:
            self._ended.set()

    @contextmanager
    def _bar(self, doing: str) -> Iterator[Progress]:
        def progress(done: int, in_all: int) -> None:
            self._step = WorkProgress(doing, done, in_all)

        yield progress
