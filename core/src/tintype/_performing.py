"""Performs flows' effects with blocking calls."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from queue import Empty, SimpleQueue
from typing import TypeVar, assert_never

from tintype import _forks
from tintype._client.claims import unanswered
from tintype._client.closing import CANCEL_SECONDS, ClientClosed, closed, left, with_timeout
from tintype._client.keyed_results import Intake
from tintype._client.observing import Progress, check_progress, tell_progress, told_by
from tintype._client.opening import Opener
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
from tintype.errors import TintypeError
from tintype.messages import Response, ServerSentEvent
from tintype.models import Task
from tintype.transports import Incoming, Transport

T = TypeVar("T")


class Performer:
    """Performs flows' effects.

    Args:
        setup: Accounts, plugins, observers, journal.
        transport: How exchanges are made, or None: the usual library, opened at first use.
    """

    def __init__(self, setup: Setup, transport: Transport | None) -> None:
        self._setup = setup
        self._transport = transport
        self._owned = transport is None
        self._opener = Opener()
        self.begin_anew()
        _forks.guard(self)

    def begin_anew(self) -> None:
        """Have nothing under way, as a process that was just forked: the calls are its parent's."""
        self._lines: set[_FlowRun] = set()
        self._opening = threading.Lock()

    def close(self) -> None:
        """Close the connections that were opened here, and the journal likewise.

        Calls that other threads have under way end first, their last words said; an exchange
        cannot be interrupted, and is the last of its call.
        """
        deadline = time.monotonic() + CANCEL_SECONDS
        for end in [line.leave() for line in tuple(self._lines)]:
            if end is not None:
                end.wait(max(0.0, deadline - time.monotonic()))
        if self._owned and self._transport is not None:
            self._transport.close()
            self._transport = None
        self._setup.close()

    def _opened(self) -> Transport:
        with self._opening:  # threads that come first together share one
            if self._transport is None:
                # Imported at its first use: urllib3 costs more than everything else together.
                from tintype.transports.urllib3 import Urllib3Transport  # noqa: PLC0415

                self._transport = Urllib3Transport()
            return self._transport

    def run(
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
        with closing(self.steps(provider, flow, record=record, awaited=awaited)) as steps:
            while True:
                try:
                    task = next(steps)
                except StopIteration as stop:
                    result: T = stop.value
                    return result
                try:
                    tell_progress(on_progress, task)
                except Exception:  # a mistake of the caller's: the task is left to be resumed
                    with suppress(_Left):
                        steps.throw(_Left())
                    raise

    def steps(
        self, provider: str, flow: Flow[T], *, record: str = "", awaited: Task | None = None
    ) -> Generator[Task, None, T]:
        """Perform a flow's effects; the snapshots it records come out on the way."""
        line = _FlowRun(self._setup, self._opener, self._opened, provider)
        line.trail.follow([record])
        if awaited is not None:
            line.trail.begin(awaited)
        self._lines.add(line)
        try:
            with closing(line), closing(flow):
                return (yield from _performed(line, flow))
        except BaseException as error:
            self._abandon(provider, line.trail, error)
            if isinstance(error, ClientClosed):
                raise closed(line.trail) from None
            raise
        finally:
            line.trail.end()
            self._lines.discard(line)
            line.ended.set()

    def _abandon(self, provider: str, trail: Trail, error: BaseException) -> None:
        """Leave what was begun to others; who was stopped from outside tells the provider."""
        self._setup.claims.release(trail)
        late = isinstance(error, ClientClosed) and self._transport is None
        if not late and not isinstance(error, Exception):
            self._cancel_running(provider, trail)

    def _cancel_running(self, provider: str, trail: Trail) -> None:
        deadline = time.monotonic() + CANCEL_SECONDS
        for flow in self._setup.cancellations(trail):
            left = deadline - time.monotonic()
            if left <= 0:
                return
            line = _FlowRun(self._setup, self._opener, self._opened, provider)
            with suppress(TintypeError), closing(line), closing(flow):
                line.perform(with_timeout(next(flow), left))


class _Left(Exception):  # noqa: N818 - it tells a flow to end, and reaches nobody
    """The caller's own code failed while a task was under way."""


def _performed(line: _FlowRun, flow: Flow[T]) -> Generator[Task, None, T]:
    try:
        effect = next(flow)
        while True:
            try:
                reply = line.perform(effect)
            except Exception as error:  # noqa: BLE001 - a flow says whom it concerns
                effect = flow.throw(error)
                continue
            if (task := told_by(effect, reply)) is not None:
                line.rest()
                yield task
            if not (isinstance(effect, Together) and task):
                effect = flow.send(reply)
    except StopIteration as stop:
        result: T = stop.value
        return result


class _FlowRun:
    """Performs one flow's effects, and holds the stream it may have open."""

    def __init__(
        self,
        setup: Setup,
        opener: Opener,
        transport: Callable[[], Transport],
        provider: str,
        trail: Trail | None = None,
    ) -> None:
        self._setup = setup
        self._opener = opener
        self._transport = transport
        self._provider = provider
        self._crew: _Crew | None = None
        self._incoming: Incoming | None = None
        self._events: Iterator[ServerSentEvent] = iter(())
        self._worker: int | None = None
        self._left = threading.Event()
        self.ended = threading.Event()
        self.trail = trail or setup.claims.trail()

    def perform(self, effect: Effect) -> Reply:
        """What comes of an effect.

        Raises:
            ClientClosed: The client was closed meanwhile, or before.
        """
        if self._left.is_set() and (end := left(effect)) is not None:
            raise end
        self._worker = threading.get_ident()
        if isinstance(effect, Together):
            return self._together(effect)
        with self._setup.observers.observed(self._provider, effect) as seen:
            seen.reply = self._perform(effect)
        self.trail.note(effect, seen.reply)
        return seen.reply

    def _together(self, effect: Together) -> Task | None:
        """The next snapshot of work that is done side by side, or None: all is done."""
        crew = self._crew = self._crew or _Crew(effect, self._beside)
        try:
            task = crew.told()
        except BaseException:
            self._disband()
            raise
        if task is None:
            self._crew = None
        return task

    def _beside(self) -> _FlowRun:
        """Performs a flow that is of the same call, and its own."""
        return _FlowRun(self._setup, self._opener, self._transport, self._provider, self.trail)

    def rest(self) -> None:
        """Nobody is at work until the next effect: a snapshot is looked at."""
        self._worker = None

    def leave(self) -> threading.Event | None:
        """Perform no more; set once all is over, None where no other thread is at work just now."""
        self._left.set()
        if self._crew is not None:
            self._crew.stop()
        return None if self._worker in {None, threading.get_ident()} else self.ended

    def close(self) -> None:
        """Let go of a stream that was not read to its end."""
        self._let_go()
        self._disband()

    def _disband(self) -> None:
        crew, self._crew = self._crew, None
        if crew is not None:
            crew.stop()
            crew.join()

    def _let_go(self) -> None:
        if self._incoming is not None:
            self._incoming.close()
            self._incoming = None

    def _perform(self, effect: Step) -> Reply:
        match effect:
            case Send():
                return self._send(effect)
            case Receive():
                return next(self._events, None)
            case Sleep():
                self._sleep(effect.seconds)
                return None
            case Load():
                return read_reference(effect.path)
            case Fetch():
                return self._fetch(effect)
            case Record():
                return self._record(effect)
            case _:
                assert_never(effect)

    def _sleep(self, seconds: float) -> None:
        if self._left.wait(seconds):
            raise ClientClosed

    def _record(self, effect: Record) -> str:
        written = self._setup.journal.record(effect.entry)
        try:
            return written.result(self._setup.patience)
        except TimeoutError:
            self._setup.claims.take_back(effect, written)
            raise unanswered(effect, self._setup.patience) from None
        except BaseException:  # such as an interruption, while it may be written all the same
            self._setup.claims.take_back(effect, written)
            raise

    def _send(self, effect: Send) -> Response | Head:
        self._let_go()
        keyring = self._setup.providers.keyring(self._provider)
        incoming, redactor = self._opener.open(keyring, effect, self._transport())
        self._incoming = incoming
        reader = Reader(effect, incoming.status, incoming.headers, redactor)
        chunks = incoming.chunks()
        for chunk in chunks:
            events = reader.feed(chunk)
            if reader.streams:
                self._events = _events(events, chunks, reader)
                return reader.head
        self._let_go()
        return reader.response()

    def _fetch(self, effect: Fetch) -> Head:
        request = fetch_request(
            effect.url,
            public_only=effect.public_only,
            trusted_networks=effect.trusted_networks,
        )
        transport = self._transport()
        if effect.keyed:
            keyring = self._setup.providers.keyring(self._provider)
            incoming, redactor = self._opener.open(keyring, effect.question, transport)
        else:
            incoming, redactor = transport.open(request, timeout=effect.timeout), Redactor([])
        with closing(incoming):
            intake = Intake(effect, incoming.status)
            for chunk in incoming.chunks():
                if not intake.take(chunk):
                    break
        headers, said = redactor.headers(incoming.headers), redactor.body(intake.said)
        return Head(status=incoming.status, headers=headers, body=said)


def _events(
    begun: list[ServerSentEvent], chunks: Iterator[bytes], reader: Reader
) -> Iterator[ServerSentEvent]:
    yield from begun
    for chunk in chunks:
        yield from reader.feed(chunk)
    yield from reader.close()


class _Crew:
    """Does pieces of work side by side, in a thread each, as many at a time as may be."""

    def __init__(self, effect: Together, line: Callable[[], _FlowRun]) -> None:
        self._work = effect.work
        self._width = effect.width
        self._line = line
        self._news: SimpleQueue[Task | BaseException | _FlowRun | None] = SimpleQueue()
        self._running: dict[_FlowRun, threading.Thread] = {}

    def told(self) -> Task | None:
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
                    case _FlowRun() as line:
                        self._running.pop(line).join()
                    case None:
                        raise ClientClosed

    def _begin(self) -> float | None:
        """Begin what is due; seconds until more is, or None where nothing waits."""
        while (pause := self._work.pause()) == 0 and len(self._running) < self._width:
            line = self._line()
            piece = (line, self._work.take())
            thread = threading.Thread(name="tintype", target=self._done, args=piece, daemon=True)
            self._running[line] = thread
            thread.start()
        return pause

    def _done(self, line: _FlowRun, piece: Flow[None]) -> None:
        try:
            with closing(line), closing(piece):
                for task in _performed(line, piece):
                    self._news.put(task)
        except BaseException as error:  # noqa: BLE001 - it is raised where the call is made
            self._news.put(error)
        finally:
            self._news.put(line)

    def stop(self) -> None:
        """Begin nothing more, and let what is under way end."""
        for line in tuple(self._running):
            line.leave()
        self._news.put(None)

    def join(self) -> None:
        """Wait until what was stopped has ended: an exchange cannot be interrupted."""
        deadline = time.monotonic() + CANCEL_SECONDS
        for thread in self._running.values():
            thread.join(max(0.0, deadline - time.monotonic()))
