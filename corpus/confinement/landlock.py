"""Takes every right to files, TCP ports and other processes from this process, with Landlock."""

import errno
import os
import struct
from collections.abc import Iterable
from pathlib import Path

from corpus.confinement.kernel import architecture, system_call

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on all architectures
_ASK_FOR_VERSION = 1
_BENEATH_PATH = 1
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""The number of kinds of access to files by ABI, from the ABI that brought the last of them."""
_NETWORK_FROM, _SCOPES_FROM = 4, 6
_BIND_AND_CONNECT = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11
_WRITE_FILE, _READ_FILE, _READ_DIRECTORY = 1 << 1, 1 << 2, 1 << 3


def abi() -> int:
    """Return the version of Landlock that the kernel speaks, from 1; 0 if it speaks none."""
    if architecture() is None:
        return 0
    try:
        return system_call(_CREATE_RULESET, None, 0, _ASK_FOR_VERSION)
    except OSError:
        return 0


def give_up_rights(
    version: int, *, readable: Iterable[Path] = (), writable: Iterable[Path] = ()
) -> None:
    """Give up all rights but to read, or also to write, some paths, for this thread and its
    children.

    ``version`` is the result of ``abi``. A folder counts with all beneath it. Paths that this user
    does not see are left out. Without paths, no file can be opened. TCP and signals to other
    processes are forbidden by the versions of Landlock that know them. Open descriptors stay open,
    and Landlock does not cover ``stat``, ``chmod``, ``chown`` and the like.

    Raises:
        OSError: if the kernel refuses.
    """
    if not version:
        raise OSError(errno.EOPNOTSUPP, "no Landlock")
    attributes = struct.pack("=Q", (1 << _file_rights(version)) - 1)
    if version >= _NETWORK_FROM:
        attributes += struct.pack("=Q", _BIND_AND_CONNECT)
    if version >= _SCOPES_FROM:
        attributes += struct.pack("=Q", _ABSTRACT_SOCKETS_AND_SIGNALS)
    ruleset = system_call(_CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for path in readable:
            _allow(ruleset, path, _READ_FILE | _READ_DIRECTORY)
        for path in writable:
            _allow(ruleset, path, _READ_FILE | _WRITE_FILE)
        system_call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _file_rights(version: int) -> int:
    return max(count for since, count in _FILE_RIGHTS.items() if since <= version)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not there, or not for this user
        return
    try:
        if not path.is_dir():
            rights &= ~_READ_DIRECTORY
        rule = struct.pack("=Qi", rights, parent)
        system_call(_ADD_RULE, ruleset, _BENEATH_PATH, rule, 0)
    finally:
        os.close(parent)
