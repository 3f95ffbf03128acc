"""One provider's end of the wire: single exchanges, asked, read, and written down."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Protocol, TypeVar

from attrs import Factory, evolve, field, frozen

from tintype._blame import AnyError, about
from tintype._flow.choices import Choices, PerCall
from tintype._flow.effects import Flow, Record, Send, Sleep
from tintype._flow.gates import Gate, Visit
from tintype._flow.hook_caller import HookCaller, expected
from tintype._flow.resolve import Plan
from tintype._flow.verdicts import is_transient, may_ask_again, wait_of
from tintype._pacing import Clock, backoff, believed
from tintype._plugins.checked import like
from tintype._plugins.registry import Plugin
from tintype.account import Limits, Rate
from tintype.catalog import Model
from tintype.entries import Paused, Released, Snapshot, Unread
from tintype.errors import (
    Billed,
    GateError,
    JournalError,
    PluginError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    TintypeError,
    TransportError,
)
from tintype.exchange import Exchange, Operation
from tintype.messages import HttpRequest, Request, Response
from tintype.models import Generation, Notice, Quote, Task, Upload
from tintype.request import Submission

T = TypeVar("T")

DRIVER = "the driver"
MAX_FAULTS = 4
"""How often in a row a plugin may fail at what a task's provider says of it."""
_PATIENCE = 3600.0  # seconds a submission waits at its gate where nobody says


class Remembers(Protocol):
    """Keeps what was drawn, by what was to be sent for it."""

    def given(self, plan: Plan, drawing: Flow[Generation], /) -> Flow[Generation]:
        """What is kept for a plan, or what is drawn for it and kept."""


@frozen(kw_only=True)
class Terms:
    """What the embedder decided, and what the driver lends.

    Attributes:
        choices: The options that flows hold to.
        per_call: What holds for one call alone.
        clock: What time it is.
        jitter: A number from 0 to 1, another one at each call.
        usd_per_credit: What a credit cost, or None: what the provider documents.
        providers: The names that `options` may have, or none where they are not known.
        encode: What puts a request into bytes, or raises why nothing can be sent; None where
            only the driver knows.
        token: Something that nobody can guess, another one at each call; "" for nothing: webhooks
            then find no lost submission again.
        nonce: What makes a submission unique, another one at each call.
        journaled: Whether what is paid for is written down.
        width: How many pieces of one call's work are done at a time.
        limits: What the account says that it may do at a time.
        documented: Whether the limits that a catalog has hold here.
        gate: When submissions may leave.
        cache: What was drawn before for the same request, or None: nothing is kept.
    """

    clock: Clock
    jitter: Callable[[], float]
    choices: Choices = field(factory=Choices)
    per_call: PerCall = field(factory=PerCall)
    usd_per_credit: Decimal | None = None
    providers: frozenset[str] = frozenset()
    encode: Callable[[Request], HttpRequest] | None = None
    token: Callable[[], str] = str
    nonce: Callable[[], str] = str
    journaled: bool = False
    width: int = 1
    limits: Limits = field(factory=Limits)
    documented: bool = True
    gate: Gate = field(default=Factory(lambda self: Gate(self.clock, self.jitter), takes_self=True))
    cache: Remembers | None = None

    @property
    def label(self) -> str:
        """Whose a submission is."""
        return self.per_call.label or self.choices.label


