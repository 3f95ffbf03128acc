"""Which process follows a record, and whether it still lives."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import psutil

_SEPARATOR = "|"
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")
_STARTED = 19  # the place of the start time among the fields after the name (proc_pid_stat(5))


def me() -> str:
    """This process, in words that outlive it: host, process id, and when it began."""
    return _SEPARATOR.join([_host(), str(os.getpid()), _began(os.getpid())])


def may_be_taken(owner: str, *, by_name: bool) -> bool:
    """Whether a record that `owner` followed may be followed by another process.

    A process of this machine that has ended has left it. Of one on another machine nothing
    can be known from here: its record is taken only where a person names it.
    """
    if not owner:
        return True
    host, _, rest = owner.partition(_SEPARATOR)
    pid, _, began = rest.partition(_SEPARATOR)
    if host != _host() or not pid.isdecimal():
        return by_name
    return _began(int(pid)) != began


def _host() -> str:
    """Where process ids mean what they mean here: this machine, or a container on it.

    Containers may share a host's name; the processes of one are not seen from another.
    """
    try:
        return f"{socket.gethostname()}/{_NAMESPACE.stat().st_ino}"
    except OSError:  # not on Linux
        return socket.gethostname()


def _began(pid: int) -> str:
    """When a process began, "" where there is none. A zombie has ended."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return ""
        return _counted(pid) or f"{process.create_time():.2f}"
    except psutil.Error:
        return ""


def _counted(pid: int) -> str:
    """When a process began as Linux counts it, "" elsewhere.

    psutil's time moves with the clock whenever that is set; a living process would then be
    taken for a dead one.
    """
    try:
        boot = _BOOT.read_text("ascii").strip()
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return f"{boot}+{int(fields[_STARTED])}"
    except (OSError, ValueError, IndexError):
        return ""
