"""A journal's database: opened, checked, and brought to the schema this version writes."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from tintype.errors import Billed, JournalError
from tintype.journal.tables import metadata

HEAD = "0003"
_KNOWN = ("0001", "0002", HEAD)  # every schema there has been
# Whoever makes or migrates the tables holds this lock of a PostgreSQL server.
_TURN = 0x74696E74797065
_MIGRATIONS = Path(__file__).parent / "migrations"


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


class Place:
    """The file of an SQLite journal: nobody else's to read, and there as long as it is used."""

    def __init__(self, url: URL) -> None:
        self._path = None
        if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
            self._path = Path(url.database)
        self._file: tuple[int, int] | None = None

    def note(self) -> None:
        """Remember which file it is, now that it is open."""
        self._file = self._found()

    def check(self) -> None:
        """Find out whether the file that is written to is still the one that others find.

        Raises:
            JournalError: It was deleted, or another one stands in its place.
        """
        if self._path is not None and self._found() != self._file:
            msg = (
                f"The journal {self._path} was moved or deleted while it was in use: what is "
                "written now nobody would find. Open it anew; nothing was sent."
            )
            raise JournalError(msg, billed=Billed.NO)

    def _found(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat() if self._path else None
        except OSError:
            return None
        return (found.st_dev, found.st_ino) if found else None


def _make_private(path: Path) -> None:
    """Make an SQLite file that only its owner reads, or take what others may do with it away.

    What SQLite puts beside it has the same mode.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        return
    with suppress(OSError):  # it is somebody else's: whether it can be used is seen next
        for each in (path, *(path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm"))):
            if each.exists() and each.stat().st_mode & 0o077:
                each.chmod(0o600)


def opened(url: URL, busy_seconds: int) -> Engine:
    """An engine on a database with the schema of this version.

    Args:
        url: The database.
        busy_seconds: How long SQLite waits for a lock that others hold.

    Raises:
        JournalError: It cannot be opened, it is damaged, or a newer tintype wrote it. It is
            left as it was.
    """
    shown = url.render_as_string(hide_password=True)
    with ExitStack() as undo:
        engine = _engine(url, shown, busy_seconds, undo)
        undo.pop_all()
    return engine


def _engine(url: URL, shown: str, busy_seconds: int, undo: ExitStack) -> Engine:
    try:
        if url.get_backend_name() == "sqlite" and url.database:
            _make_private(Path(url.database))
        engine = sa.create_engine(url, pool_pre_ping=True, connect_args=_limits(url, busy_seconds))
        undo.callback(engine.dispose)
        if url.get_backend_name() == "sqlite":
            sa.event.listen(engine, "connect", partial(_durable, busy_seconds))
        with engine.connect() as connection:
            _upgrade(connection, shown)
    except (SQLAlchemyError, OSError, ImportError, ValueError) as error:
        reason = str(getattr(error, "orig", None) or error)
        msg = (
            f"The journal {shown} cannot be used ({reason}). It was left as it is: move it away, "
            "or name another one in TINTYPE_JOURNAL. Nothing was sent."
        )
        raise JournalError(msg, billed=Billed.NO) from error
    return engine


def _limits(url: URL, busy_seconds: int) -> dict[str, object]:
    """How long a server is waited for; what the URL itself says goes first."""
    if url.get_backend_name() != "postgresql":
        return {}
    limits: dict[str, object] = {"connect_timeout": busy_seconds}
    milliseconds = busy_seconds * 1000
    options = f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}"
    limits["options"] = options
    return {name: value for name, value in limits.items() if name not in url.query}


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
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:name)"), {"name": _TURN})
    if _version(connection) == HEAD:
        connection.rollback()
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


def _durable(busy_seconds: int, connection: object, _: object) -> None:
    """SQLite, so that a commit is on disk and others are waited for."""
    cursor = connection.cursor()  # type: ignore[attr-defined]  # a DBAPI connection
    for pragma in (f"busy_timeout={busy_seconds}000", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
