"""A model of the journal: what every process of a simulated world wrote down.

It is written from the journal's documented protocol and not from its code; a share of the worlds
keeps the real one on SQLite. It outlives the processes, and knows which of them live.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from concurrent.futures import Future
from datetime import datetime
from decimal import Decimal

from attrs import define, evolve, field

from tintype import Billed, Budget, ImageRequest, Outcome, Task, TaskState, TintypeError
from tintype.entries import (
    Entry,
    Intent,
    Paused,
    Released,
    Saved,
    Settled,
    Snapshot,
    Unread,
)
from tintype.errors import BudgetError, JournalError
from tintype.journal import File, JournalRecord
from tintype.journal._spool import to_bytes

_ABANDONED = "The process ended while the submission was under way."


@define(kw_only=True)
class Row:
    """One submission.

    Attributes:
        owner: The process that follows it, "" where nobody does.
        reserved: US dollars set aside for it.
        spent: US dollars that it cost.
    """

    id: str
    provider: str
    owner: str
    at: datetime
    request: ImageRequest | None = None
    outcome: Outcome | None = None
    billed: Billed = Billed.UNKNOWN
    task: Task | None = None
    reason: str = ""
    unread: tuple[str, ...] = ()
    callback: str = ""
    label: str = ""
    saved: dict[int, File] = field(factory=dict)
    reserved: Decimal = Decimal(0)
    spent: Decimal = Decimal(0)

    def record(self) -> JournalRecord:
        """The same as a client reads it."""
        return JournalRecord(
            id=self.id,
            provider=self.provider,
            outcome=self.outcome,
            billed=self.billed,
            created_at=self.at,
            updated_at=self.at,
            request=self.request,
            task=self.task,
            reason=self.reason,
            saved=dict(self.saved),
            unread=self.unread,
            callback=self.callback,
        )


class Book:
    """All rows of a world, and the answers that are kept beside them.

    Args:
        lives: Whether a process is alive.
        now: What time it is.
    """

    def __init__(self, lives: Callable[[str], bool], now: Callable[[], datetime]) -> None:
        self.rows: dict[str, Row] = {}
        self.kept: dict[str, bytes] = {}
        self.lives = lives
        self._now = now

    def new(self, provider: str, owner: str) -> Row:
        """A row that nobody has yet."""
        row = Row(id=f"r{len(self.rows):05x}", provider=provider, owner=owner, at=self._now())
        self.rows[row.id] = row
        return row

    def intend(self, intent: Intent, owner: str) -> str:
        """Begin a row; its money is set aside in the same step, or it is refused."""
        high = intent.quote.high if intent.quote else None
        for budget in intent.budgets:
            if budget.concerns(intent.provider, intent.label):
                self._check(budget, high)
        row = self.new(intent.provider, owner)
        references = tuple(each.digested() for each in intent.request.references)
        row.request = evolve(intent.request, references=references)
        row.reserved = high or Decimal(0)
        row.callback = intent.callback
        row.label = intent.label
        return row.id

    def _check(self, budget: Budget, high: Decimal | None) -> None:
        if high is None and not budget.unknown_price:
            msg = "The price is unknown, and a budget is set. Nothing was sent."
            raise BudgetError(msg)
        counted = [
            row.reserved + row.spent
            for row in self.rows.values()
            if budget.concerns(row.provider, row.label)
        ]
        if sum(counted, Decimal(0)) + (high or 0) > budget.usd:
            msg = "It does not fit into what is left of a budget. Nothing was sent."
            raise BudgetError(msg)

    def settle(self, settled: Settled) -> str:
        """End a row that brought no task; who has an id has an answer."""
        row = self.rows[settled.record]
        if row.task is None or not row.task.id:
            row.outcome, row.billed = settled.outcome, settled.billed
            row.reason, row.owner = settled.reason, ""
            if settled.billed is Billed.NO:
                row.reserved = Decimal(0)
            if settled.outcome is Outcome.REJECTED:
                self._forget(row)
        return row.id

    def snapshot(self, snapshot: Snapshot, owner: str) -> str:
        """Write down how a task stands."""
        task = snapshot.task
        row = self.rows.get(task.record) or self.new(task.provider, owner)
        if not _overtaken(row.task, task):
            row.task = _with_known_bytes(evolve(task, record=row.id, previews=()), row.task)
            row.outcome = _outcome(task) or row.outcome
            row.billed = task.billed
            if task.state.terminal and task.billed is Billed.NO:
                row.reserved = row.spent = Decimal(0)
            elif task.state.terminal and task.cost is not None and task.cost.usd is not None:
                row.reserved, row.spent = Decimal(0), task.cost.usd
        if snapshot.understood or (task.state.terminal and task.images):
            self._forget(row)
        return row.id

    def save(self, saved: Saved) -> str:
        """Write down where an image goes, or that it is there."""
        row = self.rows[saved.record]
        there = row.saved.get(saved.index)
        if saved.done or there is None or not there.done:
            row.saved[saved.index] = File(
                record=row.id,
                index=saved.index,
                path=saved.path,
                digest=saved.digest,
                done=saved.done,
            )
        return row.id

    def _forget(self, row: Row) -> None:
        for name in row.unread:
            del self.kept[name]
        row.unread = ()

    def keep(self, unread: Unread) -> str:
        """Put an answer away, whole, that nobody understands; the name of its file."""
        row = self.rows[unread.record]
        name = f"kept/{row.id}.{len(row.unread)}"
        row.unread += (name,)
        self.kept[name] = to_bytes(unread)
        return name

    def release(self, record: str, owner: str) -> str:
        """Let go of a row; a submission that was under way is one nobody knows of."""
        row = self.rows.get(record)
        if row is not None and row.owner == owner:
            row.owner = ""
            self._give_up(row)
        return record

    def claim(self, record: str, owner: str) -> Row | None:
        """A row for a process to follow, or None where another one does."""
        row = self.rows.get(record)
        if row is None or (row.owner == owner and row.outcome is None):
            return None
        if row.owner not in {"", owner} and self.lives(row.owner):
            return None
        row.owner = owner
        self._give_up(row)
        return row

    @staticmethod
    def _give_up(row: Row) -> None:
        if row.outcome is None:
            row.outcome, row.reason = Outcome.UNKNOWN, _ABANDONED


class Paper:
    """The journal as one simulated process has it.

    Attributes:
        fails: Whether nothing can be written just now.
    """

    def __init__(self, book: Book, owner: str) -> None:
        self.fails = False
        self._book = book
        self._owner = owner

    def record(self, entry: Entry) -> Future[str]:
        """Write an entry down; what a dead process would write is not written."""
        done: Future[str] = Future()
        try:
            done.set_result(self._write(entry) if self._book.lives(self._owner) else "")
        except TintypeError as error:
            done.set_exception(error)
        return done

    def _write(self, entry: Entry) -> str:
        if self.fails:
            msg = "The disk is full."
            raise JournalError(msg)
        return _WRITERS[type(entry)](self._book, entry, self._owner)

    def records(self, ids: Iterable[str] = ()) -> list[JournalRecord]:
        """The records of these ids, or all, oldest first."""
        wanted = set(ids)
        return [row.record() for row in self._book.rows.values() if not wanted or row.id in wanted]

    def find(self, provider: str, task_id: str) -> JournalRecord | None:
        """The record of the task that a provider calls so, or None."""
        for row in self._book.rows.values():
            if row.provider == provider and task_id and row.task and row.task.id == task_id:
                return row.record()
        return None

    def unfinished(self) -> Iterator[JournalRecord]:
        """What is open or lost, oldest first."""
        return iter([each for each in self.records() if each.open or each.lost])

    def claim(
        self,
        ids: Iterable[str] = (),
        *,
        but: Container[str] = (),
        by_name: bool = True,  # noqa: ARG002 - one machine
    ) -> list[JournalRecord]:
        """What is open, of those named or of all, and follows nobody else; and what is lost."""
        found: list[JournalRecord] = []
        for record in self.records(ids):
            free = record.open and record.id not in but
            row = self._book.claim(record.id, self._owner) if free else None
            if row is not None or record.lost:
                found.append(row.record() if row is not None else record)
        return found

    def close(self) -> None:
        """Nothing: the book stays."""


def _outcome(task: Task) -> Outcome | None:
    """What a snapshot tells of its submission."""
    if task.id:
        return Outcome.ACCEPTED
    if not task.state.terminal:
        return None
    nothing = task.state is TaskState.UNKNOWN and not task.images
    return Outcome.UNKNOWN if nothing else Outcome.ACCEPTED


def _overtaken(before: Task | None, task: Task) -> bool:
    """Whether a snapshot of a running task comes after the one of its end."""
    if before is None or task.state.terminal or not before.state.terminal:
        return False
    return not (before.state is TaskState.UNKNOWN and not before.id and task.id)


def _with_known_bytes(task: Task, before: Task | None) -> Task:
    """A task with the inline images that an earlier snapshot brought, as the spool has them."""
    kept: Mapping[int, bytes | None] = {
        image.index: image.data for image in (before.images if before else ())
    }
    images = tuple(
        evolve(image, data=kept.get(image.index))
        if image.data is None and image.url is None
        else image
        for image in task.images
    )
    return evolve(task, images=images)


_WRITERS: Mapping[type, Callable[[Book, Entry, str], str]] = {
    Intent: lambda book, intent, owner: book.intend(intent, owner),
    Settled: lambda book, settled, _: book.settle(settled),
    Snapshot: lambda book, snapshot, owner: book.snapshot(snapshot, owner),
    Saved: lambda book, saved, _: book.save(saved),
    File: lambda book, saved, _: book.save(saved),
    Released: lambda book, released, owner: book.release(released.record, owner),
    Paused: lambda *_: "",
    Unread: lambda book, unread, _: book.keep(unread),
}
