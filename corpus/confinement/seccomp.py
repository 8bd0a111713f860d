"""Puts a seccomp filter of system calls on this process."""

import ctypes
import errno
from collections.abc import Sequence

from corpus.confinement.allowedcalls import ALLOWED_CALLS
from corpus.confinement.bpf import ALLOW, REFUSE_WITH, TRAP, Program, assemble
from corpus.confinement.kernel import architecture, system_call
from corpus.confinement.refusedcalls import REFUSED_CALLS
from corpus.confinement.systemcall import SystemCall

_NUMBER = {"x86_64": 317, "aarch64": 277}
_AUDIT_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SET_MODE_FILTER = 1
_REFUSAL = REFUSE_WITH + errno.EPERM
_ALL_THREADS = 1  # otherwise the kernel would leave a thread of this process without the filter


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def allowing_program(processor: str, *, trap: bool = False) -> Program:
    """Return a program that allows ``ALLOWED_CALLS`` alone, on "x86_64" or "aarch64".

    Any other call fails with EPERM, or raises SIGSYS with ``trap``, which helps to find refusals.
    """
    refusal = TRAP if trap else _REFUSAL
    return _program(processor, ALLOWED_CALLS, matched=ALLOW, otherwise=refusal)


def refusing_program(processor: str) -> Program:
    """Return a program that makes ``REFUSED_CALLS`` fail with EPERM, on "x86_64" or "aarch64"."""
    return _program(processor, REFUSED_CALLS, matched=_REFUSAL, otherwise=ALLOW)


def _program(
    processor: str, calls: Sequence[SystemCall], *, matched: int, otherwise: int
) -> Program:
    rules = [
        (number, call.checks) for call in calls if (number := call.number(processor)) is not None
    ]
    return assemble(
        rules,
        architecture=_AUDIT_ARCHITECTURE[processor],
        has_x32=processor == "x86_64",
        matched=matched,
        otherwise=otherwise,
    )


def put_on(program: Program, *, process: int) -> None:
    """Bind this process, whose number is given, and its forks to the program for good.

    Raises:
        OSError: if the kernel refuses; without privileges it wants new ones forbidden before.
    """
    processor = architecture()
    if processor is None:
        raise OSError(errno.ENOSYS, "seccomp is not known for this processor")
    code = program.for_process(process)
    fprog = _FilterProgram(program.length, code)
    left_out = system_call(
        _NUMBER[processor],
        _SET_MODE_FILTER,
        _ALL_THREADS,
        ctypes.byref(fprog),
    )
    if left_out:
        raise OSError(errno.EBUSY, f"thread {left_out} has a filter of its own")
