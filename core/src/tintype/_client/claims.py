"""Which records of the journal a client is at work on, and what becomes of those it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future

from tintype._doors import all_held
from tintype._flow.effects import Record
from tintype._trail import FOLLOWED, Followed, Trail
from tintype.entries import Intent, Released, Settled
from tintype.errors import Billed, JournalError, Outcome, UsageError
from tintype.journal import Journal, JournalRecord


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

        Nothing was sent of it, so it reserves nothing.
        """
        if isinstance(effect.entry, Intent) and not written.cancel():
            written.add_done_callback(self._unsent)

    def _let_go(self, record: str) -> None:
        self._journal.record(Released(record=record))

    def _unsent(self, written: Future[str]) -> None:
        if written.cancelled() or written.exception() is not None:
            return
        self._journal.record(
            Settled(
                record=written.result(),
                outcome=Outcome.NOT_SENT,
                billed=Billed.NO,
                reason="It was given up before it was sent.",
            )
        )


def unanswered(effect: Record, seconds: float) -> JournalError:
    """The error of an entry that is not durable in time: the journal's database hangs."""
    unsent = isinstance(effect.entry, Intent)
    msg = f"The journal did not answer within {seconds:g} seconds."
    return JournalError(
        f"{msg} Nothing was sent." if unsent else msg, billed=Billed.NO if unsent else None
    )
