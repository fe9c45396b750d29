"""The filter of system calls, run by a small machine of our own, so that the one for arm64 is tested anywhere."""

import errno
import struct

import pytest

from populace.confined.system_calls import DENIED, program

ALLOWED, KILLED, REFUSED, ABSENT = 0x7FFF0000, 0x80000000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS
#: machine -> (number of the machine, column of the table, read, clone)
MACHINES = {"x86_64": (0xC000003E, 0, 0, 56), "aarch64": (0xC00000B7, 1, 63, 220)}
THREAD, PROCESS = 0x3D0F00, 0x1200011


def outcome(code: bytes, number: int, machine: int, flags: int = 0) -> int:
    """What the kernel would do: the filter run step by step on one call."""
    call = struct.pack("=IIQ6Q", number, machine, 0, flags, 0, 0, 0, 0, 0)
    steps, at, value = list(struct.iter_unpack("=HBBI", code)), 0, 0
    while True:
        kind, if_true, if_false, operand = steps[at]
        at += 1
        if kind == 0x20:
            value = struct.unpack_from("=I", call, operand)[0]
        elif kind == 0x06:
            return operand
        else:
            true = {0x15: value == operand, 0x35: value >= operand, 0x45: bool(value & operand)}[kind]
            at += if_true if true else if_false


@pytest.mark.parametrize("name", MACHINES)
def test_what_a_parser_never_needs_is_refused_and_reading_is_not(name):
    machine, column, read, _ = MACHINES[name]
    code = program(name)
    assert outcome(code, read, machine) == ALLOWED
    for numbers in DENIED.values():
        if numbers[column] is not None:
            assert outcome(code, numbers[column], machine) == REFUSED


@pytest.mark.parametrize("name", MACHINES)
def test_threads_may_start_and_processes_may_not(name):
    machine, _, _, clone = MACHINES[name]
    code = program(name)
    assert outcome(code, clone, machine, THREAD) == ALLOWED
    assert outcome(code, clone, machine, PROCESS) == REFUSED
    assert outcome(code, 435, machine) == ABSENT


@pytest.mark.parametrize("name", MACHINES)
def test_calls_by_another_convention_are_refused(name):
    machine, _, read, _ = MACHINES[name]
    assert outcome(program(name), read, 0x40000003) == KILLED
    if name == "x86_64":
        assert outcome(program(name), 0x40000000 + read, machine) == REFUSED


def test_a_processor_that_is_not_listed_gets_no_filter():
    assert program("riscv64") is None
