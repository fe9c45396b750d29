"""The system calls that a parser never needs, and the program by which the kernel refuses them.

What is forbidden fails with "not permitted" instead of ending the process, because libraries try things and go on
without. Threads may start, processes may not. Sources: seccomp(2), and the kernel's tables of system calls (x86_64, and
the common one that arm64 uses).
"""

from __future__ import annotations

import errno
import platform
import struct

#: machine -> the kernel's number for it (linux/audit.h), and that of `clone`
_MACHINES = {"x86_64": (0xC000_003E, 56), "aarch64": (0xC000_00B7, 220)}
_CLONE3, _THREAD = 435, 0x1_0000
#: from here on x86_64 counts a second set of calls, which the list below does not name
_SECOND_SET = 0x4000_0000

#: name -> number on x86_64 and on arm64, which has no fork
DENIED: dict[str, tuple[int, int | None]] = {
    "socket": (41, 198), "connect": (42, 203), "accept": (43, 202), "sendto": (44, 206), "recvfrom": (45, 207),
    "sendmsg": (46, 211), "recvmsg": (47, 212), "bind": (49, 200), "listen": (50, 201), "socketpair": (53, 199),
    "accept4": (288, 242), "recvmmsg": (299, 243), "sendmmsg": (307, 269), "fork": (57, None), "vfork": (58, None),
    "execve": (59, 221), "execveat": (322, 281), "kill": (62, 129), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "unshare": (272, 97), "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "init_module": (175, 105),
    "delete_module": (176, 106), "finit_module": (313, 273), "kexec_load": (246, 104), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
}  # fmt: skip

# the few instructions of the kernel's filter machine that are needed
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
#: where the call's number, the machine and the low half of the first argument stand
_NUMBER, _MACHINE, _FIRST = 0, 4, 16
_ALLOW, _KILL, _ERROR = 0x7FFF_0000, 0x8000_0000, 0x0005_0000


def program(machine: str | None = None) -> bytes | None:
    """The filter for a machine (default: this one); None where its system calls are not listed."""
    machine = machine or platform.machine()
    if machine not in _MACHINES:
        return None
    number, clone = _MACHINES[machine]
    column = list(_MACHINES).index(machine)
    denied = [calls[column] for calls in DENIED.values() if calls[column] is not None]
    code = [_step(_LOAD, _MACHINE), *_unless_equal(number, _KILL), _step(_LOAD, _NUMBER)]
    if machine == "x86_64":
        code += [_step(_IF_AT_LEAST, _SECOND_SET, 0, 1), _step(_RETURN, _ERROR | errno.EPERM)]
    for call in denied:
        code += _if_equal(call, _ERROR | errno.EPERM)
    # the C library then uses `clone`, whose flags can be looked at
    code += _if_equal(_CLONE3, _ERROR | errno.ENOSYS)
    code += [_step(_IF_EQUAL, clone, 0, 3), _step(_LOAD, _FIRST), _step(_IF_ANY_BIT, _THREAD, 1, 0)]
    return b"".join([*code, _step(_RETURN, _ERROR | errno.EPERM), _step(_RETURN, _ALLOW)])


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _if_equal(value: int, outcome: int) -> list[bytes]:
    return [_step(_IF_EQUAL, value, 0, 1), _step(_RETURN, outcome)]


def _unless_equal(value: int, outcome: int) -> list[bytes]:
    return [_step(_IF_EQUAL, value, 1, 0), _step(_RETURN, outcome)]
