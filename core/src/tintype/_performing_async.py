"""Performs flows' effects with await."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import aclosing, closing, suppress
from typing import Generic, TypeVar, assert_never

from tintype import _forks
from tintype._client.claims import unanswered
from tintype._client.closing import CANCEL_SECONDS, ClientClosed, closed, left, with_timeout
from tintype._client.keyed_results import Intake
from tintype._client.observing import Progress, check_progress, tell_progress, told_by
from tintype._client.opening_async import AsyncOpener
from tintype._client.reading import Reader, read_reference
from tintype._client.setup import Setup
from tintype._flow.effects import (
    Effect,
    Fetch,
    Flow,
    Head,
    Load,
    Receive,
    Record,
    Reply,
    Send,
    Sleep,
    Step,
    Together,
)
from tintype._keys.dispatch import fetch_request
from tintype._keys.redaction import Redactor
from tintype._trail import Trail
from tintype.errors import TintypeError, UsageError
from tintype.messages import Response, ServerSentEvent
from tintype.models import Task
from tintype.transports import AsyncIncoming, AsyncTransport

T = TypeVar("T")


class AsyncPerformer:
    """Performs flows' effects.

    Args:
        setup: Accounts, plugins, observers, journal.
        transport: How exchanges are made, or None: the usual library, opened at first use.
    """

    def __init__(self, setup: Setup, transport: AsyncTransport | None) -> None:
        self._setup = setup
        self._transport = transport
        self._owned = transport is None
        self._opener = AsyncOpener()
        self.begin_anew()
        _forks.guard(self)

    def begin_anew(self) -> None:
        """Have nothing under way, as a process that was just forked: the calls are its parent's."""
        self._lines: set[_FlowRun] = set()

    async def close(self) -> None:
        """Close the connections that were opened here, and the journal likewise.

        Calls that are under way end first, their last words said.
        """
        ends = [end for line in tuple(self._lines) if (end := line.leave()) is not None]
        if ends:
            await asyncio.wait(ends, timeout=2 * CANCEL_SECONDS)
        if self._owned and self._transport is not None:
            await self._transport.close()
            self._transport = None
        await asyncio.to_thread(self._setup.close)

    def _opened(self) -> AsyncTransport:
        if self._transport is None:
            # Imported at its first use: it is an extra, and costs more than the rest together.
            try:
                from tintype.transports.aiohttp import AiohttpTransport  # noqa: PLC0415
            except ImportError as error:
                msg = "AsyncClient needs aiohttp: pip install 'tintype[async]'"
                raise UsageError(msg) from error
            self._transport = AiohttpTransport()
        return self._transport

    async def run(
        self,
        provider: str,
        flow: Flow[T],
        on_progress: Progress | None = None,
        *,
        record: str = "",
        awaited: Task | None = None,
    ) -> T:
        """A flow's result; its snapshots go to `on_progress`.

        Args:
            provider: Whom it speaks to.
            flow: What is to be performed.
            on_progress: Called with each snapshot.
            record: The journal record it is at work on.
            awaited: The task whose end it is to wait for.
        """
        check_progress(on_progress)
        async with aclosing(self.steps(provider, flow, record=record, awaited=awaited)) as steps:
            async for step in steps:
                if isinstance(step, _Done):
                    return step.value
                try:
                    tell_progress(on_progress, step)
                except Exception:  # a mistake of the caller's: the task is left to be resumed
                    with suppress(_Left):
                        await steps.athrow(_Left())
                    raise
        raise AssertionError  # a flow's last step is its result

    async def steps(
        self, provider: str, flow: Flow[T], *, record: str = "", awaited: Task | None = None
    ) -> AsyncGenerator[Task | _Done[T], None]:
        """Perform a flow's effects; its snapshots come out on the way, its result at the end."""
        line = _FlowRun(self._setup, self._opener, self._opened, provider)
        line.trail.follow([record])
        if awaited is not None:
            line.trail.begin(awaited)
        self._lines.add(line)
        done: _Done[T] | None = None
        try:
            async with aclosing(line), aclosing(_performed(line, flow)) as steps:
                async for step in steps:
                    if isinstance(step, _Done):
                        done = step
                    else:
                        yield step
        except BaseException as error:
            await self._abandon(provider, line.trail, error)
            if isinstance(error, ClientClosed):
                raise closed(line.trail) from None
            raise
        finally:
            line.trail.end()
            self._lines.discard(line)
            line.end()
        if done is not None:  # who takes the result and goes abandons nothing
            yield done

    async def _abandon(self, provider: str, trail: Trail, error: BaseException) -> None:
        """Leave what was begun to others; who was stopped from outside tells the provider."""
        self._setup.claims.release(trail)
        if not isinstance(error, Exception):
            await self._cancel_running(provider, trail)

    async def _cancel_running(self, provider: str, trail: Trail) -> None:
        words = [self._say(provider, flow) for flow in self._setup.cancellations(trail)]
        with suppress(TimeoutError):
            async with asyncio.timeout(CANCEL_SECONDS):
                await asyncio.gather(*words)

    async def _say(self, provider: str, flow: Flow[Task]) -> None:
        line = _FlowRun(self._setup, self._opener, self._opened, provider)
        with suppress(TintypeError), closing(flow):
            async with aclosing(line):
                await line.perform(with_timeout(next(flow)))


