"""Where the process begins: ``verbatim`` and ``python -m bot``."""

import sys
from contextlib import suppress

EXIT_INTERRUPTED = 130


def main() -> None:
    """Runs the command line; an interrupt ends it quietly even while it is being loaded.

    Its environment may hold the bot's token, so no other process of the same user may look at it.
    """
    try:
        from corpus.confinement.kernel import hide_memory

        with suppress(OSError):  # only Linux can
            hide_memory()
        from bot.commandline import run

        run()
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    main()
