"""What a client tells of its work: every effect to observers, every snapshot to a callback."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from logging import DEBUG, WARNING
from typing import Protocol, TypeAlias, runtime_checkable

from attrs import frozen

from tintype._client.logs import is_read, log, log_failed_observer
from tintype._doors import check_methods
from tintype._flow.effects import Effect, News, Record, Reply, Tell, Together
from tintype.entries import Snapshot
from tintype.errors import TintypeError
from tintype.models import Task


@frozen(kw_only=True, eq=False)
class ObservedCall:
    """One call of a client's method, from its beginning to its end. Two are never equal.

    Attributes:
        verb: The method, such as `generate`.
        provider: Whom it speaks to, or "": nobody, or several.
    """

    verb: str
    provider: str = ""


@frozen(kw_only=True)
class Observation:
    """One effect that was performed, for logs, traces and metrics.

    Attributes:
        provider: Who it concerned, or "".
        effect: What was asked for. It never holds a key.
        reply: What came of it, or None.
        error: What went wrong, or None.
        seconds: How long it took.
        call: The call that it is part of.
    """

    provider: str
    effect: Effect
    reply: Reply = None
    error: TintypeError | None = None
    seconds: float = 0.0
    call: ObservedCall | None = None


ObservedCall.__module__ = Observation.__module__ = "tintype"  # where it is imported from


Observer: TypeAlias = Callable[[Observation], None]


@runtime_checkable
class CallObserver(Protocol):
    """An observer that is told, besides, where calls begin and end."""

    def __call__(self, observation: Observation, /) -> None:
        """An effect was performed; perhaps in another thread than its call's."""

    def begin(self, call: ObservedCall, /) -> None:
        """A call begins, in its caller's thread and context."""

    def end(self, call: ObservedCall, error: BaseException | None, /) -> None:
        """It has ended, well or in an error."""


Progress: TypeAlias = Callable[[Task], None]


class Observers:
    """Who is told of every effect of a client; the log always is."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = observers
        self._of_calls = [each for each in observers if isinstance(each, CallObserver)]

    def begin(self, verb: str, provider: str) -> ObservedCall | None:
        """Tell that a call begins; None where nobody observes."""
        if not self._observers:
            return None
        call = ObservedCall(verb=verb, provider=provider)
        for observer in self._of_calls:
            _tell(partial(observer.begin, call))
        return call

    def end(self, call: ObservedCall | None, error: BaseException | None) -> None:
        """Tell that a call has ended."""
        if call is not None:
            for observer in self._of_calls:
                _tell(partial(observer.end, call, error))

    def tell(
        self,
        provider: str,
        effect: Effect,
        reply: Reply,
        error: TintypeError | None,
        start: float,
        call: ObservedCall | None,
    ) -> None:
        """Tell every observer how an effect went that began at a time of the monotonic clock."""
        logged = is_read(WARNING if error else DEBUG)
        if not logged and not self._observers:
            return
        seconds = time.monotonic() - start
        if logged:
            log(provider, effect, reply, error, seconds)
        observation = Observation(
            provider=provider,
            effect=effect,
            reply=reply,
            error=error,
            seconds=seconds,
            call=call,
        )
        for observer in self._observers:
            _tell(partial(observer, observation))


def _tell(observer: Callable[[], None]) -> None:
    """Tell one observer. What it raises is logged: it must not cost a paid picture."""
    try:
        observer()
    except Exception as error:  # noqa: BLE001 - somebody else's code
        log_failed_observer(error)


def check_progress(on_progress: object) -> None:
    """Refuse, before anything is sent, what cannot be called.

    Raises:
        InvalidRequestError: It cannot.
    """
    if on_progress is not None:
        check_methods(on_progress, ["__call__"], "on_progress", "a function of a Task, or nothing")


def told_by(effect: Effect, reply: Reply) -> News | None:
    """The snapshot, or the line of a batch, that somebody is told of with an effect, or None."""
    match effect:
        case Together():
            return reply if isinstance(reply, News) else None
        case Tell(result=result):
            return result
        case Record(entry=Snapshot(task=task, told=True)):
            return task
        case _:
            return None
