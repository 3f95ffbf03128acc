"""Either client behind one awaitable call, so that a cell is walked once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import asynccontextmanager

from attrs import evolve, field, frozen

from tintype import AsyncClient, Client, Task, hookimpl
from tintype.catalog import ProviderInfo
from tintype.journal import Journal

CLIENTS = {kind.__name__: kind for kind in (Client, AsyncClient)}


class Hurried:
    """Makes a provider be looked at more often than it documents."""

    @hookimpl(wrapper=True)
    def describe(self) -> Generator[None, ProviderInfo, ProviderInfo]:
        """The provider, polled at once."""
        info = yield
        return evolve(info, poll_schedule=(0.05,))


@frozen
class EitherClient:
    """A `Client` in a thread, or an `AsyncClient`: `await either.call("generate", request)`."""

    client: Client | AsyncClient

    async def call(self, method: str, *args: object, **named: object) -> object:
        """What a method of the client gives."""
        bound = getattr(self.client, method)
        if isinstance(self.client, AsyncClient):
            return await bound(*args, **named)
        return await asyncio.to_thread(bound, *args, **named)

    async def last_of_stream(self, *args: object, **named: object) -> Task:
        """The last task of a stream of events."""
        steps = self.client.stream(*args, **named)
        if isinstance(self.client, AsyncClient):
            return [task async for task in steps][-1]
        return (await asyncio.to_thread(list, steps))[-1]


@frozen(kw_only=True)
class Means:
    """What a client is made of.

    Attributes:
        plugins: The provider's plugin, loaded once for all cells.
        environ: Where the provider is.
        journal: Where paid work is written down.
        request_timeout: Seconds for an answer.
        task_timeout: Seconds for a task.
    """

    plugins: Mapping[str, object] = field(repr=False)
    environ: Mapping[str, str] = field(repr=False)
    journal: Journal
    request_timeout: float
    task_timeout: float

    @asynccontextmanager
    async def client(self, kind: str) -> AsyncIterator[EitherClient]:
        """A client of that name; its connections are let go afterwards."""
        named = {each: getattr(self, each) for each in self.__slots__ if each != "__weakref__"}
        either = EitherClient(
            CLIENTS[kind](wrappers=[Hurried()], seed=1, allow_unlisted=True, **named)
        )
        try:
            yield either
        finally:
            await either.call("close")
