"""Running tasks, looked at until they end, whatever goes wrong on the way (rule 2)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from itertools import count

from tintype._flow.channel import MAX_FAULTS, Channel
from tintype._flow.effects import Flow, Sleep, Together, Turn, Work
from tintype._flow.verdicts import (
    deadline_error,
    fault_error,
    leaves_repeat_open,
    may_ask_again,
    outcome_of,
    unpollable_error,
    webhook_only_error,
)
from tintype._pacing import Clock
from tintype._watch import Watch
from tintype.errors import Outcome, PluginError, TintypeError, TransportError
from tintype.exchange import Operation
from tintype.messages import Request
from tintype.models import Attempt, Task


def watch(channel: Channel, task: Task) -> Watch:
    """A task, to be followed from now on."""
    timeout = channel.terms.choices.task_timeout or channel.info.task_timeout
    return Watch(task, channel.info.poll_schedule, channel.terms.clock.monotonic(), timeout)


class Agenda:
    """What is to be done, and when: a heap of flows that are made once they are due.

    Args:
        clock: What time it is.
    """

    __slots__ = ("_clock", "_heap", "_numbers")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Callable[[], Flow[None]]]] = []
        self._numbers = count()

    def add(self, due: float, piece: Callable[[], Flow[None]]) -> None:
        """One more piece of work, due at a time of the monotonic clock."""
        heappush(self._heap, (due, next(self._numbers), piece))

    def __len__(self) -> int:
        """How many pieces wait."""
        return len(self._heap)

    def pause(self) -> float | None:
        """Seconds until the next piece is due, or None where none waits."""
        return max(0.0, self._heap[0][0] - self._clock.monotonic()) if self._heap else None

    def take(self) -> Flow[None]:
        """The piece that is due next."""
        return heappop(self._heap)[2]()


class Part:
    """The part of an agenda that concerns a provider: whatever is done turns to it first."""

    def __init__(self, agenda: Agenda, provider: str) -> None:
        self._agenda = agenda
        self._provider = provider

    def add(self, due: float, piece: Callable[[], Flow[None]]) -> None:
        """One more piece of work, due at a time of the monotonic clock."""
        self._agenda.add(due, partial(self._turned, piece))

    def _turned(self, piece: Callable[[], Flow[None]]) -> Flow[None]:
        yield Turn(provider=self._provider)
        yield from piece()


def done(channel: Channel, work: Work) -> Flow[None]:
    """Do all of some work: several pieces at a time where the caller allows it, or one by one."""
    if len(work) > 1 < channel.terms.width:
        yield Together(work=work, width=channel.terms.width)
    while len(work):
        if pause := work.pause():
            yield Sleep(seconds=pause, looks=True)
        yield from work.take()


def follow(
    channel: Channel,
    agenda: Agenda | Part,
    watch: Watch,
    ended: Callable[[Attempt], Flow[None]] | None = None,
) -> None:
    """Have a task looked at, each time that it is due, until it has ended (rule 2).

    Args:
        channel: The provider.
        agenda: What is to be done besides.
        watch: The task.
        ended: What to do once it has ended.
    """
    if watch.running:
        agenda.add(watch.due, _NextTurn(channel, agenda, watch, ended))


class _NextTurn:
    """The next look at a task, and all that a task holds while it waits for it."""

    __slots__ = ("_agenda", "_channel", "_ended", "_watch")

    def __init__(
        self,
        channel: Channel,
        agenda: Agenda | Part,
        watch: Watch,
        ended: Callable[[Attempt], Flow[None]] | None,
    ) -> None:
        self._channel = channel
        self._agenda = agenda
        self._watch = watch
        self._ended = ended

    def __call__(self) -> Flow[None]:
        channel, watch, ended = self._channel, self._watch, self._ended
        if (pause := channel.terms.gate.mute()) and watch.put_off(
            pause, channel.terms.jitter(), channel.terms.clock.monotonic()
        ):
            self._agenda.add(watch.due, self)
            return
        try:
            yield from _turn(channel, watch)
        except Exception as error:
            if ended is None:
                raise
            watch.give_up(fault_error(watch.task, error))
        if watch.error is not None:
            watch.error = yield from channel.with_answer_kept(watch.error)
            yield from channel.release(watch.task)
        if watch.running:
            self._agenda.add(watch.due, self)
        elif ended is not None:
            yield from ended(followed(watch))


def _turn(channel: Channel, watch: Watch) -> Flow[None]:
    """Look at one task, or give it up where there is no way to look."""
    try:
        asked = question(channel, watch.task)
    except TintypeError as error:
        watch.give_up(unpollable_error(watch.task, error))
        return
    if asked is None:
        watch.give_up(webhook_only_error(watch.task))
        return
    yield from _look(channel, watch, asked)


def _look(channel: Channel, watch: Watch, asked: Request) -> Flow[None]:
    """One look at one task: what it tells is kept, what goes wrong is waited out."""
    clock = channel.terms.clock
    try:
        waited = clock.monotonic() - watch.heard
        latest = yield from channel.observe(Operation.POLL, asked, watch.task, waited)
    except TintypeError as error:
        never = outcome_of(error) is Outcome.NOT_SENT and not isinstance(error, TransportError)
        if never or not may_ask_again(asked, error):
            # It will not leave later either, or may not.
            watch.give_up(unpollable_error(watch.task, error))
            return
        watch.stumbled(error, channel.pause(error, watch.failures + 1), clock.monotonic())
        if watch.faults == MAX_FAULTS:
            watch.give_up(unpollable_error(watch.task, error))
    else:
        watch.saw(latest, clock.monotonic())
    if watch.running and clock.monotonic() >= watch.deadline:
        watch.give_up(deadline_error(watch))


def question(channel: Channel, task: Task) -> Request | None:
    """What to ask next about a task, or None where only a webhook can tell.

    A task without an id is asked for by what its plugin noted, or not at all.

    Raises:
        PluginError: It is a POST that does not say whether it may be asked again.
    """
    if not task.id and not task.notes:
        return None
    asked = channel.caller.call(Request, "poll", task=task)
    if asked is not None and leaves_repeat_open(asked):
        msg = (
            f"The plugin's poll() asks by {asked.method}, which may do something each time: say "
            "repeat=True where asking again costs nothing and does nothing, or repeat=False. "
            "Nothing was sent (docs/plugins.md, Requests)."
        )
        raise PluginError(msg, provider=channel.info.name)
    return asked


def followed(watch: Watch) -> Attempt:
    """What became of a task that was followed."""
    task = watch.task
    return Attempt(outcome=Outcome.ACCEPTED, provider=task.provider, task=task, error=watch.error)
