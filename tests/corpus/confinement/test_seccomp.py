"""The filter of system calls, run by an interpreter, also for a processor other than this one."""

import re
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.confinement.allowedcalls import ALLOWED_CALLS
from corpus.confinement.bpf import ALLOW, KILL, REFUSE_WITH, TRAP, Program
from corpus.confinement.refusedcalls import REFUSED_CALLS
from corpus.confinement.seccomp import allowing_program, refusing_program

ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
FOREIGN = (0x40000003, 0x40000028, 0x0, 0xC0000015)  # i386, 32-bit ARM, none, PowerPC
ME = 4321
REFUSED = REFUSE_WITH + 1
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
both = pytest.mark.parametrize("processor", ["x86_64", "aarch64"])


def decision(
    processor: str,
    number: int,
    *arguments: int,
    architecture: int | None = None,
    program: Program | None = None,
) -> int:
    """A program's decision on a call, that of a fork if none is given; fails if it runs off."""
    given_arguments = [a & (2**64 - 1) for a in (*arguments, 0, 0, 0, 0, 0, 0)[:6]]
    called_on = ARCHITECTURE[processor] if architecture is None else architecture
    data = struct.pack("=IIQ6Q", number & 0xFFFFFFFF, called_on, 0, *given_arguments)
    chosen = program or allowing_program(processor)
    code = list(struct.iter_unpack("=HBBI", chosen.for_process(ME)))
    at = accumulator = 0
    while True:
        operation, if_true, if_false, value = code[at]
        at += 1
        match operation:
            case 0x20:
                (accumulator,) = struct.unpack_from("=I", data, value)
            case 0x54:
                accumulator &= value
            case 0x15:
                at += if_true if accumulator == value else if_false
            case 0x35:
                at += if_true if accumulator >= value else if_false
            case 0x06:
                return int(value)
            case _:
                pytest.fail(f"an unknown instruction {operation:#x}")


def number_of(processor: str, name: str) -> int:
    (call,) = (call for call in ALLOWED_CALLS if call.name == name)
    number = call.number(processor)
    assert number is not None
    return number


@both
def test_calls_without_checks_are_allowed_and_all_other_numbers_refused(processor: str) -> None:
    numbers = {call.number(processor): call for call in ALLOWED_CALLS}
    for number in range(1024):
        if number not in numbers:
            assert decision(processor, number, ME, ME, ME) == REFUSED
        elif not numbers[number].checks:
            assert decision(processor, number, ME, ME, ME) == ALLOW


@both
@given(number=st.integers(0, 2**32 - 1), arguments=st.lists(st.integers(0, 2**64 - 1), max_size=6))
def test_every_call_ends_in_one_of_three_ways(
    processor: str, number: int, arguments: list[int]
) -> None:
    assert decision(processor, number, *arguments) in {ALLOW, REFUSED, KILL}


@both
@given(number=st.integers(0, 2**32 - 1), architecture=st.sampled_from(FOREIGN))
def test_numbers_of_another_architecture_end_the_process(
    processor: str, number: int, architecture: int
) -> None:
    assert decision(processor, number, architecture=architecture) == KILL


@given(number=st.integers(0x40000000, 2**32 - 1))
def test_numbers_of_x32_end_the_process(number: int) -> None:
    assert decision("x86_64", number) == KILL


@both
@given(protection=st.integers(0, 2**64 - 1))
def test_memory_is_never_code(processor: str, protection: int) -> None:
    harmless = protection & 4 == 0 and protection < 2**32
    wanted = ALLOW if harmless else REFUSED
    assert decision(processor, number_of(processor, "mprotect"), 0, 1, protection) == wanted
    private = 0x22
    mapped = decision(processor, number_of(processor, "mmap"), 0, 1, protection, private)
    assert mapped == wanted


@both
@pytest.mark.parametrize(
    ("flags", "wanted"),
    [
        (0x22, ALLOW),
        (0x32, ALLOW),
        (0x4022, ALLOW),
        (0x20022, ALLOW),
        (0x100022, ALLOW),
        (0x21, REFUSED),  # shared
        (0x23, REFUSED),
        (0x02, REFUSED),  # of a file
        (0x20, REFUSED),
        (0x40022, REFUSED),  # of huge pages
        (0x22 | 1 << 40, REFUSED),
    ],
)
def test_memory_is_private_and_of_no_file(processor: str, flags: int, wanted: int) -> None:
    assert decision(processor, number_of(processor, "mmap"), 0, 1, 3, flags) == wanted


@both
@given(other=st.integers(0, 2**32 - 1).filter(lambda pid: pid != ME))
def test_it_can_signal_nobody_but_itself(processor: str, other: int) -> None:
    kill, tkill, tgkill = (number_of(processor, name) for name in ("kill", "tkill", "tgkill"))
    assert decision(processor, kill, ME, 6) == ALLOW
    assert decision(processor, tkill, ME, 6) == ALLOW
    assert decision(processor, tgkill, ME, ME, 6) == ALLOW
    assert decision(processor, kill, other, 6) == REFUSED
    assert decision(processor, tkill, other, 6) == REFUSED
    assert decision(processor, tgkill, ME, other, 6) == REFUSED
    assert decision(processor, tgkill, other, ME, 6) == REFUSED
    assert decision(processor, tgkill, other, other, 6) == REFUSED


@both
def test_it_can_read_its_limits_and_set_none(processor: str) -> None:
    number = number_of(processor, "prlimit64")
    assert decision(processor, number, 0, 7, 0, 1 << 40) == ALLOW
    assert decision(processor, number, 0, 7, 1 << 40, 0) == REFUSED
    assert decision(processor, number, ME + 1, 7, 0, 1 << 40) == REFUSED


@both
def test_what_the_process_that_forks_may_not_do_is_refused_and_all_else_allowed(
    processor: str,
) -> None:
    refused = {call.number(processor) for call in REFUSED_CALLS}
    program = refusing_program(processor)
    for number in range(1024):
        wanted = REFUSED if number in refused else ALLOW
        assert decision(processor, number, program=program) == wanted
    assert decision(processor, 1, architecture=FOREIGN[0], program=program) == KILL


@both
def test_refused_calls_can_be_found(processor: str) -> None:
    code = list(struct.iter_unpack("=HBBI", allowing_program(processor, trap=True).code))
    assert code[-1][3] == TRAP


@both
def test_a_filter_is_no_longer_than_the_kernel_takes(processor: str) -> None:
    assert allowing_program(processor).length < 4096


@both
def test_the_numbers_are_those_of_the_kernel(processor: str) -> None:
    header = HEADERS[processor]
    if not header.exists():
        pytest.skip("the kernel's headers are not installed")
    text = header.read_text()
    known = {
        name.removeprefix("3264_"): int(number)
        for name, number in re.findall(r"#define __NR(?:3264)?_(\w+) (\d+)\b", text)
    }
    for call in (*ALLOWED_CALLS, *REFUSED_CALLS):
        number = call.number(processor)
        if call.name in known or number is None:
            assert known.get(call.name) == number
        else:  # newer than the headers
            assert number > 450
