"""Assembles programs of classic BPF that decide on system calls.

An instruction is eight bytes: a code, how many instructions to skip if a comparison holds and if it
does not, and a number. A program reads ``struct seccomp_data``: the call's number, the
architecture, the instruction pointer and six arguments of 64 bits.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

ALLOW = 0x7FFF0000
KILL = 0x80000000
TRAP = 0x00030000
REFUSE_WITH = 0x00050000
"""The action of a call that is not made and returns an error, whose number is added to it."""

_LOAD = 0x20
_AND = 0x54
_RETURN = 0x06
_IF_EQUAL = 0x15
_IF_AT_LEAST = 0x35
_INSTRUCTION = struct.Struct("=HBBI")
_NUMBER_AT = 0
_ARCHITECTURE_AT = 4
_ARGUMENTS_AT = 16
_EVERY_BIT = 0xFFFFFFFF
_SELF = -1
_X32_NUMBERS = 0x40000000

Instruction = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Check:
    """A condition on an argument of a call, numbered from 0: its value must be ``among`` some
    values.

    Only the bits of ``mask`` count. The upper half of an argument counts if the kernel takes it as
    ``wide``; it must be zero then.
    """

    argument: int
    among: Sequence[int]
    mask: int = _EVERY_BIT
    wide: bool = False


def is_self(argument: int) -> Check:
    """Return a check that the argument is the number of the process that the program is put on."""
    return Check(argument, (_SELF,))


@dataclass(frozen=True, slots=True)
class Program:
    """The bytes of a program, and the places in them for the number of its process."""

    code: bytes
    own_number_at: Sequence[int]

    @property
    def length(self) -> int:
        """Its number of instructions."""
        return len(self.code) // _INSTRUCTION.size

    def for_process(self, number: int) -> bytes:
        """Return the bytes of the program for the process with that number."""
        code = bytearray(self.code)
        for place in self.own_number_at:
            struct.pack_into("=I", code, place, number)
        return bytes(code)


def assemble(
    rules: Sequence[tuple[int, Sequence[Check]]],
    *,
    architecture: int,
    has_x32: bool,
    matched: int,
    otherwise: int,
) -> Program:
    """Return a program that ends in the action ``matched`` for a call that matches a rule.

    A rule is the number of a call and checks that must all hold. Any other call ends in the action
    ``otherwise``. A call by the numbers of another architecture kills the process: it can only be
    an attempt to get around the rules. Where two rules have the same number, either may match.
    """
    instructions: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_IF_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    if has_x32:
        instructions += [(_IF_AT_LEAST, 0, 1, _X32_NUMBERS), (_RETURN, 0, 0, KILL)]
    for number, checks in rules:
        body = _matching(checks, matched)
        if checks:
            body.append((_LOAD, 0, 0, _NUMBER_AT))  # the next rule looks at it
        instructions += [(_IF_EQUAL, 0, len(body), number), *body]
    instructions.append((_RETURN, 0, 0, otherwise))
    own = [
        place * _INSTRUCTION.size + _INSTRUCTION.size - 4
        for place, (code, _, _, value) in enumerate(instructions)
        if code == _IF_EQUAL and value == _SELF
    ]
    code = b"".join(
        _INSTRUCTION.pack(code, yes, no, value & _EVERY_BIT)
        for code, yes, no, value in instructions
    )
    return Program(code, own)


def _matching(checks: Sequence[Check], action: int) -> list[Instruction]:
    """Return instructions that end in the action if every check holds, and run off their end if
    not.
    """
    body: list[Instruction] = [(_RETURN, 0, 0, action)]
    for check in reversed(checks):
        low = _ARGUMENTS_AT + 8 * check.argument
        count = len(check.among)
        compared: list[Instruction] = [
            (_IF_EQUAL, count - 1 - place, 0, value) for place, value in enumerate(check.among)
        ]
        last = compared[-1]
        compared[-1] = (last[0], 0, len(body), last[3])
        if check.mask != _EVERY_BIT:
            compared.insert(0, (_AND, 0, 0, check.mask))
        compared.insert(0, (_LOAD, 0, 0, low))
        if check.wide:
            high: list[Instruction] = [
                (_LOAD, 0, 0, low + 4),
                (_IF_EQUAL, 0, len(compared) + len(body), 0),
            ]
            compared = high + compared
        body = compared + body
    return body
