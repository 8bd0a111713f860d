"""Prints messages of commands, reads the settings, and names the exit codes."""

import logging
import sys
from contextlib import AbstractContextManager
from typing import NoReturn

from rich.console import Console
from rich.text import Text

from bot.cli import progressbar
from bot.operations.privatehome import close_home
from bot.settings import Settings
from embeddings import Progress

EXIT_ANSWERED = 0
EXIT_FAILURE = 1
EXIT_NOTHING_FOUND = 3
EXIT_REFRESH_RUNNING = 4
EXIT_PARTLY = 5
EXIT_NOT_AS_CITED = 6
EXIT_DESCRIBED_OTHERWISE = 7
EXIT_WOULD_CHANGE = 8

out = Console(highlight=False, markup=False)
err = Console(stderr=True, highlight=False, markup=False)


def fail(message: str, code: int) -> NoReturn:
    """Print the message and exit."""
    say(message, style="red")
    sys.exit(code)


def warn(message: str) -> None:
    """Print a warning; the command goes on."""
    say(f"warning: {message}", style="yellow")


def warn_of_changes() -> None:
    """Warn if statements were added, edited or removed since the last refresh."""
    from bot.composition.index import changed_since

    generation = changed_since(read_settings())
    if generation is not None:
        warn(
            f"the corpus directory has changed since generation {generation} was built. "
            'Type "verbatim refresh" to take the changes in.'
        )


def say(message: str, *, style: str) -> None:
    """Print the message on one line of standard error, without characters that steer a terminal."""
    line = "".join(c if c.isprintable() else " " for c in " ".join(message.split()))
    err.print(Text(f"verbatim: {line}", style=style), soft_wrap=True)


class _Notices(logging.Handler):
    """Prints records of the log as a command prints its own messages."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print the message of a record."""
        if record.levelno >= logging.WARNING:
            warn(record.getMessage())
        else:
            say(record.getMessage(), style="dim")


def notice_long_work() -> None:
    """Print on a terminal what the models log, such as that one is prepared for this machine."""
    if not err.is_terminal:
        return
    for name in ("embeddings.models", "embeddings.reader"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        logger.addHandler(_Notices())


def read_settings(*, changes_nothing: bool = False) -> Settings:
    """Return the settings of the environment, and close the data directory to other users."""
    settings = Settings.of_process()
    if not changes_nothing:
        close_home(settings)
    return settings


def progress_bar(description: str) -> AbstractContextManager[Progress]:
    """Open a progress bar on standard error."""
    return progressbar.progress_bar(err, description)
