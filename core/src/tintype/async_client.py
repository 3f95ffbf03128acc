"""The async client: every flow by its verb, driven with await."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from functools import cached_property
from typing import TYPE_CHECKING, Self, overload

from tintype._client.configured import Configured
from tintype.client import Client
from tintype.models import Task
from tintype.sinks import home_of
from tintype.transports import AsyncTransport

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
    from decimal import Decimal
    from pathlib import Path
    from types import TracebackType
    from typing import Unpack

    from tintype._client.downloads import Saveable
    from tintype._client.observing import Progress
    from tintype._client.options import PerCallKeywords
    from tintype._client.routing import Order
    from tintype._driver import Driver
    from tintype._flow.conversation import Heard
    from tintype.catalog import ProviderInfo
    from tintype.errors import TintypeError
    from tintype.journal import JournalRecord, Resumed
    from tintype.messages import Delivery
    from tintype.models import BatchResult, Generation, Image, Offer, Quote
    from tintype.request import ImageRequest
    from tintype.sinks import Sink


class AsyncClient(Configured[AsyncTransport]):
    """Prices, submits, polls and collects images, with await.

    Safe to share between the tasks of one event loop. Close it, or use it in an `async with`
    block. What each method takes and raises is told at the one of `Client`, and in `help`.
    """

    _awaits = True
    _width = 20

    async def models(self, *, provider: str) -> ProviderInfo:
        """The provider's models: its live list where it has one, else its catalog."""
        return await self._driver.run(
            "models", provider, self._setup.conversations.of(provider).models()
        )

    # ---------------------------------------------------------------------- images

    async def quote(self, request: ImageRequest, *, provider: str) -> Quote:
        """The price of a request, before anything is submitted."""
        return await self._driver.run(
            "quote", provider, self._setup.conversations.of(provider).quote(request)
        )

    async def quotes(
        self,
        request: ImageRequest,
        *,
        providers: Iterable[str] | None = None,
        deadline: float = 30.0,
    ) -> tuple[Offer, ...]:
        """What several providers would do with a request, and for how much: cheapest first."""
        flows = self._setup.comparing.asking(request, providers, deadline)
        told = await asyncio.gather(*(self._driver.run("quotes", *each) for each in flows.items()))
        found = dict(zip(flows, told, strict=True))
        ordered = self._setup.comparing.ordered  # in a thread: it asks the journal
        return await asyncio.to_thread(ordered, request, flows, found, deadline)

    async def submit(
        self,
        request: ImageRequest,
        *,
        provider: str,
        on_progress: Progress | None = None,
        **per_call: Unpack[PerCallKeywords],
    ) -> Task:
        """Start one submission and return at once with the accepted task."""
        flow = self._setup.conversations.of(provider, per_call).submit(request)
        return await self._driver.run("submit", provider, flow, on_progress)

    async def refresh(self, task: Task) -> Task:
        """The task as it stands now, after one look."""
        flow = self._setup.conversations.of_task(task).refresh(task)
        return await self._driver.run("refresh", task.provider, flow, record=task.record)

    async def wait(self, task: Task, *, on_progress: Progress | None = None) -> Task:
        """The task once it has ended, well or badly."""
        flow = self._setup.conversations.of_task(task).wait(task)
        return await self._driver.run("wait", task.provider, flow, on_progress, awaited=task)

    async def generate(
        self,
        request: ImageRequest,
        *,
        provider: str | None = None,
        providers: Iterable[str] | None = None,
        order: Order = "price",
        max_cost: Decimal | None = None,
        on_progress: Progress | None = None,
        **per_call: Unpack[PerCallKeywords],
    ) -> Generation:
        """Quote, submit as often as `n` demands, and wait for the images."""
        flow = self._setup.keyed_calls.generating(
            request, provider, providers, order, max_cost, per_call
        )
        return await self._driver.run("generate", provider or "", flow, on_progress)

    async def batch(  # noqa: PLR0913 - each holds for all lines
        self,
        requests: Iterable[ImageRequest | TintypeError]
        | AsyncIterable[ImageRequest | TintypeError],
        folder: str | Path | Sink = ".",
        *,
        name: str = "batch",
        provider: str | None = None,
        providers: Iterable[str] | None = None,
        order: Order = "price",
        max_cost: Decimal | None = None,
        width: int | None = None,
        file_name: str = "{tag}",
        resume: bool = False,
        **per_call: Unpack[PerCallKeywords],
    ) -> AsyncIterator[BatchResult]:
        """Draw many requests, each once, and save their pictures; results come as lines end."""
        from tintype._awaiting import in_turn  # noqa: PLC0415 - as in `Configured`
        from tintype._client.batch import BatchTerms  # noqa: PLC0415

        terms = BatchTerms(
            name=name,
            folder=folder,
            file_name=file_name,
            provider=provider,
            providers=providers,
            order=order,
            max_cost=max_cost,
            resume=resume,
            width=self._setup.width(width),
            per_call=per_call,
        )
        work = self._setup.batches.of(terms, in_turn(requests))
        async with aclosing(self._driver.results(work.flow())) as results:
            async for result in results:
                work.handed_over()
                yield result

    async def stream(
        self, request: ImageRequest, *, provider: str, **per_call: Unpack[PerCallKeywords]
    ) -> AsyncIterator[Task]:
        """Snapshots of one task as it is drawn, previews included where the model sends them."""
        flow = self._setup.conversations.of(provider, per_call).draw(request)
        async with aclosing(self._driver.steps(provider, flow)) as steps:
            async for task in steps:
                yield task

    async def cancel(self, task: Task) -> Task:
        """The task, after the provider was asked to stop it."""
        flow = self._setup.conversations.of_task(task).cancel(task)
        return await self._driver.run("cancel", task.provider, flow, record=task.record)

    async def read_again(self, error: TintypeError) -> Task:
        """The task in an answer that nobody understood when it came, which an error holds."""
        provider, flow = self._setup.conversations.rereading(error)
        return await self._driver.run("read_again", provider, flow)

    async def receive(
        self, delivery: Delivery, *, provider: str, record: str = "", task: Task | None = None
    ) -> Task:
        """The task that an inbound webhook speaks of, as the provider itself says it stands."""
        proven = await self._prove(delivery, provider)
        heard = await asyncio.to_thread(
            self._setup.webhooks.heard, provider, delivery, record, task
        )
        return await self._confirm(heard, provider, proven=proven)

    async def _prove(self, delivery: Delivery, provider: str) -> bool:
        return await self._driver.run(
            "_prove", provider, self._setup.webhooks.proving(provider, delivery)
        )

    async def _confirm(self, heard: Heard, provider: str, *, proven: bool) -> Task:
        flow = self._setup.conversations.of(provider).confirm(heard, proven=proven)
        return await self._driver.run(
            "receive", provider, flow, record=heard.known.record if heard.known else ""
        )

    # --------------------------------------------------------------------- results

    async def fetch(self, image: Image, *, provider: str = "") -> bytes:
        """An image's bytes, from memory or from its URL."""
        return await self._driver.run(
            "fetch", provider, self._setup.results.fetching(image, provider)
        )

    @overload
    async def save(
        self,
        images: Saveable,
        folder: Path,
        *,
        name: str | None = ...,
        overwrite: bool = ...,
        provider: str = ...,
    ) -> tuple[Path, ...]: ...

    @overload
    async def save(
        self,
        images: Saveable,
        folder: Sink,
        *,
        name: str | None = ...,
        overwrite: bool = ...,
        provider: str = ...,
    ) -> tuple[str, ...]: ...

    @overload
    async def save(
        self,
        images: Saveable,
        folder: str,
        *,
        name: str | None = ...,
        overwrite: bool = ...,
        provider: str = ...,
    ) -> tuple[Path | str, ...]: ...

    async def save(
        self,
        images: Saveable,
        folder: str | Path | Sink,
        *,
        name: str | None = None,
        overwrite: bool = False,
        provider: str = "",
    ) -> tuple[Path | str, ...]:
        """Write images into a folder or a sink, each whole or not at all."""
        provider = self._setup.results.owner(images) or provider
        flow = self._setup.results.saving(images, provider, folder, name, overwrite=overwrite)
        return await self._driver.run("save", provider, flow)

    async def resume(
        self,
        folder: str | Path | Sink = ".",
        *,
        records: Sequence[str] = (),
        on_progress: Progress | None = None,
    ) -> tuple[Resumed, ...]:
        """Finish what the journal says was accepted and is not on disk."""
        place = home_of(folder)
        claimed = await self._claimed(records)
        ids = [record.id for record in claimed]
        try:
            provider = claimed[0].provider if claimed else ""
            flow = self._setup.results.resuming(claimed, place)
            return await self._driver.run("resume", provider, flow, on_progress)
        finally:
            self._setup.claims.left(ids)

    async def _claimed(self, records: Sequence[str]) -> list[JournalRecord]:
        """The records to finish.

        A thread goes on when nobody waits: what it claims is left.
        """
        pool = ThreadPoolExecutor(1, "tintype-claim")
        claim = pool.submit(self._setup.claims.claimed, records)
        pool.shutdown(wait=False)
        try:
            return await asyncio.shield(asyncio.wrap_future(claim))
        except asyncio.CancelledError:
            claim.add_done_callback(self._setup.claims.unclaimed)
            raise

    # -------------------------------------------------------------------- its own life

    async def close(self) -> None:
        """Let the connections go, and the journal for good if it was opened here."""
        await self._driver.close()

    async def __aenter__(self) -> Self:
        """The client itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.close()

    @cached_property
    def _driver(self) -> Driver:
        from tintype._awaiting import awaiting_driver  # noqa: PLC0415 - as in `Configured`

        return awaiting_driver(self._setup, self._transport)


for _name, _told in vars(Client).items():  # what is told once is the same for both
    if not _name.startswith("_"):
        getattr(AsyncClient, _name).__doc__ = _told.__doc__
