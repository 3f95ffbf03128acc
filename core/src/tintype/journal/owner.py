"""Which process follows a record, and whether it still lives."""

from __future__ import annotations

import os
import socket

import psutil

_SEPARATOR = "|"


def me() -> str:
    """This process, in words that outlive it: host, process id, and when it began."""
    return _SEPARATOR.join([socket.gethostname(), str(os.getpid()), _began(os.getpid())])


def may_be_taken(owner: str, *, by_name: bool) -> bool:
    """Whether a record that `owner` followed may be followed by another process.

    A process of this machine that has ended has left it. Of one on another machine nothing
    can be known from here: its record is taken only where a person names it.
    """
    if not owner:
        return True
    host, _, rest = owner.partition(_SEPARATOR)
    pid, _, began = rest.partition(_SEPARATOR)
    if host != socket.gethostname() or not pid.isdecimal():
        return by_name
    return _began(int(pid)) != began


def _began(pid: int) -> str:
    """When a process began, "" where there is none. A zombie has ended."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return ""
        return f"{process.create_time():.2f}"
    except psutil.Error:
        return ""
