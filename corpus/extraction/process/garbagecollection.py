"""Makes very many values without garbage collections among all values of the process.

Such a collection stops every thread, for a third of a second in a bot with its index, and making
the values of a large document would start several.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_within = 0


@contextmanager
def uncollected(many: bool) -> Iterator[None]:
    """Keep collections from running within the block, and later over its values, if they are
    ``many``.

    They are freed like others when nothing refers to them any more. Several threads may be within
    one.
    """
    global _within  # noqa: PLW0603 (the collector is one for the process, too)
    if not many or (not gc.isenabled() and not _within):
        yield
        return
    with _lock:
        _within += 1
        gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        with _lock:
            _within -= 1
            if not _within:
                gc.enable()
