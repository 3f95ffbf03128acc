"""A real HTTP server on loopback, in a thread of its own, around the engines.

Nothing is decided here: a request becomes a `SandboxRequest`, a reply value becomes bytes on the
socket. Pictures are painted and large bodies read in a pool, never in the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from urllib.parse import unquote

from aiohttp import web
from attrs import define

from tintype_contracts.fixtures.flaws import FixtureError
from tintype_contracts.sandbox.engine.engine import Engine
from tintype_contracts.sandbox.engine.engines import Engines
from tintype_contracts.sandbox.faults.canary import Canary
from tintype_contracts.sandbox.faults.dial import Dial, Fault
from tintype_contracts.sandbox.serving.control import PREFIX, Control
from tintype_contracts.sandbox.serving.courier import Courier
from tintype_contracts.sandbox.serving.gates import Gates
from tintype_contracts.sandbox.serving.handling import SandboxResponse, Visit, call_of

_HOST = "127.0.0.1"
_WORKERS = 8
_MAX_BYTES = 512 * 1024 * 1024
_GRACE = 0.2  # seconds that open answers get when the server stops
_PATIENCE = 30.0  # seconds that a caller waits for the server's thread


@define
class _Running:
    """What there is while it serves; it belongs to the server's thread."""

    loop: asyncio.AbstractEventLoop
    stop: asyncio.Event
    serve: web.Server
    listener: asyncio.Server | None = None


