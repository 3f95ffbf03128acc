"""The gate of an account: when its next submission may leave, for all who share it.

Two things keep a submission back. Limits that are known: so many in any span of time, so many
tasks in flight. And a refusal that asks for patience, which pauses everyone. Behind a pause they go
on one by one: further apart each time that one is refused again, and closer together with each
that is accepted.

It is passed before a submission is written down: what waits here owes nobody anything.

Looks and other questions do not pass it: documents limit them apart, and more generously. So one
that is refused for a time pauses everyone, and a submission that is refused keeps no look.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from itertools import count
from typing import Self

from attrs import evolve

from tintype._excerpts import sentences, shortened
from tintype._flow.effects import Flow, Sleep
from tintype._pacing import Clock, backoff, believed
from tintype.account import Limits, Rate
from tintype.errors import GateError

_LOOK = 0.05  # seconds between two looks for a place, and longer of who is further behind
_LONGEST_LOOK = 2.0
_NOW = 1e-6
_FIRST_GAP = 0.1  # seconds from one submission to the next, once one was refused
_LONGEST_GAP = 10.0
_LESS = 0.9  # of it is left with each that is accepted
_NO_GAP = 0.01
_HOUR = 3600.0
_QUOTED = 200


class Gate:
    """When the submissions of one account may leave.

    Args:
        clock: What time it is.
        jitter: A number from 0 to 1, another one at each call.
        lock: Makes what keeps threads apart, where there are any.

    Attributes:
        accepted: How many submissions came to a task.
        pauses: How often submissions were paused by the refusal of one.
        said: What whoever refused last said of it, or "".
        inside: How many tasks are in flight, by the calls that wait for them.
    """

    def __init__(
        self,
        clock: Clock,
        jitter: Callable[[], float],
        lock: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._clock = clock
        self._jitter = jitter
        self._make_lock = lock
        self._until = self._mute_until = 0.0
        self._gap = 0.0
        self._refusals = 0
        self.said = ""
        self.accepted = self.pauses = 0
        self._numbers = count()
        self.begin_anew()

    def begin_anew(self) -> None:
        """Have nobody inside and nobody waiting, as a process that was just forked."""
        self._lock = self._make_lock()
        self._queue: list[int] = []
        self._left: deque[float] = deque()
        self._since: float | None = None
        self.inside = 0

    # ------------------------------------------------------------------------ passing

    def enter(self, visit: Visit, limits: Limits | None, end: float) -> Flow[tuple[float, float]]:
        """Wait until a submission may leave, and count it; how many seconds that took, and when.

        Args:
            visit: What its call has in flight.
            limits: What is known to be let through.
            end: Until when, on the monotonic clock.

        Raises:
            GateError: It may not by then.
        """
        if limits is None and not (self._gap or self._until):  # as most always are
            with self._lock:
                self._count(visit, 1)
            return 0.0, 0.0
        began = self._clock.monotonic()
        number = self._number(visit)
        try:
            while True:
                pause, now = self._turn(visit, number, limits or Limits())
                if pause <= 0:
                    return now - began, now
                self._check_patience(pause, end, limits)
                yield Sleep(seconds=pause, why=self._why(limits))
        finally:
            with self._lock, suppress(ValueError):  # it has left
                self._queue.remove(number)

    def give_back(self, visit: Visit, left: float) -> None:
        """Count a submission no more that was let through at a time, and never left."""
        with self._lock:
            self._count(visit, -1)
            with suppress(ValueError):
                self._left.remove(left)

    def leave(self, visit: Visit, tasks: int) -> None:
        """Have so many tasks of a call in flight no more."""
        with self._lock:
            self._count(visit, -tasks)

    def _count(self, visit: Visit, tasks: int) -> None:
        self.inside = max(0, self.inside + tasks)  # a fork forgets those of its parent
        visit.tasks += tasks

    def _number(self, visit: Visit) -> int:
        """A place in the queue.

        A call that has been through once is let past it: what it has inside may end only when
        all its submissions have left.
        """
        if visit.tasks:
            return -1
        with self._lock:
            number = next(self._numbers)
            self._queue.append(number)
            return number

    def _turn(self, visit: Visit, number: int, limits: Limits) -> tuple[float, float]:
        """Let a submission through, or seconds until it may look again; and what time it is."""
        with self._lock:
            now = self._clock.monotonic()
            if not self._gap and self._until <= now:
                self._until = 0.0
            ahead = bisect_left(self._queue, number)
            pause = self._due(now, ahead, limits.rate) - now
            if ahead and pause > _LONGEST_LOOK:  # who is ahead may stop waiting
                pause = max(_LONGEST_LOOK, pause / 8)
            most = limits.concurrency
            if most is not None and not visit.tasks and self.inside + ahead >= most:
                pause = max(pause, min(_LOOK * (1 + ahead // most), _LONGEST_LOOK))
            if pause > _NOW:
                return pause, now
            self._note(now, limits.rate)
            self._count(visit, 1)
            with suppress(ValueError):
                self._queue.remove(number)
            return 0.0, now

    def _due(self, now: float, ahead: int, rate: Rate | None) -> float:
        """When a submission may leave that so many leave before."""
        left, due = self._left, max(now, self._until)
        if self._gap and left:
            due = max(due, left[-1] + self._gap) + ahead * self._gap
        if rate is None:
            return due
        rounds, nth = divmod(ahead, rate.count)
        span, before = rate.span, len(left) + nth - rate.count
        return max(due, left[before] + span if before >= 0 else now) + rounds * span

    def _note(self, now: float, rate: Rate | None) -> None:
        """Remember that a submission leaves."""
        self._left.append(now)
        while len(self._left) > (rate.count if rate else 1) and self._left[0] < now - _HOUR:
            self._left.popleft()

    def _why(self, limits: Limits | None) -> str:
        """What keeps a submission."""
        if self._until > self._clock.monotonic() or self._gap or limits is None:
            return self.said
        return f"{limits} at this account"

    def _check_patience(self, pause: float, end: float, limits: Limits | None) -> None:
        if self._clock.monotonic() + pause <= end:
            return
        known = f" It lets {limits} through." if limits else ""
        said = f" It said: {shortened(self.said, _QUOTED)}" if self.said else ""
        msg = sentences(
            f"The account's gate lets nothing through in time.{known}{said}",
            "Nothing was sent; ask for less at a time, or wait longer: task_timeout=…",
        )
        raise GateError(msg, retry_after=pause)

    # ------------------------------------------------------------------------ pausing

    def refused(self, seconds: float | None, why: str, pauses: int) -> float:
        """Pause everyone; for how many seconds from now.

        Args:
            seconds: How long a submission was told to wait, or None.
            why: What it was told.
            pauses: How many there had been when it left: of those that left before one and are
                refused behind it, none tells anything new.
        """
        with self._lock:
            now = self._clock.monotonic()
            pause = believed(seconds)
            if pauses == self.pauses:
                self.pauses += 1
                self._refusals += 1
                self._gap = min(max(2 * self._gap, _FIRST_GAP), _LONGEST_GAP)
                pause = max(pause, backoff(self._refusals, self._jitter()))
                self.said = why
                self._since = now if self._since is None else self._since
            self._until = max(self._until, now + pause)
            return self._until - now

    def mute(self) -> float:
        """Seconds for which nothing is to be asked of the provider, not even a question."""
        return self._mute_until and max(0.0, self._mute_until - self._clock.monotonic())

    def question_refused(self, seconds: float, why: str) -> bool:
        """Pause everyone, those who ask as well; whether nobody was, just now.

        Behind it, submissions go on one by one.

        Args:
            seconds: How long a question was told to wait.
            why: What it was told.
        """
        with self._lock:
            now, before = self._clock.monotonic(), self._mute_until
            until = now + believed(seconds)
            self._mute_until = max(self._mute_until, until)
            self._until = max(self._until, until)
            self._gap = max(self._gap, _FIRST_GAP)
            self.said = why
            return before <= now

    def others_turn(self, seconds: float, why: str) -> None:
        """It is other processes' turn, for so long: nobody gets through.

        Those who wait then go on one by one.
        """
        with self._lock:
            self.said = why
            self._until = max(self._until, self._clock.monotonic() + believed(seconds))

    def went_well(self) -> None:
        """A submission was accepted: nobody waits in vain."""
        self.accepted += 1
        if self._refusals or self._gap:
            with self._lock:
                self._refusals, self._since = 0, None
                self._gap *= _LESS
                if self._gap < _NO_GAP:
                    self._gap, self.said = 0.0, ""

    def moves(self, accepted: int, others: int, patience: float) -> bool:
        """Whether who was refused may well get through later, as somebody else does.

        Args:
            accepted: How many had been accepted when it left.
            others: How many tasks of other calls are in flight.
            patience: Seconds for which those are believed to be why.
        """
        since = self._since if self._since is not None else self._clock.monotonic()
        soon = self._clock.monotonic() - since < patience
        return self.accepted > accepted or (others > 0 and soon)


class Visit:
    """What one call has in flight, until it ends.

    Attributes:
        tasks: How many; the gate counts them.
    """

    __slots__ = ("_gate", "tasks")

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.tasks = 0

    def shared(self, limits: Limits) -> Limits:
        """What other processes keep this submission by: not by their tasks, where it has some."""
        return evolve(limits, concurrency=None) if self.tasks > 1 else limits

    @property
    def others(self) -> int:
        """How many tasks of other calls are in flight."""
        return self._gate.inside - self.tasks

    def enter(self, limits: Limits | None, end: float) -> Flow[tuple[float, float]]:
        """Wait until a submission may leave; how many seconds that took, and when it might.

        Raises:
            GateError: It may not by then.
        """
        return self._gate.enter(self, limits, end)

    def give_back(self, turn: float, error: BaseException) -> None:
        """A submission does not leave after all, that might at that time.

        Where it is other processes' turn, by the same journal, everyone waits.
        """
        self._gate.give_back(self, turn)
        if isinstance(error, GateError):
            self._gate.others_turn(error.retry_after or 0.0, error.message)

    def leave(self) -> None:
        """A submission came to nothing."""
        self._gate.leave(self, 1)

    def __enter__(self) -> Self:
        """The visit itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing of it is in flight for this call any more."""
        self._gate.leave(self, self.tasks)
