"""A journal's upkeep: what it keeps beside its records is checked, and what is past forgotten."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tintype.budget import Period
from tintype.errors import Outcome
from tintype.journal._batch import rewrite
from tintype.journal._lines import Line
from tintype.journal._lives import forget_lives
from tintype.journal._rows import ALL, OLD, Rows
from tintype.journal._tables import Statement, call, event, submission
from tintype.journal._totals import Totals

_FORGOTTEN = tuple(
    Statement(table.delete().where(table.c.record == sa.bindparam("of")))
    for table in (event, submission)
)


def check(rows: Rows, *, mend: bool) -> list[str]:
    """What a journal keeps beside its records and they do not bear out, a sentence each."""
    found: set[str] = set()  # by its record: a page may be asked for twice

    def look(connection: Connection, lines: list[Line]) -> None:
        hidden = [line for line in lines if not line.unfinished and _is_open(rows, line)]
        for line in hidden:
            line.unfinished = True
            found.add(line.record)
        rewrite(connection, hidden if mend else ())

    for _ in rows.pages(ALL, change=look):
        pass

    def compare(connection: Connection) -> list[str]:
        totals = Totals(connection)
        told = totals.differences(datetime.now(UTC), mend=mend)
        connection.commit()
        return told

    told = rows.asked(compare, writes=True)
    return told + [
        f"The record {each} is not finished, and was taken for so." for each in sorted(found)
    ]


def prune(rows: Rows, before: date, *, dry: bool) -> int:
    """Forget what was over before a day and is in no budget's period; how many records that is."""
    month = Period.MONTH.starts(datetime.now(UTC)).date()
    end = min(before, month).isoformat()
    gone: set[str] = set()  # by their records: a page may be asked for twice

    def forget(connection: Connection, lines: list[Line]) -> None:
        totals, past = Totals(connection), [line for line in lines if _is_past(rows, line)]
        for line in past:
            totals.forget(line.counted_for, line.counts)
        for statement in _FORGOTTEN:
            statement.execute(connection, [{"of": line.record} for line in past])
        totals.write()
        gone.update(line.record for line in past)

    for lines in rows.pages(OLD, change=None if dry else forget, end=end):
        gone.update(line.record for line in lines if dry and _is_past(rows, line))
    if not dry:
        rows.asked(partial(_forget_calls, end=end), writes=True)
    return len(gone)


def _forget_calls(connection: Connection, end: str) -> None:
    """Forget the calls of which no record is left."""
    left = sa.exists().where(submission.c.key == call.c.key)
    connection.execute(call.delete().where(call.c.created_at < end, call.c.owner == "", ~left))
    forget_lives(connection)
    connection.commit()


def _is_open(rows: Rows, line: Line) -> bool:
    record = rows.record(line)
    return record.open or record.lost


def _is_past(rows: Rows, line: Line) -> bool:
    """Whether nobody misses a record: it is over, known, saved, and can be read."""
    if line.unfinished or line.outcome in {None, Outcome.UNKNOWN.value}:
        return False
    record = rows.record(line)
    unreadable = bool(line.task) and record.task is None
    return not (record.open or record.unsaved or record.unread or unreadable)
