"""Waits with await: what `AsyncClient` runs a driver's coroutines with."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from concurrent.futures import Future
from contextlib import aclosing, suppress
from inspect import isawaitable, iscoroutinefunction
from weakref import WeakKeyDictionary

from tintype._client.batch_lines import InTurn, Items
from tintype._client.closing import CANCEL_SECONDS, ClientClosed
from tintype._client.keyring import Keyring, in_vain
from tintype._client.reading import read_reference
from tintype._client.setup import Setup
from tintype._driver import Driver, FlowRun
from tintype._flow.effects import Flow, News, Together
from tintype.errors import UsageError
from tintype.messages import HttpRequest
from tintype.transports import AsyncIncoming, AsyncTransport


def awaiting_driver(setup: Setup, transport: AsyncTransport | None) -> Driver:
    """What performs flows' effects with await."""
    return Driver(setup, _Awaiting(transport))


def in_turn(items: Iterable[object] | AsyncIterable[object]) -> Items:
    """The items of an iterable, each with its number, for whoever asks next."""
    return _InTurn(items) if isinstance(items, AsyncIterable) else InTurn(items)


class _InTurn:
    """The items of what is iterated with await, for the tasks of one loop."""

    again = None

    def __init__(self, items: AsyncIterable[object]) -> None:
        self._items = aiter(items)
        self._number = 0
        self._lock = asyncio.Lock()

    async def next(self) -> tuple[int, object] | None:
        """The next one, or None: there are no more."""
        async with self._lock:
            async for item in self._items:
                self._number += 1
                return self._number, item
        return None


class _Awaiting:
    """Waits with await.

    Args:
        transport: How exchanges are made, or None: the usual library, opened at first use.
    """

    CLOSE_SECONDS = 2 * CANCEL_SECONDS

    def __init__(self, transport: AsyncTransport | None) -> None:
        self._transport = transport
        self._owned = transport is None
        self.begin_anew()

    def begin_anew(self) -> None:
        self._buying: WeakKeyDictionary[
            asyncio.AbstractEventLoop, defaultdict[Keyring, asyncio.Lock]
        ] = WeakKeyDictionary()
        self._bells: WeakKeyDictionary[asyncio.AbstractEventLoop, _Bell] = WeakKeyDictionary()

    @property
    def is_open(self) -> bool:
        return self._transport is not None

    async def open(self, request: HttpRequest, timeout: float) -> _Arriving:  # noqa: ASYNC109
        transport = self._transport or self._opened()
        return _Arriving(await transport.open(request, timeout=timeout))

    def _opened(self) -> AsyncTransport:
        # Imported at its first use: it is an extra, and costs more than the rest together.
        try:
            from tintype.transports.aiohttp import AiohttpTransport  # noqa: PLC0415
        except ImportError as error:
            msg = "AsyncClient needs aiohttp: pip install 'tintype[async]'"
            raise UsageError(msg) from error
        self._transport = AiohttpTransport()
        return self._transport

    async def ask(self, function: Callable[[], object], seconds: float) -> object:
        try:
            async with asyncio.timeout(seconds):
                if iscoroutinefunction(function):
                    return await function()
                told = await asyncio.to_thread(function)
                # What is none of a coroutine may hand one out all the same.
                return await told if isawaitable(told) else told
        except TimeoutError:
            raise in_vain() from None

    def one_at_a_time(self, keyring: Keyring) -> asyncio.Lock:
        loop = asyncio.get_running_loop()
        return self._buying.setdefault(loop, defaultdict(asyncio.Lock))[keyring]

    def presence(self) -> _Presence:
        return _Presence()

    def crew(self, effect: Together, beside: Callable[[Flow[None]], FlowRun[None]]) -> _Crew:
        return _Crew(effect, beside)

    async def load(self, path: str) -> bytes:
        return await asyncio.to_thread(read_reference, path)

    async def call(self, function: Callable[[], object]) -> object:
        if iscoroutinefunction(function):
            return await function()
        return await asyncio.to_thread(function)

    async def written(self, entry: Future[str], seconds: float) -> None:
        loop = asyncio.get_running_loop()
        told: asyncio.Future[None] = loop.create_future()
        bell = self._bells.setdefault(loop, _Bell())
        entry.add_done_callback(lambda _: bell.ring(told))
        timer = loop.call_later(seconds, bell.ring, told)
        try:
            await told
        finally:
            timer.cancel()
        if not entry.done():
            raise TimeoutError

    async def at_most(self, seconds: float, work: list[Coroutine[object, object, None]]) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await asyncio.gather(*work)

    async def close(self, journal: Callable[[], None]) -> None:
        if self._owned and self._transport is not None:
            await self._transport.close()
            self._transport = None
        await asyncio.to_thread(journal)


