"""The sync client: drives flows with blocking calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar, assert_never

from tintype._dispatch import fetch_request
from tintype._effects import (
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
)
from tintype._events import EventDecoder, is_event_stream
from tintype._resuming import Resumed, claimed, of_provider, resuming
from tintype._setup import (
    Configured,
    Progress,
    Setup,
    Trail,
    check_length,
    hurried,
    read_reference,
)
from tintype.catalog import ProviderInfo
from tintype.downloads import Memory, Saveable, fetching, provider_of, saving
from tintype.entries import Snapshot
from tintype.errors import DownloadError, TintypeError
from tintype.messages import Delivery, Response, ServerSentEvent
from tintype.models import Generation, Image, ImageRequest, Quote, Task
from tintype.transports import Incoming, Transport

T = TypeVar("T")
_OK = 200


class Client(Configured[Transport]):
    """Prices, submits, polls and collects images, with blocking calls.

    Safe to share between threads. Close it, or use it in a `with` block. `Configured`
    tells what it is made of.
    """

    def models(self, *, provider: str) -> ProviderInfo:
        """The provider's models: its live list where it has one, else its catalog."""
        return self._run(provider, self._setup.conversation(provider).models())

    # ---------------------------------------------------------------------- images

    def quote(self, request: ImageRequest, *, provider: str) -> Quote:
        """What a request would cost. Nothing is submitted.

        A price that cannot be had is a quote of kind `unknown`, with the reason.

        Raises:
            UsageError: The request cannot be sent to this provider.
        """
        return self._run(provider, self._setup.conversation(provider).quote(request))

    def submit(
        self, request: ImageRequest, *, provider: str, on_progress: Progress | None = None
    ) -> Task:
        """Start one submission and return at once with the accepted task.

        Raises:
            UsageError: The request cannot be sent to this provider; nothing was.
            ProviderError: The provider refused.
            SubmissionUnknownError: The answer was lost. It is not sent again.
        """
        flow = self._setup.conversation(provider).submit(request)
        return self._run(provider, flow, on_progress)

    def refresh(self, task: Task) -> Task:
        """The task as it stands now, after one look."""
        return self._run(task.provider, self._setup.conversation(task.provider).refresh(task))

    def wait(self, task: Task, *, on_progress: Progress | None = None) -> Task:
        """The task once it has ended, well or badly.

        Raises:
            DeadlineError: It did not end in time; the error carries it as JSON.
        """
        flow = self._setup.conversation(task.provider).wait(task)
        return self._run(task.provider, flow, on_progress)

    def generate(
        self,
        request: ImageRequest,
        *,
        provider: str,
        max_cost: Decimal | None = None,
        on_progress: Progress | None = None,
    ) -> Generation:
        """Quote, submit as often as `n` demands, and wait for the images.

        Args:
            request: The picture.
            provider: Who draws it.
            max_cost: US dollars; a dearer or unknown price submits nothing.
            on_progress: Called with each snapshot of each task.

        Raises:
            TintypeError: Not a single image came of it. Where some did, what went wrong
                with the others stands in `Generation.attempts`.
        """
        flow = self._setup.conversation(provider).generate(request, max_cost)
        return self._run(provider, flow, on_progress)

    def stream(self, request: ImageRequest, *, provider: str) -> Iterator[Task]:
        """Snapshots of one task as it is drawn, previews included where the model sends them."""
        yield from self._steps(provider, self._setup.conversation(provider).draw(request))

    def cancel(self, task: Task) -> Task:
        """The task, after the provider was asked to stop it."""
        return self._run(task.provider, self._setup.conversation(task.provider).cancel(task))

    def receive(self, delivery: Delivery, *, provider: str, task: Task | None = None) -> Task:
        """The task that an inbound webhook speaks of, as the provider itself says it stands."""
        flow = self._setup.conversation(provider).receive(delivery, task)
        return self._run(provider, flow)

    # --------------------------------------------------------------------- results

    def fetch(self, image: Image, *, provider: str = "") -> bytes:
        """An image's bytes, from memory or from its URL.

        Raises:
            DownloadError: It cannot be had.
        """
        memory = Memory()
        self._run(provider, fetching(image, memory, self._setup.rules(provider)))
        return bytes(memory.data)

    def save(
        self,
        images: Saveable,
        folder: str | Path,
        *,
        name: str | None = None,
        overwrite: bool = False,
    ) -> tuple[Path, ...]:
        """Write images into a folder, each whole or not at all.

        Args:
            images: A generation, a task, or images.
            folder: Made if it is not there.
            name: File name without an extension; several images are numbered. None makes
                one of the provider and the prompt, and counts on where it is taken.
            overwrite: Whether files that are there give way.

        Returns:
            The files, in the images' order, each with the extension of its content.

        Raises:
            SaveError: The name is taken or no plain name, or the disk refuses.
            DownloadError: An image cannot be had.
        """
        provider = provider_of(images)
        rules = self._setup.rules(provider)
        return self._run(provider, saving(images, Path(folder), name, rules, overwrite=overwrite))

    def resume(
        self, folder: str | Path = ".", *, entries: Sequence[str] = ()
    ) -> tuple[Resumed, ...]:
        """Finish what the journal says was accepted and is not on disk.

        What another living process follows is left to it, and so is what this client is at
        work on.

        Args:
            folder: Where images go whose place the journal does not know yet.
            entries: Records to finish, or none for all.

        Returns:
            One for each record there was something to do for. Submissions whose answer was
            lost are among them, with advice: they are never sent again.
        """
        lines = claimed(self._setup.journal, entries, self._setup.followed)
        resumed: list[Resumed] = []
        for provider, group in of_provider(lines).items():
            conversation = self._setup.conversation(provider)
            flow = resuming(conversation, group, Path(folder), self._setup.rules(provider))
            resumed += self._run(provider, flow)
        return tuple(resumed)

    # --------------------------------------------------------------------- driving

    def close(self) -> None:
        """Close the connections, and the journal if it was opened here."""
        if self._owned and self._transport is not None:
            self._transport.close()
            self._transport = None
        self._setup.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()

    def _opened_transport(self) -> Transport:
        if self._transport is None:
            # Imported at its first use: urllib3 costs more than everything else together.
            from tintype.transports.urllib3 import Urllib3Transport  # noqa: PLC0415

            self._transport = Urllib3Transport()
        return self._transport

    def _run(self, provider: str, flow: Flow[T], on_progress: Progress | None = None) -> T:
        with closing(self._steps(provider, flow)) as steps:
            while True:
                try:
                    task = next(steps)
                except StopIteration as stop:
                    result: T = stop.value
                    return result
                if on_progress is not None:
                    on_progress(task)

    def _steps(self, provider: str, flow: Flow[T]) -> Generator[Task, None, T]:
        """Perform a flow's effects; the snapshots it records come out on the way."""
        line = _Line(self._setup, self._opened_transport, provider)
        try:
            with closing(line), closing(flow):
                return (yield from _performed(line, flow))
        except Exception:
            self._setup.release(line.trail)
            raise
        except BaseException:  # interrupted, or nobody looks any more
            self._setup.release(line.trail)
            self._say_farewell(provider, line.trail)
            raise
        finally:
            line.trail.end()

    def _say_farewell(self, provider: str, trail: Trail) -> None:
        for flow in self._setup.farewells(trail):
            line = _Line(self._setup, self._opened_transport, provider)
            with suppress(TintypeError), closing(line), closing(flow):
                line.perform(hurried(next(flow)))


