"""Closes the descriptors that a process should not have."""

import os
from contextlib import suppress
from pathlib import Path

from corpus.confinement.kernel import architecture, system_call

_CLOSE_RANGE = 436  # the same on all architectures
_GREATEST = 0xFFFFFFFF


def close_from(first: int) -> None:
    """Close every descriptor from ``first`` on."""
    if architecture() is not None:
        with suppress(OSError):  # Linux before 5.9 does not have it
            system_call(_CLOSE_RANGE, first, _GREATEST, 0)
            return
    for listing in ("/proc/self/fd", "/dev/fd"):
        with suppress(OSError):
            for number in [int(path.name) for path in Path(listing).iterdir()]:
                if number >= first:
                    with suppress(OSError):  # the listing's own is closed already
                        os.close(number)
            return
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))
