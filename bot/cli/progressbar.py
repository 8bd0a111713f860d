"""Shows a progress bar on a terminal, and keeps it out of the lines of text."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from rich.console import Console

from embeddings import Progress as ProgressCallback

if TYPE_CHECKING:  # slow to import
    from rich.progress import Progress


@contextmanager
def progress_bar(console: Console, description: str) -> Iterator[ProgressCallback]:
    """Show a progress bar on a terminal until the end; yield the callback that takes (done, in
    all).

    A line that is printed meanwhile stands above the bar, on the stream that it was printed to.
    """
    if not console.is_interactive:
        yield lambda _done, _in_all: None
        return
    # slow to import
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        # rich would print what goes to standard output, a file too, on the bar's own console
        redirect_stdout=False,
    )
    task = bar.add_task(description, total=None)

    def update(done: int, in_all: int) -> None:
        bar.update(task, completed=done, total=in_all)

    with bar, _text_above(bar):
        yield update


@contextmanager
def _text_above(bar: "Progress") -> Iterator[None]:
    """Have lines of standard output erase the bar first, if they go to a terminal."""
    stream = sys.stdout
    if stream is None or not stream.isatty():
        yield
        return
    above = _LinesAbove(stream, bar)
    sys.stdout = above
    try:
        yield
    finally:
        sys.stdout = stream
        above.finish()


class _LinesAbove:
    """A stream whose lines appear above a bar on the same terminal."""

    def __init__(self, stream: IO[str], bar: "Progress") -> None:
        self._stream = stream
        self._bar = bar
        self._begun = ""

    def write(self, text: str) -> int:
        """Write the whole lines; keep a line that is only begun until it ends."""
        lines, newline, self._begun = (self._begun + text).rpartition("\n")
        if newline:
            self._bar.stop()
            self._stream.write(lines + newline)
            self._stream.flush()
            self._bar.start()
        return len(text)

    def flush(self) -> None:
        """Do nothing: lines are written at once, and the beginning of one waits for its end."""

    def finish(self) -> None:
        """Write the line that was only begun."""
        self._stream.write(self._begun)
        self._begun = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
