"""The async transport: aiohttp, with everything it would do by itself switched off."""

from __future__ import annotations

import asyncio
import re
import select
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextvars import ContextVar
from functools import lru_cache, partial
from typing import Any, TypeAlias, TypedDict, cast
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractStreamWriter, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.typedefs import LooseHeaders
from multidict import CIMultiDict
from yarl import URL

from tintype import _forks
from tintype._http.addresses import is_public, refused_address, within
from tintype.errors import DownloadError, DroppedError, RequestTimeoutError, TransportError
from tintype.messages import Headers, HttpRequest, target_of
from tintype.transports import Progress, not_sent, without_frames
from tintype.transports._codings import decoder
from tintype.transports._heads import (
    FINAL,
    LONGEST_LINE,
    MAX_HEADERS,
    MAX_INTERIM,
    flooded,
    plain_end,
    texts,
    unambiguous,
)
from tintype.transports._sockets import KEEP_ALIVE, LONGEST_IDLE

_CONNECT_TIMEOUT = 10.0
_OWN_HEADERS: CIMultiDict[None] = CIMultiDict(
    dict.fromkeys(("Accept", "Accept-Encoding", "User-Agent", "Content-Type"))
)
_NO_PIECES: Iterator[bytes] = iter(())
_LATE = "The answer did not arrive in time."


