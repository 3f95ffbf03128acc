"""Performs flows' effects, as coroutines that either client runs.

Nothing here waits by itself: what sleeps, reads and writes is a `Waits`. `AsyncClient` brings one
that awaits, and awaits the coroutine. `Client` brings one that blocks where it is called: the
same coroutine then never suspends, and has ended after its first step (`_blocking.finished`).
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from concurrent.futures import Future
from contextlib import aclosing, closing, suppress
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar, assert_never

from tintype import _forks
from tintype._blame import of_provider
from tintype._client.claims import unanswered
from tintype._client.closing import (
    CANCEL_SECONDS,
    ClientClosed,
    closed,
    left,
    note_tasks,
    with_timeout,
)
from tintype._client.keyed_results import Intake
from tintype._client.logs import log_wait
from tintype._client.observing import ObservedCall, Progress, check_progress, told_by
from tintype._client.opening import Arriving, Exchanges, Opener
from tintype._client.reading import Reader
from tintype._client.setup import Setup
from tintype._flow.effects import (
    Ask,
    Asked,
    Effect,
    Fetch,
    Flow,
    Head,
    Load,
    News,
    Receive,
    Record,
    Reply,
    Send,
    Sleep,
    Step,
    Tell,
    Together,
    Turn,
)
from tintype._keys.dispatch import fetch_request
from tintype._keys.redaction import Redactor
from tintype._trail import Trail
from tintype.errors import TintypeError
from tintype.messages import Response, ServerSentEvent
from tintype.models import BatchResult, Task

T = TypeVar("T")
_OF_CALLS = (Together, Turn, Ask, Tell)  # nothing is asked of the world by these
_NO_SECRETS = Redactor([])


class Presence(Protocol):
    """Who is at work on a call, and how it is told to end."""

    @property
    def left(self) -> bool:
        """Whether it is to perform no more."""

    def enter(self) -> None:
        """Somebody is at work from now on."""

    def rest(self) -> None:
        """Nobody is, until the next snapshot is asked for."""

    def sleep(self, seconds: float) -> Awaitable[None]:
        """Wait, unless it is to end."""

    def leave(self) -> bool:
        """Perform no more; whether somebody else is at work just now, whose end is to be awaited.

        Who is at work ends in `ClientClosed`, or in what `meant` knows to be that.
        """

    def meant(self, error: BaseException) -> BaseException:
        """What an error is that ended the call: `ClientClosed`, where `leave` brought it about."""

    def end(self) -> None:
        """It is over."""

    async def ended(self, deadline: float) -> None:
        """Wait until it is over, or until a time of the monotonic clock."""


class Crew(Protocol):
    """Does pieces of work side by side."""

    async def told(self) -> News | None:
        """The next thing that a piece tells, or None: nothing is left to do.

        Raises:
            BaseException: What ended one of the pieces.
        """

    def stop(self) -> None:
        """Begin nothing more, and have what is under way end."""

    async def join(self) -> None:
        """Wait until what was stopped has ended."""


class Waits(Exchanges, Protocol):
    """All waiting of one kind of client.

    Attributes:
        CLOSE_SECONDS: How long the ends of calls are waited for when the client is closed.
    """

    CLOSE_SECONDS: float

    @property
    def is_open(self) -> bool:
        """Whether there are connections to make exchanges on."""

    def presence(self) -> Presence:
        """That of a call that begins."""

    def crew(self, effect: Together, beside: Callable[[Flow[None]], FlowRun[None]]) -> Crew:
        """Who does pieces of work side by side, each as a call of its own."""

    async def load(self, path: str) -> bytes:
        """The bytes of a local file."""

    async def call(self, function: Callable[[], object]) -> object:
        """What a function returns that may block; where it is to be awaited, once it was."""

    async def written(self, entry: Future[str], seconds: float) -> object:
        """Wait until an entry is durable, as it will be if nobody waits any more, too.

        Raises:
            TimeoutError: It is not in that time.
        """

    async def at_most(self, seconds: float, work: list[Coroutine[object, object, None]]) -> None:
        """Do all of some work, as far as the time allows."""

    async def close(self, journal: Callable[[], None]) -> None:
        """Close the connections that were opened here, and the journal likewise."""

    def begin_anew(self) -> None:
        """Be as in a new process: what was inherited is the parent's."""


