"""Waits with calls that block: what `Client` runs a driver's coroutines with."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator, Mapping
from concurrent.futures import Future
from contextlib import aclosing, suppress
from contextvars import copy_context
from functools import partial
from inspect import iscoroutine
from queue import Empty, SimpleQueue
from typing import TypeVar

from tintype._client.closing import CANCEL_SECONDS, ClientClosed
from tintype._client.comparing import side_by_side
from tintype._client.keyring import Keyring
from tintype._client.observing import Progress
from tintype._client.reading import read_reference
from tintype._client.setup import Setup
from tintype._driver import Driver, FlowRun
from tintype._flow.effects import Flow, News, Together
from tintype.errors import UsageError
from tintype.messages import HttpRequest
from tintype.models import BatchResult, Task
from tintype.transports import Incoming, Transport

T = TypeVar("T")


def finished(work: Coroutine[object, object, T]) -> T:
    """What a coroutine returns whose waits all block: it has ended after its first step."""
    try:
        work.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError  # a wait that blocks suspends nothing


class BlockingDriver:
    """Performs flows' effects with blocking calls. Used from several threads."""

    def __init__(self, setup: Setup, transport: Transport | None) -> None:
        self._driver = Driver(setup, _Blocking(transport))

    def run(
        self,
        verb: str,
        provider: str,
        flow: Flow[T],
        on_progress: Progress | None = None,
        *,
        record: str = "",
        awaited: Task | None = None,
    ) -> T:
        """A flow's result, as `Driver.run` has it."""
        return finished(
            self._driver.run(verb, provider, flow, on_progress, record=record, awaited=awaited)
        )

    def run_all(self, flows: Mapping[str, Flow[T]], seconds: float) -> dict[str, T]:
        """The results of flows that speak to several providers at once, but of those too late."""
        work = {
            name: partial(copy_context().run, self.run, "quotes", name, flow)
            for name, flow in flows.items()
        }
        return side_by_side(work, seconds)

    def steps(self, provider: str, flow: Flow[object]) -> Iterator[Task]:
        """The snapshots that a flow records, as they come."""
        return _each(self._driver.steps(provider, flow))

    def results(self, flow: Flow[object]) -> Generator[BatchResult, None, None]:
        """The results of lines that a flow tells, as they come."""
        return _each(self._driver.results(flow))

    def close(self) -> None:
        """Close the connections that were opened here, and the journal likewise."""
        finished(self._driver.close())


def _each(steps: AsyncGenerator[T, None]) -> Generator[T, None, None]:
    """What an async generator yields whose waits all block."""
    try:
        while True:
            yield finished(steps.asend(None))
    except StopAsyncIteration:
        return
    finally:
        finished(steps.aclose())


class _Blocking:
    """Waits with calls that block. Used from several threads.

    Args:
        transport: How exchanges are made, or None: the usual library, opened at first use.
    """

    CLOSE_SECONDS = CANCEL_SECONDS

    def __init__(self, transport: Transport | None) -> None:
        self._transport = transport
        self._owned = transport is None
        self.begin_anew()

    def begin_anew(self) -> None:
        self._opening = threading.Lock()
        self._buying: defaultdict[Keyring, threading.Lock] = defaultdict(threading.Lock)

    @property
    def is_open(self) -> bool:
        return self._transport is not None

    async def open(self, request: HttpRequest, timeout: float) -> _Arriving:  # noqa: ASYNC109
        transport = self._transport or self._opened()
        return _Arriving(transport.open(request, timeout=timeout))

    def _opened(self) -> Transport:
        with self._opening:  # threads that come first together share one
            if self._transport is None:
                # Imported at its first use: urllib3 costs more than everything else together.
                from tintype.transports.urllib3 import Urllib3Transport  # noqa: PLC0415

                self._transport = Urllib3Transport()
            return self._transport

    async def ask(self, function: Callable[[], object], seconds: float) -> object:  # noqa: ARG002
        told = function()
        if iscoroutine(told):
            told.close()
            msg = "The function for a credential is to be awaited: that is for AsyncClient."
            raise UsageError(msg)
        return told

    def one_at_a_time(self, keyring: Keyring) -> _Held:
        return _Held(self._buying[keyring])

    def presence(self) -> _Presence:
        return _Presence()

    def crew(self, effect: Together, beside: Callable[[Flow[None]], FlowRun[None]]) -> _Crew:
        return _Crew(effect, beside)

    async def load(self, path: str) -> bytes:
        return read_reference(path)

    async def call(self, function: Callable[[], object]) -> object:
        return function()

    async def written(self, entry: Future[str], seconds: float) -> object:
        return entry.result(seconds)

    async def at_most(self, _seconds: float, work: list[Coroutine[object, object, None]]) -> None:
        for each in work:
            await each

    async def close(self, journal: Callable[[], None]) -> None:
        if self._owned and self._transport is not None:
            self._transport.close()
            self._transport = None
        journal()