class Server:
    """Serves engines, each below a path prefix, until it is stopped."""

    def __init__(
        self, port: int, clock: Callable[[], float], tls: ssl.SSLContext | None = None
    ) -> None:
        self.engines: Engines = Engines({})
        self._tls = tls
        self.dial: Dial = Dial()
        self.gates: Gates = Gates()
        self.canary: Canary = Canary()
        self.calls: list[tuple[str, str]] = []
        self._clock = clock
        self._place = _held(port)
        self._port: int = self._place.getsockname()[1]
        self._socket = socket.create_server((_HOST, self._port))
        self._elsewhere = socket.create_server((_HOST, 0))
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="tintype-sandbox-worker")
        self._thread = threading.Thread(target=self._run, name="tintype-sandbox", daemon=True)
        self._running: Future[_Running] = Future()

    @property
    def origin(self) -> str:
        """Where it listens."""
        return f"{'https' if self._tls else 'http'}://{_HOST}:{self._port}"

    @property
    def elsewhere(self) -> str:
        """The canary's origin: another host, by its port."""
        return f"http://{_HOST}:{self._elsewhere.getsockname()[1]}"

    def start(self, engines: Engines) -> None:
        """Begin to serve; connections are accepted once this returns."""
        self.engines = engines
        self._thread.start()
        self._running.result()

    def stop(self) -> None:
        """Close every connection, and wait until nothing is left."""
        running = self._running.result()
        self.gates.open_all()
        running.loop.call_soon_threadsafe(running.stop.set)
        self._thread.join()
        self._pool.shutdown()
        self._place.close()

    def dial_in(self, fault: Fault) -> None:
        """Have something go wrong from now on."""
        self._in_thread(self._dial_in(fault))

    def clear(self) -> None:
        """Let everything go well from now on, and listen."""
        self._in_thread(self._clear())

    def _in_thread(self, act: Coroutine[object, object, None]) -> None:
        """Have the server's thread do something, and wait until it is done."""
        loop = self._running.result().loop
        asyncio.run_coroutine_threadsafe(act, loop).result(_PATIENCE)

    # ------------------------------------------------------------------ in the thread

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._running.done():
                raise
            self._running.set_exception(error)

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        application = web.Application(client_max_size=_MAX_BYTES)
        application.on_response_prepare.append(_allow_any_origin)
        application.router.add_route("*", "/{anything:.*}", self._handle)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=_GRACE)
        await runner.setup()
        if runner.server is None:
            raise AssertionError  # setup() makes it
        running = _Running(loop=loop, stop=asyncio.Event(), serve=runner.server)
        running.listener = await loop.create_server(running.serve, sock=self._socket, ssl=self._tls)
        other = web.ServerRunner(web.Server(self.canary.handle), shutdown_timeout=_GRACE)
        await other.setup()
        await web.SockSite(other, self._elsewhere).start()
        courier = Courier(
            engines=self.engines, dial=self.dial, clock=self._clock, canary=self.elsewhere
        )
        delivering = asyncio.create_task(courier.deliver())
        self._running.set_result(running)
        await running.stop.wait()
        delivering.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await delivering
        self._close_listener()
        open_still = [each.transport for each in running.serve.connections if each.transport]
        await other.cleanup()
        await runner.cleanup()
        # Who was accepted while that went on is in no list that it closed.
        await running.serve.shutdown(0)
        for transport in open_still:  # TLS would wait for the other side's farewell
            transport.abort()
        await asyncio.sleep(0)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.method == "OPTIONS":
            return web.Response(status=204)
        prefix, _, rest = request.rel_url.raw_path.lstrip("/").partition("/")
        name = unquote(prefix)
        if name == PREFIX:
            control = Control(
                dial=self.dial, dial_in=self._dial_in, clear=self._clear, engines=self.engines
            )
            return await control.answer(request, rest)
        try:
            engine = await self._engine(name)
        except FixtureError as error:
            return web.Response(status=500, text=f"{error}\n")
        if engine is None:
            known = ", ".join(sorted(self.engines))
            return web.Response(status=404, text=f"No provider is served here; there are: {known}.")
        call = call_of(request, f"/{rest}")
        operation = engine.operation(call)
        self.calls.append((name, operation))
        visit = Visit(
            request=request,
            name=name,
            engine=engine,
            call=call,
            operation=operation,
            fault=self.dial.strike(name, operation),
            gates=self.gates,
            clock=self._clock,
            work=self._work,
            shut=self._shut,
            pause=self._pause,
            canary=self.elsewhere,
        )
        return await visit.serve()

    async def _engine(self, name: str) -> Engine | None:
        """A provider; whoever asks for it first waits until its fixtures are read."""
        found = self.engines.made.get(name)
        if found is None:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._pool, self.engines.get, name)
        return found

    async def _pause(self, seconds: float) -> None:
        """Wait so long.

        Raises:
            ConnectionAbortedError: The server stops, so there is nothing left to wait for.
        """
        if seconds <= 0:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._running.result().stop.wait(), seconds)
            raise ConnectionAbortedError

    async def _work(self, act: Callable[[], SandboxResponse]) -> SandboxResponse:
        return await asyncio.get_running_loop().run_in_executor(self._pool, act)

    # ------------------------------------------------------------------------- faults

    async def _dial_in(self, fault: Fault) -> None:
        if fault.kind == "refuse" and fault.strikes(0):
            self._shut(fault.seconds)
        self.dial.add(fault)

    async def _clear(self) -> None:
        self.dial.clear()
        await self._listen()

    def _shut(self, seconds: float, spared: object = None) -> None:
        """Have nobody listen for a while. Every connection is closed but one that is spared."""
        running = self._running.result()
        self._close_listener()
        for connection in running.serve.connections:
            if connection is not spared:
                connection.force_close()
        running.loop.call_later(seconds, lambda: running.loop.create_task(self._listen()))

    async def _listen(self) -> None:
        """Listen again, on the same port."""
        running = self._running.result()
        if running.listener is None and not running.stop.is_set():
            found = socket.create_server((_HOST, self._port))
            running.listener = await running.loop.create_server(
                running.serve, sock=found, ssl=self._tls
            )

    def _close_listener(self) -> None:
        running = self._running.result()
        if running.listener is not None:
            running.listener.close()
            running.listener = None


async def _allow_any_origin(request: web.Request, response: web.StreamResponse) -> None:
    """Let pages of any origin ask, with any header, and read the answer (CORS)."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "*"
    if request.method == "OPTIONS":
        asked = request.headers.get("Access-Control-Request-Headers", "*")
        response.headers["Access-Control-Allow-Headers"] = asked
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, PATCH, DELETE"


def _held(port: int) -> socket.socket:
    """A socket that keeps a port while nobody listens on it.

    Raises:
        OSError: The port is taken.
    """
    place = socket.socket()
    try:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind((_HOST, port))
    except OSError:
        place.close()
        raise
    return place
