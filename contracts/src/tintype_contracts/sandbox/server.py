"""A real HTTP server on loopback, in a thread of its own, around the engines.

Nothing is decided here: a request becomes a `Call`, a reply value becomes bytes on the
socket. The engines may paint pictures, so they work in a pool, never in the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from urllib.parse import parse_qsl, unquote

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from tintype_contracts.sandbox.engine import Engine
from tintype_contracts.sandbox.messages import Call, Reply, Stream, Webhook

_HOST = "127.0.0.1"
_WORKERS = 8
_MOST_BYTES = 512 * 1024 * 1024
_GRACE = 0.2  # seconds that open answers get when the server stops
_LOOK = 0.02  # seconds between two looks for webhooks
_DELIVERY_TIMEOUT = 10.0
_TAKEN = 2  # hundred and something


class Server:
    """Serves engines, each below a path prefix, until it is stopped."""

    def __init__(self, port: int, clock: Callable[[], float]) -> None:
        self.engines: Mapping[str, Engine] = {}
        self._clock = clock
        self._socket = socket.create_server((_HOST, port))
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="tintype-sandbox-worker")
        self._thread = threading.Thread(target=self._run, name="tintype-sandbox", daemon=True)
        self._ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    @property
    def origin(self) -> str:
        """Where it listens."""
        return f"http://{_HOST}:{self._socket.getsockname()[1]}"

    def start(self, engines: Mapping[str, Engine]) -> None:
        """Begin to serve; connections are accepted once this returns."""
        self.engines = engines
        self._thread.start()
        self._ready.result()

    def stop(self) -> None:
        """Close every connection, and wait until nothing is left."""
        loop, stop = self._ready.result()
        loop.call_soon_threadsafe(stop.set)
        self._thread.join()
        self._pool.shutdown()

    # ------------------------------------------------------------------ in the thread

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _serve(self) -> None:
        stop = asyncio.Event()
        application = web.Application(client_max_size=_MOST_BYTES)
        application.router.add_route("*", "/{anything:.*}", self._handle)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=_GRACE)
        await runner.setup()
        await web.SockSite(runner, self._socket).start()
        courier = asyncio.create_task(self._deliver())
        self._ready.set_result((asyncio.get_running_loop(), stop))
        await stop.wait()
        courier.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await courier
        await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        prefix, _, rest = request.rel_url.raw_path.lstrip("/").partition("/")
        engine = self.engines.get(unquote(prefix))
        if engine is None:
            known = ", ".join(sorted(self.engines))
            return web.Response(status=404, text=f"No provider is served here; there are: {known}.")
        call = Call(
            method=request.method,
            path=unquote(f"/{rest}"),
            query=tuple(parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True)),
            headers=tuple(request.headers.items()),
            body=await request.read(),
        )
        reply = await self._answer(engine, call)
        if isinstance(reply, Stream):
            return await _stream(request, reply)
        await asyncio.sleep(reply.after)
        return web.Response(
            status=reply.status, headers=CIMultiDict(reply.headers), body=reply.body
        )

    async def _answer(self, engine: Engine, call: Call) -> Reply | Stream:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, engine.answer, call, self._clock())

    async def _deliver(self) -> None:
        """Try each webhook when it is due, several at once if need be."""
        timeout = aiohttp.ClientTimeout(total=_DELIVERY_TIMEOUT)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as tries:
            while True:
                for engine in self.engines.values():
                    for webhook in engine.due(self._clock()):
                        tries.create_task(self._try(session, engine, webhook))
                await asyncio.sleep(_LOOK)

    async def _try(
        self, session: aiohttp.ClientSession, engine: Engine, webhook: Webhook
    ) -> None:
        taken = False
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with session.post(
                webhook.url,
                data=webhook.body,
                headers=dict(webhook.headers),
                allow_redirects=False,
            ) as answer:
                taken = answer.status // 100 == _TAKEN
        engine.report(webhook, taken=taken, now=self._clock())


async def _stream(request: web.Request, stream: Stream) -> web.StreamResponse:
    """Send a stream event by event, each on the wire before the next is awaited."""
    response = web.StreamResponse(status=stream.status, headers=CIMultiDict(stream.headers))
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        for event in stream.events:
            await asyncio.sleep(event.after)
            await response.write(event.data)
        await response.write_eof()
    return response