class Driver:
    """Performs flows' effects.

    Args:
        setup: Accounts, plugins, observers, journal.
        waits: How the client waits.
    """

    def __init__(self, setup: Setup, waits: Waits) -> None:
        self.setup = setup
        self.waits = waits
        self.opener = Opener(waits)
        self.begin_anew()
        _forks.guard(self)

    def begin_anew(self) -> None:
        """Have nothing under way, as a process that was just forked: the calls are its parent's."""
        # Each call that a caller waits for, and what has it end.
        self.calls: dict[Presence, Callable[[], bool]] = {}
        self.waits.begin_anew()

    async def close(self) -> None:
        """Close the connections that were opened here, and the journal likewise.

        Calls that are under way end first, their last words said.
        """
        deadline = time.monotonic() + self.waits.CLOSE_SECONDS
        for call in [call for call, leave in tuple(self.calls.items()) if leave()]:
            await call.ended(deadline)
        await self.waits.close(self.setup.close)

    async def run(
        self,
        verb: str,
        provider: str,
        flow: Flow[T],
        on_progress: Progress | None = None,
        *,
        record: str = "",
        awaited: Task | None = None,
    ) -> T:
        """A flow's result; its snapshots go to `on_progress`.

        Args:
            verb: Which method of the client is called.
            provider: Whom it speaks to.
            flow: What is to be performed.
            on_progress: Called with each snapshot.
            record: The journal record it is at work on.
            awaited: The task whose end it is to wait for.
        """
        check_progress(on_progress)
        trail = self.setup.claims.trail()
        trail.follow(record)
        if awaited is not None:
            trail.begin(awaited)
        heard = None if on_progress is None else Task
        begun = self.setup.observers.begin(verb, provider)
        async with FlowRun(self, provider, flow, trail, heard, begun) as call:
            while (news := await call.told()) is not None:
                if on_progress is not None and isinstance(news, Task):
                    on_progress(news)
        return call.result

    async def steps(self, provider: str, flow: Flow[object]) -> AsyncGenerator[Task, None]:
        """Perform a flow's effects; the snapshots that it records come out on the way."""
        begun = self.setup.observers.begin("stream", provider)
        async with FlowRun(self, provider, flow, self.setup.claims.trail(), Task, begun) as call:
            while (news := await call.told()) is not None:
                if isinstance(news, Task):
                    yield news

    async def results(self, flow: Flow[object]) -> AsyncGenerator[BatchResult, None]:
        """Perform a flow's effects; the results of lines that it tells come out on the way."""
        begun, trail = self.setup.observers.begin("batch", ""), self.setup.claims.trail()
        async with FlowRun(self, "", flow, trail, BatchResult, begun) as call:
            while (news := await call.told()) is not None:
                if isinstance(news, BatchResult):
                    yield news

    async def abandon(self, trail: Trail, error: BaseException, call: ObservedCall | None) -> None:
        """Leave what was begun to others; who was stopped from outside tells the provider."""
        self.setup.claims.release(trail)
        late = isinstance(error, ClientClosed) and not self.waits.is_open
        if not late and not isinstance(error, Exception):
            deadline = time.monotonic() + CANCEL_SECONDS
            told = self.setup.cancellations(trail)
            await self.waits.at_most(
                CANCEL_SECONDS, [self._tell(*each, deadline, call) for each in told]
            )

    async def _tell(
        self, provider: str, flow: Flow[Task], deadline: float, call: ObservedCall | None
    ) -> None:
        """Ask a provider to stop a task, while there is time."""
        if (seconds := deadline - time.monotonic()) > 0:
            trail = self.setup.claims.trail()
            asked = FlowRun(self, provider, _asked(flow, seconds), trail, call=call)
            async with aclosing(asked):
                with suppress(TintypeError):
                    await asked.told()


def _asked(flow: Flow[Task], seconds: float) -> Flow[None]:
    """What a flow asks first, for no longer than that, and nothing else of it."""
    with closing(flow):
        yield with_timeout(next(flow), seconds)


