"""Where webhooks arrive: one loopback server for the whole grid, a path for each cell."""

from __future__ import annotations

import asyncio
import itertools
from types import TracebackType
from typing import Self

from aiohttp import web
from attrs import frozen

from tintype import Delivery

_GRACE = 0.1
_FIELD = "tintype"  # the query field in which the core names its record


@frozen
class Arrival:
    """A webhook, and the journal's record that its address names."""

    delivery: Delivery
    record: str


class Receiver:
    """Takes every webhook, and hands it to whoever waits for it."""

    def __init__(self) -> None:
        self._boxes: dict[str, asyncio.Queue[Arrival]] = {}
        self._numbers = itertools.count()
        self._runner = web.ServerRunner(web.Server(self._take), shutdown_timeout=_GRACE)
        self._origin = ""

    async def __aenter__(self) -> Self:
        """Listen."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self._origin = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        await self._runner.cleanup()

    def box(self) -> tuple[str, asyncio.Queue[Arrival]]:
        """An address that nobody else has, and what arrives there."""
        path = f"/{next(self._numbers)}"
        self._boxes[path] = asyncio.Queue()
        return f"{self._origin}{path}", self._boxes[path]

    async def _take(self, request: web.BaseRequest) -> web.StreamResponse:
        delivery = Delivery(headers=tuple(request.headers.items()), body=await request.read())
        record = request.query.get(_FIELD, "")
        self._boxes[request.path].put_nowait(Arrival(delivery, record))
        return web.Response()
