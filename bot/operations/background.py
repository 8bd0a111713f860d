"""Does long work in a thread, and reports its progress."""

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
    """The progress of work: ``done`` of ``in_all`` of what it does at present."""

    doing: str
    done: int
    in_all: int


class Background(Generic[_Result]):
    """Works in a thread of its own, which ends with the process at the latest."""

    def __init__(
        self, work: Callable[[ProgressBar], _Result], *, every_s: float = PROGRESS_EVERY_S
    ) -> None:
        """Begin the work, which shows its progress with the progress bar that it gets."""
        self._work = work
        self._every_s = every_s
        self._ended = threading.Event()
        self._step: WorkProgress | None = None
        self._result: _Result
        self._error: BaseException | None = None
        threading.Thread(target=self._run, name="background", daemon=True).start()

    def steps(self) -> Iterator[WorkProgress | None]:
        """Yield the progress every ``every_s`` seconds, None if it has not changed, until the work
        ends.

        The caller can stop waiting in between.
        """
        last: WorkProgress | None = None
        while not self._ended.wait(self._every_s):
            now = self._step
            yield now if now != last else None
            last = now

    def result(self) -> _Result:
        """Return the result of the work when it has ended, or raise its error."""
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
