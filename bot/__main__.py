"""Where the process begins: ``verbatim`` and ``python -m bot``."""

import sys

EXIT_INTERRUPTED = 130


def main() -> None:
    """Runs the command line; an interrupt ends it quietly even while it is being loaded."""
    try:
        from bot.commandline import run

        run()
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    main()
