"""Both clients behind one set of awaitable words, so that a cell is walked once."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Protocol, TypeAlias

from attrs import evolve, field, frozen

from tintype import AsyncClient, Client, Generation, ImageRequest, Resumed, Task, hookimpl
from tintype.catalog import ProviderInfo
from tintype.journal import Journal
from tintype_contracts.faultgrid import cells
from tintype_contracts.faultgrid.receiver import Arrival

Drawn: TypeAlias = Generation | Task


class Hands(Protocol):
    """What a user does, whichever client they have. It acts for one provider."""

    async def generate(self, request: ImageRequest) -> Generation:
        """Quote, submit, and wait."""

    async def submit(self, request: ImageRequest) -> Task:
        """Submit alone."""

    async def stream(self, request: ImageRequest) -> Task:
        """Submit, and follow the events."""

    async def wait(self, task: Task) -> Task:
        """Follow a task to its end."""

    async def receive(self, arrival: Arrival) -> Task:
        """Take a webhook in."""

    async def save(self, drawn: Drawn, folder: Path) -> object:
        """Write images into a folder."""

    async def resume(self, folder: Path) -> tuple[Resumed, ...]:
        """Finish what the journal says is not finished."""

    async def close(self) -> None:
        """Let the connections go."""


@frozen(kw_only=True)
class Means:
    """What a client is made of.

    Attributes:
        provider: Whom it asks.
        plugin: The provider's plugin, loaded once for all cells.
        environ: Where the provider is.
        journal: Where paid work is written down.
        request_timeout: Seconds for an answer.
        task_timeout: Seconds for a task.
    """

    provider: str
    plugin: object = field(repr=False)
    environ: Mapping[str, str] = field(repr=False)
    journal: Journal
    request_timeout: float
    task_timeout: float


def hands(client: cells.Client, means: Means) -> Hands:
    """A client of that name."""
    return Blocking(means) if client == "Client" else Awaiting(means)


class Hurried:
    """Makes a provider be looked at more often than it documents."""

    @hookimpl(wrapper=True)
    def describe(self) -> Generator[None, ProviderInfo, ProviderInfo]:
        """The provider, polled at once."""
        info = yield
        return evolve(info, poll_schedule=(0.05,))


class Blocking:
    """`Client`, in a thread."""

    def __init__(self, means: Means) -> None:
        self._provider = means.provider
        self._client = Client(
            plugins={means.provider: means.plugin},
            environ=means.environ,
            journal=means.journal,
            wrappers=[Hurried()],
            request_timeout=means.request_timeout,
            task_timeout=means.task_timeout,
            seed=1,
        )

    async def generate(self, request: ImageRequest) -> Generation:
        """Quote, submit, and wait."""
        return await asyncio.to_thread(self._client.generate, request, provider=self._provider)

    async def submit(self, request: ImageRequest) -> Task:
        """Submit alone."""
        return await asyncio.to_thread(self._client.submit, request, provider=self._provider)

    async def stream(self, request: ImageRequest) -> Task:
        """Submit, and follow the events."""

        def last() -> Task:
            *_, task = self._client.stream(request, provider=self._provider)
            return task

        return await asyncio.to_thread(last)

    async def wait(self, task: Task) -> Task:
        """Follow a task to its end."""
        return await asyncio.to_thread(self._client.wait, task)

    async def receive(self, arrival: Arrival) -> Task:
        """Take a webhook in."""
        return await asyncio.to_thread(
            self._client.receive,
            arrival.delivery,
            provider=self._provider,
            record=arrival.record,
        )

    async def save(self, drawn: Drawn, folder: Path) -> object:
        """Write images into a folder."""
        return await asyncio.to_thread(self._client.save, drawn, folder)

    async def resume(self, folder: Path) -> tuple[Resumed, ...]:
        """Finish what the journal says is not finished."""
        return await asyncio.to_thread(self._client.resume, folder)

    async def close(self) -> None:
        """Let the connections go."""
        await asyncio.to_thread(self._client.close)


class Awaiting:
    """`AsyncClient`."""

    def __init__(self, means: Means) -> None:
        self._provider = means.provider
        self._client = AsyncClient(
            plugins={means.provider: means.plugin},
            environ=means.environ,
            journal=means.journal,
            wrappers=[Hurried()],
            request_timeout=means.request_timeout,
            task_timeout=means.task_timeout,
            seed=1,
        )

    async def generate(self, request: ImageRequest) -> Generation:
        """Quote, submit, and wait."""
        return await self._client.generate(request, provider=self._provider)

    async def submit(self, request: ImageRequest) -> Task:
        """Submit alone."""
        return await self._client.submit(request, provider=self._provider)

    async def stream(self, request: ImageRequest) -> Task:
        """Submit, and follow the events."""
        steps = self._client.stream(request, provider=self._provider)
        return [task async for task in steps][-1]

    async def wait(self, task: Task) -> Task:
        """Follow a task to its end."""
        return await self._client.wait(task)

    async def receive(self, arrival: Arrival) -> Task:
        """Take a webhook in."""
        return await self._client.receive(
            arrival.delivery, provider=self._provider, record=arrival.record
        )

    async def save(self, drawn: Drawn, folder: Path) -> object:
        """Write images into a folder."""
        return await self._client.save(drawn, folder)

    async def resume(self, folder: Path) -> tuple[Resumed, ...]:
        """Finish what the journal says is not finished."""
        return await self._client.resume(folder)

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.close()
