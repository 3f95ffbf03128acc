"""The core's flows over a plugin in virtual time: no network, no waiting, no sleep.

The provider is played from documented answers; a pause moves the clock and takes no time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Generic, TypeAlias, TypeVar

from attrs import field, frozen

from tintype._flow.choices import Choices
from tintype._flow.conversation import Conversation, Terms
from tintype._flow.effects import Effect, Flow, Head, Load, Receive, Reply, Send, Sleep
from tintype._pacing import Clock
from tintype.errors import TintypeError
from tintype.messages import Request, Response, ServerSentEvent
from tintype.models import Quote, Task
from tintype.request import ImageRequest
from tintype_contracts.fixtures.values import NOW, small_png
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import Answer

T = TypeVar("T")

Said: TypeAlias = Answer | Response | TintypeError
"""What the provider does when it is asked: an answer, or the network's failure."""

Provider: TypeAlias = Callable[[Request, int, datetime], Said]
"""What it does when it is sent a request, so many requests after the first, at that time."""

_MAX_EFFECTS = 20_000
_OK = 200


class Hours:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.seconds: float = 0.0

    @property
    def now(self) -> datetime:
        """The time of day."""
        return NOW + timedelta(seconds=self.seconds)

    @property
    def clock(self) -> Clock:
        """The same as the core reads it."""
        return Clock(monotonic=lambda: self.seconds, now=lambda: self.now)


@frozen(kw_only=True)
class Sent:
    """A request that left.

    Attributes:
        at: Seconds since the beginning.
        request: The request.
    """

    at: float
    request: Request


@frozen(kw_only=True)
class Course(Generic[T]):
    """How a flow went.

    Attributes:
        result: What it returned, or None.
        error: What it raised, or None.
        sent: Every request, in order.
        took: Seconds.
        endless: Whether it was stopped because it would not end.
    """

    result: T | None = None
    error: Exception | None = None
    sent: tuple[Sent, ...] = ()
    took: float = 0.0
    endless: bool = False

    @property
    def pauses(self) -> tuple[float, ...]:
        """Seconds between each request and the next."""
        times = [each.at for each in self.sent]
        return tuple(after - before for before, after in pairwise(times))


def in_order(said: Sequence[Said]) -> Provider:
    """A provider that says these things in order, and then the last one for ever."""
    return lambda _, count, __: said[min(count, len(said) - 1)]


def course(
    subject: Subject, flow: Callable[[Conversation], Flow[T]], provider: Provider
) -> Course[T]:
    """How a flow goes with a provider."""
    hours = Hours()
    choices = Choices(allow_unlisted=True)
    terms = Terms(clock=hours.clock, jitter=lambda: 0.0, choices=choices)
    play = _Play(provider=provider, hours=hours)
    running = flow(Conversation(subject.plugin, terms))
    try:
        result = play.through(running)
    except StopIteration as stop:
        return play.course(result=stop.value)
    except Exception as error:  # noqa: BLE001 - a flow over a broken plugin may raise anything
        return play.course(error=error)
    return result


def drawing(request: ImageRequest) -> Callable[[Conversation], Flow[Task]]:
    """A submission, followed to its end."""

    def flow(conversation: Conversation) -> Flow[Task]:
        task = yield from conversation.submit(request)
        return (yield from conversation.wait(task))

    return flow


def quoting(request: ImageRequest) -> Callable[[Conversation], Flow[Quote]]:
    """The question for a price."""
    return lambda conversation: conversation.quote(request)


def waiting(task: Task) -> Callable[[Conversation], Flow[Task]]:
    """A task that was accepted, followed to its end."""
    return lambda conversation: conversation.wait(task)


@frozen(kw_only=True)
class _Play:
    """One flow being driven."""

    provider: Provider
    hours: Hours
    sent: list[Sent] = field(factory=list)
    events: list[Iterator[ServerSentEvent]] = field(factory=list)

    def through(self, flow: Flow[T]) -> Course[T]:
        """Perform the flow's effects. It ends with StopIteration, or is stopped."""
        effect = next(flow)
        for _ in range(_MAX_EFFECTS):
            reply = self._perform(effect)
            effect = flow.throw(reply) if isinstance(reply, TintypeError) else flow.send(reply)
        flow.close()
        return Course(sent=tuple(self.sent), took=self.hours.seconds, endless=True)

    def course(self, *, result: T | None = None, error: Exception | None = None) -> Course[T]:
        """How it went."""
        return Course(result=result, error=error, sent=tuple(self.sent), took=self.hours.seconds)

    def _perform(self, effect: Effect) -> Reply | TintypeError:
        match effect:
            case Send():
                return self._send(effect.request)
            case Receive():
                return next(self.events[-1], None) if self.events else None
            case Sleep():
                self.hours.seconds += effect.seconds
                return None
            case Load():
                return small_png(effect.path)
            case _:
                return "entry"

    def _send(self, request: Request) -> Reply | TintypeError:
        said = self.provider(request, len(self.sent), self.hours.now)
        self.sent.append(Sent(at=self.hours.seconds, request=request))
        if not isinstance(said, Answer):
            return said
        messages = [message for _, message in said.turns]
        if said.streamed:
            self.events.append(iter([m for m in messages if isinstance(m, ServerSentEvent)]))
            return Head(status=_OK)
        first = messages[0]
        return first if isinstance(first, Response) else None
