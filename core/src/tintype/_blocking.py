"""Waits with calls that block: what `Client` runs a driver's coroutines with."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import aclosing, suppress
from inspect import iscoroutine
from queue import Empty, SimpleQueue
from typing import TypeVar

from tintype._client.closing import CANCEL_SECONDS, ClientClosed
from tintype._client.keyring import Keyring
from tintype._client.observing import Progress
from tintype._client.reading import read_reference
from tintype._client.setup import Setup
from tintype._driver import Call, Driver
from tintype._flow.effects import Flow, Together
from tintype.errors import UsageError
from tintype.messages import HttpRequest
from tintype.models import Task
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
        self._driver = Driver(setup, Blocking(transport))

    def run(
        self,
        provider: str,
        flow: Flow[T],
        on_progress: Progress | None = None,
        *,
        record: str = "",
        awaited: Task | None = None,
    ) -> T:
        """A flow's result, as `Driver.run` has it."""
        return finished(
            self._driver.run(provider, flow, on_progress, record=record, awaited=awaited)
        )

    def steps(self, provider: str, flow: Flow[object]) -> Iterator[Task]:
        """The snapshots that a flow records, as they come."""
        steps = self._driver.steps(provider, flow)
        try:
            while True:
                yield finished(steps.asend(None))
        except StopAsyncIteration:
            return
        finally:
            finished(steps.aclose())

    def close(self) -> None:
        """Close the connections that were opened here, and the journal likewise."""
        finished(self._driver.close())


class Blocking:
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
        """Have no lock held, as a process that was just forked: its threads are the parent's."""
        self._opening = threading.Lock()
        self._buying: defaultdict[Keyring, threading.Lock] = defaultdict(threading.Lock)

    @property
    def is_open(self) -> bool:
        """Whether there are connections to make exchanges on."""
        return self._transport is not None

    async def open(self, request: HttpRequest, timeout: float) -> _Answer:  # noqa: ASYNC109
        """Send a request and wait for the head of the answer."""
        transport = self._transport or self._opened()
        return _Answer(transport.open(request, timeout=timeout))

    def _opened(self) -> Transport:
        with self._opening:  # threads that come first together share one
            if self._transport is None:
                # Imported at its first use: urllib3 costs more than everything else together.
                from tintype.transports.urllib3 import Urllib3Transport  # noqa: PLC0415

                self._transport = Urllib3Transport()
            return self._transport

    async def ask(self, function: Callable[[], object], seconds: float) -> object:  # noqa: ARG002
        """What the caller's function for a credential tells; it cannot be interrupted.

        Raises:
            UsageError: It is to be awaited.
        """
        told = function()
        if iscoroutine(told):
            told.close()
            msg = "The function for a credential is to be awaited: that is for AsyncClient."
            raise UsageError(msg)
        return told

    def one_at_a_time(self, keyring: Keyring) -> _Held:
        """Wait until nobody else buys a token for an account."""
        return _Held(self._buying[keyring])

    def presence(self) -> _Presence:
        """That of a call that begins."""
        return _Presence()

    def crew(self, effect: Together, beside: Callable[[Flow[None]], Call[None]]) -> _Crew:
        """Who does pieces of work side by side, each in a thread of its own."""
        return _Crew(effect, beside)

    async def load(self, path: str) -> bytes:
        """The bytes of a local file."""
        return read_reference(path)

    async def written(self, entry: Future[str], seconds: float) -> object:
        """Wait until an entry is durable.

        Raises:
            TimeoutError: It is not in that time.
        """
        return entry.result(seconds)

    async def at_most(self, _seconds: float, work: list[Coroutine[object, object, None]]) -> None:
        """Do all of some work, each within the time that it was given itself."""
        for each in work:
            await each

    async def close(self, journal: Callable[[], None]) -> None:
        """Close the connections that were opened here, and the journal likewise."""
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


class _Answer:
    """An answer whose body is still on its way."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self._chunks: Iterator[bytes] | None = None
        self.status = incoming.status
        self.headers = incoming.headers

    async def read(self, take: Callable[[bytes], bool]) -> None:
        """Hand the body on as it arrives, until it has ended or no more is taken just now."""
        self._chunks = self._chunks or self._incoming.chunks()
        for chunk in self._chunks:
            if not take(chunk):
                return

    async def aclose(self) -> None:
        """Let the connection go."""
        self._incoming.close()


class _Presence:
    """Who is at work on a call: a thread, or none."""

    __slots__ = ("_ended", "_left", "_worker")

    def __init__(self) -> None:
        self._worker: int | None = None
        self._left = threading.Event()
        self._ended = threading.Event()

    @property
    def left(self) -> bool:
        """Whether it is to perform no more."""
        return self._left.is_set()

    def enter(self) -> None:
        """This thread is at work from now on."""
        self._worker = threading.get_ident()

    def rest(self) -> None:
        """Nobody is, until the next snapshot is asked for."""
        self._worker = None

    async def sleep(self, seconds: float) -> None:
        """Wait, unless it is to end.

        Raises:
            ClientClosed: It is.
        """
        if self._left.wait(seconds):
            raise ClientClosed

    def leave(self) -> bool:
        """Perform no more; whether another thread is at work just now: its exchange is its last."""
        self._left.set()
        return self._worker not in {None, threading.get_ident()}

    def meant(self, error: BaseException) -> BaseException:
        """The error itself: who is to end is told `ClientClosed`."""
        return error

    def end(self) -> None:
        """It is over."""
        self._ended.set()

    async def ended(self, deadline: float) -> None:
        """Wait until it is over, or until a time of the monotonic clock."""
        self._ended.wait(max(0.0, deadline - time.monotonic()))


class _Crew:
    """Does pieces of work side by side, in a thread each, as many at a time as may be."""

    def __init__(self, effect: Together, beside: Callable[[Flow[None]], Call[None]]) -> None:
        self._work = effect.work
        self._width = effect.width
        self._beside = beside
        self._news: SimpleQueue[Task | BaseException | Call[None] | None] = SimpleQueue()
        self._running: dict[Call[None], threading.Thread] = {}

    async def told(self) -> Task | None:
        """The next snapshot, or None: nothing is left to do.

        Raises:
            BaseException: What ended one of the pieces.
        """
        while True:
            pause = self._begin()
            if pause is None and not self._running and self._news.empty():
                return None
            with suppress(Empty):
                match self._news.get(timeout=pause if len(self._running) < self._width else None):
                    case Task() as task:
                        return task
                    case BaseException() as error:
                        raise error
                    case Call() as call:
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

    def _done(self, call: Call[None]) -> None:
        try:
            finished(self._performed(call))
        except BaseException as error:  # noqa: BLE001 - it is raised where the call is made
            self._news.put(error)
        finally:
            self._news.put(call)

    async def _performed(self, call: Call[None]) -> None:
        async with aclosing(call):
            while (task := await call.told()) is not None:
                self._news.put(task)

    def stop(self) -> None:
        """Begin nothing more, and let what is under way end."""
        for call in tuple(self._running):
            call.leave()
        self._news.put(None)

    async def join(self) -> None:
        """Wait until what was stopped has ended: an exchange cannot be interrupted."""
        deadline = time.monotonic() + CANCEL_SECONDS
        for thread in self._running.values():
            thread.join(max(0.0, deadline - time.monotonic()))
