"""One running task and when to look at it next."""

from __future__ import annotations

from tintype._pacing import poll_pause
from tintype.errors import PluginError, TaskError, TintypeError
from tintype.models import Task

_MAX_MOVES = 8


class Watch:
    """What is known of a task that is being followed. Times are on the monotonic clock.

    Attributes:
        task: Its latest snapshot.
        heard: When the last look at it ended; at first, when it began to be followed.
        due: When to look next.
        deadline: When to stop looking.
        failures: How many looks in a row told nothing.
        faults: How many of these were the plugin's own fault.
        last_failure: Why the last one did, or None.
        error: Why it was given up, or None.
    """

    __slots__ = (
        "_looks",
        "_moves",
        "_schedule",
        "deadline",
        "due",
        "error",
        "failures",
        "faults",
        "heard",
        "last_failure",
        "task",
    )

    def __init__(self, task: Task, schedule: tuple[float, ...], now: float, timeout: float) -> None:
        self.task = task
        self.heard = now
        self.deadline = now + timeout
        self.failures = self.faults = 0
        self.last_failure: TintypeError | None = None
        self.error: TaskError | None = None
        self._schedule = schedule
        self._looks = 0
        self._moves = 0
        self.due = self._next(now, asked_at_once=task.poll_after == 0)

    @property
    def running(self) -> bool:
        """Whether there is anything left to look for."""
        return self.error is None and not self.task.state.terminal

    def saw(self, task: Task, now: float) -> None:
        """A look told how the task stands."""
        # "At once" is honoured once for all new notes, and not for ever: a server could
        # name a new address each time.
        moved = task.notes != self.task.notes and self._moves < _MAX_MOVES
        self._moves += moved
        self.task, self.heard, self.last_failure = task, now, None
        self.failures = self.faults = 0
        self._looks += 1
        self.due = self._next(now, asked_at_once=moved and task.poll_after == 0)

    def stumbled(self, error: TintypeError, pause: float, now: float) -> None:
        """A look told nothing."""
        self.heard = now
        self.failures += 1
        self.faults += isinstance(error, PluginError)
        self.last_failure = error
        usual = poll_pause(self._schedule, self._looks)
        self.due = min(now + max(pause, usual), max(self.deadline, now))

    def put_off(self, pause: float, jitter: float, now: float) -> bool:
        """Look later, each task at a moment of its own; or now, where its time is over."""
        spread = jitter * poll_pause(self._schedule, self._looks)
        self.due = min(now + pause + spread, max(self.deadline, now))
        return self.due > now

    def give_up(self, error: TaskError) -> None:
        """Stop looking."""
        self.error = error

    def _next(self, now: float, *, asked_at_once: bool) -> float:
        pause = poll_pause(self._schedule, self._looks, self.task.poll_after)
        return min(now if asked_at_once else now + pause, max(self.deadline, now))
