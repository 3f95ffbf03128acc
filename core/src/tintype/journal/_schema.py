"""A journal's database: opened, checked, and brought to the schema this version writes.

No connection to it is waited for without end.
"""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Protocol
from weakref import WeakSet

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from tintype.errors import Billed, JournalError
from tintype.journal._tables import metadata

HEAD = "0006"
_KNOWN = ("0001", "0002", "0003", "0004", "0005", HEAD)  # every schema there has been
_LOCK = 0x74696E74797065  # of all who migrate a PostgreSQL: "tintype"
_MIGRATIONS = Path(__file__).parent / "_migrations"

# A database that keeps time itself gives up by then; one that hangs is cut off a little later.
_GRACE = 5
_CONNECT_TIMEOUT = {"psycopg": "connect_timeout", "psycopg2": "connect_timeout"}


def database_url(where: str | Path) -> URL:
    """The URL of a journal: an SQLAlchemy URL as it is, a path as SQLite.

    Raises:
        JournalError: It is neither.
    """
    text = str(where)
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text).expanduser().absolute()))
    try:
        return make_url(text)
    except (ArgumentError, ValueError) as error:
        shown = re.sub(r"//[^/]*@", "//…@", text)
        msg = (
            f"The journal {shown!r} is neither a file nor an SQLAlchemy URL: mend "
            "TINTYPE_JOURNAL. Nothing was sent."
        )
        raise JournalError(msg, billed=Billed.NO) from error


def file_of(url: URL) -> Path | None:
    """The file that a database is, where it is one."""
    name = url.database or ""
    if url.get_backend_name() != "sqlite" or not name or name.startswith((":memory:", "file:")):
        return None
    return Path(name)


def identity(file: Path | None) -> tuple[int, int] | None:
    """What tells a file from another one of its name; None where there is none."""
    try:
        found = file.stat() if file is not None else None
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found is not None else None


def opened(url: URL, busy_seconds: int) -> Connections:
    """Connections to a database with the schema of this version.

    Args:
        url: The database.
        busy_seconds: How long a lock that others hold, or a statement, is waited for.

    Raises:
        JournalError: It cannot be opened, it is damaged, or a newer tintype wrote it. It is
            left as it was.
    """
    shown = url.render_as_string(hide_password=True)
    with ExitStack() as undo:
        connections = _connections(url, shown, busy_seconds, undo)
        undo.pop_all()
    return connections


def _connections(url: URL, shown: str, busy_seconds: int, undo: ExitStack) -> Connections:
    try:
        file = file_of(url)
        if file is not None:
            _private(file)
        made = Connections(url, busy_seconds)
        undo.callback(made.engine.dispose)
        with made.bounded(), made.engine.connect() as connection:
            _upgrade(connection, shown)
    except (SQLAlchemyError, OSError, ImportError, ValueError) as error:
        reason = str(getattr(error, "orig", None) or error)
        msg = (
            f"The journal {shown} cannot be used ({reason}). It was left as it is: move it away, "
            "or name another one in TINTYPE_JOURNAL. Nothing was sent."
        )
        raise JournalError(msg, billed=Billed.NO) from error
    return made


def _private(file: Path) -> None:
    """Have a journal's file, and SQLite's two beside it, for their owner alone.

    SQLite gives the two the mode of the first.
    """
    if not file.parent.exists():
        file.parent.mkdir(parents=True, mode=0o700)
    if not file.exists():
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))
    for each in (file, *(file.with_name(f"{file.name}-{end}") for end in ("wal", "shm"))):
        if each.is_file() and each.stat().st_mode & 0o077:
            each.chmod(0o600)


def _upgrade(connection: Connection, shown: str) -> None:
    """Bring the schema up to date; alembic is imported only where there is something to do."""
    found = _version(connection)
    if found == HEAD:
        return
    if found is not None and found not in _KNOWN:
        msg = (
            f"The journal {shown} was written by a newer tintype, or by something else (schema "
            f"{found}; this one knows {HEAD}). Update tintype, or name another one in "
            "TINTYPE_JOURNAL. Nothing was sent."
        )
        raise JournalError(msg, billed=Billed.NO)
    _check_ours(connection, shown)
    from alembic import command  # noqa: PLC0415 - slow to import, and seldom needed
    from alembic.config import Config  # noqa: PLC0415

    connection.rollback()
    if connection.dialect.name == "sqlite":
        # Readers do not wait for writers. The file remembers it, so nobody else's is asked.
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        # Two processes may open a new journal at once: the second waits, and finds it made.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    if _version(connection) == HEAD:
        return
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()


def _version(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    row = connection.execute(sa.text("SELECT version_num FROM alembic_version")).first()
    return str(row[0]) if row else None


def _check_ours(connection: Connection, shown: str) -> None:
    """Refuse a database whose tables have our names and are not ours."""
    taken = set(metadata.tables) & set(sa.inspect(connection).get_table_names())
    if taken and _version(connection) is None:
        msg = (
            f"The database {shown} has tables of its own named {', '.join(sorted(taken))}: name "
            "another one in TINTYPE_JOURNAL. Nothing was sent."
        )
        raise JournalError(msg, billed=Billed.NO)


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
