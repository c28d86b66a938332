"""The filter of system calls in a sandbox: what a program that computes has no use for is refused."""

import errno
import platform
import struct

# Per machine: its audit number, and the numbers of the system calls that are refused.
_X86 = {
    "ptrace": 101, "syslog": 103, "personality": 135, "pivot_root": 155, "adjtimex": 159, "chroot": 161,
    "acct": 163, "settimeofday": 164, "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168,
    "reboot": 169, "sethostname": 170, "setdomainname": 171, "iopl": 172, "ioperm": 173, "init_module": 175,
    "delete_module": 176, "quotactl": 179, "clock_settime": 227, "kexec_load": 246, "add_key": 248,
    "request_key": 249, "keyctl": 250, "unshare": 272, "perf_event_open": 298, "fanotify_init": 300,
    "name_to_handle_at": 303, "open_by_handle_at": 304, "clock_adjtime": 305, "setns": 308,
    "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "finit_module": 313,
    "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
}  # fmt: skip
_ARM = {
    "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "quotactl": 60, "acct": 89,
    "personality": 92, "unshare": 97, "kexec_load": 104, "init_module": 105, "delete_module": 106,
    "clock_settime": 112, "syslog": 116, "ptrace": 117, "reboot": 142, "sethostname": 161,
    "setdomainname": 162, "settimeofday": 170, "adjtimex": 171, "add_key": 217, "request_key": 218,
    "keyctl": 219, "swapon": 224, "swapoff": 225, "perf_event_open": 241, "fanotify_init": 262,
    "name_to_handle_at": 264, "open_by_handle_at": 265, "clock_adjtime": 266, "setns": 268,
    "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "finit_module": 273, "bpf": 280,
    "userfaultfd": 282, "kexec_file_load": 294,
}  # fmt: skip
# The same on every machine: io_uring, the newer calls about mounts, pidfd_getfd, process_madvise.
_NEWER = (425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 440, 442, 443)
_CLONE3 = 435
#: memfd_create and shmget.
_UNCOUNTED = {"x86_64": (319, 29), "aarch64": (279, 194)}
_MEMFD_SECRET = 447
_MACHINES = {"x86_64": (0xC000003E, _X86, 56, 41), "aarch64": (0xC00000B7, _ARM, 220, 198)}
#: Of clone's flags: new namespaces of every kind.
_NAMESPACES = 0x7E020080
#: Unix sockets, the two internets (their namespace is empty), netlink.
_FAMILIES = (1, 2, 10, 16)

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_X32 = 0x40000000


def keyctl_number() -> int | None:
    """The number of the system call ``keyctl`` on this machine."""
    machine = _MACHINES.get(platform.machine())
    return machine[1]["keyctl"] if machine else None


def clone_number() -> int | None:
    """The number of the system call ``clone`` on this machine."""
    machine = _MACHINES.get(platform.machine())
    return machine[2] if machine else None


def program(*, grouped: bool = True) -> bytes:
    """The filter as the kernel takes it; empty on a machine whose numbers are unknown.

    Args:
        grouped: a control group counts all memory. Without one, calls that get memory which counts for no
            process are refused, too.
    """
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return b""
    architecture, refused, clone, socket = machine
    steps = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, architecture, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
        # The 32-bit kind of calls on x86_64 has its own numbers.
        _step(_AT_LEAST, _X32, 0, 1),
        _step(_RETURN, _KILL),
        # glibc then uses clone, whose flags the filter can read.
        _step(_EQUAL, _CLONE3, 0, 1),
        _step(_RETURN, _ERRNO | errno.ENOSYS),
    ]
    uncounted = () if grouped else (*_UNCOUNTED[platform.machine()], _MEMFD_SECRET)
    for number in sorted({*refused.values(), *_NEWER, *uncounted}):
        steps += [_step(_EQUAL, number, 0, 1), _step(_RETURN, _ERRNO | errno.EPERM)]
    steps += [
        _step(_EQUAL, clone, 0, 4),
        _step(_LOAD, _FIRST_ARGUMENT),
        _step(_ANY_BIT, _NAMESPACES, 0, 1),
        _step(_RETURN, _ERRNO | errno.EPERM),
        _step(_RETURN, _ALLOW),
        _step(_EQUAL, socket, 0, len(_FAMILIES) + 2),
        _step(_LOAD, _FIRST_ARGUMENT),
        *(_step(_EQUAL, family, len(_FAMILIES) - place, 0) for place, family in enumerate(_FAMILIES)),
        _step(_RETURN, _ERRNO | errno.EAFNOSUPPORT),
        _step(_RETURN, _ALLOW),
    ]
    return b"".join(steps)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)
