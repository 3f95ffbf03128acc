"""The async client: drives the same flows with await."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, closing, suppress
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar, assert_never

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
from tintype.errors import DownloadError, TintypeError, UsageError
from tintype.messages import Delivery, Response, ServerSentEvent
from tintype.models import Generation, Image, ImageRequest, Quote, Task
from tintype.transports import AsyncIncoming, AsyncTransport

T = TypeVar("T")
_OK = 200


class AsyncClient(Configured[AsyncTransport]):
    """Prices, submits, polls and collects images, with await.

    Safe to share between the tasks of one event loop. Close it, or use it in an `async with`
    block. `Configured`
    tells what it is made of.
    """

    async def models(self, *, provider: str) -> ProviderInfo:
        """The provider's models: its live list where it has one, else its catalog."""
        return await self._run(provider, self._setup.conversation(provider).models())

    # ---------------------------------------------------------------------- images

    async def quote(self, request: ImageRequest, *, provider: str) -> Quote:
        """What a request would cost. Nothing is submitted.

        A price that cannot be had is a quote of kind `unknown`, with the reason.

        Raises:
            UsageError: The request cannot be sent to this provider.
        """
        return await self._run(provider, self._setup.conversation(provider).quote(request))

    async def submit(
        self, request: ImageRequest, *, provider: str, on_progress: Progress | None = None
    ) -> Task:
        """Start one submission and return at once with the accepted task.

        Raises:
            UsageError: The request cannot be sent to this provider; nothing was.
            ProviderError: The provider refused.
            SubmissionUnknownError: The answer was lost. It is not sent again.
        """
        flow = self._setup.conversation(provider).submit(request)
        return await self._run(provider, flow, on_progress)

    async def refresh(self, task: Task) -> Task:
        """The task as it stands now, after one look."""
        return await self._run(task.provider, self._setup.conversation(task.provider).refresh(task))

    async def wait(self, task: Task, *, on_progress: Progress | None = None) -> Task:
        """The task once it has ended, well or badly.

        Raises:
            DeadlineError: It did not end in time; the error carries it as JSON.
        """
        flow = self._setup.conversation(task.provider).wait(task)
        return await self._run(task.provider, flow, on_progress)

    async def generate(
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
        return await self._run(provider, flow, on_progress)

    async def stream(self, request: ImageRequest, *, provider: str) -> AsyncIterator[Task]:
        """Snapshots of one task as it is drawn, previews included where the model sends them."""
        flow = self._setup.conversation(provider).draw(request)
        async with aclosing(self._steps(provider, flow)) as steps:
            async for step in steps:
                if isinstance(step, Task):
                    yield step

    async def cancel(self, task: Task) -> Task:
        """The task, after the provider was asked to stop it."""
        return await self._run(task.provider, self._setup.conversation(task.provider).cancel(task))

    async def receive(self, delivery: Delivery, *, provider: str, task: Task | None = None) -> Task:
        """The task that an inbound webhook speaks of, as the provider itself says it stands."""
        flow = self._setup.conversation(provider).receive(delivery, task)
        return await self._run(provider, flow)

    # --------------------------------------------------------------------- results

    async def fetch(self, image: Image, *, provider: str = "") -> bytes:
        """An image's bytes, from memory or from its URL.

        Raises:
            DownloadError: It cannot be had.
        """
        memory = Memory()
        await self._run(provider, fetching(image, memory, self._setup.rules(provider)))
        return bytes(memory.data)

    async def save(
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
        return await self._run(
            provider, saving(images, Path(folder), name, rules, overwrite=overwrite)
        )

    async def resume(
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
        lines = await asyncio.to_thread(claimed, self._setup.journal, entries, self._setup.followed)
        resumed: list[Resumed] = []
        for provider, group in of_provider(lines).items():
            conversation = self._setup.conversation(provider)
            flow = resuming(conversation, group, Path(folder), self._setup.rules(provider))
            resumed += await self._run(provider, flow)
        return tuple(resumed)

    # --------------------------------------------------------------------- driving

    async def close(self) -> None:
        """Close the connections, and the journal if it was opened here."""
        if self._owned and self._transport is not None:
            await self._transport.close()
            self._transport = None
        await asyncio.to_thread(self._setup.close)

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.close()

    def _opened_transport(self) -> AsyncTransport:
        if self._transport is None:
            # Imported at its first use: it is an extra, and costs more than the rest together.
            try:
                from tintype.transports.aiohttp import AiohttpTransport  # noqa: PLC0415
            except ImportError as error:
                msg = "AsyncClient needs aiohttp: pip install 'tintype[async]'"
                raise UsageError(msg) from error
            self._transport = AiohttpTransport()
        return self._transport

    async def _run(self, provider: str, flow: Flow[T], on_progress: Progress | None = None) -> T:
        async with aclosing(self._steps(provider, flow)) as steps:
            async for step in steps:
                if isinstance(step, _Done):
                    return step.value
                if on_progress is not None:
                    on_progress(step)
        raise AssertionError  # a flow's last step is its result

    async def _steps(self, provider: str, flow: Flow[T]) -> AsyncGenerator[Task | _Done[T], None]:
        """Perform a flow's effects; its snapshots come out on the way, its result at the end."""
        line = _Line(self._setup, self._opened_transport, provider)
        try:
            async with aclosing(line), aclosing(_performed(line, flow)) as steps:
                async for step in steps:
                    yield step
        except Exception:
            self._setup.release(line.trail)
            raise
        except BaseException:  # cancelled, or nobody looks any more
            self._setup.release(line.trail)
            await self._say_farewell(provider, line.trail)
            raise
        finally:
            line.trail.end()

    async def _say_farewell(self, provider: str, trail: Trail) -> None:
        for flow in self._setup.farewells(trail):
            line = _Line(self._setup, self._opened_transport, provider)
            with suppress(TintypeError), closing(flow):
                async with aclosing(line):
                    await line.perform(hurried(next(flow)))


async def _performed(line: _Line, flow: Flow[T]) -> AsyncGenerator[Task | _Done[T], None]:
    with closing(flow):
        try:
            effect = next(flow)
            while True:
                try:
                    reply = await line.perform(effect)
                except TintypeError as error:
                    effect = flow.throw(error)
                    continue
                if isinstance(effect, Record) and isinstance(effect.entry, Snapshot):
                    yield effect.entry.task
                effect = flow.send(reply)
        except StopIteration as stop:
            yield _Done(stop.value)


class _Done(Generic[T]):
    """The result of a flow: an async generator cannot return one."""

    def __init__(self, value: T) -> None:
        self.value = value


class _Line:
    """Performs one flow's effects, and holds the stream it may have open."""

    def __init__(
        self, setup: Setup, transport: Callable[[], AsyncTransport], provider: str
    ) -> None:
        self._setup = setup
        self._transport = transport
        self._provider = provider
        self._incoming: AsyncIncoming | None = None
        self._events: AsyncIterator[ServerSentEvent] | None = None
        self.trail = setup.trail()

    async def perform(self, effect: Effect) -> Reply:
        """What comes of an effect."""
        with self._setup.observed(self._provider, effect) as seen:
            seen.reply = await self._perform(effect)
        self.trail.note(effect, seen.reply)
        return seen.reply

    async def aclose(self) -> None:
        """Let go of a stream that was not read to its end."""
        if self._incoming is not None:
            await self._incoming.close()
            self._incoming = None

    async def _perform(self, effect: Effect) -> Reply:
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
        return await asyncio.shield(asyncio.wrap_future(written))

    async def _send(self, effect: Send) -> Response | Head:
        await self.aclose()
        request = self._setup.encode(self._provider, effect)
        self._incoming = incoming = await self._transport().open(request, timeout=effect.timeout)
        chunks = incoming.chunks()
        start = b""
        if effect.request.stream and incoming.status == _OK:
            streams: bool | None = None
            while streams is None and (chunk := await anext(chunks, b"")):
                start += chunk
                streams = is_event_stream(start, incoming.headers)
            if streams:
                self._events = _decoded(start, chunks)
                return Head(status=incoming.status, headers=incoming.headers)
        body = b"".join([start, *[chunk async for chunk in _bounded(chunks)]])
        await self.aclose()
        return Response(status=incoming.status, headers=incoming.headers, body=body)

    async def _fetch(self, effect: Fetch) -> Head:
        request = fetch_request(effect.url, public_only=effect.public_only)
        incoming = await self._transport().open(request, timeout=effect.timeout)
        try:
            if incoming.status == _OK:
                written = 0
                async for chunk in incoming.chunks():
                    written += len(chunk)
                    if written > effect.limit:
                        msg = f"The result is larger than {effect.limit} bytes: {effect.url}"
                        raise DownloadError(msg)
                    effect.sink.write(chunk)
        finally:
            await incoming.close()
        return Head(status=incoming.status, headers=incoming.headers)


async def _bounded(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    length = 0
    async for chunk in chunks:
        length += len(chunk)
        check_length(length)
        yield chunk


async def _decoded(start: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[ServerSentEvent]:
    decoder = EventDecoder()
    for event in decoder.feed(start):
        yield event
    async for chunk in _bounded(chunks):
        for event in decoder.feed(chunk):
            yield event
    for event in decoder.close():
        yield event
