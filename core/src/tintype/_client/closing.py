"""How a call ends that is stopped from outside: what it is told, and what the provider is."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from tintype._flow.effects import Effect, Record, Send
from tintype._flow.verdicts import closed_error
from tintype._trail import Trail
from tintype.convert import to_json
from tintype.errors import (
    Billed,
    NotSentError,
    SizeMismatchError,
    TaskError,
    TintypeError,
    UsageError,
)

# Seconds for all cancellations together when a call is interrupted.
CANCEL_SECONDS = 5.0


class ClientClosed(BaseException):
    """The client was closed, or its block left, while a call was under way.

    A stop from outside, as an interruption is; `closed` is what the caller is told.
    """


def left(effect: Effect) -> BaseException | None:
    """What an effect ends in of a call that goes on no more; None where it is done all the same.

    What is known is still written down. A submission that is about to leave does not, and that is
    written down, too.
    """
    match effect:
        case Record():
            return None
        case Send(repeat=False):
            return NotSentError("The call was stopped before it was sent.")
        case _:
            return ClientClosed()


def closed(trail: Trail) -> TintypeError:
    """The error of a call whose client was closed while it was under way."""
    for task in trail.running:
        return closed_error(task)
    msg = "The client was closed while the call was under way; what had left may be charged."
    return UsageError(msg, billed=Billed.UNKNOWN)


def note_tasks(error: BaseException, trail: Trail) -> None:
    """Have what ends a call carry the tasks that nothing else keeps, as JSON in notes."""
    if isinstance(error, SizeMismatchError):  # it has whatever was drawn
        return
    carried = set(_carried(error))
    for task in trail.unkept:
        if task.id not in carried:
            text = to_json(task)
            error.add_note(f"The task may go on; wait for it again: from_json({text!r}, Task)")


def _carried(error: BaseException) -> Iterator[str]:
    """The ids of the tasks that an error has already."""
    if isinstance(error, TaskError) and error.task:
        yield error.task.id
    if isinstance(error, TintypeError):
        yield from (each.task.id for each in error.attempts if each.task)


def with_timeout(effect: Effect, seconds: float = CANCEL_SECONDS) -> Effect:
    """An effect that is waited for no longer than that."""
    if not isinstance(effect, Send):
        return effect
    return evolve(effect, timeout=min(effect.timeout, seconds))
