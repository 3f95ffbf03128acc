"""The databases that the journal's tests run on: SQLite, and a PostgreSQL of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from tintype.journal._schema import database_url

BACKENDS = ("sqlite", "postgresql")
_USERS = ("postgres", "nobody")  # PostgreSQL refuses to be started by root

# The server ends with whoever holds the other end of the pipe, however that ended.
_SERVE = """
initdb=$1 postgres=$2 folder=$3
"$initdb" --no-sync -A trust -U tintype -E UTF8 --locale=C -D "$folder/data" > /dev/null || exit 1
"$postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c fsync=off \\
    -c max_connections=200 -c logging_collector=off 2> "$folder/log" < /dev/null &
read -r _
kill -QUIT $!
wait
rm -rf "$folder"/*
"""


class Place(str):
    """Where a journal is: a file or a URL, with its spool and a second look at its tables."""

    __slots__ = ("backend", "spool")

    backend: str
    spool: Path

    def rows(self, query: str, **values: object) -> list[tuple[object, ...]]:
        """What another connection reads, or changes."""
        with self._connected() as connection:
            found = connection.execute(sa.text(query), values)
            told = [tuple(row) for row in found] if found.returns_rows else []
            connection.commit()
        return told

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else can write."""
        with self._connected() as connection:
            if self.backend == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.exec_driver_sql("LOCK TABLE submission, turn IN EXCLUSIVE MODE")
            yield
            connection.rollback()

    @contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        engine = sa.create_engine(database_url(self), poolclass=NullPool)
        with engine.connect() as connection:
            yield connection
        engine.dispose()


def place(where: str, backend: str, spool: Path) -> Place:
    """A journal's place."""
    made = Place(where)
    made.backend, made.spool = backend, spool
    return made


def missing() -> str:
    """Why there is no PostgreSQL here, or ""."""
    if find_spec("psycopg") is None:
        return "psycopg is not installed: pip install 'tintype[postgresql]'"
    if _binary("postgres") is None or _binary("initdb") is None:
        return "no PostgreSQL server is installed: apt-get install postgresql"
    if os.geteuid() == 0 and (shutil.which("runuser") is None or _user() is None):
        return "root cannot start PostgreSQL as somebody else: apt-get install util-linux"
    return ""


class Cluster:
    """A PostgreSQL server on a socket in a folder of its own, which ends with this process."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tintype-pg-", dir="/tmp"))
        self._numbers = count(1)
        user = _user() if os.geteuid() == 0 else None
        if user is not None:
            shutil.chown(self.folder, user)
        as_user = [] if user is None else ["runuser", "-u", user, "--"]
        binaries = [str(_binary(name)) for name in ("initdb", "postgres")]
        self._server = subprocess.Popen(  # noqa: S603 - what is installed here
            [*as_user, "sh", "-c", _SERVE, "sh", *binaries, str(self.folder)],
            stdin=subprocess.PIPE,
            cwd=self.folder,
            start_new_session=True,  # a signal to the whole group leaves it time to clean up
        )
        self._admin = sa.create_engine(
            self.url("postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        self._await()

    def url(self, database: str) -> str:
        """The address of a database."""
        return f"postgresql+psycopg://tintype@/{database}?host={self.folder}"

    def database(self) -> str:
        """The address of a new, empty database."""
        name = f"j{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Give back the room of a database, whoever is still connected to it."""
        name = sa.make_url(url).database
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def execute(self, query: str) -> list[tuple[object, ...]]:
        """What the server's owner may ask of it."""
        with self._admin.connect() as connection:
            found = connection.exec_driver_sql(query)
            return [tuple(row) for row in found] if found.returns_rows else []

    def close(self) -> None:
        """Stop the server, and leave nothing behind."""
        self._server.communicate(b"\n", timeout=60)
        with suppress(OSError):
            self.folder.rmdir()

    def _await(self) -> None:
        for _ in range(1200):
            try:
                self.execute("SELECT 1")
            except sa.exc.OperationalError:
                if self._server.poll() is not None:
                    break
                time.sleep(0.05)
            else:
                return
        log = self.folder / "log"
        raise AssertionError(log.read_text() if log.exists() else "initdb failed")


def _binary(name: str) -> Path | None:
    found = shutil.which(name)
    if found is not None:
        return Path(found)
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return installed[-1] if installed else None


def _user() -> str | None:
    import pwd  # noqa: PLC0415 - not on Windows

    names = {each.pw_name for each in pwd.getpwall()}
    return next((name for name in _USERS if name in names), None)
