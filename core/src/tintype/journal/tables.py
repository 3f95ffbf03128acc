"""The tables of the journal. `migrations/` makes them; what stands here must agree."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

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
