"""Takes from this process, before it starts, system calls that a kernel or a container lacks.

``deny({"landlock_create_ruleset": "ENOSYS"})`` is a kernel without Landlock; EOPNOTSUPP is one in
which it is switched off, EPERM a container whose profile forbids it. Run as a script, with such a
JSON object, it is the extractor process under that kernel.
"""

import ctypes
import errno
import json
import os
import struct
import sys
from collections.abc import Mapping

from corpus.confinement import kernel
from corpus.extraction.process import extractorprocess

NUMBERS = {
    "x86_64": {"landlock_create_ruleset": 444, "landlock_restrict_self": 446, "seccomp": 317, "prctl": 157, "capset": 126},
    "aarch64": {"landlock_create_ruleset": 444, "landlock_restrict_self": 446, "seccomp": 277, "prctl": 167, "capset": 91},
}  # fmt: skip


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def deny(calls: Mapping[str, str]) -> None:
    """Lets the calls of these names fail with errors of these names, here and in what is started."""
    processor = kernel.architecture()
    assert processor is not None
    code = struct.pack("=HBBI", 0x20, 0, 0, 0)
    for name, error in calls.items():
        code += struct.pack("=HBBI", 0x15, 0, 1, NUMBERS[processor][name])
        code += struct.pack("=HBBI", 0x06, 0, 0, 0x00050000 + getattr(errno, error))
    code += struct.pack("=HBBI", 0x06, 0, 0, 0x7FFF0000)
    program = _Program(len(code) // 8, code)
    if os.getuid():
        kernel.forbid_new_privileges()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(NUMBERS[processor]["seccomp"], 1, 0, ctypes.byref(program)):
        raise OSError(ctypes.get_errno(), "no seccomp")


if __name__ == "__main__":
    deny(json.loads(sys.argv[1]))
    extractorprocess.main()
