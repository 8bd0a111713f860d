"""Starts the program ``verbatim``, also as ``python -m bot``."""

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corpus.extraction.extractor import Extractor

EXIT_INTERRUPTED = 130


def main() -> None:
    """Run the command line. An interrupt ends it quietly, even while it is still loading.

    The environment may hold the bot's token, so no other process of the same user may read it.
    """
    try:
        from corpus.confinement.kernel import hide_memory

        with suppress(OSError):  # only Linux can
            hide_memory()
        extractor = _prepared_extractor()
        from bot.cli.app import run

        run(extractor)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


def _prepared_extractor() -> "Extractor | None":
    """Return the extractor of a command that surely needs one.

    Its process starts while this one imports the rest, which takes longer.
    """
    if sys.argv[1:2] != ["add"]:
        return None
    from bot.composition.extractor import open_extractor
    from corpus.errors import ExtractorUnavailable

    extractor = open_extractor()
    with suppress(ExtractorUnavailable):  # said when it is asked
        extractor.prepare()
    return extractor


if __name__ == "__main__":
    main()
