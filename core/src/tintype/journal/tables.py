"""The tables of the journal. `migrations/` makes them; what stands here must agree."""

from __future__ import annotations

import hashlib
import re

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    Integer,
    MetaData,
    Table,
    TypeDecorator,
)
from sqlalchemy import String as Varchar
from sqlalchemy import Text as LongText

metadata = MetaData()

# PostgreSQL takes no NUL in a text, and no database half a character.
_UNUSABLE = re.compile("[\x00\ud800-\udfff]")
_LONGEST_ID = 200


def clean(text: str) -> str:
    """A text that every database takes."""
    return _UNUSABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def task_key(task_id: str) -> str:
    """What a task is looked up by: its id, or the digest of one that is too long for an index."""
    if len(task_id) <= _LONGEST_ID:
        return task_id
    return f"sha256:{hashlib.sha256(task_id.encode('utf-8', 'surrogatepass')).hexdigest()}"


class Text(TypeDecorator[str]):
    """Text that is cleaned on its way in: what is looked for as what is written."""

    impl: type[Varchar] = LongText
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The text as the database takes it."""
        return None if value is None else clean(value)


class String(Text):
    """The same of a limited length."""

    impl = Varchar
    cache_ok = True


submission = Table(
    "submission",
    metadata,
    Column("record", String(40), primary_key=True),
    Column("provider", String(100), nullable=False),
    Column("outcome", String(20)),  # null while under way
    Column("billed", String(20), nullable=False),
    Column("state", String(20), nullable=False),  # of the task, "" without one
    Column("task_id", String(200), nullable=False),  # the provider's, "" until it has one
    Column("request", Text),
    Column("task", Text),
    Column("reason", Text, nullable=False),
    Column("created_at", String(40), nullable=False),  # ISO 8601 in UTC: sorts as text
    Column("updated_at", String(40), nullable=False),
    Column("owner", String(200), nullable=False),  # "" where nobody follows it
    Column("reserved", BigInteger, nullable=False),  # nanodollars, until it is settled
    Column("spent", BigInteger, nullable=False),  # nanodollars, once it is
    # The SHA-256 of the token in its webhook's URL.
    Column("callback", String(64), nullable=False, default="", server_default=""),
    Index("submission_by_time", "created_at"),
    Index("submission_by_task", "provider", "task_id"),
)

event = Table(
    "event",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("record", String(40), nullable=False),
    Column("at", String(40), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("body", Text, nullable=False),
    Index("event_by_entry", "record"),
)

image = Table(
    "image",
    metadata,
    Column("record", String(40), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("path", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("done", Boolean, nullable=False),
    Column("at", String(40), nullable=False),
)

# One row that a transaction touches before it reads what is spent, so that two processes
# reserve one after the other on any database.
turn = Table(
    "turn",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("count", BigInteger, nullable=False),
)
