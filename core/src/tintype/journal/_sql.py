"""The journal in a database: SQLite by default, or a PostgreSQL that machines share."""

from __future__ import annotations

import os
import shutil
import statistics
import time
from collections.abc import Callable, Container, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Unpack

import attrs
from attrs import evolve
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import Pool

from tintype import _forks
from tintype._doors import check_seconds
from tintype.budget import Budget
from tintype.entries import Entry, Intent, Opened, Paused, Released, Settled, Snapshot, Unread
from tintype.errors import Billed, JournalError, Outcome, TintypeError, UsageError
from tintype.journal import JournalCall, JournalRecord, Tally
from tintype.journal._batch import Batch, forgets, may_follow, rewrite
from tintype.journal._calls import MARK, Calls, begin, follow, has_turns, record_of
from tintype.journal._gates import Gates
from tintype.journal._lines import Line, take
from tintype.journal._lives import Lives, Pulse
from tintype.journal._owner import me
from tintype.journal._rows import (
    ALL,
    BEGUN,
    DONE,
    FOUND,
    INTENTS,
    KEYED,
    LATEST_DRAWN,
    OF_CALL,
    UNFINISHED,
    Rows,
    age,
    cut_off,
    quote_of,
    read,
)
from tintype.journal._schema import database_url, file_of, identity, opened
from tintype.journal._spending import spent, tally
from tintype.journal._spool import Spool
from tintype.journal._totals import Totals, dollars
from tintype.journal._upkeep import check, prune
from tintype.journal._writer import BatchError, Writer, unwritten
from tintype.models import Task
from tintype.spending import Scope, ScopeKeywords, Spending

# Below this much room no submission leaves: its image might not fit.
_MIN_FREE = 64 * 1024 * 1024
_BUSY_SECONDS = 30
_MAX_TOLD = 65_536  # tasks whose last word is remembered

# What is news of a task that runs: all but what is true for a moment, or is not kept.
_LASTING = attrgetter(
    *sorted(
        {each.name for each in attrs.fields(Task)}
        - {"updated_at", "progress", "poll_after", "_raw", "previews"}
    )
)


