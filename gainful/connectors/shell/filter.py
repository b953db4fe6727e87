"""The kernel's doors that a sandboxed program finds shut: a seccomp filter as `bwrap --seccomp` takes it.

Namespaces and missing capabilities already refuse most of what is listed. The filter is for the rest (sockets to the
host's own programs, keyrings, terminal input, ptrace), and for mistakes in the kernel behind doors that nobody here
needs. System calls that did not exist when the list was made are refused as unknown.

Sources: linux/filter.h, linux/seccomp.h, linux/audit.h; numbers from asm/unistd_64.h and asm-generic/unistd.h.
"""

from __future__ import annotations

import struct

_LOAD, _MASK, _JUMP_EQUAL, _JUMP_ABOVE, _JUMP_ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x25, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_NUMBER_AT, _MACHINE_AT, _FIRST_ARGUMENT_AT, _SECOND_ARGUMENT_AT = 0, 4, 16, 24

_MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_COLUMNS = {"x86_64": 0, "aarch64": 1}
_CLONE = {"x86_64": 56, "aarch64": 220}
_IOCTL = {"x86_64": 16, "aarch64": 29}
_SOCKETPAIR = {"x86_64": 53, "aarch64": 199}
_CLONE3 = 435
_NEWEST = 462
"""mseal, Linux 6.10."""
_NEW_NAMESPACES = 0x7E020080
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET, NEWTIME."""
_SOCKET_TYPE = 0xF
_DATAGRAMS = (2, 3)
"""SOCK_DGRAM, and SOCK_RAW, which means the same: even one of a pair can be pointed at any socket in sight."""
_TERMINAL_INPUT = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX: type into the terminal that started us."""

# Number on x86_64 and aarch64; None where the machine has no such call.
_SHUT: dict[str, tuple[int | None, int | None]] = {
    # No network at all, and no way to sockets that lie in a visible folder. Pairs of sockets stay.
    "socket": (41, 198),
    # Other processes.
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "perf_event_open": (298, 241),
    # Namespaces and mounts.
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "fanotify_init": (300, 262),
    # Keyrings belong to the user, not to the namespace.
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # Memory that belongs to no process, so that no limit counts it.
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    # Large and often broken parts of the kernel.
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "personality": (135, 92),
    "modify_ldt": (154, None),
    "uselib": (134, None),
    "vhangup": (153, 58),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    # The machine.
    "acct": (163, 89),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "settimeofday": (164, 170),
    "delete_module": (176, 106),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "lookup_dcookie": (212, 18),
    "nfsservctl": (180, 42),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "syslog": (103, 116),
}


def program(machine: str) -> bytes | None:
    """The filter for this machine, as `platform.machine` names it; None for one whose numbers are not known here."""
    if machine not in _MACHINES:
        return None
    numbers = [row[_COLUMNS[machine]] for row in _SHUT.values()]
    return b"".join(
        [
            # A call by the numbers of another machine, such as 32-bit x86, would mean something else: none is made.
            _step(_LOAD, _MACHINE_AT),
            *_when(_JUMP_EQUAL, _MACHINES[machine], otherwise=_KILL),
            _step(_LOAD, _NUMBER_AT),
            # x32's numbers lie above these too.
            *_when(_JUMP_ABOVE, _NEWEST, then=_ERRNO | _ENOSYS),
            # Its flags lie in memory, out of a filter's sight; the C library then falls back to clone.
            *_when(_JUMP_EQUAL, _CLONE3, then=_ERRNO | _ENOSYS),
            *(
                part
                for number in numbers
                if number is not None
                for part in _when(_JUMP_EQUAL, number, then=_ERRNO | _EPERM)
            ),
            *_argument(_CLONE[machine], _FIRST_ARGUMENT_AT, _JUMP_ANY_BIT, (_NEW_NAMESPACES,)),
            *_argument(_SOCKETPAIR[machine], _SECOND_ARGUMENT_AT, _JUMP_EQUAL, _DATAGRAMS, mask=_SOCKET_TYPE),
            *_argument(_IOCTL[machine], _SECOND_ARGUMENT_AT, _JUMP_EQUAL, _TERMINAL_INPUT),
            _step(_RETURN, _ALLOW),
        ]
    )


def _step(code: int, operand: int, when_true: int = 0, when_false: int = 0) -> bytes:
    """One `struct sock_filter`."""
    return struct.pack("=HBBI", code, when_true, when_false, operand)


def _when(test: int, operand: int, *, then: int | None = None, otherwise: int | None = None) -> list[bytes]:
    """Answer with `then` when the test holds, or with `otherwise` when it does not; else go on."""
    if then is not None:
        return [_step(test, operand, 0, 1), _step(_RETURN, then)]
    return [_step(test, operand, 1, 0), _step(_RETURN, otherwise or _KILL)]


def _argument(number: int, offset: int, test: int, operands: tuple[int, ...], mask: int = 0xFFFFFFFF) -> list[bytes]:
    """Refuse one system call when its argument passes the test; any other argument is allowed at once."""
    tests = [part for operand in operands for part in _when(test, operand, then=_ERRNO | _EPERM)]
    body = [_step(_LOAD, offset), _step(_MASK, mask), *tests, _step(_RETURN, _ALLOW)]
    return [_step(_JUMP_EQUAL, number, 0, len(body)), *body]
