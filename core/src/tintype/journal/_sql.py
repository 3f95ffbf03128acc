"""The journal in a database: SQLite by default, anything SQLAlchemy knows by URL."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import attrs
import sqlalchemy as sa
from attrs import evolve
from sqlalchemy.engine import Connection, RowMapping
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import Pool

from tintype import _forks
from tintype.budget import Budget
from tintype.convert import from_json, to_builtins, to_json
from tintype.entries import (
    Entry,
    Intent,
    Released,
    Saved,
    Settled,
    Snapshot,
    Unread,
)
from tintype.errors import Billed, BudgetError, JournalError, Outcome, TintypeError, UsageError
from tintype.journal import File, JournalRecord
from tintype.journal._answers import Answers
from tintype.journal._money import reserve, settlement, spent
from tintype.journal._owner import may_be_taken, me
from tintype.journal._schema import database_url, file_of, identity, opened
from tintype.journal._spool import Spool
from tintype.journal._tables import event, image, submission
from tintype.journal._writer import BatchError, Writer, unwritten
from tintype.models import Image, Notice, Task, TaskState
from tintype.request import ImageRequest

T = TypeVar("T")

# Below this much room no submission leaves: its image might not fit.
_MIN_FREE = 64 * 1024 * 1024
_BUSY_SECONDS = 30


class SqlJournal:
    """A journal in a database, shared by every process that opens it.

    Args:
        where: A file for SQLite, or an SQLAlchemy URL.
        spool: Where inline images are kept until they are saved; beside the file, or in
            the user's data folder where there is none.
        least_free: Bytes the spool's disk must have free for a submission to leave.
        busy_seconds: How long a lock that others hold, or a statement, is waited for; a
            server that is silent for longer is cut off.

    Raises:
        JournalError: It cannot be opened, is damaged, or a newer tintype wrote it.
    """

    def __init__(
        self,
        where: str | Path,
        *,
        spool: Path | None = None,
        least_free: int = _MIN_FREE,
        busy_seconds: int = _BUSY_SECONDS,
    ) -> None:
        url = database_url(where)
        self._connections = opened(url, busy_seconds)
        self._engine = self._connections.engine
        self._immediate = url.get_backend_name() == "sqlite"
        self._file = file_of(url)
        self._known = identity(self._file)
        self._folder = spool or _spool_folder(self._file)
        self._spool = Spool(self._folder)
        self._answers = Answers(self._folder)
        self._least_free = least_free
        self._me = me()
        self._writer = Writer(self._apply, self._spooled)
        self._inherited: list[Pool] = []
        _forks.guard(self)

    # ------------------------------------------------------------------------ writing

    def record(self, entry: Entry) -> Future[str]:
        """Write an entry down; the future is done once it is durable."""
        if isinstance(entry, Intent):
            self._check_file()
            self._check_room()
        return self._writer.submit(_named(entry))

    def close(self) -> None:
        """Write what is waiting, and let the database go."""
        self._writer.close()
        self._engine.dispose()

    def begin_anew(self) -> None:
        """Serve a forked process: what it inherited belongs to its parent, the thread is gone.

        The parent's connections are kept, unused: closing one could end the parent's.
        """
        self._inherited.append(self._engine.pool)
        self._engine.dispose(close=False)
        self._connections.begin_anew()
        self._me = me()
        self._writer.begin_anew()

    def _check_file(self) -> None:
        """Refuse to begin what nobody would find: a deleted file takes what is written to it."""
        if identity(self._file) != self._known:
            msg = (
                f"The journal {self._file} was deleted or replaced since it was opened: open it "
                "anew. Nothing was sent."
            )
            raise JournalError(msg, billed=Billed.NO)

    def _check_room(self) -> None:
        """Refuse to begin what could not be kept."""
        folder = next(each for each in (self._folder, *self._folder.parents) if each.exists())
        free = shutil.disk_usage(folder).free
        if free < self._least_free:
            msg = (
                f"The journal's disk is full ({free // 1024} KiB free at {folder}). Make room; "
                "nothing was sent."
            )
            raise JournalError(msg, billed=Billed.NO)

    def _apply(self, entries: list[Entry]) -> list[str | TintypeError]:
        """Write entries in one transaction; a budget refuses its own intent alone.

        What was cut off is written once more, on a new connection: no entry is any other
        when it is written twice.
        """
        try:
            answers = self._transaction(entries)
        except BatchError as error:
            if not _cut_off(error.args[0]):
                raise
            answers = self._transaction(entries)
        for entry in entries:
            self._forget(entry)
        return answers

    def _forget(self, entry: Entry) -> None:
        """Drop an answer that is understood by now or settled, or whose picture came after all."""
        match entry:
            case Settled(record=record) if entry.by_hand or entry.outcome is Outcome.REJECTED:
                self._answers.drop(record)
            case Snapshot(task=task) if entry.understood or (task.state.terminal and task.images):
                self._answers.drop(task.record)
            case _:
                pass

    def _transaction(self, entries: list[Entry]) -> list[str | TintypeError]:
        answers: list[str | TintypeError] = []
        with self._begun() as connection:
            for entry in entries:
                try:
                    answers.append(self._write(connection, entry))
                except BudgetError as error:
                    answers.append(error)
                except DBAPIError as error:
                    if isinstance(error, OperationalError) or _cut_off(error):
                        raise BatchError(error) from error
                    raise
            with _of_nobody():
                connection.commit()
        return answers

    def _spooled(self, entry: Entry) -> Entry:
        """An entry whose bytes are on disk: that comes first, and needs no database.

        Raises:
            JournalError: It cannot be kept.
        """
        try:
            match entry:
                case Snapshot(task=task):
                    return evolve(entry, task=self._spool.keep(task))
                case Unread():
                    self._answers.keep(entry)
                case _:
                    pass
        except OSError as error:
            raise unwritten(error) from error
        return entry

    @contextmanager
    def _begun(self) -> Iterator[Connection]:
        """A transaction that may write."""
        with ExitStack() as stack:
            stack.enter_context(self._connections.bounded())
            with _of_nobody():
                connection = stack.enter_context(self._engine.connect())
                if self._immediate:
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    def _write(self, connection: Connection, entry: Entry) -> str:
        match entry:
            case Intent():
                return self._intend(connection, entry)
            case Settled():
                return self._settle(connection, entry)
            case Snapshot():
                return self._snapshot(connection, entry.task)
            case Saved():
                return self._saved(connection, entry)
            case Released():
                return self._release(connection, entry.record)
            case _:
                return self._note_answer(connection, entry)

    def _note_answer(self, connection: Connection, unread: Unread) -> str:
        """That an answer is kept; where it is."""
        _note(connection, unread.record, "unread", "{}")
        return (self._answers.find(unread.record) or ("",))[-1]

    def _intend(self, connection: Connection, intent: Intent) -> str:
        record = intent.record
        if connection.execute(_row(record)).first() is not None:
            return record  # the answer to an earlier try was lost, and not what it wrote
        reserved = reserve(connection, intent)
        connection.execute(
            submission.insert().values(
                record=record,
                provider=intent.provider,
                billed=Billed.UNKNOWN.value,
                state="",
                task_id="",
                request=to_json(intent.request.digested()),
                reason="",
                created_at=_now(),
                updated_at=_now(),
                owner=self._me,
                reserved=reserved,
                spent=0,
                callback=intent.callback,
            )
        )
        asked = {"quote": to_builtins(intent.quote), "nonce": intent.nonce}
        _note(connection, record, "intent", json.dumps(asked, ensure_ascii=False))
        return record

    def settle(self, record: str, *, billed: Billed, reason: str = "") -> JournalRecord:
        """Close a record by what a person has looked up at the provider."""
        if not isinstance(billed, Billed) or billed is Billed.UNKNOWN:
            msg = "billed is Billed.YES or Billed.NO: what is unknown stays open."
            raise UsageError(msg)
        if any(each.task and each.task.images and each.unsaved for each in self.records([record])):
            msg = f"The record {record!r} has a picture that is not saved: resume it first."
            raise UsageError(msg)
        if self.claim(record, by_name=True) is None:
            known = (
                "another process is at work on it" if self.records([record]) else "there is none"
            )
            msg = f"The record {record!r} cannot be settled: {known}; `tintype tasks` lists them."
            raise UsageError(msg)
        outcome = Outcome.ACCEPTED if billed is Billed.YES else Outcome.REJECTED
        self.record(
            Settled(
                record=record,
                outcome=outcome,
                billed=billed,
                reason=reason or "A person looked it up.",
                by_hand=True,
            )
        ).result()
        (closed,) = self.records([record])
        return closed

    def _close(self, connection: Connection, settled: Settled) -> str:
        """What a person says of a record, over whatever stands there."""
        row = connection.execute(_row(settled.record)).mappings().one()
        billed = settled.billed is Billed.YES
        values: dict[str, object] = {
            "outcome": settled.outcome.value,
            "billed": settled.billed.value,
            "reason": settled.reason,
            "updated_at": _now(),
            "owner": "",
            "reserved": 0,
            "spent": (row["spent"] or row["reserved"]) if billed else 0,
        }
        if row["task"]:
            over = evolve(
                from_json(row["task"], Task), state=TaskState.UNKNOWN, billed=settled.billed
            )
            values |= {"task": to_json(over), "state": over.state.value}
        connection.execute(_of(settled.record).values(**values))
        _note(connection, settled.record, "settled", json.dumps(settled.reason))
        return settled.record

    def _settle(self, connection: Connection, settled: Settled) -> str:
        if settled.by_hand:
            return self._close(connection, settled)
        paid = settled.billed is not Billed.NO  # what may have been charged stays reserved
        keep = {} if paid else {"reserved": 0}
        values = {
            "outcome": settled.outcome.value,
            "billed": settled.billed.value,
            "reason": settled.reason,
            "updated_at": _now(),
            "owner": "",
            **keep,
        }
        # Who has a task with an id has an answer: a word that comes late does not unsay it.
        connection.execute(_of(settled.record).where(submission.c.task_id == "").values(**values))
        _note(connection, settled.record, settled.outcome.value, json.dumps(settled.reason))
        return settled.record

    def _snapshot(self, connection: Connection, task: Task) -> str:
        before = connection.execute(_row(task.record)).mappings().first()
        if before is not None and _overtaken(before, task):
            return task.record
        if before is None:  # submitted without a journal, or with another one
            connection.execute(
                submission.insert().values(
                    record=task.record,
                    provider=task.provider,
                    billed=task.billed.value,
                    state="",
                    task_id="",
                    reason="",
                    created_at=_now(),
                    updated_at=_now(),
                    owner=self._me,
                    reserved=0,
                    spent=0,
                )
            )
        text = to_json(task)
        outcome = _answer(task)
        values = {
            **({"outcome": outcome.value} if outcome else {}),
            "billed": task.billed.value,
            "state": task.state.value,
            "task_id": task.id,
            "task": text,
            "updated_at": _now(),
            **settlement(task),
        }
        connection.execute(_of(task.record).values(**values))
        if before is None or before["state"] != task.state.value:
            _note(connection, task.record, task.state.value, text)
        return task.record

    def _saved(self, connection: Connection, saved: Saved) -> str:
        key = (image.c.record == saved.record) & (image.c.number == saved.index)
        if (
            not saved.done
            and connection.execute(sa.select(image).where(key & image.c.done)).first()
        ):
            return saved.record  # a second copy that may fail; the first one is there
        connection.execute(image.delete().where(key))
        values = {**attrs.asdict(saved), "number": saved.index, "at": _now()}
        del values["index"]
        connection.execute(image.insert().values(**values))
        if saved.done:  # it stands where it belongs: resume finds it there, whatever is written
            self._spool.drop(saved.record, saved.index)
        return saved.record

    def _release(self, connection: Connection, record: str) -> str:
        """Let go of a record. A submission that was under way is one nobody knows of."""
        mine = (submission.c.record == record) & (submission.c.owner == self._me)
        lost = submission.c.outcome.is_(None)
        connection.execute(
            submission.update()
            .where(mine & lost)
            .values(outcome=Outcome.UNKNOWN.value, reason=_ABANDONED, updated_at=_now())
        )
        connection.execute(submission.update().where(mine).values(owner=""))
        return record

    # ------------------------------------------------------------------------ reading

    def records(self, ids: Iterable[str] = ()) -> list[JournalRecord]:
        """The records of these ids, or all, oldest first."""
        wanted = list(ids)
        query = sa.select(submission).order_by(submission.c.created_at, submission.c.record)
        if wanted:
            query = query.where(submission.c.record.in_(wanted))

        def read(connection: Connection) -> list[JournalRecord]:
            rows = connection.execute(query).mappings().all()
            return [self._record_of(connection, row) for row in rows]

        return self._asked(read)

    def find(self, provider: str, task_id: str) -> JournalRecord | None:
        """The record of the task that a provider calls so, or None."""
        named = (submission.c.provider == provider) & (submission.c.task_id == task_id)

        def read(connection: Connection) -> JournalRecord | None:
            row = connection.execute(sa.select(submission).where(named)).mappings().first()
            return self._record_of(connection, row) if row is not None and task_id else None

        return self._asked(read)

    def spent(self, budget: Budget) -> Decimal:
        """US dollars that count against a budget in its present period.

        What was paid, and of whatever has no known end the worst that it may cost.
        """
        return self._asked(lambda connection: spent(connection, budget))

    def claim(self, record: str, *, by_name: bool = False) -> JournalRecord | None:
        """A record for this process to follow, or None where another one may still do so."""
        # What this process has let go of is written behind everything that waits: wait as well,
        # or it would let go of what it is about to claim.
        self._writer.submit(Released(record="")).result()

        def take(connection: Connection) -> JournalRecord | None:
            row = connection.execute(_row(record)).mappings().first()
            if row is None or not self._may_have(row, by_name=by_name):
                return None
            taken = connection.execute(
                _of(record).where(submission.c.owner == row["owner"]).values(owner=self._me)
            )
            if taken.rowcount == 0:
                return None
            if row["outcome"] is None:
                connection.execute(_of(record).values(updated_at=_now(), **self._found(row)))
            connection.commit()
            found = connection.execute(_row(record)).mappings().one()
            return self._record_of(connection, found)

        return self._asked(take)

    def _asked(self, question: Callable[[Connection], T]) -> T:
        """What the database says; it is asked again where the connection was cut off."""
        with _translated():
            try:
                return self._asked_once(question)
            except DBAPIError as error:
                if not _cut_off(error):
                    raise
            return self._asked_once(question)

    def _asked_once(self, question: Callable[[Connection], T]) -> T:
        with self._connections.bounded(), self._engine.connect() as connection:
            return question(connection)

    def _may_have(self, row: RowMapping, *, by_name: bool) -> bool:
        if row["owner"] == self._me:  # what is under way here is at work, whoever asks
            return row["outcome"] is not None
        return may_be_taken(row["owner"], by_name=by_name)

    def _found(self, row: RowMapping) -> dict[str, str]:
        """What became of a submission whose process died before it wrote down an answer.

        Images that it had already put into the spool are an answer.
        """
        indexes = self._spool.found(row["record"])
        if not indexes:
            return {"outcome": Outcome.UNKNOWN.value, "reason": _ABANDONED}
        task = Task(
            provider=row["provider"],
            state=TaskState.UNKNOWN,
            images=tuple(Image(index=index) for index in indexes),
            request=from_json(row["request"], ImageRequest) if row["request"] else None,
            notices=(Notice(field="images", message=_RESCUED),),
            record=row["record"],
        )
        return {
            "outcome": Outcome.ACCEPTED.value,
            "state": task.state.value,
            "task": to_json(task),
            "reason": _ABANDONED,
        }

    def _record_of(self, connection: Connection, row: RowMapping) -> JournalRecord:
        files = connection.execute(sa.select(image).where(image.c.record == row["record"]))
        task, damage = _read(row["task"], Task)
        request, _ = _read(row["request"], ImageRequest)
        if task is not None:  # it was not written by this version alone: the row names its record
            task = self._spool.restore(evolve(task, record=row["record"]))
        return JournalRecord(
            id=row["record"],
            provider=row["provider"],
            outcome=Outcome(row["outcome"]) if row["outcome"] else None,
            billed=Billed(row["billed"]),
            created_at=datetime.fromisoformat(row["created_at"]),
            updated_at=datetime.fromisoformat(row["updated_at"]),
            request=request,
            task=task,
            reason=damage or row["reason"],
            saved={file["number"]: _file(file) for file in files.mappings()},
            mine=row["owner"] == self._me,
            callback=row["callback"],
            unread=self._answers.find(row["record"]),
        )


def _read(text: str | None, shape: type[T]) -> tuple[T | None, str]:
    """A value that the database holds, and what is wrong with it: one row stops no other."""
    if not text:
        return None, ""
    try:
        return from_json(text, shape), ""
    except TintypeError as error:
        return None, f"The record cannot be read: {error}"


_ABANDONED = "The process ended while the submission was under way; its answer is lost."
_RESCUED = "The process ended while it wrote these images down: there may have been more."


def _named(entry: Entry) -> Entry:
    """An entry whose record has its id: it is given once, however often it is tried."""
    match entry:
        case Intent(record=""):
            return evolve(entry, record=_new_id())
        case Snapshot(task=Task(record="") as task):
            return evolve(entry, task=evolve(task, record=_new_id()))
        case _:
            return entry


def _cut_off(error: Exception) -> bool:
    """Whether a connection broke, rather than what was asked on it."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


