"""The tables of the journal. `_migrations/` makes them; what stands here must agree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias, cast

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Dialect,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql.dml import Insert as PostgresqlInsert
from sqlalchemy.dialects.sqlite.dml import Insert as SqliteInsert
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeDecorator

# The parameters of one row, as the database's driver takes them.
_Bound: TypeAlias = Callable[[Mapping[str, object]], tuple[object, ...] | dict[str, object]]

# What a database's text cannot hold, though a provider, or a file's name, may.
_ODD = re.compile("[\x00\ud800-\udfff]")
_MARK = "\ufffd"
_MARKED = re.compile(f"{_MARK}(0000|d[89a-f][0-9a-f]{{2}})")


def _held(text: str | None, mark: str) -> str | None:
    """A text as a database holds it: what it cannot hold as a mark and its number."""
    if text is None or (text.isascii() and "\x00" not in text):  # as most are: a glance tells
        return text
    return _ODD.sub(lambda odd: f"{mark}{ord(odd[0]):04x}", text)


class Words(TypeDecorator[str]):
    """Text of any length and of any characters, in what is written and in what is asked for.

    What only tintype writes, such as a state, is plain text.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """NUL and lone surrogates as a mark and their number."""
        return _held(value, _MARK)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The characters that were marked."""
        if value is None or _MARK not in value:
            return value
        return _MARKED.sub(lambda marked: chr(int(marked[1], 16)), value)


class Json(TypeDecorator[str]):
    """A document in JSON, which has an escape for what a database's text cannot hold."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """NUL and lone surrogates as JSON escapes them."""
        return _held(value, "\\u")


class Statement:
    """A statement that is compiled once, and then executed for many rows at a time.

    To have SQLAlchemy bind each row would take five times as long as to write it.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, _Bound]] = {}

    def execute(self, connection: Connection, rows: Iterable[Mapping[str, object]]) -> None:
        """Execute it for rows of values by the names of its parameters."""
        dialect = connection.dialect
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = self._compile(dialect)
        text, bound = self._compiled[dialect.name]
        values = [bound(row) for row in rows]
        if values:
            connection.exec_driver_sql(text, values)

    def _compile(self, dialect: Dialect) -> tuple[str, _Bound]:
        compiled = cast("SQLCompiler", self._statement.compile(dialect=dialect))
        names = compiled.positiontup or list(compiled.binds)
        kinds = [compiled.binds[name].type.dialect_impl(dialect) for name in names]
        turns = [(at, kind.bind_processor(dialect)) for at, kind in enumerate(kinds)]
        turned = [(at, turn) for at, turn in turns if turn is not None]

        def bound(row: Mapping[str, object]) -> list[object]:
            values = [row[name] for name in names]
            for at, turn in turned:
                values[at] = turn(values[at])
            return values

        if compiled.positional:
            return compiled.string, lambda row: tuple(bound(row))
        return compiled.string, lambda row: dict(zip(names, bound(row), strict=True))


metadata = MetaData()

submission = Table(
    "submission",
    metadata,
    Column("record", Text, primary_key=True),
    Column("provider", Words, nullable=False),
    Column("model", Words, nullable=False, server_default=""),
    Column("outcome", Text),  # null while under way
    Column("billed", Text, nullable=False),
    Column("state", Text, nullable=False),  # of the task, "" without one
    Column("task_id", Words, nullable=False),  # the provider's, "" until it has one
    Column("request", Json),
    Column("task", Json),
    Column("reason", Words, nullable=False),
    Column("created_at", Text, nullable=False),  # ISO 8601 in UTC: sorts as text
    Column("updated_at", Text, nullable=False),
    Column("owner", Words, nullable=False),  # "" where nobody follows it
    Column("quote", BigInteger),  # nanodollars at most, null where nobody knew
    Column("least", BigInteger),  # nanodollars at least, likewise
    Column("reserved", BigInteger, nullable=False),  # nanodollars, until it is settled
    Column("charged", BigInteger, nullable=False),  # nanodollars, once it is
    # How the charge is known: `reported` by the provider, `documented`, or "" where nobody tells.
    Column("source", Text, nullable=False, server_default=""),
    # The SHA-256 of the token in its webhook's URL.
    Column("callback", Text, nullable=False, default="", server_default=""),
    Column("tag", Words, nullable=False, server_default=""),  # the caller's, of one picture
    Column("label", Words, nullable=False, server_default=""),  # whose it is
    Column("key", Words, nullable=False, server_default=""),  # the caller's, of one call
    Column("digest", Text, nullable=False, server_default=""),  # of that call's request
    # A list of its images, where each is, or is to be: `index`, `path`, `digest`, `done`.
    Column("files", Json, nullable=False, server_default="[]"),
    # Whether there is anything left to do for it, or to tell of it; never wrongly false.
    Column("unfinished", Boolean, nullable=False, server_default="1"),
    Index("submission_by_time", "created_at"),
    Index("submission_by_task", "task_id", postgresql_using="hash"),  # an id has any length
)
Index(
    "submission_unfinished",
    submission.c.created_at,
    submission.c.record,
    sqlite_where=submission.c.unfinished,
    postgresql_where=submission.c.unfinished,
)
Index(
    "submission_by_key",
    submission.c.key,
    sqlite_where=submission.c.key != "",
    postgresql_where=submission.c.key != "",
    postgresql_using="hash",
)

# Calls that have a key: what each asks, and who has its turn under it.
call = Table(
    "call",
    metadata,
    Column("key", Words, primary_key=True),
    Column("digest", Text, nullable=False),  # of what it asks
    Column("asked", Json, nullable=False),
    Column("turn", Text, nullable=False),  # the id of the last one's
    Column("owner", Words, nullable=False),  # the process that has it, "" where none does
    Column("done", Boolean, nullable=False),  # whether what was drawn is the answer
    Column("created_at", Text, nullable=False),
    Index("call_by_turn", "turn"),
)

event = Table(
    "event",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("record", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Json, nullable=False),
    Index("event_by_entry", "record"),
)

# Of all that counts against budgets, the sum: by period, whose it is, and since when. "" is
# everyone's. What was pruned has a period of its own.
total = Table(
    "total",
    metadata,
    Column("period", Text, primary_key=True),
    Column("since", Text, primary_key=True),  # the day on which the period began
    Column("provider", Words, primary_key=True),
    Column("label", Words, primary_key=True),
    # Nanodollars; there is no sum that a server can make too large to be written down.
    Column("nano", BigInteger().with_variant(Numeric(38, 0), "postgresql"), nullable=False),
)

# One row that a transaction touches before it reads what is spent, so that two processes
# reserve one after the other on any database.
turn = Table(
    "turn",
    metadata,
    Column("name", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
)

# When each process that follows anything was last known to live, by the database's clock.
life = Table(
    "life",
    metadata,
    Column("owner", Words, primary_key=True),
    Column("seen", BigInteger, nullable=False),  # seconds since 1970
)

# Until when everyone who shares the journal was told to wait.
gate = Table(
    "gate",
    metadata,
    Column("provider", Words, primary_key=True),
    Column("shut_until", Text, nullable=False),  # ISO 8601 in UTC: sorts as text
)


def upsert(connection: Connection, table: Table) -> PostgresqlInsert | SqliteInsert:  # type: ignore[explicit-any]  # as SQLAlchemy
    """An insert that says what becomes of a row that is there already."""
    if connection.dialect.name == "sqlite":
        return SqliteInsert(table)
    return PostgresqlInsert(table)
