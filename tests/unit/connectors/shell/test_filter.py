"""The filter by its own rules: an interpreter of its few instructions, over every number on both machines."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from gainful.connectors.shell import filter as module
from gainful.connectors.shell.filter import program

ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
HEADERS = {
    "x86_64": (Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), r"#define __NR_(\w+) (\d+)"),
    "aarch64": (Path("/usr/include/asm-generic/unistd.h"), r"#define __NR(?:3264)?_(\w+)\s+(\d+)"),
}


def answer(code: bytes, number: int, arch: int, arguments: tuple[int, ...] = ()) -> int:
    """What the filter answers to one call, as linux/filter.h describes its instructions."""
    given = (*arguments, *[0] * (6 - len(arguments)))
    data = struct.pack("=IIQ6Q", number, arch, 0, *given)
    steps: list[tuple[int, int, int, int]] = list(struct.iter_unpack("=HBBI", code))
    held, at = 0, 0
    while True:
        kind, when_true, when_false, operand = steps[at]
        at += 1
        if kind == 0x20:
            (held,) = struct.unpack_from("=I", data, operand)
        elif kind == 0x54:
            held &= operand
        elif kind == 0x06:
            return operand
        else:
            tests = {0x15: held == operand, 0x25: held > operand, 0x45: bool(held & operand)}
            at += when_true if tests[kind] else when_false


@pytest.mark.parametrize("machine", MACHINES)
def test_what_is_listed_is_shut_and_the_rest_is_open(machine: str) -> None:
    code = program(machine)
    assert code is not None
    shut = {row[module._COLUMNS[machine]] for row in module._SHUT.values()}
    for number in range(463):
        expected = ENOSYS if number == 435 else EPERM if number in shut else ALLOW
        assert answer(code, number, MACHINES[machine]) == expected, number
    for number in (463, 1000, 0x40000000, 0x40000029, 0xFFFFFFFF):
        assert answer(code, number, MACHINES[machine]) == ENOSYS


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("arch", [0x40000003, 0x40000028, 0, 0xFFFFFFFF])
def test_numbers_of_another_machine_kill(machine: str, arch: int) -> None:
    code = program(machine)
    assert code is not None
    assert {answer(code, number, arch) for number in range(0, 500, 7)} == {KILL}


@pytest.mark.parametrize("machine", MACHINES)
def test_some_calls_depend_on_an_argument(machine: str) -> None:
    code, arch = program(machine), MACHINES[machine]
    assert code is not None
    clone, ioctl, pair = module._CLONE[machine], module._IOCTL[machine], module._SOCKETPAIR[machine]
    for flag in (0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        assert answer(code, clone, arch, (flag | 17,)) == EPERM
    assert answer(code, clone, arch, (0x3D0F00,)) == ALLOW
    for request in (0x5412, 0x541C, 0x1_0000_5412):
        assert answer(code, ioctl, arch, (0, request)) == EPERM
    assert answer(code, ioctl, arch, (0, 0x5401)) == ALLOW
    for kind in (2, 3, 2 | 0x80000, 2 | 0x800):
        assert answer(code, pair, arch, (1, kind)) == EPERM
    for kind in (1, 5, 1 | 0x80000):
        assert answer(code, pair, arch, (1, kind)) == ALLOW


@pytest.mark.parametrize("machine", MACHINES)
def test_the_numbers_are_the_kernels(machine: str) -> None:
    """Against the headers where they are installed; what they do not know yet cannot be compared."""
    file, pattern = HEADERS[machine]
    if not file.exists():
        return
    known = {name: int(number) for name, number in re.findall(pattern, file.read_text())}
    ours = {name: row[module._COLUMNS[machine]] for name, row in module._SHUT.items()}
    ours |= {"clone": module._CLONE[machine], "ioctl": module._IOCTL[machine], "clone3": module._CLONE3}
    ours |= {"socketpair": module._SOCKETPAIR[machine]}
    assert {name: number for name, number in ours.items() if name in known and known[name] != number} == {}
    assert len(known.keys() & ours.keys()) > 40


def test_other_machines_have_no_filter() -> None:
    assert program("riscv64") is None
