"""Both clients with their own transports behind one blocking interface."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from typing import Protocol, Self

from attrs import frozen

from tintype import AsyncClient, Client
from tintype.account import Account
from tintype.catalog import ProviderInfo
from tintype.models import Image, Quote, Task
from tintype.request import ImageRequest
from tintype.transports.aiohttp import AiohttpTransport
from tintype.transports.urllib3 import Urllib3Transport
from tintype_contracts.wire.resolver import connector, pools

_TURNS = 5


@frozen(kw_only=True)
class Endpoint:
    """Where a client is to dial, whom it trusts, and whose plugin it speaks for.

    Attributes:
        port: The port of loopback.
        trust: The certificates it accepts.
        plugin: The plugin, a module or an object with hooks.
        account: The account; its provider is the plugin's name.
        timeout: Seconds for one answer.
        is_left: Waits until the server has seen every connection closed.
    """

    port: int
    trust: ssl.SSLContext
    plugin: object
    account: Account
    timeout: float
    is_left: Callable[[], bool] = lambda: True

    @property
    def plugins(self) -> Mapping[str, object]:
        """The one plugin by its name."""
        return {self.account.provider: self.plugin}


class Caller(Protocol):
    """A client and its transport."""

    name: str

    def quote(self, request: ImageRequest) -> Quote:
        """What `request` would cost."""

    def submit(self, request: ImageRequest) -> Task:
        """The accepted task."""

    def refresh(self, task: Task) -> Task:
        """The task after one look."""

    def cancel(self, task: Task) -> Task:
        """The task after the provider was asked to stop it."""

    def models(self) -> ProviderInfo:
        """The live list of models."""

    def fetch(self, image: Image) -> bytes:
        """An image's bytes."""

    def close(self) -> None:
        """Close every connection."""

    def __enter__(self) -> Self:
        """Itself."""

    def __exit__(self, *_: object) -> None:
        """Close every connection."""


class Blocking:
    """`Client` on urllib3."""

    name = "urllib3"

    def __init__(self, line: Endpoint) -> None:
        self._transport = Urllib3Transport(pools(line.port, line.trust))
        self._provider = line.account.provider
        self._client = Client(
            line.account,
            transport=self._transport,
            plugins=line.plugins,
            request_timeout=line.timeout,
            allow_unlisted=True,
            seed=0,
            environ={},
        )

    def quote(self, request: ImageRequest) -> Quote:
        """What `request` would cost."""
        return self._client.quote(request, provider=self._provider)

    def submit(self, request: ImageRequest) -> Task:
        """The accepted task."""
        return self._client.submit(request, provider=self._provider)

    def refresh(self, task: Task) -> Task:
        """The task after one look."""
        return self._client.refresh(task)

    def cancel(self, task: Task) -> Task:
        """The task after the provider was asked to stop it."""
        return self._client.cancel(task)

    def models(self) -> ProviderInfo:
        """The live list of models."""
        return self._client.models(provider=self._provider)

    def fetch(self, image: Image) -> bytes:
        """An image's bytes."""
        return self._client.fetch(image, provider=self._provider)

    def close(self) -> None:
        """Close every connection."""
        self._client.close()
        self._transport.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection."""
        self.close()


class Awaiting:
    """`AsyncClient` on aiohttp, in an event loop of its own."""

    name = "aiohttp"

    def __init__(self, line: Endpoint) -> None:
        self._runner = asyncio.Runner()
        self._transport = AiohttpTransport(connector=connector(line.port, line.trust))
        self._provider = line.account.provider
        self._is_left = line.is_left
        self._client = AsyncClient(
            line.account,
            transport=self._transport,
            plugins=line.plugins,
            request_timeout=line.timeout,
            allow_unlisted=True,
            seed=0,
            environ={},
        )

    def quote(self, request: ImageRequest) -> Quote:
        """What `request` would cost."""
        return self._runner.run(self._client.quote(request, provider=self._provider))

    def submit(self, request: ImageRequest) -> Task:
        """The accepted task."""
        return self._runner.run(self._client.submit(request, provider=self._provider))

    def refresh(self, task: Task) -> Task:
        """The task after one look."""
        return self._runner.run(self._client.refresh(task))

    def cancel(self, task: Task) -> Task:
        """The task after the provider was asked to stop it."""
        return self._runner.run(self._client.cancel(task))

    def models(self) -> ProviderInfo:
        """The live list of models."""
        return self._runner.run(self._client.models(provider=self._provider))

    def fetch(self, image: Image) -> bytes:
        """An image's bytes."""
        return self._runner.run(self._client.fetch(image, provider=self._provider))

    def close(self) -> None:
        """Close every connection, and the loop."""
        self._runner.run(self._close())
        self._runner.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection."""
        self.close()

    async def _close(self) -> None:
        await self._client.close()
        await self._transport.close()
        # A connection of TLS is gone once the other side has answered, and the loop has heard.
        await asyncio.to_thread(self._is_left)
        for _ in range(_TURNS):
            await asyncio.sleep(0)
