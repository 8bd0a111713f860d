"""Lists the system calls that the walls refuse to a parser, with the code that made them.

    python scripts/refused_calls.py FILE…

Each file is parsed and split into sentences as in the extractor process, in a fork with the same
filter, but a refused call raises SIGSYS first. Its name and the Python lines that led to it are
printed. Then the call fails with EPERM, as it does in use, and parsing goes on. The remedies are in
``corpus.confinement.allowedcalls``. A parser that goes on without the call, as pdfium does without
the fonts of the machine, needs nothing.
"""

import ctypes
import errno
import os
import re
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from corpus.confinement import kernel
from corpus.confinement.seccomp import allowing_program
from corpus.confinement.walls import Plan, confine
from corpus.errors import UnreadableSource
from corpus.extraction import libraries
from corpus.extraction.process.operations import OPERATIONS, warm_up

_HEADERS = ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm-generic/unistd.h")
_NUMBER_AT = 24  # in siginfo_t
_RESULT_AT = {"x86_64": 40 + 13 * 8, "aarch64": 176 + 8}  # the register, in ucontext_t
_SIGINFO = 4
_LINES = 8
_NOTHING_KNOWN = {
    **dict.fromkeys(("title", "publisher", "published", "place")),
    "language": "en",
    "fetched": None,
}


class _SignalAction(ctypes.Structure):
    _fields_ = (
        ("handler", ctypes.c_void_p),
        ("mask", ctypes.c_char * 128),
        ("flags", ctypes.c_int),
        ("restorer", ctypes.c_void_p),
    )


_Handler = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


def main() -> None:
    """Parse the files one by one.

    Raises:
        SystemExit: if there is none, or no seccomp here.
    """
    processor = kernel.architecture()
    if processor is None or len(sys.argv) == 1:
        sys.exit("Type python scripts/refused_calls.py FILE… on Linux, x86-64 or 64-bit ARM.")
    warm_up()
    libraries.load(libraries.NAMES)
    plan = Plan(landlock=0, program=allowing_program(processor, trap=True))
    for path in map(Path, sys.argv[1:]):
        data = path.read_bytes()
        print(path, flush=True)
        pid = os.fork()
        if pid == 0:
            _parse(path.name, data, plan=plan, processor=processor)
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            print(f"  ended by {signal.Signals(os.WTERMSIG(status)).name}")


def _parse(name: str, data: bytes, *, plan: Plan, processor: str) -> None:
    names = _call_names()

    def refused(_signal: int, info: int, context: int) -> None:
        number = ctypes.c_int.from_address(info + _NUMBER_AT).value
        os.write(1, f"  refused: {names.get(number, number)}\n{_stack()}".encode())
        ctypes.c_long.from_address(context + _RESULT_AT[processor]).value = -errno.EPERM

    handler = _Handler(refused)
    action = _SignalAction(ctypes.cast(handler, ctypes.c_void_p).value, b"", _SIGINFO, None)
    ctypes.CDLL(None).sigaction(int(signal.SIGSYS), ctypes.byref(action), None)
    confine(plan)
    libraries.shut()
    try:
        answer = OPERATIONS["extract"]({"name": name, "media_type": None}, data)
        OPERATIONS["lay_out"]({**_NOTHING_KNOWN, "name": name}, answer.text.encode())
        os.write(1, f"  read: {len(answer.text)} characters\n".encode())
    except UnreadableSource as error:
        os.write(1, f"  not read: {error}\n".encode())
    except Exception as error:  # noqa: BLE001 (a parser may raise anything)
        os.write(1, f"  failed: {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(0)


def _stack() -> str:
    """Return the Python lines that led to this call, without opening any file."""
    frame = sys._getframe(2)
    lines = []
    while frame is not None and len(lines) < _LINES:
        code = frame.f_code
        lines.append(f"    {code.co_filename}:{frame.f_lineno} in {code.co_name}\n")
        frame = frame.f_back
    return "".join(lines)


def _call_names() -> dict[int, str]:
    """Return the names of system calls by number, if the kernel's headers are installed."""
    for header in map(Path, _HEADERS):
        if header.exists():
            found = re.findall(r"#define __NR(?:3264)?_(\w+) (\d+)\b", header.read_text())
            return {int(number): name for name, number in found}
    return {}


if __name__ == "__main__":
    main()