@contextmanager
def _of_nobody() -> Iterator[None]:
    """The database's failures that are no entry's own, such as a lock that others hold."""
    try:
        yield
    except SQLAlchemyError as error:
        raise BatchError(error) from error


@contextmanager
def _translated() -> Iterator[None]:
    """The database's failures to read as tintype's."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error)
        msg = f"The journal could not be read: {reason}"
        raise JournalError(msg) from error


def _file(row: RowMapping) -> File:
    return File(
        record=row["record"],
        index=row["number"],
        path=row["path"],
        digest=row["digest"],
        done=row["done"],
    )


def _row(record: str) -> sa.Select[tuple[object, ...]]:
    return sa.select(submission).where(submission.c.record == record)


def _of(record: str) -> sa.Update:
    return submission.update().where(submission.c.record == record)


def _answer(task: Task) -> Outcome | None:
    """What a snapshot tells of its submission, None where it tells nothing yet.

    A stream that still runs has no id: if it is cut off, nobody can be asked about it. One
    that ended without an id and without an image may have been paid for all the same.
    """
    if task.id:
        return Outcome.ACCEPTED
    if not task.state.terminal:
        return None
    nothing = task.state is TaskState.UNKNOWN and not task.images
    return Outcome.UNKNOWN if nothing else Outcome.ACCEPTED


def _overtaken(row: RowMapping, task: Task) -> bool:
    """Whether a snapshot of a running task comes after the one of its end.

    Nobody knew what became of an end that is unknown and has no id: an id is news.
    """
    if not row["state"] or task.state.terminal or not TaskState(row["state"]).terminal:
        return False
    lost = row["state"] == TaskState.UNKNOWN.value and not row["task_id"]
    return not (lost and task.id)


def _note(connection: Connection, record: str, kind: str, body: str) -> None:
    connection.execute(event.insert().values(record=record, at=_now(), kind=kind, body=body))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _new_id() -> str:
    """An id that sorts by time and repeats nowhere."""
    return f"{time.time_ns() // 1_000_000:012x}{os.urandom(8).hex()}"


def _spool_folder(file: Path | None) -> Path:
    if file is not None:
        return file.with_name(f"{file.name}.spool")
    from platformdirs import user_data_path  # noqa: PLC0415 - only where there is no file

    return user_data_path("tintype") / "spool"