class _Left(Exception):  # noqa: N818 - it tells a flow to end, and reaches nobody
    """The caller's own code failed while a task was under way."""


async def _performed(line: _FlowRun, flow: Flow[T]) -> AsyncGenerator[Task | _Done[T], None]:
    with closing(flow):
        try:
            effect = next(flow)
            while True:
                try:
                    reply = await line.perform(effect)
                except Exception as error:  # noqa: BLE001 - a flow says whom it concerns
                    effect = flow.throw(error)
                    continue
                if (task := told_by(effect, reply)) is not None:
                    yield task
                if not (isinstance(effect, Together) and task):
                    effect = flow.send(reply)
        except StopIteration as stop:
            yield _Done(stop.value)


class _Done(Generic[T]):
    """The result of a flow: an async generator cannot return one."""

    def __init__(self, value: T) -> None:
        self.value = value


class _FlowRun:
    """Performs one flow's effects, and holds the stream it may have open."""

    def __init__(
        self,
        setup: Setup,
        opener: AsyncOpener,
        transport: Callable[[], AsyncTransport],
        provider: str,
        trail: Trail | None = None,
    ) -> None:
        self._setup = setup
        self._opener = opener
        self._transport = transport
        self._provider = provider
        self._crew: _Crew | None = None
        self._incoming: AsyncIncoming | None = None
        self._events: AsyncIterator[ServerSentEvent] | None = None
        self._worker: asyncio.Task[object] | None = None
        self._left = False
        self._ended: asyncio.Future[None] | None = None
        self.trail = trail or setup.claims.trail()

    async def perform(self, effect: Effect) -> Reply:
        """What comes of an effect.

        Raises:
            ClientClosed: The client was closed meanwhile, or before.
        """
        if self._left and (end := left(effect)) is not None:
            raise end
        if isinstance(effect, Together):
            return await self._at_work(self._together(effect))
        with self._setup.observers.observed(self._provider, effect) as seen:
            seen.reply = await self._at_work(self._perform(effect))
        self.trail.note(effect, seen.reply)
        return seen.reply

    async def _together(self, effect: Together) -> Task | None:
        """The next snapshot of work that is done side by side, or None: all is done."""
        crew = self._crew = self._crew or _Crew(effect, self._beside)
        try:
            task = await crew.told()
        except BaseException:
            await self._disband()
            raise
        if task is None:
            self._crew = None
        return task

    def _beside(self) -> _FlowRun:
        """Performs a flow that is of the same call, and its own."""
        return _FlowRun(self._setup, self._opener, self._transport, self._provider, self.trail)

    async def _disband(self) -> None:
        crew, self._crew = self._crew, None
        if crew is not None:
            await crew.stop()

    async def _at_work(self, work: Coroutine[object, object, Reply]) -> Reply:
        worker = self._worker = asyncio.current_task()
        try:
            return await work
        except asyncio.CancelledError:
            if self._left and worker is not None and worker.uncancel() == 0:
                raise ClientClosed from None
            raise
        finally:
            self._worker = None

    def leave(self) -> asyncio.Future[None] | None:
        """Perform no more; done once all is over, None where nobody is at work just now."""
        self._left = True
        worker, here = self._worker, asyncio.current_task()
        if worker is None or worker is here or worker.get_loop() is not asyncio.get_running_loop():
            return None
        worker.cancel()
        self._ended = self._ended or asyncio.get_running_loop().create_future()
        return self._ended

    def end(self) -> None:
        """It is over."""
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)

    async def aclose(self) -> None:
        """Let go of a stream that was not read to its end, and of what is done side by side."""
        await self._let_go()
        await self._disband()

    async def _let_go(self) -> None:
        if self._incoming is not None:
            await self._incoming.close()
            self._incoming = None

    async def _perform(self, effect: Step) -> Reply:
        match effect:
            case Send():
                return await self._send(effect)
            case Receive():
                return await anext(self._events, None) if self._events else None
            case Sleep():
                await asyncio.sleep(effect.seconds)
                return None
            case Load():
                return await asyncio.to_thread(read_reference, effect.path)
            case Fetch():
                return await self._fetch(effect)
            case Record():
                return await self._record(effect)
            case _:
                assert_never(effect)

    async def _record(self, effect: Record) -> str:
        written = self._setup.journal.record(effect.entry)
        if written.done():
            return written.result()
        # Shielded: what is being written is written, also when the caller is cancelled.
        try:
            async with asyncio.timeout(self._setup.patience):
                return await asyncio.shield(asyncio.wrap_future(written))
        except TimeoutError:
            self._setup.claims.take_back(effect, written)
            raise unanswered(effect, self._setup.patience) from None
        except BaseException:
            self._setup.claims.take_back(effect, written)
            raise

    async def _send(self, effect: Send) -> Response | Head:
        await self._let_go()
        keyring = self._setup.providers.keyring(self._provider)
        incoming, redactor = await self._opener.open(keyring, effect, self._transport())
        self._incoming = incoming
        reader = Reader(effect, incoming.status, incoming.headers, redactor)
        chunks = incoming.chunks()
        async for chunk in chunks:
            events = reader.feed(chunk)
            if reader.streams:
                self._events = _events(events, chunks, reader)
                return reader.head
        await self._let_go()
        return reader.response()

    async def _fetch(self, effect: Fetch) -> Head:
        request = fetch_request(
            effect.url,
            public_only=effect.public_only,
            trusted_networks=effect.trusted_networks,
        )
        transport = self._transport()
        if effect.keyed:
            keyring = self._setup.providers.keyring(self._provider)
            incoming, redactor = await self._opener.open(keyring, effect.question, transport)
        else:
            incoming = await transport.open(request, timeout=effect.timeout)
            redactor = Redactor([])
        try:
            intake = Intake(effect, incoming.status)
            async for chunk in incoming.chunks():
                if not intake.take(chunk):
                    break
        finally:
            await incoming.close()
        headers, said = redactor.headers(incoming.headers), redactor.body(intake.said)
        return Head(status=incoming.status, headers=headers, body=said)


