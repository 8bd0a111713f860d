"""Runs calls at the same moment, each in a thread of its own."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")


def all_at_once(call: Callable[[_T], _R], arguments: Iterable[_T]) -> list[_R]:
    """Return what the call gave for each argument; none begins before all threads are there."""
    each = list(arguments)
    together = threading.Barrier(len(each))

    def wait_and_call(argument: _T) -> _R:
        together.wait(timeout=30)
        return call(argument)

    with ThreadPoolExecutor(len(each)) as threads:
        return list(threads.map(wait_and_call, each))