class SqlJournal:
    """A journal in a database, shared by every process that opens it.

    Args:
        where: A file for SQLite, or an SQLAlchemy URL.
        spool: Where inline images are kept until they are saved; beside the file, or in
            the user's data folder where there is none.
        least_free: Bytes the spool's disk must have free for a submission to leave.
        busy_seconds: How long a lock that others hold, or a statement, is waited for; a
            server that is silent for longer is cut off.

    Attributes:
        place: What tells it from other journals; that of whoever opens the same is equal.

    Raises:
        InvalidRequestError: `busy_seconds` is not such a number.
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
        check_seconds(busy_seconds, "busy_seconds")
        url = database_url(where)
        self._connections = opened(url, busy_seconds)
        self._engine = self._connections.engine
        self._file = file_of(url)
        self._known = identity(self._file)
        in_memory = url.get_backend_name() == "sqlite" and self._known is None
        self.place: object = self if in_memory else self._known or url
        self._folder = spool or _spool_folder(self._file)
        self._spool = Spool(self._folder)
        self._rows = Rows(self._connections, self._spool, me())
        self._looked: dict[str, float] = {}  # for pauses
        self._told: dict[str, object] = {}  # the last word of each task that runs
        self._least_free = least_free
        self._pulse = Pulse()
        self._writer = Writer(self._apply, self._spooled, _is_slow, self._live_on)
        self._inherited: list[Pool] = []
        _forks.guard(self)

    # ------------------------------------------------------------------------ writing

    def record(self, entry: Entry) -> Future[str]:
        """Write an entry down; the future is done once it is durable.

        A snapshot of a running task that tells nothing new is as durable as the one before.
        """
        if isinstance(entry, Opened):
            self._check_place()
        elif isinstance(entry, Snapshot):
            record = entry.task.record
            if self._told.get(record) == _LASTING(entry.task):
                known: Future[str] = Future()
                known.set_result(record)
                return known
            self._told.pop(record, None)  # the writer's thread may have forgotten it meanwhile
        named = _named(entry)
        if isinstance(named, Opened):
            begin(named.record)
        written = self._writer.submit(named)
        follow(named, written)
        return written

    def settle(self, record: str, *, billed: Billed, reason: str = "") -> JournalRecord:
        """Close a record by what a person has looked up at the provider."""
        if not isinstance(billed, Billed) or billed is Billed.UNKNOWN:
            msg = "billed is Billed.YES or Billed.NO: what is unknown stays open."
            raise UsageError(msg)
        settled = Settled(
            record=record,
            outcome=Outcome.ACCEPTED if billed is Billed.YES else Outcome.REJECTED,
            billed=billed,
            reason=reason or "A person looked it up.",
            by_hand=True,
        )
        self.record(settled).result()
        (closed,) = self.records([record])
        return closed

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
        self._rows.me = me()
        self._told = {}
        self._pulse = Pulse()
        self._writer.begin_anew()

    def _check_place(self) -> None:
        """Refuse to begin what could not be kept, or not be found.

        Raises:
            JournalError: It is so.
        """
        self._check_file()
        self._check_room()

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
        folder = self._folder
        while not os.path.lexists(folder):
            folder = folder.parent
        free = shutil.disk_usage(folder).free
        if free < self._least_free:
            msg = (
                f"The journal's disk is full ({free // 1024} KiB free at {folder}). Make room; "
                "nothing was sent."
            )
            raise JournalError(msg, billed=Billed.NO)

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
                    self._spool.keep_answer(entry)
                case _:
                    pass
        except OSError as error:
            raise unwritten(error) from error
        return entry

    def _apply(self, entries: list[Entry]) -> list[str | TintypeError]:
        """Write entries in one transaction; a budget refuses its own intent alone.

        What was cut off is written once more, on a new connection: no entry is any other
        when it is written twice.
        """
        try:
            answers = self._transaction(entries)
        except BatchError as error:
            if not cut_off(error.args[0]):
                raise
            answers = self._transaction(entries)
        for entry, answer in zip(entries, answers, strict=True):
            if isinstance(answer, str):
                self._tidy(entry)
        return answers

    def _transaction(self, entries: list[Entry]) -> list[str | TintypeError]:
        records = {record_of(entry) for entry in entries} - {""}
        if not records and not any(isinstance(entry, Paused) for entry in entries):
            return [""] * len(entries)
        try:
            with self._rows.connected(writes=True) as connection:
                lives = Lives(connection, self._rows.me)
                calls, gates = Calls(lives, entries), Gates(lives, self._looked)
                batch = Batch(lives, self._spool, records, calls, gates)
                check = cache(self._check_place)  # once for all intents of a batch
                answers = [_answer(batch, entry, check) for entry in entries]
                batch.write()
                self._pulse.beat(lives)
                connection.commit()
        except SQLAlchemyError as error:
            its_own = isinstance(error, DBAPIError) and not isinstance(error, OperationalError)
            if its_own and not cut_off(error):
                raise
            raise BatchError(error) from error  # of no entry, such as a lock that others hold
        return answers

    def _live_on(self) -> None:
        """Say that this process lives, as long as it follows anything: nothing else was written."""

        def say(connection: Connection) -> None:
            lives = Lives(connection, self._rows.me)
            if has_turns() or lives.follows():
                self._pulse.beat(lives)
                connection.commit()

        if self._pulse.is_due():
            with suppress(JournalError):  # the next time
                self._rows.asked(say, writes=True)

    def _tidy(self, entry: Entry) -> None:
        """Drop what an entry that is written makes needless, and remember a task's last word."""
        record = record_of(entry)
        if forgets(entry):
            self._spool.drop_answers(record)
        if isinstance(entry, Snapshot) and not (entry.task.state.terminal or entry.task.images):
            self._told[record] = _LASTING(entry.task)
            if len(self._told) > _MAX_TOLD:
                self._told.pop(next(iter(self._told)), None)
        else:
            self._told.pop(record, None)

    # ------------------------------------------------------------------------ reading

    def records(self, ids: Iterable[str] = ()) -> list[JournalRecord]:
        """The records of these ids, or all, oldest first."""
        pages = self._rows.pages(ALL, list(ids))
        return sorted((self._rows.record(line) for page in pages for line in page), key=age)

    def unfinished(self) -> Iterator[JournalRecord]:
        """What there is anything to do for or to tell of, oldest first, a page at a time."""
        for page in self._rows.pages(UNFINISHED):
            yield from (each for each in map(self._rows.record, page) if each.open or each.lost)

    def ids(self, beginning: str, most: int) -> list[str]:
        """The ids that begin so, in their order: so many of them at most."""
        asked = {"of": beginning, "length": len(beginning), "most": most}
        return self._rows.asked(lambda connection: list(connection.execute(BEGUN, asked).scalars()))

    def find(self, provider: str, task_id: str) -> JournalRecord | None:
        """The record of the task that a provider calls so, its images' bytes in it, or None."""
        asked = {"provider": provider, "task_id": task_id}
        found = self._rows.asked(lambda connection: read(connection, FOUND, asked))
        if not found or not task_id:
            return None
        record = self._rows.record(found[0])
        return evolve(record, task=record.task and self._spool.restore(record.task))

    def call(self, key: str, digest: str) -> JournalCall:
        """What came so far of the call that has a key, its images' bytes in it."""
        asked = {"key": key, "digest": digest}

        def question(connection: Connection) -> tuple[bool, list[Line], dict[str, str]]:
            done = connection.execute(DONE, asked).scalar_one_or_none()
            lines = read(connection, OF_CALL, asked)
            intents = connection.execute(INTENTS, {"records": [line.record for line in lines]})
            return bool(done), lines, {row.record: row.body for row in intents}

        done, lines, intents = self._rows.asked(question)
        quotes = {record: quote_of(body) for record, body in intents.items()}
        return JournalCall(
            done=done,
            records=tuple(self._whole(self._rows.record(line)) for line in lines),
            quotes={record: quote for record, quote in quotes.items() if quote is not None},
        )

    def _whole(self, record: JournalRecord) -> JournalRecord:
        """A record with the bytes of its images, from the spool or from where they were saved."""
        task = record.task and self._spool.restore(record.task)
        if task is None:
            return record
        images = tuple(
            evolve(each, data=Path(file.path).read_bytes())
            if each.data is None and (file := record.saved.get(each.index)) and file.stands()
            else each
            for each in task.images
        )
        return evolve(record, task=evolve(task, images=images))

    def typical_seconds(self, provider: str, model: str) -> float | None:
        """Seconds from a submission to its pictures: the median of the last twenty, or None."""
        asked = {"provider": provider, "model": model}
        found = self._rows.asked(lambda connection: read(connection, LATEST_DRAWN, asked))
        tasks = [record.task for record in map(self._rows.record, found) if record.task]
        lasted = [
            (task.updated_at - task.created_at).total_seconds()
            for task in tasks
            if task.updated_at and task.created_at
        ]
        return statistics.median(lasted) if lasted else None

    def counted(self, budget: Budget) -> Decimal:
        """US dollars that count against a budget in its present period."""
        at = datetime.now(UTC)
        return self._rows.asked(lambda connection: dollars(Totals(connection).counted(budget, at)))

    def keyed(self, key: str) -> list[JournalRecord]:
        """The records of the call that has this key, oldest first."""
        found = self._rows.asked(lambda connection: read(connection, KEYED, {"key": key}))
        return sorted(map(self._rows.record, found), key=age)

    def tally(self, prefix: str) -> Tally:
        """What the records come to whose key begins so."""
        return self._rows.asked(lambda connection: tally(connection, prefix))

    def spent(self, **scope: Unpack[ScopeKeywords]) -> Spending:
        """What was spent, added up in the database: what was paid, and what may have been."""
        asked = Scope(**scope)
        return self._rows.asked(lambda connection: spent(connection, asked))

    def claim(
        self, ids: Iterable[str] = (), *, but: Container[str] = (), by_name: bool = True
    ) -> list[JournalRecord]:
        """Unfinished records for this process to follow, oldest first, and what is lost."""
        # What this process has let go of is written behind everything that waits: wait as well,
        # or it would let go of what it is about to claim.
        self._writer.submit(Released(record="")).result()
        wanted = list(ids)
        taken: set[str] = set()

        def take_some(connection: Connection, lines: list[Line]) -> None:
            lives, named = Lives(connection, self._rows.me), bool(wanted) and by_name
            free = [
                line
                for line in lines
                if line.record not in but and may_follow(line, lives, by_name=named)
            ]
            self._pulse.beat(lives)
            dead = [line.record for line in free if line.outcome is None or line.lost]
            spooled = self._spool.found(dead)
            mine = [
                line
                for line in free
                if not line.lost or line.record in spooled or self._spool.answers(line.record)
            ]
            for line in mine:
                take(line, self._rows.me, spooled.get(line.record, ()))
            rewrite(connection, mine)
            taken.update(line.record for line in mine)

        pages = self._rows.pages(UNFINISHED, wanted, take_some)
        found = [self._rows.record(line) for page in pages for line in page]
        return sorted(
            (each for each in found if each.lost or (each.open and each.id in taken)), key=age
        )

    # ------------------------------------------------------------------------ upkeep

    def check(self, *, mend: bool = False) -> list[str]:
        """What the journal keeps beside its records and they do not bear out, a sentence each.

        That is the sums that budgets are held to, and the mark of what is unfinished. Where it
        is to `mend`, it is then as the records say.
        """
        return check(self._rows, mend=mend)

    def prune(self, before: date, *, dry: bool = False) -> int:
        """Forget what was over before a day, in UTC; how many records that is.

        What is open, unknown, not saved, or kept to be read again stays, and so does what is of
        this month, for budgets. One that is for ever goes on counting what is forgotten. A dry
        run only tells how many.
        """
        return prune(self._rows, before, dry=dry)