def _performed(line: _Line, flow: Flow[T]) -> Generator[Task, None, T]:
    try:
        effect = next(flow)
        while True:
            try:
                reply = line.perform(effect)
            except TintypeError as error:
                effect = flow.throw(error)
                continue
            if isinstance(effect, Record) and isinstance(effect.entry, Snapshot):
                yield effect.entry.task
            effect = flow.send(reply)
    except StopIteration as stop:
        result: T = stop.value
        return result


class _Line:
    """Performs one flow's effects, and holds the stream it may have open."""

    def __init__(self, setup: Setup, transport: Callable[[], Transport], provider: str) -> None:
        self._setup = setup
        self._transport = transport
        self._provider = provider
        self._incoming: Incoming | None = None
        self._events: Iterator[ServerSentEvent] = iter(())
        self.trail = setup.trail()

    def perform(self, effect: Effect) -> Reply:
        """What comes of an effect."""
        with self._setup.observed(self._provider, effect) as seen:
            seen.reply = self._perform(effect)
        self.trail.note(effect, seen.reply)
        return seen.reply

    def close(self) -> None:
        """Let go of a stream that was not read to its end."""
        if self._incoming is not None:
            self._incoming.close()
            self._incoming = None

    def _perform(self, effect: Effect) -> Reply:
        match effect:
            case Send():
                return self._send(effect)
            case Receive():
                return next(self._events, None)
            case Sleep():
                time.sleep(effect.seconds)
                return None
            case Load():
                return read_reference(effect.path)
            case Fetch():
                return self._fetch(effect)
            case Record():
                return self._setup.journal.record(effect.entry).result()
            case _:
                assert_never(effect)

    def _send(self, effect: Send) -> Response | Head:
        self.close()
        request = self._setup.encode(self._provider, effect)
        self._incoming = incoming = self._transport().open(request, timeout=effect.timeout)
        chunks = incoming.chunks()
        start = b""
        if effect.request.stream and incoming.status == _OK:
            streams: bool | None = None
            while streams is None and (chunk := next(chunks, b"")):
                start += chunk
                streams = is_event_stream(start, incoming.headers)
            if streams:
                self._events = _decoded(start, chunks)
                return Head(status=incoming.status, headers=incoming.headers)
        body = b"".join([start, *_bounded(chunks)])
        self.close()
        return Response(status=incoming.status, headers=incoming.headers, body=body)

    def _fetch(self, effect: Fetch) -> Head:
        request = fetch_request(effect.url, public_only=effect.public_only)
        incoming = self._transport().open(request, timeout=effect.timeout)
        with closing(incoming):
            if incoming.status == _OK:
                written = 0
                for chunk in incoming.chunks():
                    written += len(chunk)
                    if written > effect.limit:
                        msg = f"The result is larger than {effect.limit} bytes: {effect.url}"
                        raise DownloadError(msg)
                    effect.sink.write(chunk)
        return Head(status=incoming.status, headers=incoming.headers)


def _bounded(chunks: Iterable[bytes]) -> Iterator[bytes]:
    length = 0
    for chunk in chunks:
        length += len(chunk)
        check_length(length)
        yield chunk


def _decoded(start: bytes, chunks: Iterable[bytes]) -> Iterator[ServerSentEvent]:
    decoder = EventDecoder()
    yield from decoder.feed(start)
    for chunk in _bounded(chunks):
        yield from decoder.feed(chunk)
    yield from decoder.close()
