"""Decides how many threads computations use. The only module that imports ``threadpoolctl``."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


def usable_cores() -> int:
    """Return the number of cores that this process may use, at least 1."""
    try:
        return len(os.sched_getaffinity(0)) or 1
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def one_thread_for_numpy() -> None:
    """Limit the linear algebra of NumPy and FAISS to one thread from now on, if it is loaded.

    A team of threads waits busily after each of its products. On few cores it then holds up the
    model's team, which encodes the next question: that took three times as long, measured on two
    cores.
    """
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1, user_api="blas")


@contextmanager
def one_numpy_thread() -> Iterator[None]:
    """Apply ``one_thread_for_numpy`` for a while, so that sums do not depend on the cores."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield
