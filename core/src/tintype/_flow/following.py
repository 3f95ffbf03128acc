"""Running tasks, looked at until they end, whatever goes wrong on the way (rule 2)."""

from __future__ import annotations

from collections.abc import Callable

from tintype._flow.channel import MAX_TRIES, Channel
from tintype._flow.effects import Flow, Sleep
from tintype._flow.verdicts import (
    deadline_error,
    fault_error,
    leaves_repeat_open,
    may_ask_again,
    outcome_of,
    unpollable_error,
    webhook_only_error,
)
from tintype._watch import Watch
from tintype.errors import Outcome, PluginError, TintypeError, TransportError
from tintype.exchange import Operation
from tintype.messages import Request
from tintype.models import Attempt, Task


def watch(channel: Channel, task: Task) -> Watch:
    """A task, to be followed from now on."""
    timeout = channel.terms.choices.task_timeout or channel.info.task_timeout
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
            watch.give_up(fault_error(watch.task, error))
        if watch.error is not None:
            watch.error = yield from channel.with_answer_kept(watch.error)
            yield from channel.release(watch.task)
        if ended is not None and not watch.running:
            yield from ended(followed(watch))


def _turn(channel: Channel, watch: Watch) -> Flow[None]:
    """Look at one task once it is due, or give it up where there is no way to look."""
    try:
        asked = question(channel, watch.task)
    except TintypeError as error:
        watch.give_up(unpollable_error(watch.task, error))
        return
    if asked is None:
        watch.give_up(webhook_only_error(watch.task))
        return
    pause = watch.due - channel.terms.clock.monotonic()
    if pause > 0:
        yield Sleep(seconds=pause)
    yield from _look(channel, watch, asked)


def _look(channel: Channel, watch: Watch, asked: Request) -> Flow[None]:
    """One look at one task: what it tells is kept, what goes wrong is waited out."""
    clock = channel.terms.clock
    try:
        latest = yield from channel.observe(Operation.POLL, asked, watch.task)
    except TintypeError as error:
        never = outcome_of(error) is Outcome.NOT_SENT and not isinstance(error, TransportError)
        if never or not may_ask_again(asked, error):
            # It will not leave later either, or may not.
            watch.give_up(unpollable_error(watch.task, error))
            return
        watch.stumbled(error, channel.pause(error, watch.failures + 1), clock.monotonic())
        if watch.faults == MAX_TRIES:
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
    asked = channel.caller.call(Request, channel.hooks.poll, task=task)
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
    return Attempt(outcome=Outcome.ACCEPTED, task=watch.task, error=watch.error)