class _Held:
    """A lock, held within a block."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock

    async def __aenter__(self) -> None:
        self._lock.acquire()

    async def __aexit__(self, *_: object) -> None:
        self._lock.release()


class _Arriving:
    """An answer whose body is still on its way."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self._chunks: Iterator[bytes] | None = None
        self.status = incoming.status
        self.headers = incoming.headers

    async def read(self, take: Callable[[bytes], bool]) -> None:
        self._chunks = self._chunks or self._incoming.chunks()
        for chunk in self._chunks:
            if not take(chunk):
                return

    async def aclose(self) -> None:
        self._incoming.close()


class _Presence:
    """Who is at work on a call: a thread, or none.

    Two locks are held, one until the call is to end and one until it has: events cost more.
    """

    __slots__ = ("_ending", "_staying", "_worker", "left")

    def __init__(self) -> None:
        self.left = False
        self._worker: int | None = None
        self._staying, self._ending = threading.Lock(), threading.Lock()
        self._staying.acquire()
        self._ending.acquire()

    def enter(self) -> None:
        self._worker = threading.get_ident()

    def rest(self) -> None:
        self._worker = None

    async def sleep(self, seconds: float) -> None:
        if _is_released(self._staying, seconds):
            raise ClientClosed

    def leave(self) -> bool:
        self.left = True
        _release(self._staying)
        # An exchange cannot be interrupted, and is the last of its call.
        return self._worker not in {None, threading.get_ident()}

    def meant(self, error: BaseException) -> BaseException:
        return error

    def end(self) -> None:
        _release(self._ending)

    async def ended(self, deadline: float) -> None:
        _is_released(self._ending, deadline - time.monotonic())


def _release(lock: threading.Lock) -> None:
    with suppress(RuntimeError):  # it was already
        lock.release()


def _is_released(lock: threading.Lock, seconds: float) -> bool:
    """Wait until a lock is released, but no longer than that; whether it is."""
    released = lock.acquire(timeout=min(max(0.0, seconds), threading.TIMEOUT_MAX))
    if released:
        _release(lock)
    return released


class _Crew:
    """Does pieces of work side by side, in a thread each, as many at a time as may be."""

    def __init__(self, effect: Together, beside: Callable[[Flow[None]], FlowRun[None]]) -> None:
        self._work = effect.work
        self._width = effect.width
        self._beside = beside
        self._news: SimpleQueue[News | BaseException | FlowRun[None] | None] = SimpleQueue()
        self._running: dict[FlowRun[None], threading.Thread] = {}

    async def told(self) -> News | None:
        while True:
            pause = self._begin()
            if pause is None and not self._running and self._news.empty():
                return None
            with suppress(Empty):
                match self._news.get(timeout=pause if len(self._running) < self._width else None):
                    case Task() | BatchResult() as news:
                        return news
                    case BaseException() as error:
                        raise error
                    case FlowRun() as call:
                        self._running.pop(call).join()
                    case None:
                        raise ClientClosed

    def _begin(self) -> float | None:
        """Begin what is due; seconds until more is, or None where nothing waits."""
        while (pause := self._work.pause()) == 0 and len(self._running) < self._width:
            call = self._beside(self._work.take())
            thread = threading.Thread(name="tintype", target=self._done, args=[call], daemon=True)
            self._running[call] = thread
            thread.start()
        return pause

    def _done(self, call: FlowRun[None]) -> None:
        try:
            finished(self._performed(call))
        except BaseException as error:  # noqa: BLE001 - it is raised where the call is made
            self._news.put(error)
        finally:
            self._news.put(call)

    async def _performed(self, call: FlowRun[None]) -> None:
        async with aclosing(call):
            while (news := await call.told()) is not None:
                self._news.put(news)

    def stop(self) -> None:
        for call in tuple(self._running):
            call.leave()
        self._news.put(None)

    async def join(self) -> None:
        deadline = time.monotonic() + CANCEL_SECONDS
        for thread in self._running.values():
            thread.join(max(0.0, deadline - time.monotonic()))
