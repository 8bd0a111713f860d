"""Puts walls up around a process, and reports which of them the kernel grants.

``Plan.for_this_kernel`` is made once. A fork calls ``confine`` before it touches foreign bytes; the
process that forks calls ``confine_to_imports``. A wall that the kernel lacks is left out, and
``Walls`` names it.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from corpus.confinement import kernel, landlock, seccomp
from corpus.confinement.bpf import Program
from corpus.confinement.importpaths import import_paths


@dataclass(frozen=True, slots=True)
class Walls:
    """The walls that stand around a process.

    ``landlock`` is the version of Landlock, 0 for none.
    """

    no_new_privileges: bool
    landlock: int
    seccomp: bool

    @property
    def complete(self) -> bool:
        """True if a process within reaches neither files nor network nor other processes."""
        return self.no_new_privileges and self.landlock > 0 and self.seccomp

    def __str__(self) -> str:
        """Return one line, such as "confined (Landlock ABI 7, seccomp, no new privileges)"."""
        standing = [
            *([f"Landlock ABI {self.landlock}"] if self.landlock else []),
            *(["seccomp"] if self.seccomp else []),
            *(["no new privileges"] if self.no_new_privileges else []),
        ]
        if not standing:
            return "confined by limits on memory, time and descriptors alone"
        missing = self._missing()
        without = f", without {' and '.join(missing)}" if missing else ""
        return f"confined ({', '.join(standing)}){without}"

    @property
    def advice(self) -> str:
        """Advice about missing walls; "" if none is missing or none can be had."""
        if self.complete or sys.platform != "linux":
            return ""
        return (
            "Use Linux 5.13 or later on x86-64 or 64-bit ARM, and let the container's profile "
            "allow prctl, seccomp and landlock_create_ruleset."
        )

    def _missing(self) -> list[str]:
        return [
            *(["Landlock"] if not self.landlock else []),
            *(["seccomp"] if not self.seccomp else []),
            *(["no new privileges"] if not self.no_new_privileges else []),
        ]


NO_WALLS = Walls(no_new_privileges=False, landlock=0, seccomp=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """The walls to put up around a process that parses foreign bytes."""

    landlock: int
    program: Program | None

    @classmethod
    def for_this_kernel(cls) -> Self:
        """Return all walls that the kernel and the processor know."""
        processor = kernel.architecture()
        program = seccomp.allowing_program(processor) if processor else None
        return cls(landlock.abi(), program)


def confine(plan: Plan) -> Walls:
    """Leave this process nothing but its open descriptors, its memory and its end.

    Call it in a process with one thread, after everything is imported and opened. It cannot be
    undone. Returns the walls that the kernel granted.
    """
    if sys.platform != "linux":
        return NO_WALLS
    _stands(kernel.end_with_parent)
    _stands(kernel.hide_memory)
    _stands(kernel.drop_capabilities)
    privileges = _stands(kernel.forbid_new_privileges)
    files = _stands(lambda: landlock.give_up_rights(plan.landlock))
    program = plan.program
    calls = program is not None and _stands(lambda: seccomp.put_on(program, process=os.getpid()))
    return Walls(
        no_new_privileges=privileges, landlock=plan.landlock if files else 0, seccomp=calls
    )


def _stands(put_up: Callable[[], None]) -> bool:
    try:
        put_up()
    except OSError:
        return False
    return True


def confine_to_imports(package: Path) -> None:
    """Leave this process the right to import, to fork and to signal its forks.

    The process can read the files that Python imports, those of ``package`` among them, and no
    other file. It changes no file, makes no socket, starts no program and reaches no other process.
    This cannot be undone. Call it while the process has one thread. Walls that the kernel lacks are
    left out.
    """
    if sys.platform != "linux":
        return
    paths = import_paths(package)
    _stands(kernel.hide_memory)
    _stands(kernel.forbid_new_privileges)
    _stands(
        lambda: landlock.give_up_rights(
            landlock.abi(), readable=paths, writable=(Path(os.devnull),)
        )
    )
    if processor := kernel.architecture():
        _stands(lambda: seccomp.put_on(seccomp.refusing_program(processor), process=os.getpid()))


def trial(plan: Plan) -> Walls:
    """Try ``confine`` in a fork of this process, and return the walls that the kernel grants."""
    if sys.platform != "linux":
        return NO_WALLS
    from_fork, to_parent = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            walls = confine(plan)
            standing = (walls.no_new_privileges, walls.landlock, walls.seccomp)
            os.write(to_parent, bytes(map(int, standing)))
        finally:
            os._exit(0)
    os.close(to_parent)
    try:
        byte_flags = os.read(from_fork, 3)
    finally:
        os.close(from_fork)
        os.waitpid(pid, 0)
    if len(byte_flags) < 3:  # noqa: PLR2004 (it died: what it may do is not enough to live)
        return NO_WALLS
    return Walls(
        no_new_privileges=bool(byte_flags[0]), landlock=byte_flags[1], seccomp=bool(byte_flags[2])
    )
