"""Calls that have a key, in the transaction that decides whose turn it is under each."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import Future
from functools import partial

import sqlalchemy as sa
from attrs import define

from tintype._excerpts import quoted
from tintype._flow.choices import BY_TURN
from tintype.entries import Closed, Entry, Opened, Released, Snapshot
from tintype.errors import Billed, UsageError
from tintype.journal._lines import now
from tintype.journal._lives import Lives
from tintype.journal._tables import call, submission, upsert

MARK = "turn-"
"""What the id of a turn begins with, and no id of a record does."""

_MAX_TOLD = 3  # differences of two requests that an error names
# The turns of this process, whichever journal it opened for them.
_LIVE: set[str] = set()

_CONCERNED = (
    sa.select(call)
    .where(
        call.c.key.in_(sa.bindparam("keys", expanding=True))
        | call.c.turn.in_(sa.bindparam("turns", expanding=True))
    )
    .order_by(call.c.key)
    .with_for_update()
)
_CHANGED = (
    call.update()
    .where(call.c.key == sa.bindparam("of"))
    .values({each: sa.bindparam(each) for each in ("digest", "asked", "turn", "owner", "done")})
)
_COSTLY = (
    sa.select(submission.c.record)
    .where(submission.c.key == sa.bindparam("key"), submission.c.billed != Billed.NO.value)
    .limit(1)
)


@define(slots=False)
class _Turn:
    key: str
    digest: str
    asked: str
    turn: str
    owner: str
    done: bool
    created_at: str


class Calls:
    """The calls that some entries open and close.

    Locked in one order, before anything else of the transaction that others wait for.

    Args:
        lives: The processes that live, and the transaction.
        entries: Whatever is written in it.
    """

    def __init__(self, lives: Lives, entries: Iterable[Entry]) -> None:
        self._connection = lives.connection
        self._me = lives.me
        self._lives = lives
        opened = [each for each in entries if isinstance(each, Opened)]
        turns = [record_of(each) for each in entries if is_turn(each)]
        self._rows = self._read(opened, turns) if turns else {}

    def _read(self, opened: list[Opened], turns: list[str]) -> dict[str, _Turn]:
        new = {each.key: each for each in opened}
        insert = upsert(self._connection, call).on_conflict_do_nothing()
        for _, each in sorted(new.items()):
            asked = {"key": each.key, "digest": each.digest, "asked": each.asked}
            blank = {"turn": "", "owner": "", "done": False, "created_at": now()}
            self._connection.execute(insert, {**asked, **blank})
        found = self._connection.execute(_CONCERNED, {"keys": list(new), "turns": turns})
        return {row.key: _Turn(**row._asdict()) for row in found}

    def open(self, entry: Opened) -> str:
        """The id of a call's turn, or "": another one has it.

        Raises:
            UsageError: Something else was asked by this key.
        """
        row = self._rows[entry.key]
        if row.turn == entry.record:
            return entry.record  # the answer to an earlier try was lost, and not what it wrote
        free = self._is_free(row)
        if row.digest != entry.digest and not (free and self._cost_nothing(row)):
            raise _other(row, entry)
        if not free:
            return ""
        row.turn, row.owner = entry.record, self._me
        row.digest, row.asked = entry.digest, entry.asked
        self._write(row)
        return entry.record

    def close(self, turn: str, *, done: bool) -> None:
        """Have a call's turn be over."""
        for row in self._rows.values():
            if row.turn == turn:
                row.owner, row.done = "", row.done or done
                self._write(row)

    def _is_free(self, row: _Turn) -> bool:
        if row.owner == self._me:
            return row.turn not in _LIVE
        return self._lives.may_be_taken(row.owner, by_name=False)

    def _cost_nothing(self, row: _Turn) -> bool:
        """Whether all that was ever sent under a key is known not to be billed."""
        costly = self._connection.execute(_COSTLY, {"key": row.key}).first()
        return costly is None and not row.done

    def _write(self, row: _Turn) -> None:
        self._connection.execute(_CHANGED, {**vars(row), "of": row.key})


def is_turn(entry: Entry) -> bool:
    """Whether an entry opens or closes a call."""
    return isinstance(entry, Opened | Closed) or (
        isinstance(entry, Released) and entry.record.startswith(MARK)
    )


def record_of(entry: Entry) -> str:
    """The id of the record that an entry is of, or of the turn."""
    return entry.task.record if isinstance(entry, Snapshot) else entry.record


def has_turns() -> bool:
    """Whether this process has the turn of any call, or waits to hear whether it has."""
    return bool(_LIVE)


def begin(turn: str) -> None:
    """A turn is asked for: as long as nobody knows what came of it, nobody else has it."""
    _LIVE.add(turn)


def follow(entry: Entry, written: Future[str]) -> None:
    """Have a turn be known as long as it lasts, once an entry that concerns it is written."""
    if is_turn(entry):
        written.add_done_callback(partial(_known, entry))


def _known(entry: Entry, written: Future[str]) -> None:
    failed = written.cancelled() or written.exception() is not None
    if not isinstance(entry, Opened) or failed or not written.result():
        _LIVE.discard(record_of(entry))


def _other(row: _Turn, entry: Opened) -> UsageError:
    there, here = json.loads(row.asked), json.loads(entry.asked)
    names = [name for name in {**there, **here} if there.get(name) != here.get(name)]
    told = [
        f"{name} is {quoted(there.get(name))} there and {quoted(here.get(name))} here"
        for name in names
    ]
    more = f", and {len(told) - _MAX_TOLD} more differ" if len(told) > _MAX_TOLD else ""
    differ, key = "; ".join(told[:_MAX_TOLD]), row.key.removeprefix(BY_TURN)
    msg = (
        f"key={quoted(key)} is the key of another request: {differ}{more}. Give each picture a key "
        "of its own. Nothing was sent."
    )
    return UsageError(msg)