async def _events(
    begun: list[ServerSentEvent], chunks: AsyncIterator[bytes], reader: Reader
) -> AsyncIterator[ServerSentEvent]:
    for event in begun:
        yield event
    async for chunk in chunks:
        for event in reader.feed(chunk):
            yield event
    for event in reader.close():
        yield event


class _Crew:
    """Does pieces of work side by side, in a task each, as many at a time as may be."""

    def __init__(self, effect: Together, line: Callable[[], _FlowRun]) -> None:
        self._work = effect.work
        self._width = effect.width
        self._line = line
        self._snapshots: deque[Task] = deque()
        self._news = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    async def told(self) -> Task | None:
        """The next snapshot, or None: nothing is left to do.

        Raises:
            BaseException: What ended one of the pieces.
        """
        while True:
            if self._snapshots:
                return self._snapshots.popleft()
            for each in [each for each in self._running if each.done()]:
                self._running.remove(each)
                each.result()
            pause = self._begin()
            if pause is None and not self._running:
                return None
            with suppress(TimeoutError):
                async with asyncio.timeout(pause if len(self._running) < self._width else None):
                    await self._news.wait()
            self._news.clear()

    def _begin(self) -> float | None:
        """Begin what is due; seconds until more is, or None where nothing waits."""
        while (pause := self._work.pause()) == 0 and len(self._running) < self._width:
            made = asyncio.create_task(self._done(self._line(), self._work.take()))
            made.add_done_callback(lambda _: self._news.set())
            self._running.add(made)
        return pause

    async def _done(self, line: _FlowRun, piece: Flow[None]) -> None:
        async with aclosing(line), aclosing(_performed(line, piece)) as steps:
            async for step in steps:
                if not isinstance(step, _Done):
                    self._snapshots.append(step)
                    self._news.set()

    async def stop(self) -> None:
        """Begin nothing more, and have what is under way end."""
        for each in self._running:
            each.cancel()
        if self._running:
            ended, _ = await asyncio.wait(self._running)
            for each in ended:  # what it ended in is nobody's matter any more
                each.cancelled() or each.exception()
