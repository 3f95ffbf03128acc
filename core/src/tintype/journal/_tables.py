"""The tables of the journal. `_migrations/` makes them; what stands here must agree."""

from __future__ import annotations

import re

from sqlalchemy import BigInteger, Boolean, Column, Dialect, Index, Integer, MetaData, Table, Text
from sqlalchemy.types import TypeDecorator

# What a database's text cannot hold, though a provider, or a file's name, may.
_ODD = re.compile("[\x00\ud800-\udfff]")
_MARK = "\ufffd"
_MARKED = re.compile(f"{_MARK}(0000|d[89a-f][0-9a-f]{{2}})")


class Words(TypeDecorator[str]):
    """Text of any length and of any characters, in what is written and in what is asked for."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """NUL and lone surrogates as a mark and their number."""
        return value and _ODD.sub(lambda odd: f"{_MARK}{ord(odd[0]):04x}", value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The characters that were marked."""
        return value and _MARKED.sub(lambda marked: chr(int(marked[1], 16)), value)


class Json(TypeDecorator[str]):
    """A document in JSON, which has an escape for what a database's text cannot hold."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """NUL and lone surrogates as JSON escapes them."""
        return value and _ODD.sub(lambda odd: f"\\u{ord(odd[0]):04x}", value)


metadata = MetaData()

submission = Table(
    "submission",
    metadata,
    Column("record", Words, primary_key=True),
    Column("provider", Words, nullable=False),
    Column("outcome", Words),  # null while under way
    Column("billed", Words, nullable=False),
    Column("state", Words, nullable=False),  # of the task, "" without one
    Column("task_id", Words, nullable=False),  # the provider's, "" until it has one
    Column("request", Json),
    Column("task", Json),
    Column("reason", Words, nullable=False),
    Column("created_at", Words, nullable=False),  # ISO 8601 in UTC: sorts as text
    Column("updated_at", Words, nullable=False),
    Column("owner", Words, nullable=False),  # "" where nobody follows it
    Column("reserved", BigInteger, nullable=False),  # nanodollars, until it is settled
    Column("spent", BigInteger, nullable=False),  # nanodollars, once it is
    # The SHA-256 of the token in its webhook's URL.
    Column("callback", Words, nullable=False, default="", server_default=""),
    Index("submission_by_time", "created_at"),
    Index("submission_by_task", "task_id", postgresql_using="hash"),  # an id has any length
)

event = Table(
    "event",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("record", Words, nullable=False),
    Column("at", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("body", Json, nullable=False),
    Index("event_by_entry", "record"),
)

image = Table(
    "image",
    metadata,
    Column("record", Words, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("path", Words, nullable=False),
    Column("digest", Words, nullable=False),
    Column("done", Boolean, nullable=False),
    Column("at", Words, nullable=False),
)

# One row that a transaction touches before it reads what is spent, so that two processes
# reserve one after the other on any database.
turn = Table(
    "turn",
    metadata,
    Column("name", Words, primary_key=True),
    Column("count", BigInteger, nullable=False),
)
