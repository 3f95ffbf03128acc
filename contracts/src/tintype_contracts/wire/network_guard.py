"""A guard over the whole process: while it is armed, only the kit's own ports can be dialled.

An audit hook sees what bypasses both transports: a library of the plugin's own, a socket, a
look-up of a name. It cannot be removed, so it is put in once and armed where it is needed;
`tintype contracts check` runs in a child process for that reason.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_LOCK = threading.Lock()
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost", "", None})


class EgressError(ConnectionRefusedError):
    """Something tried to leave loopback."""


class Guard:
    """What may be dialled, and what was tried.

    Attributes:
        attempts: Every address that was refused since it was last armed, in words.
    """

    def __init__(self) -> None:
        self.attempts: list[str] = []
        self._ports: set[int] = set()
        self._armed = 0
        self._lock = threading.Lock()

    @contextmanager
    def allowing(self, port: int) -> Iterator[None]:
        """Let a port of loopback be dialled until the block ends: it is anybody's afterwards."""
        self._ports.add(port)
        try:
            yield
        finally:
            self._ports.discard(port)

    @contextmanager
    def allowing_a_dead_port(self) -> Iterator[int]:
        """A port of loopback that may be dialled, where nobody listens and nobody can begin to."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port: int = taken.getsockname()[1]
            with self.allowing(port):
                yield port

    @contextmanager
    def armed(self) -> Iterator[Guard]:
        """Refuse all else until the block ends; blocks may be nested."""
        with self._lock:
            if not self._armed:
                self.attempts = []
            self._armed += 1
        try:
            yield self
        finally:
            with self._lock:
                self._armed -= 1

    def judge(self, event: str, arguments: tuple[object, ...]) -> None:
        """Refuse what leaves loopback.

        Raises:
            EgressError: It does.
        """
        if not self._armed or self._is_ours(event, arguments):
            return
        target = arguments[1] if event == "socket.connect" else arguments[0]
        self.attempts.append(f"{event} {target!r}")
        msg = f"The contract kit lets nothing leave loopback: {target!r}"
        raise EgressError(msg)

    def _is_ours(self, event: str, arguments: tuple[object, ...]) -> bool:
        if event == "socket.connect":
            address = arguments[1]
            known = isinstance(address, tuple) and address[0] in _LOOPBACK
            return known and isinstance(address, tuple) and address[1] in self._ports
        looked_up = event == "socket.getaddrinfo" or event.startswith("socket.gethostby")
        return not looked_up or arguments[0] in _LOOPBACK


def guard() -> Guard:
    """The guard of this process."""
    with _LOCK:
        return _installed()


@cache
def _installed() -> Guard:
    made = Guard()
    sys.addaudithook(made.judge)
    return made
