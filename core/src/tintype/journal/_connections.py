"""Connections to a journal's database, none of which is waited for without end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol
from weakref import WeakSet

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine
from sqlalchemy.pool import ConnectionPoolEntry

# A database that keeps time itself gives up by then; one that hangs is cut off a little later.
_GRACE = 5
_CONNECT_TIMEOUT = {"psycopg": "connect_timeout", "psycopg2": "connect_timeout"}


class _Cursor(Protocol):
    def execute(self, statement: str) -> object: ...

    def close(self) -> None: ...


class _Connection(Protocol):
    """What Python's drivers call a connection."""

    def cursor(self) -> _Cursor: ...

    def commit(self) -> None: ...


class Connections:
    """Opens connections, and cuts them off when the server behind them is silent for too long.

    Args:
        url: The database.
        busy_seconds: How long the database may wait for a lock, or be at work on a statement.
    """

    def __init__(self, url: URL, busy_seconds: int) -> None:
        self._busy_seconds = busy_seconds
        self._backend = url.get_backend_name()
        self._open: WeakSet[_Connection] = WeakSet()
        named = _CONNECT_TIMEOUT.get(url.get_driver_name(), "")
        given = {named: busy_seconds} if named and named not in url.query else {}
        self.engine: Engine = sa.create_engine(
            url, connect_args=given, pool_pre_ping=self._backend != "sqlite"
        )
        sa.event.listen(self.engine, "connect", self._begin)

    def begin_anew(self) -> None:
        """Know of no connection, as a process that was just forked: they are its parent's."""
        self._open = WeakSet()

    @contextmanager
    def bounded(self) -> Iterator[None]:
        """What is asked of the database meanwhile ends, if need be by an error."""
        if self._backend == "sqlite":  # it keeps its own time, in this process
            yield
            return
        watch = threading.Timer(self._busy_seconds + _GRACE, self._cut)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    def _begin(self, connection: _Connection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for statement in self._limits():
            cursor.execute(statement)
        cursor.close()
        if self._backend != "sqlite":
            connection.commit()  # a setting ends with the transaction it was made in
            self._open.add(connection)

    def _limits(self) -> tuple[str, ...]:
        milliseconds = self._busy_seconds * 1000
        if self._backend == "sqlite":  # a commit is on disk, and others are waited for
            return (f"PRAGMA busy_timeout={milliseconds}", "PRAGMA synchronous=FULL")
        if self._backend == "postgresql":
            return tuple(f"SET {each}_timeout = {milliseconds}" for each in ("lock", "statement"))
        return ()

    def _cut(self) -> None:
        """Shut every connection: whoever waits is told that it broke, and opens a new one."""
        for connection in list(self._open):
            number = getattr(connection, "fileno", None)
            if number is not None:
                with (
                    suppress(Exception),  # it is closed, or the driver's own kind of error
                    socket.fromfd(number(), socket.AF_INET, socket.SOCK_STREAM) as wire,
                ):
                    wire.shutdown(socket.SHUT_RDWR)
