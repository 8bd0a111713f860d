"""Opens the extractor, which parses foreign bytes.

Apart from ``serving``, so that the extractor process can start while that is imported.
"""

from corpus.extraction.extractor import Extractor
from corpus.extraction.limits import CHAT_LIMITS

_LONGEST_TURN_S = 5.0
"""The seconds that a source in the chat waits for one of the two places."""


def open_extractor(*, chat: bool = False) -> Extractor:
    """Open the extractor, which parses foreign bytes in a process that starts when needed.

    That ends with this one at the latest. In a ``chat`` a source is bounded as Telegram bounds a
    file, and no person waits long for the sources of others.
    """
    return Extractor(limits=CHAT_LIMITS, wait_s=_LONGEST_TURN_S) if chat else Extractor()
