"""Lists the system calls that code which parses foreign bytes may make, with their numbers.

They serve an allocator, a clock, a lock, the end of a process, and reading and writing through
descriptors that are already open. No call here takes a path, makes a descriptor, a process or a
thread, reaches another process, or turns data into code.

To let a parser make another call, find it with ``scripts/refused_calls.py FILE``, which names the
refused call and where it was made. First try to do without it: the parser's ``load()`` can open,
import or start things before the walls go up. If there is no other way, add the call here with its
number on both architectures, narrow its arguments with ``Check``, and say why. Never add a call
that takes a path or a process number: the kernel cannot look at the path here.
"""

import mmap
import signal

from corpus.confinement.bpf import Check, is_self
from corpus.confinement.systemcall import SystemCall

_PRIVATE, _FIXED, _ANONYMOUS, _NORESERVE, _STACK, _FIXED_NOREPLACE = (
    0x02,
    0x10,
    0x20,
    0x4000,
    0x20000,
    0x100000,
)
_MAPPED_PRIVATELY = _PRIVATE | _ANONYMOUS
_MAPPING_BITS = 0xFFFFFFFF & ~(_FIXED | _NORESERVE | _STACK | _FIXED_NOREPLACE)
_EXECUTABLE = mmap.PROT_EXEC if hasattr(mmap, "PROT_EXEC") else 4
_HARMLESS_ADVICE = (0, 1, 2, 3, 4, 8, 14, 15, 16)
"""Normal, random, sequential, willneed, dontneed, free, hugepage, nohugepage, dontdump."""
_PRIVATE_FUTEX, _CLOCK_OF_FUTEX = 128, 256
_WAIT_AND_WAKE = (0, 1, 9, 10)
_CLOCKS = tuple(range(12))
"""The clocks of the machine and of this process; negative numbers are of other processes and
devices."""


ALLOWED_CALLS = (
    SystemCall("write", 1, 64),
    SystemCall("read", 0, 63),
    SystemCall("close", 3, 57),
    SystemCall("fstat", 5, 80),
    SystemCall("poll", 7, None),
    SystemCall("ppoll", 271, 73),
    # memory, which must not become code or be shared
    SystemCall("brk", 12, 214),
    SystemCall("munmap", 11, 215),
    SystemCall("mremap", 25, 216),
    SystemCall(
        "mmap",
        9,
        222,
        (
            Check(2, (0,), mask=_EXECUTABLE, wide=True),
            Check(3, (_MAPPED_PRIVATELY,), mask=_MAPPING_BITS, wide=True),
        ),
    ),
    SystemCall("mprotect", 10, 226, (Check(2, (0,), mask=_EXECUTABLE, wide=True),)),
    SystemCall("madvise", 28, 233, (Check(2, _HARMLESS_ADVICE),)),
    # locks of C libraries; none is shared with another process
    SystemCall(
        "futex",
        202,
        98,
        (Check(1, _WAIT_AND_WAKE, mask=0xFFFFFFFF & ~(_PRIVATE_FUTEX | _CLOCK_OF_FUTEX)),),
    ),
    SystemCall("sched_yield", 24, 124),
    # clocks and chance
    SystemCall("clock_gettime", 228, 113, (Check(0, _CLOCKS),)),
    SystemCall("clock_getres", 229, 114, (Check(0, _CLOCKS),)),
    SystemCall("clock_nanosleep", 230, 115, (Check(0, _CLOCKS),)),
    SystemCall("nanosleep", 35, 101),
    SystemCall("restart_syscall", 219, 128),
    SystemCall("gettimeofday", 96, 169),
    SystemCall("time", 201, None),
    SystemCall("getrandom", 318, 278),
    # itself
    SystemCall("getpid", 39, 172),
    SystemCall("getppid", 110, 173),
    SystemCall("gettid", 186, 178),
    SystemCall("getcwd", 79, 17),
    SystemCall("getrlimit", 97, 163),
    SystemCall("prlimit64", 302, 261, (Check(0, (0,)), Check(2, (0,), wide=True))),
    # an abort, which libraries call over damaged data, and the end
    SystemCall("rt_sigprocmask", 14, 135),
    SystemCall("rt_sigaction", 13, 134, (Check(0, (int(signal.SIGABRT),)),)),
    SystemCall("rt_sigreturn", 15, 139),
    SystemCall("kill", 62, 129, (is_self(0),)),
    SystemCall("tkill", 200, 130, (is_self(0),)),
    SystemCall("tgkill", 234, 131, (is_self(0), is_self(1))),
    SystemCall("exit", 60, 93),
    SystemCall("exit_group", 231, 94),
)
