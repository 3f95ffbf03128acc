"""Which records of the journal a client is at work on, and what becomes of those it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from functools import partial
from threading import Lock
from typing import Self, TypeVar

from tintype._doors import all_held
from tintype._flow.effects import Record
from tintype._trail import FOLLOWED, Followed, Trail
from tintype.entries import Closed, Intent, Opened, Released, Settled
from tintype.errors import Billed, JournalError, Outcome, UsageError
from tintype.journal import Journal, JournalRecord

T = TypeVar("T")


class Claims:
    """The records of the journal that a client is at work on.

    Args:
        journal: Where its records are.
        followed: What this process is at work on.
    """

    def __init__(self, journal: Journal, followed: Followed = FOLLOWED) -> None:
        self._journal = journal
        self._followed = followed

    def trail(self) -> Trail:
        """An empty trail, for a flow that begins."""
        return Trail(self._followed)

    def is_followed(self, record: str) -> bool:
        """Whether a flow of this process is at work on a record."""
        return record in set(self._followed)

    def release(self, trail: Trail) -> None:
        """Leave what a flow did not finish to whoever resumes it."""
        trail.end(self._let_go)

    def claimed(self, ids: Sequence[str], *, by_name: bool = True) -> list[JournalRecord]:
        """The records there is something to do for, ours until `left`, and what is lost.

        Args:
            ids: Which, or none for all.
            by_name: Whether a person named them.

        Raises:
            UsageError: There is no such record.
        """
        wanted = all_held(ids, str, "records", "a list of records' ids")
        known = {record.id for record in self._journal.records(wanted)} if wanted else set()
        for missing in sorted(set(wanted) - known):
            msg = f"The journal has no record {missing!r}; `tintype tasks` lists what it has."
            raise UsageError(msg)
        with self._followed.claiming:
            records = self._journal.claim(wanted, but=set(self._followed), by_name=by_name)
            self._followed.add(record.id for record in records)
        return records

    def left(self, ids: Iterable[str]) -> None:
        """Follow claimed records no longer; what did not end is for whoever resumes it."""
        self._followed.drop(ids, self._let_go)

    def unclaimed(self, claim: Future[list[JournalRecord]]) -> None:
        """Leave the records of a claim that nobody waits for any more."""
        if not claim.cancelled() and claim.exception() is None:
            self.left(record.id for record in claim.result())

    def take_back(self, effect: Record, written: Future[str]) -> None:
        """Undo an intent that is not waited for any more: it is not written, or settled once it is.

        Nothing was sent of it, so it reserves nothing. A call's turn is given back likewise.
        """
        if isinstance(effect.entry, Intent | Opened) and not written.cancel():
            written.add_done_callback(partial(self._unsent, effect.entry))

    def _let_go(self, record: str) -> None:
        self._journal.record(Released(record=record))

    def _unsent(self, entry: Intent | Opened, written: Future[str]) -> None:
        if written.cancelled() or written.exception() is not None:
            return
        if isinstance(entry, Opened):
            self._journal.record(Closed(record=written.result()))
            return
        self._journal.record(
            Settled(
                record=written.result(),
                outcome=Outcome.NOT_SENT,
                billed=Billed.NO,
                reason="It was given up before it was sent.",
            )
        )


class Claim:
    """Records to be claimed by a thread that may go on when nobody waits for it any more."""

    def __init__(self, claims: Claims, ids: Sequence[str]) -> None:
        self._claims = claims
        self._ids = ids
        self._lock = Lock()
        self._left = False
        self._mine: list[str] = []

    def take(self) -> list[JournalRecord]:
        """The records that nobody else follows."""
        found = self._claims.claimed(self._ids, by_name=False)
        with self._lock:
            self._mine = [record.id for record in found]
            if self._left:
                self._claims.left(self._mine)
        return found

    def __enter__(self) -> Self:
        """The claim itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave what was claimed."""
        with self._lock:
            self._left = True
            self._claims.left(self._mine)


def unanswered(effect: Record, seconds: float) -> JournalError:
    """The error of an entry that is not durable in time: the journal's database hangs."""
    unsent = isinstance(effect.entry, Intent | Opened)
    msg = f"The journal did not answer within {seconds:g} seconds."
    return JournalError(
        f"{msg} Nothing was sent." if unsent else msg, billed=Billed.NO if unsent else None
    )
