"""Makes very many values without a search for unused ones among all that the process has.

Such a search stops every thread, for a third of a second in a bot with its index; making the values
of a large document would bring several about.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_within = 0


@contextmanager
def uncollected(many: bool) -> Iterator[None]:
    """Nothing is searched for within the block, nor among what it made, if that is ``many`` values.

    They are freed as others are when nobody has them any more. Several threads may be within one.
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