class FlowRun(Generic[T]):
    """One flow, its effects performed one after the other.

    Args:
        driver: Who performs it.
        provider: Whom it speaks to.
        flow: The flow.
        trail: What the call has written down.
        heard: What somebody wants to be told of: snapshots, lines of a batch, or nothing.
        call: The call that it is, or is a piece of, as observers know it; None: nobody observes.

    Attributes:
        result: What the flow returned, once it has ended.
        trail: What the call has written down.
        presence: Who is at work on it.
    """

    __slots__ = (
        "_answer",
        "_call",
        "_crew",
        "_driver",
        "_flow",
        "_heard",
        "_provider",
        "_reader",
        "_reply",
        "presence",
        "result",
        "trail",
    )
    result: T

    def __init__(
        self,
        driver: Driver,
        provider: str,
        flow: Flow[T],
        trail: Trail,
        heard: type[News] | None = None,
        call: ObservedCall | None = None,
    ) -> None:
        self._call = call
        self._driver = driver
        self._provider = provider
        self._flow = flow
        self._heard = heard
        self._reply: Reply = None
        self._answer: Arriving | None = None
        self._reader: Reader | None = None
        self._crew: tuple[Together, Crew] | None = None
        self.presence = driver.waits.presence()
        self.trail = trail

    async def told(self) -> News | None:
        """The next thing that the flow tells and somebody wants, or None: it has ended.

        Raises:
            ClientClosed: The client was closed meanwhile, or before.
        """
        self.presence.enter()
        try:
            effect = self._crew[0] if self._crew else self._flow.send(self._reply)
            while True:
                start = time.monotonic()
                try:
                    reply = await self._performed(effect)
                except Exception as failure:  # noqa: BLE001 - a flow says whom it concerns
                    effect = self._flow.throw(self._failed(effect, failure, start))
                    continue
                self._observe(effect, reply, None, start)
                if self._heard and isinstance(news := told_by(effect, reply), self._heard):
                    self._reply = reply
                    self.presence.rest()
                    return news
                effect = self._flow.send(reply)
        except StopIteration as stop:
            self.result = stop.value
            return None

    def _failed(self, effect: Effect, failure: Exception, start: float) -> Exception:
        """What an effect ended in, as a flow is told."""
        if not isinstance(failure, TintypeError):
            self._observe(effect, None, None, start)
            return failure
        error = of_provider(failure, self._provider)
        self._observe(effect, None, error, start)
        return error

    def _observe(
        self, effect: Effect, reply: Reply, error: TintypeError | None, start: float
    ) -> None:
        if not isinstance(effect, _OF_CALLS):
            self._driver.setup.observers.tell(
                self._provider, effect, reply, error, start, self._call
            )

    def _performed(self, effect: Effect) -> Awaitable[Reply]:
        """What comes of an effect."""
        if self.presence.left and (end := left(effect)) is not None:
            raise end
        match effect:
            case Together():
                return self._together(effect)
            case Turn() | Tell():
                return self._turn(effect)
            case Ask():
                return self._ask(effect)
            case _:
                return self._stepped(effect)

    def _stepped(self, effect: Step) -> Awaitable[Reply]:
        match effect:
            case Sleep():
                return self._sleep(effect)
            case Send():
                return self._send(effect)
            case Record():
                return self._record(effect)
            case Receive():
                return self._receive()
            case Fetch():
                return self._fetch(effect)
            case Load():
                return self._driver.waits.load(effect.path)
            case _:
                assert_never(effect)

    def _sleep(self, effect: Sleep) -> Awaitable[None]:
        if effect.why:
            log_wait(self._provider, effect)
        return self.presence.sleep(effect.seconds)

    async def _turn(self, effect: Turn | Tell) -> None:
        if isinstance(effect, Turn):
            self._provider = effect.provider

    async def _ask(self, effect: Ask) -> Asked:
        return Asked(value=await self._driver.waits.call(effect.call))

    async def _together(self, effect: Together) -> News | None:
        """What work tells next that is done side by side, or None: all is done."""
        if self._crew is None:
            beside = self._apart if effect.apart else self._beside
            self._crew = effect, self._driver.waits.crew(effect, beside)
        try:
            news = await self._crew[1].told()
        except BaseException:
            await self._disband()
            raise
        if news is None:
            self._crew = None
        return news

    def _beside(self, piece: Flow[None]) -> FlowRun[None]:
        """A piece of this call's work, performed beside the others."""
        return FlowRun(self._driver, self._provider, piece, self.trail, self._heard, self._call)

    def _apart(self, piece: Flow[None]) -> FlowRun[None]:
        """The same, at work on records of its own."""
        trail = self._driver.setup.claims.trail()
        return _FlowRunApart(self._driver, self._provider, piece, trail, self._heard, self._call)

    async def _disband(self) -> None:
        if self._crew is not None:
            (_, crew), self._crew = self._crew, None
            crew.stop()
            await crew.join()

    async def _send(self, effect: Send) -> Response | Head:
        if self._answer is not None:
            await self._let_go()
        keyring = self._driver.setup.providers.keyring(self._provider)
        answer, redactor = await self._driver.opener.open(keyring, effect)
        self._answer = answer
        reader = Reader(effect, answer.status, answer.headers, redactor)
        await answer.read(reader.take)
        if reader.streams:
            self._reader = reader
            return reader.head
        await self._let_go()
        return reader.response()

    async def _receive(self) -> ServerSentEvent | None:
        if self._reader is None or self._answer is None:
            return None
        if not self._reader.has_event:
            await self._answer.read(self._reader.take)
        return self._reader.next_event()

    async def _let_go(self) -> None:
        """Let go of an answer; of its stream that was not read to its end, too."""
        answer, self._answer, self._reader = self._answer, None, None
        if answer is not None:
            await answer.aclose()

    async def _fetch(self, effect: Fetch) -> Head:
        request = fetch_request(
            effect.url,
            public_only=effect.public_only,
            trusted_networks=effect.trusted_networks,
            proxy=effect.proxy,
        )
        if effect.keyed:
            keyring = self._driver.setup.providers.keyring(self._provider)
            answer, redactor = await self._driver.opener.open(keyring, effect.question)
        else:
            answer, redactor = await self._driver.waits.open(request, effect.timeout), _NO_SECRETS
        async with aclosing(answer):
            intake = Intake(effect, answer.status)
            await answer.read(intake.take)
        headers, said = redactor.headers(answer.headers), redactor.body(intake.said)
        return Head(status=answer.status, headers=headers, body=said)

    async def _record(self, effect: Record) -> str:
        setup = self._driver.setup
        written = setup.journal.record(effect.entry)
        try:
            if not written.done():
                await self._driver.waits.written(written, setup.patience)
            record = written.result()
        except TimeoutError:
            setup.claims.take_back(effect, written)
            raise unanswered(effect, setup.patience) from None
        except BaseException:  # such as an interruption, while it may be written all the same
            setup.claims.take_back(effect, written)
            raise
        self.trail.note(effect.entry, record)
        return record

    def leave(self) -> bool:
        """Perform no more; whether somebody else is at work just now."""
        at_work = self.presence.leave()
        if self._crew is not None:
            self._crew[1].stop()
        return at_work

    async def aclose(self) -> None:
        """End the flow, and let go of what it has under way."""
        self._flow.close()
        await self._let_go()
        await self._disband()

    async def _abandoned(self, error: BaseException | None) -> None:
        """Leave what did not end to others, where an error is why.

        Raises:
            TintypeError: The client was closed while the call was under way.
        """
        if error is not None:
            meant = self.presence.meant(error)
            note_tasks(meant, self.trail)
            await self._driver.abandon(self.trail, meant, self._call)
            if isinstance(meant, ClientClosed):
                raise closed(self.trail) from None

    async def __aenter__(self) -> Self:
        """The call itself, as one that a caller waits for."""
        self._driver.calls[self.presence] = self.leave
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Have it end; what it began and did not finish is left to others."""
        try:
            try:
                await self.aclose()
            except BaseException as failure:
                error = failure
                raise
            finally:
                await self._abandoned(error)
        finally:
            self.trail.end()
            self._driver.calls.pop(self.presence, None)
            self.presence.end()
            self._driver.setup.observers.end(self._call, error)


class _FlowRunApart(FlowRun[None]):
    """One piece of a call's work, which leaves its own records when it ends."""

    __slots__ = ()

    async def aclose(self) -> None:
        """End the flow, and let go of what it was at work on."""
        try:
            await super().aclose()
        finally:
            self._driver.setup.claims.release(self.trail)
