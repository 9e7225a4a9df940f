"""What children of ours need from the operating system: another user, and to die with us."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil

# From linux/prctl.h and linux/capability.h.
PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION = 0x20080522
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2

LINUX = sys.platform == "linux"
# Loaded here, because nothing may be loaded between fork and exec.
_libc = ctypes.CDLL(None, use_errno=True) if LINUX else None


@dataclass(frozen=True)
class SystemUser:
    """Whom a child runs as."""

    uid: int
    gid: int


class _CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _CapabilitySet(ctypes.Structure):
    """The lower or the upper 32 capabilities."""

    _fields_ = [
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    ]


def before_exec(
    *, user: SystemUser | None = None, with_parent: signal.Signals | None = None
) -> Callable[[], None]:
    """Return a `preexec_fn` that changes the user and ties the child's life to its parent's.

    `with_parent` is the signal the child gets when its parent ends in any way, kill -9 included.
    Only Linux can do that; elsewhere the next start clears what was left.
    """
    parent = os.getpid()

    def prepare() -> None:
        if user is not None:
            _become(user)
        # Last, because changing the user takes it back.
        if with_parent is not None:
            die_with(parent, with_parent)

    return prepare


def die_with(parent: int, number: signal.Signals) -> None:
    """Have the kernel send us this signal when our parent ends, or leave if it just has."""
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def is_alive(process: psutil.Process) -> bool:
    """Whether it still does anything. One that ended and that nobody asked after does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until they have ended and return those that have not.

    Unlike psutil's own waiting this does not wait for somebody else to collect the dead: in a
    container process 1 may never do so.
    """
    deadline = time.monotonic() + seconds
    while (alive := [process for process in processes if is_alive(process)]) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.02)
    return alive


def _become(user: SystemUser) -> None:
    """Give up root, but keep the right to read: a clone may lie under /root, closed to others."""
    capability = _reading_capability()
    if _libc is not None and capability is not None:
        _libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([user.gid])
    os.setgid(user.gid)
    os.setuid(user.uid)
    if _libc is not None and capability is not None:
        sets = (_CapabilitySet * 2)()
        sets[0] = _CapabilitySet(1 << capability, 1 << capability, 1 << capability)
        _libc.capset(ctypes.byref(_CapabilityHeader(CAPABILITY_VERSION, 0)), sets)
        _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def _reading_capability() -> int | None:
    """The smallest capability at hand that opens closed folders; containers lack the first."""
    if _libc is None:
        return None
    sets = (_CapabilitySet * 2)()
    if _libc.capget(ctypes.byref(_CapabilityHeader(CAPABILITY_VERSION, 0)), sets) != 0:
        return None
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        if sets[0].permitted & 1 << capability:
            return capability
    return None
