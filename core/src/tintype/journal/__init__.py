"""The write-ahead journal of paid work.

A journal is told what is about to happen before it happens, so that a process that dies
loses nothing: `SqlJournal` keeps it in any database SQLAlchemy knows (SQLite by default;
`pip install 'tintype[journal]'`), `NoJournal` keeps nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator, Mapping
from concurrent.futures import Future
from datetime import datetime
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, Unpack

from attrs import field, frozen

from tintype._amounts import in_digits
from tintype._doors import check_methods
from tintype.account import Variables
from tintype.budget import Budget
from tintype.entries import Entry, Saved
from tintype.errors import Billed, Outcome, TintypeError, UsageError
from tintype.models import Quote, Task, TaskState
from tintype.request import ImageRequest
from tintype.spending import ScopeKeywords, Spending


@frozen(kw_only=True)
class File(Saved):
    """Where an image is, or was about to be put."""

    def stands(self) -> bool:
        """Whether the file is there with the content it should have."""
        path = Path(self.path)
        if not self.digest or not path.is_file():
            return False
        return hashlib.sha256(path.read_bytes()).hexdigest() == self.digest


@frozen(kw_only=True)
class JournalRecord:
    """One submission, as the journal knows it.

    Attributes:
        id: What names it.
        provider: Who was asked.
        outcome: What became of the submission; None while it is under way.
        billed: Whether money was spent.
        created_at: When it was about to leave.
        updated_at: When it was last heard of.
        request: What was asked, with digests in place of images; None where nobody knows.
        task: The last snapshot; None where there never was one. The bytes of inline images that
            are not saved yet stand in `spooled`.
        reason: Why there is no task, or "".
        saved: Files by the index of their image.
        spooled: Files beside the journal in which images are kept that are saved nowhere yet.
        model: Who drew it, or was asked to, as the provider calls it; "" where nobody knows.
        tag: The caller's own, of this picture, or "".
        label: Whose it is, or "".
        quote: US dollars at most, as it was quoted; None where nobody asked or knew.
        least: US dollars at least, likewise.
        reserved: US dollars that count against budgets as long as nobody tells what it cost.
        charged: US dollars that it cost, once somebody tells.
        source: Who does: the provider (`reported`), or its documents (`documented`); else "".
        mine: Whether this process follows it.
        callback: The SHA-256 of the token in its webhook's URL, "" where it has none.
        digest: The SHA-256 of what the call asked for that made it, where that has a key; or "".
        unread: The files of answers that nobody understood so far, oldest first.
    """

    id: str
    provider: str
    outcome: Outcome | None
    billed: Billed
    created_at: datetime
    updated_at: datetime
    request: ImageRequest | None = None
    task: Task | None = None
    reason: str = ""
    saved: Mapping[int, File] = field(factory=dict, hash=False)
    spooled: Mapping[int, str] = field(factory=dict, hash=False)
    model: str = ""
    tag: str = ""
    label: str = ""
    quote: Decimal | None = field(default=None, repr=in_digits)
    least: Decimal | None = field(default=None, repr=in_digits)
    reserved: Decimal = field(default=Decimal(0), repr=in_digits)
    charged: Decimal = field(default=Decimal(0), repr=in_digits)
    source: str = ""
    mine: bool = False
    callback: str = field(default="", repr=False)
    digest: str = ""
    unread: tuple[str, ...] = ()

    @property
    def unsaved(self) -> tuple[int, ...]:
        """The indexes of images that are nowhere on disk yet."""
        done = {index for index, file in self.saved.items() if file.done}
        images = self.task.images if self.task else ()
        return tuple(image.index for image in images if image.index not in done)

    @property
    def lost(self) -> bool:
        """Whether its answer never came whole, so that nobody can look what became of it.

        A stream that broke off may have left a snapshot, without an image and without an id.
        """
        known = self.task is not None and (self.task.id or self.task.images)
        return self.outcome is Outcome.UNKNOWN and not known and not self.unread

    @property
    def open(self) -> bool:
        """Whether there is anything left to do for it."""
        if self.lost or self.unread:
            return not self.lost
        if self.task is None or self.task.state is TaskState.EXPIRED:
            return self.outcome is None
        return not self.task.state.terminal or bool(self.unsaved)


@frozen(kw_only=True)
class JournalCall:
    """What came so far of a call that has a key.

    Attributes:
        done: Whether what was drawn is the answer to this key.
        records: The submissions that it made, oldest first; their images have their bytes.
        quotes: What each of them was expected to cost, by its record, where somebody asked.
    """

    done: bool = False
    records: tuple[JournalRecord, ...] = ()
    quotes: Mapping[str, Quote] = field(factory=dict, hash=False)


@frozen(kw_only=True)
class Tally:
    """What the records of a batch come to, of all its runs.

    Attributes:
        records: How many there are.
        spent: US dollars that count for them: what was paid, and where nobody knows the worst.
        open: Of how many nobody knows yet what they cost.
    """

    records: int = 0
    spent: Decimal = field(default=Decimal(0), repr=in_digits)
    open: int = 0


@frozen(kw_only=True)
class Resumed:
    """One record of the journal after `resume`: its files, or what is still in the way.

    Attributes:
        record: The record as it stands now.
        paths: The files that were saved by now; of a sink their addresses.
        error: What is still in the way, or None.
        advice: What a person can do about it, or "".
    """

    record: JournalRecord
    paths: tuple[Path | str, ...] = ()
    error: TintypeError | None = None
    advice: str = ""


class Journal(Protocol):
    """Keeps what must not be forgotten. Used from several threads at once."""

    def record(self, entry: Entry) -> Future[str]:
        """Write an entry down. The future is done once the entry is durable.

        Its result is the id of the record. It fails with a `JournalError` where the entry
        cannot be kept, and with a `BudgetError` where an intent does not fit.
        """

    def records(self, ids: Iterable[str] = ()) -> list[JournalRecord]:
        """The records of these ids, or all, oldest first."""

    def unfinished(self) -> Iterator[JournalRecord]:
        """What is open or lost, oldest first: it costs what that is, and never what is past."""

    def find(self, provider: str, task_id: str) -> JournalRecord | None:
        """The record of the task that a provider calls so, its images' bytes in it, or None."""

    def call(self, key: str, digest: str) -> JournalCall:
        """What came so far of the call that has a key and asked this, its images' bytes in it."""

    def typical_seconds(self, provider: str, model: str) -> float | None:
        """Seconds from a submission to its pictures, as far as they are known.

        Args:
            provider: Who draws.
            model: Its own id of the model.
        """

    def keyed(self, key: str) -> list[JournalRecord]:
        """The records of the call that has this key, oldest first."""

    def tally(self, prefix: str) -> Tally:
        """What the records come to whose key begins so."""

    def claim(
        self, ids: Iterable[str] = (), *, but: Container[str] = (), by_name: bool = True
    ) -> list[JournalRecord]:
        """Unfinished records for this process to follow, oldest first, and what is lost.

        What another process may still follow is left to it; nobody follows what is lost.

        Args:
            ids: Records to claim, or none for all.
            but: Those that this process is at work on already.
            by_name: Whether a person named the records, who knows that no other machine follows
                them.
        """

    def settle(self, record: str, *, billed: Billed, reason: str = "") -> JournalRecord:
        """Close a record by what a person has looked up at the provider.

        Its budget counts what was reserved for it, or nothing where it was not billed; an
        answer that was kept for it is dropped, and it is not resumed any more.

        Raises:
            UsageError: There is no such record, another process is at work on it, `billed` is
                neither yes nor no, or it is no of what is known to be billed; or a picture is
                still to be saved, or a task that was told of within a day to be asked for.
        """

    def counted(self, budget: Budget) -> Decimal:
        """US dollars that count against a budget in its present period.

        What was paid, and of whatever has no known end the worst that it may cost.
        """

    def spent(self, **scope: Unpack[ScopeKeywords]) -> Spending:
        """What was spent, added up: what was paid, and apart from it what may have been.

        What was forgotten by `prune` is in no row.

        Args:
            scope: `by` what (`provider`, `day`, `month`, `model`, `tag`, `label`), `since` and
                `until` which day, of which `provider`, `model`, `tag` or `label` alone.

        Raises:
            UsageError: No journal is kept, or there are no such sums.
        """

    def close(self) -> None:
        """Write what is waiting, and let the database go."""


