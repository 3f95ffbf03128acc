"""Which records of the journal this process is at work on, and which a flow has made."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from tintype import _forks
from tintype.entries import Entry, Snapshot
from tintype.models import Task


class Followed:
    """The records that flows are at work on, several perhaps on one. Used from several threads.

    Attributes:
        claiming: Held while records are looked through for what nobody is at work on.
    """

    claiming: threading.Lock

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """Be at work on nothing, as a process that was just forked: the flows are its parent's."""
        self._flows: Counter[str] = Counter()
        self._given_up: dict[str, Callable[[str], object]] = {}
        self._lock = threading.Lock()
        self.claiming = threading.Lock()

    def __iter__(self) -> Iterator[str]:
        """The records' ids, as they are now."""
        with self._lock:
            return iter(list(self._flows))

    def add(self, records: Iterable[str]) -> None:
        """One more is at work on each."""
        with self._lock:
            self._flows.update(records)

    def drop(self, records: Iterable[str], give_up: Callable[[str], object] | None = None) -> None:
        """One less is at work on each. What one of them gave up is left once the last has ended."""
        with self._lock:
            for record in records:
                if give_up is not None:
                    self._given_up[record] = give_up
                self._flows[record] -= 1
                if self._flows[record] <= 0:
                    del self._flows[record]
                    self._given_up.pop(record, _nothing)(record)


def _nothing(_: str) -> None:
    """Nobody gave it up."""


# What this process is at work on, whichever client is. Ids of records repeat nowhere.
FOLLOWED = Followed()
_forks.guard(FOLLOWED)


class Trail:
    """What one flow has written down so far: its records, and the tasks still running."""

    __slots__ = ("_followed", "_records", "_tasks")

    def __init__(self, followed: Followed) -> None:
        self._followed = followed
        self._tasks: dict[str, Task] = {}
        self._records: set[str] | None = None  # a call without a journal has none

    def follow(self, record: str) -> None:
        """Have a record be at work on, by this flow too; "" is none."""
        if record and record not in (self._records or ()):
            self._records = self._records or set()
            self._records.add(record)
            self._followed.add([record])

    def note(self, entry: Entry, record: str) -> None:
        """Follow what was written down."""
        if isinstance(entry, Snapshot):
            self._tasks[record or entry.task.id] = entry.task
        self.follow(record)

    def begin(self, task: Task) -> None:
        """Follow a task that the flow is to wait for."""
        self._tasks[task.record or task.id] = task
        self.follow(task.record)

    @property
    def running(self) -> list[Task]:
        """The tasks that have not ended, and that the provider has a name for."""
        tasks = self._tasks.values()
        return [task for task in tasks if not task.state.terminal and (task.id or task.notes)]

    @property
    def unkept(self) -> list[Task]:
        """The tasks with something to come or to be seen that no journal knows."""
        tasks = [task for task in self._tasks.values() if task.images and task.state.terminal]
        return [task for task in (*self.running, *tasks) if not task.record]

    def end(self, give_up: Callable[[str], object] | None = None) -> None:
        """Nothing of it is followed any more; `give_up` is told of what nobody else follows."""
        records, self._records = self._records, None
        self._followed.drop(records or (), give_up)