class _Bell:
    """Wakes a loop from another thread: once for all that wait there and are told meanwhile."""

    __slots__ = ("_rung", "_waiting")

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._rung = False

    def ring(self, told: asyncio.Future[None]) -> None:
        """Tell who waits, from any thread."""
        self._waiting.append(told)
        if not self._rung:
            self._rung = True
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                told.get_loop().call_soon_threadsafe(self._heard)

    def _heard(self) -> None:
        self._rung = False  # first: who rings from now on is heard by this or by the next
        while self._waiting:
            told = self._waiting.popleft()
            if not told.done():
                told.set_result(None)


class _Arriving:
    """An answer whose body is still on its way."""

    def __init__(self, incoming: AsyncIncoming) -> None:
        self._incoming = incoming
        self._chunks: AsyncIterator[bytes] | None = None
        self.status = incoming.status
        self.headers = incoming.headers

    async def read(self, take: Callable[[bytes], bool]) -> None:
        self._chunks = self._chunks or self._incoming.chunks()
        async for chunk in self._chunks:
            if not take(chunk):
                return

    async def aclose(self) -> None:
        await self._incoming.close()


class _Presence:
    """Who is at work on a call: a task, or none."""

    __slots__ = ("_ended", "_worker", "left")

    def __init__(self) -> None:
        self.left = False
        self._worker: asyncio.Task[object] | None = None
        self._ended: asyncio.Future[None] | None = None

    def enter(self) -> None:
        self._worker = asyncio.current_task()

    def rest(self) -> None:
        self._worker = None

    def sleep(self, seconds: float) -> Awaitable[None]:
        return asyncio.sleep(seconds)

    def leave(self) -> bool:
        self.left = True
        worker, loop = self._worker, asyncio.get_running_loop()
        if worker is None or worker is asyncio.current_task() or worker.get_loop() is not loop:
            return False
        worker.cancel()
        self._ended = self._ended or loop.create_future()
        return True

    def meant(self, error: BaseException) -> BaseException:
        ours = isinstance(error, asyncio.CancelledError) and self.left and self._worker
        return ClientClosed() if ours and ours.uncancel() == 0 else error

    def end(self) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)

    async def ended(self, deadline: float) -> None:
        if self._ended is not None:
            left = deadline - asyncio.get_running_loop().time()
            await asyncio.wait([self._ended], timeout=max(0.0, left))


class _Crew:
    """Does pieces of work side by side, in a task each, as many at a time as may be."""

    def __init__(self, effect: Together, beside: Callable[[Flow[None]], FlowRun[None]]) -> None:
        self._work = effect.work
        self._width = effect.width
        self._beside = beside
        self._told: deque[News] = deque()
        self._news = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    async def told(self) -> News | None:
        while True:
            if self._told:
                return self._told.popleft()
            for each in [each for each in self._running if each.done()]:
                self._running.remove(each)
                each.result()
            pause = self._begin()
            if pause is None and not self._running:
                return None
            await self._new(pause if len(self._running) < self._width else None)

    async def _new(self, seconds: float | None) -> None:
        """Wait until there is news, or until it is time to begin more."""
        loop = asyncio.get_running_loop()
        timer = None if seconds is None else loop.call_later(seconds, self._news.set)
        try:
            await self._news.wait()
        finally:
            if timer is not None:
                timer.cancel()
        self._news.clear()

    def _begin(self) -> float | None:
        """Begin what is due; seconds until more is, or None where nothing waits."""
        while (pause := self._work.pause()) == 0 and len(self._running) < self._width:
            made = asyncio.create_task(self._worked(self._work.take()))
            made.add_done_callback(lambda _: self._news.set())
            self._running.add(made)
        return pause

    async def _worked(self, piece: Flow[None]) -> None:
        """Do a piece of work, and more as long as more is due."""
        while True:
            async with aclosing(self._beside(piece)) as call:
                while (news := await call.told()) is not None:
                    self._told.append(news)
                    self._news.set()
            if len(self._running) < self._width:  # what is due next may be another by now
                self._news.set()
            await asyncio.sleep(0)  # others' turn, whose transport may never wait
            if self._work.pause() != 0:
                return
            piece = self._work.take()

    def stop(self) -> None:
        for each in self._running:
            each.cancel()

    async def join(self) -> None:
        if self._running:
            ended, _ = await asyncio.wait(self._running)
            for each in ended:  # what it ended in is nobody's matter any more
                each.cancelled() or each.exception()