_METHODS = ("record", "records", "unfinished", "find", "typical_seconds", "claim", "close")


def open_journal(where: Journal | str | Path | None, environ: Variables) -> Journal:
    """A journal from what an embedder gave, or else from `TINTYPE_JOURNAL`.

    Args:
        where: A journal, a file, an SQLAlchemy URL, `off` for none, or None.
        environ: The environment.

    Raises:
        JournalError: It cannot be opened.
        UsageError: It needs the extra `tintype[journal]`.
    """
    if where is None:
        where = environ.get("TINTYPE_JOURNAL", "") or "off"
    if where == "off":
        return NoJournal()
    if not isinstance(where, str | Path):
        check_methods(where, _METHODS, "journal", "a file, an SQLAlchemy URL, or a SqlJournal")
        return where
    try:
        from tintype.journal._sql import SqlJournal  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        msg = f"A journal needs more libraries ({error.name}): pip install 'tintype[journal]'"
        raise UsageError(msg) from error
    return SqlJournal(where)


def usual_place() -> Path | None:
    """Where the command line keeps its journal, or None without `tintype[journal]`.

    Raises:
        UsageError: The user has no home: nothing is paid for that nobody could find again.
    """
    if any(find_spec(name) is None for name in ("sqlalchemy", "alembic", "psutil")):
        return None
    from platformdirs import user_data_path  # noqa: PLC0415 - for who keeps one

    try:
        return user_data_path("tintype", appauthor=False) / "journal.db"
    except RuntimeError as error:
        msg = (
            "There is no home folder to keep the journal in: set HOME, or TINTYPE_JOURNAL to a "
            "file (or to `off`, to keep none). Nothing was sent."
        )
        raise UsageError(msg) from error


