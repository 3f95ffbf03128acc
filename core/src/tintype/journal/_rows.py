"""The journal's rows as they are read: a page at a time, each as a line or as a record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeAlias, TypeVar

import sqlalchemy as sa
from attrs import define, evolve
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from tintype._structuring.json_values import Kept, shared
from tintype.convert import from_json
from tintype.errors import Billed, JournalError, Outcome, TintypeError
from tintype.journal import File, JournalRecord
from tintype.journal._lines import Line
from tintype.journal._schema import Connections
from tintype.journal._spool import Spool
from tintype.journal._tables import call, event, submission
from tintype.journal._totals import dollars
from tintype.models import Quote, Task, TaskState
from tintype.request import ImageRequest

T = TypeVar("T")
_Query: TypeAlias = sa.Select[tuple[object, ...]]
_Change: TypeAlias = Callable[[Connection, list[Line]], None]

_PAGE = 500  # rows that are read, or changed, at once
_BEHIND = ("since", "behind")
_PLACE = (submission.c.created_at, submission.c.record)
ALL = (
    sa.select(submission)
    .where(sa.tuple_(*_PLACE) > sa.tuple_(*(sa.bindparam(each, "", sa.Text) for each in _BEHIND)))
    .order_by(*_PLACE)
    .limit(_PAGE)
)
UNFINISHED = ALL.where(submission.c.unfinished)
OLD = ALL.where(submission.c.created_at < sa.bindparam("end"))
NAMED = (
    sa.select(submission)
    .where(submission.c.record.in_(sa.bindparam("records", expanding=True)))
    .order_by(submission.c.record)
)
# What an index of keys holds: SQLite has to be told, in these words, that it holds what is asked.
HAS_KEY = submission.c.key != sa.literal_column("''")
KEYED = sa.select(submission).where(submission.c.key == sa.bindparam("key"), HAS_KEY)
BEGUN = (
    sa.select(submission.c.record)
    .where(sa.func.substr(submission.c.record, 1, sa.bindparam("length")) == sa.bindparam("of"))
    .order_by(submission.c.record)
    .limit(sa.bindparam("most"))
)
FOUND = sa.select(submission).where(
    submission.c.provider == sa.bindparam("provider"),
    submission.c.task_id == sa.bindparam("task_id"),
)

LATEST_DRAWN = (
    sa.select(submission)
    .where(
        submission.c.provider == sa.bindparam("provider"),
        submission.c.model == sa.bindparam("model"),
        submission.c.state.in_([TaskState.SUCCEEDED, TaskState.PARTIAL]),
    )
    .order_by(submission.c.created_at.desc())
    .limit(20)
)
OF_CALL = (
    sa.select(submission)
    .where(
        submission.c.key == sa.bindparam("key"),
        submission.c.digest == sa.bindparam("digest"),
    )
    .order_by(*_PLACE)
)
DONE = sa.select(call.c.done).where(
    call.c.key == sa.bindparam("key"), call.c.digest == sa.bindparam("digest")
)
INTENTS = (
    sa.select(event.c.record, event.c.body)
    .where(event.c.kind == "intent", event.c.record.in_(sa.bindparam("records", expanding=True)))
    .order_by(event.c.number)
)


@define
class Rows:
    """The rows of a journal, and the files beside it that belong to them.

    Attributes:
        connections: Where they are.
        spool: Where images are that are saved nowhere yet, and answers.
        me: This process.
    """

    connections: Connections
    spool: Spool
    me: str

    def pages(
        self, query: _Query, ids: Sequence[str] = (), change: _Change | None = None, **asked: object
    ) -> Iterator[list[Line]]:
        """The lines of these ids, or all that a query finds, some at a time.

        What changes them has them for itself meanwhile, and they are written down behind it.
        """

        def page(query: _Query, asked: Mapping[str, object]) -> list[Line]:
            def question(connection: Connection) -> list[Line]:
                lines = read(connection, query.with_for_update() if change else query, asked)
                if change is not None:
                    change(connection, lines)
                    connection.commit()
                return lines

            return self.asked(question, writes=change is not None)

        for start in range(0, len(ids), _PAGE):
            yield page(NAMED, {"records": ids[start : start + _PAGE]})
        since, behind = "", ""
        while not ids and (lines := page(query, {"since": since, "behind": behind, **asked})):
            yield lines
            since, behind = lines[-1].created_at, lines[-1].record

    def asked(self, question: Callable[[Connection], T], *, writes: bool = False) -> T:
        """What the database says; it is asked again where the connection was cut off.

        Raises:
            JournalError: It says nothing.
        """
        try:
            try:
                with self.connected(writes=writes) as connection:
                    return question(connection)
            except DBAPIError as error:
                if not cut_off(error):
                    raise
            with self.connected(writes=writes) as connection:
                return question(connection)
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error)
            msg = f"The journal could not be read: {reason}"
            raise JournalError(msg) from error

    @contextmanager
    def connected(self, *, writes: bool) -> Iterator[Connection]:
        """A connection; where it is to write on SQLite, nobody else writes meanwhile."""
        with self.connections.bounded(), self.connections.engine.connect() as connection:
            if writes and connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    def record(self, line: Line) -> JournalRecord:
        """A line as a record; the bytes of its images stay where they are."""
        task, damage = _value(line.task, Task)
        if task is not None:  # it was not written by this version alone: the row names its record
            task = evolve(
                task,
                provider=shared(task.provider),
                model=shared(task.model),
                raw=Kept.of(task.raw),
                record=line.record,
            )
        request = task.request if task is not None else None
        if request is None:
            request, _ = _value(line.request, ImageRequest)
        return JournalRecord(
            id=line.record,
            provider=shared(line.provider),
            outcome=Outcome(line.outcome) if line.outcome else None,
            billed=Billed(line.billed),
            created_at=datetime.fromisoformat(line.created_at),
            updated_at=datetime.fromisoformat(line.updated_at),
            request=request,
            task=task,
            reason=damage or line.reason,
            saved={
                place["index"]: File(record=line.record, **place)
                for place in line.places
                if place["path"]
            },
            spooled=self.spool.places(task) if task is not None else {},
            mine=line.owner == self.me,
            model=shared(line.model),
            tag=line.tag,
            label=line.label,
            quote=None if line.quote is None else dollars(line.quote),
            least=None if line.least is None else dollars(line.least),
            reserved=dollars(line.reserved),
            charged=dollars(line.charged),
            source=line.source,
            callback=line.callback,
            digest=line.digest,
            unread=self.spool.answers(line.record),
        )


def read(connection: Connection, query: _Query, asked: Mapping[str, object]) -> list[Line]:
    """The lines that a query finds."""
    found = connection.execute(query, asked)
    names = tuple(found.keys())
    return [Line(**dict(zip(names, row, strict=True))) for row in found.all()]


def quote_of(intent: str) -> Quote | None:
    """The quote in the event of an intent, where one was asked for."""
    quote = json.loads(intent).get("quote")
    return None if quote is None else _value(json.dumps(quote), Quote)[0]


def age(record: JournalRecord) -> tuple[datetime, str]:
    """What sorts records, the oldest first."""
    return record.created_at, record.id


def cut_off(error: Exception) -> bool:
    """Whether a connection broke, rather than what was asked on it."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _value(text: str | None, shape: type[T]) -> tuple[T | None, str]:
    """A value that the database holds, and what is wrong with it: one row stops no other."""
    if not text:
        return None, ""
    try:
        return from_json(text, shape), ""
    except TintypeError as error:
        return None, f"The record cannot be read: {error}"
