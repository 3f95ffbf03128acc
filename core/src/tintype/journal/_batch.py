"""Entries on their way into the database: one transaction, a few statements for all of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from attrs import frozen
from sqlalchemy.engine import Connection

from tintype._structuring.stored import in_brief
from tintype.entries import (
    Closed,
    Entry,
    Intent,
    Opened,
    Paused,
    Released,
    Saved,
    Settled,
    Snapshot,
    Unread,
)
from tintype.errors import Billed, BudgetError, Outcome, RateLimitError, TintypeError, UsageError
from tintype.journal._calls import Calls, is_turn, record_of
from tintype.journal._gates import Gates
from tintype.journal._lines import Line, begun, now, release, save, settle, snapshot
from tintype.journal._lives import Lives
from tintype.journal._rows import HAS_KEY, NAMED, read
from tintype.journal._spool import Spool
from tintype.journal._tables import Statement, event, submission
from tintype.journal._totals import Totals
from tintype.models import Quote

_CHANGING = (
    *("model", "outcome", "billed", "state", "task_id", "task", "reason", "updated_at"),
    *("owner", "reserved", "charged", "source", "files", "unfinished"),
)
_CHANGED = Statement(
    submission.update()
    .where(submission.c.record == sa.bindparam("of"))
    .values({submission.c[name]: sa.bindparam(name) for name in _CHANGING})
)
# What entries change, and decide by; in one order, so that nobody waits in a circle.
_CONCERNED = NAMED.with_for_update().with_only_columns(
    *(submission.c[name] for name in ("record", "provider", "label", "created_at", *_CHANGING))
)
_NEW = Statement(submission.insert())
# What another process has begun under a key, and may have paid for.
TAKEN = sa.select(submission.c.record).where(
    submission.c.key == sa.bindparam("key"),
    HAS_KEY,
    submission.c.owner != sa.bindparam("me"),
    submission.c.billed != Billed.NO.value,
)
_NOTED = Statement(
    event.insert().values(
        {event.c[name]: sa.bindparam(name) for name in ("record", "at", "kind", "body")}
    )
)


@frozen(kw_only=True)
class _Asked:
    """What is noted of an intent beside its line."""

    quote: Quote | None = None
    nonce: str = ""


class Batch:
    """What entries make of their lines, in the order in which they came.

    Args:
        lives: The processes that live, and the transaction.
        spool: Where answers are kept that wait to be read again.
        records: The records that the entries are of.
        calls: The calls that they are of.
        gates: The gates of accounts, for all processes.
    """

    def __init__(
        self,
        lives: Lives,
        spool: Spool,
        records: Iterable[str],
        calls: Calls,
        gates: Gates,
    ) -> None:
        self._connection = lives.connection
        self._me = lives.me
        self._lives = lives
        self._spool = spool
        found = read(lives.connection, _CONCERNED, {"records": list(records)})
        self._lines = {line.record: line for line in found}
        self._fresh: dict[str, Line] = {}
        self._changed: dict[str, Line] = {}
        self._events: list[dict[str, str]] = []
        self._totals = Totals(lives.connection)
        self._calls = calls
        self._gates = gates

    def apply(self, entry: Entry) -> str | TintypeError:
        """The id of the entry's record, or the error that refuses this entry alone."""
        try:
            match entry:
                case Intent():
                    self._begin(entry)
                case Opened():
                    return self._calls.open(entry)
                case Closed() | Released() if is_turn(entry):
                    self._calls.close(entry.record, done=isinstance(entry, Closed) and entry.done)
                case Paused(provider=provider, seconds=seconds):
                    self._gates.pause(provider, datetime.fromisoformat(now()), seconds)
                case _:
                    self._change(self._line(entry), entry)
        except (BudgetError, RateLimitError, UsageError) as error:
            return error
        if isinstance(entry, Unread):
            return ("", *self._spool.answers(entry.record))[-1]
        return record_of(entry)

    def write(self) -> None:
        """Write down what has changed."""
        _NEW.execute(self._connection, map(vars, self._fresh.values()))
        rewrite(self._connection, self._changed.values())
        _NOTED.execute(self._connection, self._events)
        self._gates.write()
        self._totals.write()

    def _begin(self, intent: Intent) -> None:
        if intent.record in self._lines:
            return  # the answer to an earlier try was lost, and not what it wrote
        if intent.key:
            self._check_key(intent)
        if intent.limits is not None:
            self._totals.wait_turn()
        at = now()
        self._gates.check(intent, datetime.fromisoformat(at))
        reserved = self._totals.reserve(intent, datetime.fromisoformat(at))
        line = begun(intent, reserved, self._me, at)
        self._lines[line.record] = self._fresh[line.record] = line
        self._totals.add(line.counted_for, line.counts)
        asked = _Asked(quote=intent.quote, nonce=intent.nonce)
        self._note(line.record, at, "intent", in_brief(asked))

    def _check_key(self, intent: Intent) -> None:
        """Refuse what another process may have paid for since this one looked.

        Raises:
            UsageError: It has.
        """
        self._totals.wait_turn()
        asked = {"key": intent.key, "me": self._me}
        taken = set(self._connection.execute(TAKEN, asked).scalars()) - {*intent.standing}
        if taken:
            msg = (
                f"Another process has begun the same (journal record {min(taken)}), and it may be "
                "charged for it. Nothing was sent."
            )
            raise UsageError(msg, provider=intent.provider)

    def _line(self, entry: Entry) -> Line | None:
        """The line that an entry is of; a task submitted elsewhere gets one.

        Raises:
            UsageError: A person may not close it.
        """
        record = record_of(entry)
        if isinstance(entry, Settled) and entry.by_hand:
            return self._free(record)
        if record not in self._lines and isinstance(entry, Snapshot):
            at, whose = now(), entry.task.provider
            line = Line(record=record, provider=whose, created_at=at, updated_at=at, owner=self._me)
            self._lines[record] = self._fresh[record] = line
        return self._lines.get(record)

    def _free(self, record: str) -> Line:
        """A line that a person may close: nobody is at work on it.

        Raises:
            UsageError: Somebody is, or there is none.
        """
        line = self._lines.get(record)
        if line is not None and may_follow(line, self._lives, by_name=True):
            return line
        known = "there is none" if line is None else "another process is at work on it"
        msg = f"The record {record!r} cannot be settled: {known}; `tintype tasks` lists them."
        raise UsageError(msg)

    def _change(self, line: Line | None, entry: Entry) -> None:
        if line is None:
            return
        at, counted, outcome = now(), line.counts, line.outcome
        if self._is_news(line, entry, at):
            if isinstance(entry, Settled | Snapshot) or line.outcome != outcome:
                line.updated_at = at
            line.unfinished = line.open or (
                not forgets(entry) and bool(self._spool.answers(line.record))
            )
            if line.record not in self._fresh:
                self._changed[line.record] = line
            self._totals.add(line.counted_for, line.counts - counted)

    def _is_news(self, line: Line, entry: Entry, at: str) -> bool:
        """Have the line tell what an entry tells; whether it told that already."""
        match entry:
            case Settled():
                return self._settle(line, entry, at)
            case Snapshot(task=task):
                before = line.state
                news = snapshot(line, task)
                if news and line.state != before:
                    self._note(line.record, at, line.state, "{}")
                return news
            case Saved():
                if entry.done:  # it stands where it belongs: resume finds it, whatever is written
                    self._spool.drop(line.record, entry.index)
                return save(line, entry)
            case Released():
                return release(line, self._me)
            case _:
                self._note(line.record, at, "unread", "{}")
                return True

    def _settle(self, line: Line, entry: Settled, at: str) -> bool:
        news = settle(line, entry)
        if entry.pause:
            self._gates.pause(line.provider, datetime.fromisoformat(at), entry.pause)
        kind = "settled" if entry.by_hand else entry.outcome.value
        self._note(line.record, at, kind, json.dumps(entry.reason))
        return news

    def _note(self, record: str, at: str, kind: str, body: str) -> None:
        self._events.append({"record": record, "at": at, "kind": kind, "body": body})


def may_follow(line: Line, lives: Lives, *, by_name: bool) -> bool:
    """Whether this process may follow a record, which a person named or not."""
    if line.owner == lives.me:  # what is under way here is at work, whoever asks
        return line.outcome is not None
    return lives.may_be_taken(line.owner, by_name=by_name)


def rewrite(connection: Connection, lines: Iterable[Line]) -> None:
    """Write down how lines have changed."""
    _CHANGED.execute(connection, ({**vars(line), "of": line.record} for line in lines))


def forgets(entry: Entry) -> bool:
    """Whether an answer that is kept is understood by now, or settled, or its picture came."""
    match entry:
        case Settled():
            return entry.by_hand or entry.outcome is Outcome.REJECTED
        case Snapshot(task=task):
            return entry.understood or (task.state.terminal and bool(task.images))
        case _:
            return False
