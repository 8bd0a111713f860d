"""Calls the Linux kernel: system calls by number, prctl and capset, which Python does not offer."""

import ctypes
import errno
import os
import platform
import signal
import struct
import sys
from functools import cache
from typing import Any

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION = 0x20080522  # of two words for each set
_CAPSET = {"x86_64": 126, "aarch64": 91}


def architecture() -> str | None:
    """Return the processor's name, "x86_64" or "aarch64"; None for any other and outside Linux."""
    if sys.platform != "linux" or struct.calcsize("P") != 8:  # noqa: PLR2004 (bytes of a pointer)
        return None
    machine = platform.machine()
    return machine if machine in _CAPSET else None


def system_call(number: int, *arguments: Any) -> int:
    """Call the kernel by a number of this architecture; bytes are passed as pointers to them.

    Raises:
        OSError: with the kernel's error number; ENOSYS where there is no such call.
    """
    given = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _checked(_libc().syscall(ctypes.c_long(number), *given))


def forbid_new_privileges() -> None:
    """Keep every program that this process executes from gaining rights, for good.

    Raises:
        OSError: if the kernel refuses.
    """
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def hide_memory() -> None:
    """Close this process to others of its user: its memory, environment and core dumps.

    Root, and processes with CAP_SYS_PTRACE, can still look. A program that is executed is open
    again.

    Raises:
        OSError: if the kernel refuses, or is not Linux.
    """
    _prctl(_PR_SET_DUMPABLE, 0)


def end_with_parent() -> None:
    """Have the kernel kill this process as soon as the thread that forked it ends.

    Raises:
        OSError: if the kernel refuses.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def drop_capabilities() -> None:
    """Give up what root may do beyond its own files and processes.

    Raises:
        OSError: if the kernel refuses, or the architecture is not known.
    """
    name = architecture()
    if name is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    system_call(_CAPSET[name], header, bytes(24))


def _prctl(option: int, value: int) -> None:
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    zero = ctypes.c_ulong(0)
    _checked(_libc().prctl(ctypes.c_int(option), ctypes.c_ulong(value), zero, zero, zero))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


@cache
def _libc() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library