class Channel:
    """What every flow of one provider needs: its plugin, and the embedder's terms."""

    def __init__(self, plugin: Plugin, terms: Terms) -> None:
        self.info = plugin.info
        self.terms = terms
        self.tries = terms.per_call.tries or terms.choices.tries
        self.caller = HookCaller(plugin, terms.clock, terms.usd_per_credit)

    def query(
        self,
        kind: type[T],
        operation: Operation,
        asked: Request,
        *,
        request: Submission | None = None,
        so_far: Quote | Upload | None = None,
    ) -> Flow[T]:
        """The answer to a question that costs nothing and may be asked again.

        Raises:
            TintypeError: There is none; nothing was billed.
        """
        tries = 0
        while True:
            tries += 1
            yield from self.unmuted()
            try:
                reply = yield self._question(operation, asked)
                response = expected(reply, Response, DRIVER)
                exchange = Exchange(
                    operation=operation,
                    at=self.terms.clock.now(),
                    message=response,
                    request=request,
                    quote=so_far if isinstance(so_far, Quote) else None,
                    upload=so_far if isinstance(so_far, Upload) else None,
                )
                return self.caller.read(kind, exchange)
            except TintypeError as error:
                yield from self._mute(error)
                if tries == self.tries or not (is_transient(error) and may_ask_again(asked, error)):
                    raise about(error, billed=Billed.NO) from error.__cause__
                yield Sleep(seconds=self.pause(error, tries), retry=True)

    def _question(self, operation: Operation, asked: Request, waited: float = 0.0) -> Send:
        if asked.answer != "whole":
            msg = f"Only a submission is answered by a stream of {asked.answer}; nothing was sent."
            raise PluginError(msg, provider=self.info.name)
        repeat = asked.repeat is not False
        hook, timeout = operation.value, self.timeout(None)
        return Send(request=asked, repeat=repeat, timeout=timeout, hook=hook, waited=waited)

    def observe(
        self, operation: Operation, asked: Request, task: Task, waited: float = 0.0
    ) -> Flow[Task]:
        """What the provider says of a task, recorded; of one that was waited for so long."""
        return (yield from self.record((yield from self.look(operation, asked, task, waited))))

    def look(
        self, operation: Operation, asked: Request, task: Task, waited: float = 0.0
    ) -> Flow[Task]:
        """What the provider says of a task."""
        reply = yield self._question(operation, asked, waited)
        response = expected(reply, Response, DRIVER)
        try:
            with self.unread(operation, response, task):
                return self.caller.read_task(operation, response, task)
        except RateLimitError as error:
            yield from self._mute(error)
            raise

    def unmuted(self) -> Flow[None]:
        """Wait until the account may ask again, where it was told to wait.

        Raises:
            GateError: That is longer than the call waits at a gate.
        """
        gate, most = self.terms.gate, self.terms.per_call.gate_seconds
        while pause := gate.mute():
            if most is not None and pause > most:
                msg = f"The account was told to wait: {gate.said}"
                raise GateError(msg, retry_after=pause, provider=self.info.name)
            yield Sleep(seconds=pause, why=gate.said)

    def _mute(self, error: TintypeError) -> Flow[None]:
        """Have everyone wait, where a question is refused because there were too many."""
        seconds = believed(error.retry_after) if isinstance(error, RateLimitError) else 0.0
        if seconds and self.terms.gate.question_refused(seconds, str(error)):
            with suppress(JournalError):  # other processes are told so themselves, then
                yield Record(entry=Paused(provider=self.info.name, seconds=seconds))

    def unread(
        self, operation: Operation, response: Response, before: Task, *, stream: bool = False
    ) -> _Unread:
        """An error of whoever cannot read an answer carries that answer: it may hold an image.

        So does a refusal in an answer that HTTP calls good, where the provider does not say that
        nothing was billed.
        """
        return _Unread(self.terms.clock, operation, response, before, stream=stream)

    def with_answer_kept(self, error: AnyError) -> Flow[AnyError]:
        """The error, once the answer that it carries is in the journal, where there is one."""
        if error.answer is None or not error.answer.record:
            return error
        with suppress(JournalError):  # then the error carries it on
            kept = expected((yield Record(entry=error.answer)), str, DRIVER)
            return about(error, kept=kept, answer=None) if kept else error
        return error

    def record(self, task: Task, *, more: bool = False, understood: bool = False) -> Flow[Task]:
        """Write a task down. It is not lost because the journal fails: a notice says so.

        Args:
            task: The task.
            more: Whether it comes from a stream that goes on.
            understood: Whether it was read from the answer that was kept for it.
        """
        try:
            record = yield Record(entry=Snapshot(task=task, more=more, understood=understood))
        except JournalError as error:
            notice = Notice(field="journal", message=f"{error} The task goes on without it.")
            return evolve(task, notices=(*task.notices, notice))
        known = not record or record == task.record
        return task if known or not isinstance(record, str) else like(task, record=record)

    def release(self, task: Task) -> Flow[None]:
        """Let whoever resumes it have a task that is not looked at any more."""
        if task.record:
            with suppress(JournalError):
                yield Record(entry=Released(record=task.record))

    def timeout(self, documented: float | None) -> float:
        """Seconds for one answer: the caller's, the embedder's, the model's, or the provider's."""
        given = self.terms.per_call.timeout or self.terms.choices.request_timeout
        return given or documented or self.info.request_timeout

    def limits(self, model: Model) -> Limits | None:
        """What is known to be let through at a time, or None: nothing is."""
        own = self.terms.limits
        concurrency, rate = own.concurrency, own.rate
        if self.terms.documented:
            concurrency = concurrency or model.max_in_flight
            a_minute = model.requests_per_minute
            rate = rate or (Rate(a_minute, 60.0) if a_minute else None)
        return Limits(concurrency=concurrency, rate=rate) if concurrency or rate else None

    def patience(self, visit: Visit) -> float:
        """Until when a submission waits at its gate, on the monotonic clock."""
        seconds = self.terms.choices.task_timeout or _PATIENCE
        if self.terms.per_call.gate_seconds is not None and not visit.tasks:
            seconds = min(seconds, self.terms.per_call.gate_seconds)
        return self.terms.clock.monotonic() + seconds

    def pause(self, error: TintypeError, failures: int) -> float:
        """Seconds before the next try, as far as the server's wish is believed."""
        return max(believed(wait_of(error)), backoff(failures, self.terms.jitter()))


class _Unread:
    """While an answer is read: an error carries it, as `Channel.unread` says."""

    __slots__ = ("_before", "_clock", "_operation", "_response", "_stream")

    def __init__(
        self, clock: Clock, operation: Operation, response: Response, before: Task, *, stream: bool
    ) -> None:
        self._clock, self._operation, self._stream = clock, operation, stream
        self._response, self._before = response, before

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if not isinstance(error, _READING) or not self._response.content.text:
            return
        if isinstance(error, ProviderError) and not _may_be_paid(error, self._response):
            return
        answer = Unread(
            record=self._before.record,
            operation=self._operation,
            at=self._clock.now(),
            before=self._before,
            response=self._response,
            stream=self._stream,
        )
        raise about(error, answer=answer) from error.__cause__


_READING = (ProtocolError, PluginError, TransportError, ProviderError)


def _may_be_paid(error: ProviderError, response: Response) -> bool:
    return response.status // 100 == _GOOD and error.billed is not Billed.NO


_GOOD = 2
