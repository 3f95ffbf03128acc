"""Both clients with their own transports behind one blocking interface."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Protocol, Self

from attrs import frozen

from tintype import AsyncClient, Client
from tintype.account import Account
from tintype.catalog import ProviderInfo
from tintype.errors import TintypeError
from tintype.messages import HttpRequest, Response
from tintype.models import Image, Quote, Task
from tintype.request import ImageRequest
from tintype.transports import Transport
from tintype.transports.aiohttp import AiohttpTransport
from tintype.transports.urllib3 import Urllib3Transport
from tintype_contracts.wire.dialling import connector, pools

_TURNS = 5


@frozen(kw_only=True)
class Line:
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

    def save(self, image: Image, folder: Path) -> tuple[Path, ...]:
        """The files that an image was written to."""

    def exchange(self, request: HttpRequest, timeout: float) -> Response:
        """The whole answer to a request, by the transport alone."""

    def close(self) -> None:
        """Close every connection."""

    def __enter__(self) -> Self:
        """Itself."""

    def __exit__(self, *_: object) -> None:
        """Close every connection."""


class Blocking:
    """`Client` on urllib3."""

    name = "urllib3"

    def __init__(self, line: Line) -> None:
        self._transport = self.transport(line)
        self._provider = line.account.provider
        self._client = Client(
            line.account,
            transport=self._transport,
            plugins=line.plugins,
            request_timeout=line.timeout,
            seed=0,
            environ={},
        )

    def transport(self, line: Line) -> Transport:
        """How exchanges are made."""
        return Urllib3Transport(pools(line.port, line.trust))

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

    def save(self, image: Image, folder: Path) -> tuple[Path, ...]:
        """The files that an image was written to."""
        return self._client.save(image, folder, name=self.name)

    def exchange(self, request: HttpRequest, timeout: float) -> Response:
        """The whole answer to a request, by the transport alone."""
        incoming = self._transport.open(request, timeout=timeout)
        try:
            body = b"".join(incoming.chunks())
        finally:
            incoming.close()
        return Response(status=incoming.status, headers=incoming.headers, body=body)

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

    def __init__(self, line: Line) -> None:
        self._runner = asyncio.Runner()
        self._transport = AiohttpTransport(connector=connector(line.port, line.trust))
        self._provider = line.account.provider
        self._is_left = line.is_left
        self._client = AsyncClient(
            line.account,
            transport=self._transport,
            plugins=line.plugins,
            request_timeout=line.timeout,
            seed=0,
            environ={},
        )

    def quote(self, request: ImageRequest) -> Quote:
        """What `request` would cost."""
        return self._runner.run(self._client.quote(request, provider=self._provider))

    def submit(self, request: ImageRequest) -> Task:
        """The accepted task."""
        return self._runner.run(self._client.submit(request, provider=self._provider))

    def submit_and_leave(self, request: ImageRequest, heard: Callable[[], bool]) -> bool:
        """Whether a submission that is cancelled once the server has heard it ends at once.

        Args:
            request: The picture.
            heard: Waits until the server has heard it, and says whether it has.
        """
        return self._runner.run(self._leave(request, heard))

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

    def save(self, image: Image, folder: Path) -> tuple[Path, ...]:
        """The files that an image was written to."""
        return self._runner.run(self._client.save(image, folder, name=self.name))

    def exchange(self, request: HttpRequest, timeout: float) -> Response:
        """The whole answer to a request, by the transport alone."""
        return self._runner.run(self._exchange(request, timeout))

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

    async def _exchange(self, request: HttpRequest, timeout: float) -> Response:  # noqa: ASYNC109 - the transport's own
        incoming = await self._transport.open(request, timeout=timeout)
        try:
            body = b"".join([chunk async for chunk in incoming.chunks()])
        finally:
            await incoming.close()
        return Response(status=incoming.status, headers=incoming.headers, body=body)

    async def _leave(self, request: ImageRequest, heard: Callable[[], bool]) -> bool:
        submission = asyncio.create_task(self._client.submit(request, provider=self._provider))
        came = await asyncio.to_thread(heard)
        submission.cancel()
        try:
            await submission
        except asyncio.CancelledError:
            return came
        except TintypeError:
            return False
        return False

    async def _close(self) -> None:
        await self._client.close()
        await self._transport.close()
        # A connection of TLS is gone once the other side has answered, and the loop has heard.
        await asyncio.to_thread(self._is_left)
        for _ in range(_TURNS):
            await asyncio.sleep(0)


CLIENTS: ContextVar[tuple[Callable[[Line], Blocking], Callable[[Line], Awaiting]]] = ContextVar(
    "CLIENTS", default=(Blocking, Awaiting)
)
"""The clients that the wire tier drives. Poor ones in their place prove that it notices."""