def _answer(batch: Batch, entry: Entry, check: Callable[[], None]) -> str | TintypeError:
    """What becomes of an entry; an intent that could not be kept is refused alone."""
    try:
        if isinstance(entry, Intent):
            check()
    except JournalError as error:
        return error
    return batch.apply(entry)


def _is_slow(entry: Entry) -> bool:
    """Whether bytes have to be on disk before an entry is written."""
    match entry:
        case Snapshot(task=task):
            return bool(task.previews) or any(image.data is not None for image in task.images)
        case _:
            return isinstance(entry, Unread)


def _named(entry: Entry) -> Entry:
    """An entry whose record has its id: it is given once, however often it is tried."""
    match entry:
        case Intent(record=""):
            return evolve(entry, record=_new_id())
        case Opened(record=""):
            return evolve(entry, record=f"{MARK}{_new_id()}")
        case Snapshot(task=Task(record="") as task):
            return evolve(entry, task=evolve(task, record=_new_id()))
        case _:
            return entry


def _new_id() -> str:
    """An id that sorts by time and repeats nowhere."""
    return f"{time.time_ns() // 1_000_000:012x}{os.urandom(8).hex()}"


def _spool_folder(file: Path | None) -> Path:
    if file is not None:
        return file.with_name(f"{file.name}.spool")
    from platformdirs import user_data_path  # noqa: PLC0415 - only where there is no file

    return user_data_path("tintype") / "spool"
