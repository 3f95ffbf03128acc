"""Running tasks, looked at until they end, whatever goes wrong on the way (rule 2)."""

from __future__ import annotations

from collections.abc import Callable

from tintype._flow.channel import Channel
from tintype._flow.effects import Flow, Sleep
from tintype._flow.reader import expected
from tintype._flow.verdicts import (
    late,
    leaves_repeat_open,
    may_ask_again,
    only_a_webhook,
    outcome_of,
    unaskable,
    unfinishable,
)
from tintype._watch import Watch
from tintype.errors import Outcome, PluginError, TintypeError, TransportError
from tintype.exchange import Operation
from tintype.messages import Request
from tintype.models import Attempt, Task


def watch(channel: Channel, task: Task) -> Watch:
    """A task, to be followed from now on."""
    timeout = channel.terms.task_timeout or channel.info.task_timeout
    return Watch(task, channel.info.poll_schedule, channel.terms.clock.monotonic(), timeout)


def follow(
    channel: Channel,
    watches: list[Watch],
    ended: Callable[[Attempt], Flow[None]] | None = None,
) -> Flow[None]:
    """Look at each task in its turn until none is left running (rule 2).

    Args:
        channel: The provider.
        watches: The tasks.
        ended: What to do with each as soon as it has ended; the others wait for it.
    """
    while running := [watch for watch in watches if watch.running]:
        watch = min(running, key=lambda each: each.due)
        try:
            yield from _turn(channel, watch)
        except Exception as error:
            if ended is None:
                raise
            watch.give_up(unfinishable(watch.task, error))
        if watch.error is not None:
            yield from channel.keep_answer(watch.error)
            yield from channel.leave(watch.task)
        if ended is not None and not watch.running:
            yield from ended(followed(watch))


def _turn(channel: Channel, watch: Watch) -> Flow[None]:
    """Look at one task once it is due, or give it up where there is no way to look."""
    try:
        asked = question(channel, watch.task)
    except TintypeError as error:
        watch.give_up(unaskable(watch.task, error))
        return
    if asked is None:
        watch.give_up(only_a_webhook(watch.task))
        return
    pause = watch.due - channel.terms.clock.monotonic()
    if pause > 0:
        yield Sleep(seconds=pause)
    yield from _look(channel, watch, asked)


def _look(channel: Channel, watch: Watch, asked: Request) -> Flow[None]:
    """One look at one task: what it tells is kept, what goes wrong is waited out."""
    clock = channel.terms.clock
    try:
        latest = yield from channel.tell(Operation.POLL, asked, watch.task)
    except TintypeError as error:
        never = outcome_of(error) is Outcome.NOT_SENT and not isinstance(error, TransportError)
        if never or not may_ask_again(asked, error):
            watch.give_up(unaskable(watch.task, error))  # later it will not leave, or may not
            return
        watch.stumbled(error, channel.pause(error, watch.failures + 1), clock.monotonic())
    else:
        watch.saw(latest, clock.monotonic())
    if watch.running and clock.monotonic() >= watch.deadline:
        watch.give_up(late(watch))


def question(channel: Channel, task: Task) -> Request | None:
    """What to ask next about a task, or None where only a webhook can tell.

    Raises:
        PluginError: It is a POST that does not say whether it may be asked again.
    """
    answer: object = channel.reader.call(channel.hooks.poll, task=task)
    if answer is None:
        return None
    asked = expected(answer, Request, channel.info.name)
    if leaves_repeat_open(asked):
        msg = (
            f"The plugin's poll() asks by {asked.method}, which may do something each time: say "
            "repeat=True where asking again costs nothing and does nothing, or repeat=False. "
            "Nothing was sent (docs/plugins.md, Requests)."
        )
        raise PluginError(msg, provider=channel.info.name)
    return asked


def followed(watch: Watch) -> Attempt:
    """What became of a task that was followed."""
    return Attempt(outcome=Outcome.ACCEPTED, task=watch.task, error=watch.error)