class AiohttpTransport:
    """Keeps connections open between exchanges, each event loop its own.

    They are closed when their loop ends (`asyncio.run` says so before it closes it), and a
    forked process makes its own.

    Args:
        connections: How many may be open at once.
        connector: Makes a connector of your own for each event loop, for instance one with
            other certificates; `connections` is then yours to limit, and whether an address
            is public, how long a connection is idle and whether it is kept alive are yours.
    """

    def __init__(
        self, connections: int = 100, connector: Callable[[], aiohttp.TCPConnector] | None = None
    ) -> None:
        self._connector: _Connector = partial(_connector, connections)
        if connector is not None:
            self._connector = lambda _: connector()
        self._sessions: dict[asyncio.AbstractEventLoop, _Sessions] = {}
        _forks.guard(self)

    def begin_anew(self) -> None:
        """Serve a forked process: every connection so far is its parent's."""
        for each in self._sessions.values():
            each.forget()
        self._sessions = {}

    async def open(self, request: HttpRequest, *, timeout: float) -> _Incoming:  # noqa: ASYNC109
        """Send a request and wait for the head of the answer."""
        deadline = asyncio.get_running_loop().time() + timeout
        limits = aiohttp.ClientTimeout(
            total=timeout, sock_connect=min(timeout, _CONNECT_TIMEOUT), ceil_threshold=60
        )
        progress = Progress()
        _UNDER_WAY.set(progress)
        try:
            answer = await self._ask(request, limits)
        except TransportError as error:
            without_frames(error)
            raise
        except _FAILURES as error:
            raise _translation(error, progress) from without_frames(error)
        except BaseException as error:  # whatever it is, its frames hold the key
            without_frames(error)
            raise
        return _Incoming(answer, progress, deadline)

    async def close(self) -> None:
        """Close every connection of the running event loop; others close theirs at their end."""
        sessions = self._sessions.pop(asyncio.get_running_loop(), None)
        if sessions is not None:
            await sessions.close()

    async def _ask(
        self, request: HttpRequest, limits: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        """The head of the answer, on a connection that stands: stale ones are closed in turn."""
        loop = asyncio.get_running_loop()
        sessions = self._sessions.get(loop) or await self._opened(loop)
        public = request.public_only and request.proxy is None  # a proxy may stand anywhere
        session = sessions.of(request.trusted_networks if public else None, self._connector)
        headers, through = _by_way_of(request)
        while True:
            try:
                return await session.request(
                    request.method,
                    _to_the_letter(request.url),
                    data=_Body(request.body) if request.body else None,
                    headers=headers,
                    allow_redirects=False,
                    timeout=limits,
                    **through,
                )
            except _StaleError:
                pass

    async def _opened(self, loop: asyncio.AbstractEventLoop) -> _Sessions:
        for each in [each for each in list(self._sessions) if each.is_closed()]:
            self._sessions.pop(each, None)
        sessions = self._sessions[loop] = _Sessions()
        await sessions.close_with_the_loop()
        return sessions


class _Through(TypedDict, total=False):
    proxy: URL
    proxy_headers: Mapping[str, str]


def _by_way_of(request: HttpRequest) -> tuple[Headers, _Through]:
    """The headers of a request, and its proxy: who asks is shown to that alone.

    It reads what is sent to a server by plain http, and else a request of its own for a tunnel.
    """
    if request.proxy is None:
        return request.headers, {}
    shown = request.proxy.authorization
    through = _Through(proxy=URL(request.proxy.url))
    name = "Proxy-Authorization"
    if not shown:
        return request.headers, through
    if request.url.startswith("https:"):
        return request.headers, _Through(**through, proxy_headers={name: shown})
    return (*request.headers, (name, shown)), through


# Makes a connector: to anywhere (None), or to the public internet and some networks more.
_Trusted: TypeAlias = tuple[str, ...] | None
_Connector: TypeAlias = Callable[[_Trusted], aiohttp.TCPConnector]


def _connector(connections: int, trusted: _Trusted) -> aiohttp.TCPConnector:
    made = aiohttp.TCPConnector(
        limit=connections,
        keepalive_timeout=LONGEST_IDLE,
        socket_factory=partial(_kept_alive, trusted),
        resolver=None if trusted is None else _PublicResolver(trusted),
    )
    # There is no public way to say what reads an answer.
    handler = partial(_Handler, asyncio.get_running_loop())
    made._factory = cast("partial[ResponseHandler]", handler)  # noqa: SLF001
    return made


class _Handler(ResponseHandler):
    """Reads an answer whose head says twice where its body ends, as the sync transport does.

    aiohttp refuses a length that stands there twice, or beside chunks, although nobody can
    misunderstand it: the picture behind it would be lost.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._start: bytes | None = None
        self._interim = 0

    def set_response_params(self, **params: Any) -> None:  # type: ignore[explicit-any]  # noqa: ANN401 - aiohttp's
        """Expect an answer."""
        self._start, self._interim = b"", 0
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        """Hand on what came, a head as soon as it is whole."""
        if self._start is None:
            self._hand_on_body(data)
            return
        self._start += data
        while self._start is not None and (found := _HEAD_END.search(self._start)):
            end = plain_end(self._start, found.end())
            if len(self._start) <= end and not _INTERIM.match(self._start):
                self._hand_on_rest()  # all of it is of one answer
                return
            head, self._start = self._start[: found.end()], self._start[found.end() :]
            self._hand_on(head)
        if self._start is not None and len(self._start) > LONGEST_LINE:
            self._hand_on_rest()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Hand on half a head, too: it is told as one."""
        if self._start:
            self._hand_on_rest()
        super().connection_lost(exc)

    def _hand_on(self, head: bytes) -> None:
        clear = unambiguous(head)
        if clear is not head:
            self.force_close()
        super().data_received(clear)
        if not _INTERIM.match(head):
            self._hand_on_rest()
            return
        self._interim += 1
        if self._interim > MAX_INTERIM:
            self._start = None
            self.set_exception(flooded())
            if self.transport is not None:
                self.transport.abort()

    def _hand_on_rest(self) -> None:
        rest, self._start = self._start, None
        if rest:
            self._hand_on_body(rest)

    def _hand_on_body(self, data: bytes) -> None:
        """Hand it on; who reads it is told at once where it is no body."""
        body = self._payload
        super().data_received(data)
        wrong = self.exception()
        if wrong is not None and body is not None and not body.is_eof() and not body.exception():
            body.set_exception(aiohttp.ClientPayloadError("its chunks cannot be read"))


_HEAD_END = re.compile(rb"\r?\n\r?\n")
_INTERIM = re.compile(rb"HTTP/1\.1 1(?!01)")


@lru_cache(maxsize=256)
def _to_the_letter(url: str) -> URL:
    """A URL that is asked for as it stands: an empty query would lose its question mark."""
    parts = urlsplit(url)
    return URL.build(scheme=parts.scheme, authority=parts.netloc, path=target_of(url), encoded=True)


# The request that the running task makes; aiohttp has no cheaper way to tell how far it is.
_UNDER_WAY: ContextVar[Progress] = ContextVar("tintype's request")


class _StaleError(Exception):
    """A connection that was idle has ended, or has something on it that nobody asked for."""


class _Request(aiohttp.ClientRequest):
    def update_headers(self, headers: LooseHeaders | None) -> None:
        """Have the headers that are given, and the host's."""
        self.headers = CIMultiDict(Host=self.url.host_port_subcomponent or "")
        self.headers.update(headers or ())

    def update_auto_headers(self, skip_auto_headers: object) -> None:  # noqa: ARG002 - aiohttp's
        """Add none, here and later."""
        self._skip_auto_headers = _OWN_HEADERS

    async def send(self, conn: aiohttp.connector.Connection) -> aiohttp.ClientResponse:
        """Write, where the connection still stands, and note that a byte may have left.

        An event loop that was busy elsewhere, or stood still, has not seen a connection end.
        """
        if getattr(conn.protocol, _SERVED, False) and _has_ended(conn.transport):
            raise _StaleError
        setattr(conn.protocol, _SERVED, True)
        _UNDER_WAY.get().begun = True
        return await super().send(conn)


# What is noted of a connection that has served an exchange.
_SERVED = "_served_tintype"


def _has_ended(transport: asyncio.Transport | None) -> bool:
    """Whether an idle connection has something to read, which can only be its end."""
    if transport is None or transport.is_closing():
        return True
    descriptor: int = transport.get_extra_info("socket").fileno()
    if not hasattr(select, "poll"):  # on Windows
        return bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


class _Sessions:
    """The sessions of one event loop, one for each way to connect."""

    def __init__(self) -> None:
        self._made: dict[_Trusted, aiohttp.ClientSession] = {}
        self._end: AsyncGenerator[None, None] | None = None

    def of(self, trusted: _Trusted, connector: _Connector) -> aiohttp.ClientSession:
        """The session of one way to connect."""
        if trusted not in self._made:
            session = aiohttp.ClientSession(
                connector=connector(trusted),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                max_line_size=LONGEST_LINE,
                max_field_size=LONGEST_LINE,
                max_headers=MAX_HEADERS,
                request_class=_Request,
            )
            # It would send what is not a POST once more; there is no public way to say no.
            session._retry_connection = False  # noqa: SLF001
            self._made[trusted] = session
        return self._made[trusted]

    async def close_with_the_loop(self) -> None:
        """Close what is open when the loop ends: it ends its asynchronous generators first."""

        async def closing() -> AsyncGenerator[None, None]:
            try:
                yield
            finally:
                await self._close()

        self._end = closing()
        await anext(self._end)

    async def close(self) -> None:
        """Close all, in the loop they belong to."""
        if self._end is not None:
            await self._end.aclose()

    async def _close(self) -> None:
        made, self._made = self._made, {}
        for session in made.values():
            await session.close()

    def forget(self) -> None:
        """Leave all to the process they belong to: closing one would end the parent's.

        Not even the loop may hear of it, whose selector is the parent's, too.
        """
        _INHERITED.append(self)
        for session in self._made.values():
            connector = session.connector
            session.detach()
            if connector is not None:
                _INHERITED.append((connector, dict(connector._conns)))  # noqa: SLF001
                connector._conns.clear()  # noqa: SLF001 - what it closes when it is collected


# What must neither be used nor collected in this process.
_INHERITED: list[object] = []


class _Body(aiohttp.payload.Payload):
    """A body that is handed over whole: what is written bit by bit misses an early answer.

    asyncio reads before it writes where both can be done, but not where it is given more to
    write: that fails on a connection the other side has closed, with its answer unread.
    """

    def __init__(self, value: bytes) -> None:
        super().__init__(value)
        self._size = len(value)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Hand it over."""
        await writer.write(self._value)

    async def write_with_length(self, writer: AbstractStreamWriter, _: int | None) -> None:
        """Hand it over; its length is the header's."""
        await self.write(writer)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The bytes as text."""
        return cast("bytes", self._value).decode(encoding, errors)


def _kept_alive(trusted: _Trusted, place: aiohttp.AddrInfoType) -> socket.socket:
    """A socket that asks, in long silences, whether the other side is there.

    Raises:
        DownloadError: It would lead where no result is fetched from: a URL may name an
            address itself, which nobody resolves.
    """
    family, kind, protocol, _, address = place
    if trusted is not None and not _may_be_reached(str(address[0]), trusted):
        raise DownloadError(refused_address(str(address[0])))
    made = socket.socket(family, kind, protocol)
    for level, name, value in KEEP_ALIVE:
        made.setsockopt(level, name, value)
    return made


def _may_be_reached(address: str, trusted: tuple[str, ...]) -> bool:
    return is_public(address) or within(address, trusted)


class _PublicResolver(aiohttp.ThreadedResolver):
    """Resolves names to addresses of the public internet, and of trusted networks, only."""

    def __init__(self, trusted: tuple[str, ...]) -> None:
        super().__init__()
        self._trusted = trusted

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host.

        Raises:
            DownloadError: None of them is public.
        """
        found = await super().resolve(host, port, family)
        public = [each for each in found if _may_be_reached(each["host"], self._trusted)]
        if not public:
            raise DownloadError(refused_address(", ".join(each["host"] for each in found)))
        return public


class _Incoming:
    def __init__(self, answer: aiohttp.ClientResponse, progress: Progress, deadline: float) -> None:
        self._answer = answer
        self._progress = progress
        self._deadline = deadline
        self._clock = asyncio.get_running_loop().time
        self._pieces = _NO_PIECES
        self.status: int = answer.status
        self.headers: Headers = texts(answer.raw_headers)

    def chunks(self) -> AsyncIterator[bytes]:
        """The body, decompressed, as it arrives."""
        self._coding = decoder(self.headers, self.status)
        return self

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        # No generator: an event loop keeps a list of those.
        while True:
            for chunk in self._pieces:
                if self._clock() > self._deadline:
                    raise RequestTimeoutError(_LATE)
                return chunk
            if self.status < FINAL or self._answer.content.at_eof():  # 101: no body follows
                self._coding.check_end()
                raise StopAsyncIteration
            piece = await self._more()
            self._pieces = iter(self._coding.feed(piece)) if piece else _NO_PIECES

    async def _more(self) -> bytes:
        try:
            return await self._answer.content.readany()
        except TransportError:
            raise
        except _FAILURES as error:
            raise _translation(error, self._progress) from without_frames(error)

    async def close(self) -> None:
        """Let the connection go, where the body's end has not done so."""
        if not self._answer.closed:
            self._answer.release()


# Aiohttp's failures, and those below; what is tintype's own already is told as it is.
_FAILURES = (aiohttp.ClientError, OSError, ValueError)


def _translation(error: Exception, progress: Progress) -> TransportError:
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return not_sent(OSError(f"Tunnel connection failed: {error.status} {error.message}"))
    if not progress.begun:
        return not_sent(error)
    if isinstance(error, TimeoutError):
        return RequestTimeoutError(_LATE)
    if isinstance(error, aiohttp.ClientResponseError):  # its 400 is aiohttp's own
        return DroppedError(f"What came is no HTTP answer: {error.message.partition(':')[0]}.")
    return DroppedError(f"The connection broke: {type(error).__name__}: {error}")
