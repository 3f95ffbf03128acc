"""Transports of every kind under one name, so that one test serves them all."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack

import httpx
import httpx2
import pytest

from tintype import HttpRequest, Response
from tintype.transports import AsyncTransport, Transport
from tintype.transports.aiohttp import AiohttpTransport
from tintype.transports.httpx import AsyncHttpxTransport, HttpxTransport
from tintype.transports.urllib3 import Urllib3Transport

OWN = ("urllib3", "aiohttp")
KINDS = (*OWN, "httpx", "httpx-async", "httpx2", "httpx2-async")
PATIENCE = 20.0
BRIEF = 0.2
_TLS = ssl.create_default_context()  # made once: it takes a while


class Wire:
    """A transport of any kind, with one blocking method."""

    def __init__(self, kind: str, stack: ExitStack) -> None:
        self._runner: asyncio.Runner | None = None
        self._sync: Transport | None = None
        self._mine: httpx.Client | None = None
        self._async: AsyncTransport | None = None
        library = httpx2 if kind.startswith("httpx2") else httpx
        self._end: Callable[[], Awaitable[None]] | None = None
        if kind == "urllib3":
            self._sync = Urllib3Transport()
        elif kind in {"httpx", "httpx2"}:
            self._mine = library.Client(verify=_TLS)
            self._sync = HttpxTransport(self._mine)
        else:
            self._runner = stack.enter_context(asyncio.Runner())
            mine = library.AsyncClient(verify=_TLS) if kind != "aiohttp" else None
            self._async = AsyncHttpxTransport(mine) if mine else AiohttpTransport()
            self._end = mine.aclose if mine else None
        stack.callback(self.close)

    def exchange(self, request: HttpRequest, timeout: float = PATIENCE) -> Response:
        """The whole answer to a request."""
        if self._runner is None:
            return self._exchange(request, timeout)
        return self._runner.run(self._exchange_async(request, timeout))

    def peek(self, request: HttpRequest) -> int:
        """The status, with the body left where it is."""
        if self._sync is not None:
            incoming = self._sync.open(request, timeout=PATIENCE)
            incoming.close()
            return incoming.status
        assert self._runner is not None
        return self._runner.run(self._peek_async(request))

    def close(self) -> None:
        """Close the transport and, where it is the embedder's, the client below."""
        if self._sync is not None:
            self._sync.close()
            if self._mine is not None:
                self._mine.close()
            return
        assert self._runner is not None
        self._runner.run(self._close_async())

    def _exchange(self, request: HttpRequest, timeout: float) -> Response:
        assert self._sync is not None
        incoming = self._sync.open(request, timeout=timeout)
        try:
            body = b"".join(incoming.chunks())
        finally:
            incoming.close()
        return Response(status=incoming.status, headers=incoming.headers, body=body)

    async def _exchange_async(self, request: HttpRequest, timeout: float) -> Response:  # noqa: ASYNC109 - the transport's own
        assert self._async is not None
        incoming = await self._async.open(request, timeout=timeout)
        try:
            body = b"".join([chunk async for chunk in incoming.chunks()])
        finally:
            await incoming.close()
        return Response(status=incoming.status, headers=incoming.headers, body=body)

    async def _peek_async(self, request: HttpRequest) -> int:
        assert self._async is not None
        incoming = await self._async.open(request, timeout=PATIENCE)
        await incoming.close()
        return incoming.status

    async def _close_async(self) -> None:
        assert self._async is not None
        await self._async.close()
        if self._end is not None:
            await self._end()


def wires(kinds: Sequence[str]) -> Callable[..., object]:
    """Run a test with each of these kinds of transport."""
    return pytest.mark.parametrize("wire", kinds, indirect=True)


def get(url: str) -> HttpRequest:
    """A GET with one header of its own."""
    return HttpRequest(method="GET", url=url, headers=(("X-Own", "1"),))


def post(url: str, body: bytes = b"{}") -> HttpRequest:
    """A POST of some bytes."""
    headers = (
        ("Accept", "*/*"),
        ("Accept-Encoding", "gzip, deflate"),
        ("User-Agent", "tests"),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
    )
    return HttpRequest(method="POST", url=url, headers=headers, body=body)