class _Nothing(Future[str]):
    """A record of nothing: it is always done, and nobody has to wait for a lock to know."""

    def done(self) -> bool:
        return True

    def result(self, timeout: float | None = None) -> str:  # noqa: ARG002 - a future's
        return ""


_NOTHING = _Nothing()
_NOTHING.set_result("")


class NoJournal:
    """A journal that keeps nothing, for who wants none."""

    def record(self, entry: Entry) -> Future[str]:  # noqa: ARG002 - the protocol's signature
        """Keep nothing; the id of every record is ""."""
        return _NOTHING

    def records(self, ids: Iterable[str] = ()) -> list[JournalRecord]:  # noqa: ARG002
        """No record: there are none."""
        return []

    def unfinished(self) -> Iterator[JournalRecord]:
        """No record: there are none."""
        return iter(())

    def find(self, provider: str, task_id: str) -> JournalRecord | None:  # noqa: ARG002
        """No record: there are none."""
        return None

    def call(self, key: str, digest: str) -> JournalCall:  # noqa: ARG002
        """Nothing: nobody knows."""
        return JournalCall()

    def typical_seconds(self, provider: str, model: str) -> float | None:  # noqa: ARG002
        """None: nothing is known."""
        return None

    def keyed(self, key: str) -> list[JournalRecord]:  # noqa: ARG002
        """No record: there are none."""
        return []

    def tally(self, prefix: str) -> Tally:  # noqa: ARG002
        """No record: there are none."""
        return Tally()

    def claim(
        self,
        ids: Iterable[str] = (),  # noqa: ARG002
        *,
        but: Container[str] = (),  # noqa: ARG002
        by_name: bool = True,  # noqa: ARG002
    ) -> list[JournalRecord]:
        """No record: there are none."""
        return []

    def settle(self, record: str, *, billed: Billed, reason: str = "") -> JournalRecord:  # noqa: ARG002
        """There are no records.

        Raises:
            UsageError: Always.
        """
        msg = "No journal is kept here: there is nothing to settle."
        raise UsageError(msg)

    def counted(self, budget: Budget) -> Decimal:  # noqa: ARG002
        """There are no records.

        Raises:
            UsageError: Always.
        """
        msg = "No journal is kept here: nothing counts against a budget."
        raise UsageError(msg)

    def spent(self, **scope: Unpack[ScopeKeywords]) -> Spending:  # noqa: ARG002
        """There are no records.

        Raises:
            UsageError: Always.
        """
        msg = "No journal is kept here: nobody knows what was spent."
        raise UsageError(msg)

    def close(self) -> None:
        """Do nothing."""
