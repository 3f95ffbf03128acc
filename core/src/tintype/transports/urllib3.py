"""The sync transport: urllib3's connections, and nothing of what it would do by itself.

urllib3 connects (TLS, proxies); what is written and what is read, which connection is used
again and what a failure means is settled here. Until `connect` has returned no byte of a
request has left: that is the boundary between *not sent* and *unknown*.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from os import close as close_descriptor
from typing import TypeAlias, cast
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions as failures
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.connection import create_connection, is_connection_dropped
from urllib3.util.proxy import connection_requires_http_tunnel

from tintype import _forks
from tintype._http.addresses import is_public, refused_address, within
from tintype.errors import DownloadError, DroppedError, RequestTimeoutError, TransportError
from tintype.messages import Headers, HttpRequest, Proxy
from tintype.transports import Incoming, Progress, not_sent, without_frames
from tintype.transports._codings import decoder
from tintype.transports._heads import tells_an_end
from tintype.transports._http1 import LATE, FinalResponse
from tintype.transports._sockets import KEEP_ALIVE, LONGEST_IDLE

_CONNECT_TIMEOUT = 10.0
_IDLE_PER_ORIGIN = 32
_BLOCK = 256 * 1024
# Seconds that a body may not be taken before it is looked whether there is an answer to it.
_GLANCE = 0.25
# How a write ends where the other side reads no more.
_HUNG_UP = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)

Clock: TypeAlias = Callable[[], float]
# Through which proxy; whether the host has to be public, and where not; scheme, host and port.
_Key: TypeAlias = tuple[Proxy | None, bool, tuple[str, ...], str, str]


class Urllib3Transport:
    """Keeps connections open between exchanges; safe to share between threads, and over a fork.

    Args:
        pools: A manager of your own, for instance one with other certificates or a proxy. It
            then makes every connection: whether an address is public is yours to check.
        clock: What tells the seconds a connection is idle.
    """

    def __init__(
        self, pools: urllib3.PoolManager | None = None, *, clock: Clock = time.monotonic
    ) -> None:
        self._theirs = pools
        self._clock = clock
        self._start()
        _forks.guard(self)

    def _start(self) -> None:
        self._pools = self._theirs or urllib3.PoolManager()
        self._public_pools = self._theirs or _PublicPools()
        self._proxied: dict[Proxy, urllib3.ProxyManager] = {}
        self._idle = _Idle(self._clock)

    def begin_anew(self) -> None:
        """Serve a forked process: every connection so far is its parent's."""
        if self._theirs is not None:  # another thread of the parent may have held it
            self._theirs.pools.lock = threading.RLock()
        inherited = self._idle
        self._start()
        inherited.forget()

    def open(self, request: HttpRequest, *, timeout: float) -> Incoming:
        """Send a request and wait for the head of the answer."""
        deadline = time.monotonic() + timeout
        try:
            return self._open(request, deadline)
        except BaseException as error:  # whatever it is, its frames hold the key
            without_frames(error)
            raise

    def close(self) -> None:
        """Close every connection."""
        closed, self._idle = self._idle, _Idle(self._clock)
        closed.close()

    def _open(self, request: HttpRequest, deadline: float) -> _Incoming:
        parts = urlsplit(request.url)
        networks = request.trusted_networks
        key = (request.proxy, request.public_only, networks, parts.scheme, parts.netloc)
        idle, progress = self._idle, Progress()
        connection = idle.take(key)
        try:
            if connection is None:
                pool = self._pools_for(request).connection_from_url(request.url)
                connection = _Connection(pool, request)
                connection.open(deadline)
            answer = connection.ask(request, deadline, progress)
        except BaseException as error:
            if connection is not None:
                connection.close()
            if isinstance(error, _FAILURES) and not isinstance(error, TransportError):
                raise _translation(error, progress) from without_frames(error)
            raise
        return _Incoming(answer, connection, deadline, partial(idle.keep, key, connection))

    def _pools_for(self, request: HttpRequest) -> urllib3.PoolManager:
        if request.proxy is None:
            return self._public_pools if request.public_only else self._pools
        if request.proxy not in self._proxied:
            shown = request.proxy.authorization
            headers = {"Proxy-Authorization": shown} if shown else None
            made = urllib3.ProxyManager(request.proxy.url, proxy_headers=headers)
            self._proxied.setdefault(request.proxy, made)
        return self._proxied[request.proxy]


class _Connection:
    """A connection that urllib3 makes, and one exchange after another on it."""

    def __init__(self, pool: urllib3.HTTPConnectionPool, request: HttpRequest) -> None:
        self._pool = pool
        self._forwards = False
        # This private method is what every kind of pool makes its connections with.
        self._http = cast("HTTPConnection", pool._new_conn())  # noqa: SLF001
        self._http.socket_options = [*(self._http.socket_options or ()), *KEEP_ALIVE]
        if isinstance(self._http, _PublicHttp | _PublicHttps):
            self._http.trusted = request.trusted_networks

    @property
    def is_open(self) -> bool:
        """Whether it leads anywhere, as far as can be seen from here."""
        return not is_connection_dropped(self._http)

    def open(self, deadline: float) -> None:
        """Connect, through the pool's proxy if it has one, and shake hands."""
        pool = self._pool
        self._http.timeout = min(_left(deadline), _CONNECT_TIMEOUT)
        self._expect_answer(time.monotonic() + self._http.timeout)  # a proxy's
        if connection_requires_http_tunnel(pool.proxy, pool.proxy_config, pool.scheme):
            pool._prepare_proxy(self._http)  # noqa: SLF001 - likewise
        else:
            self._forwards = pool.proxy is not None
            self._http.connect()

    def ask(self, request: HttpRequest, deadline: float, progress: Progress) -> FinalResponse:
        """Write a request and read the head of its answer."""
        heard = bytearray()
        whole = self._write(request, deadline, progress, heard)
        self._expect_answer(deadline, bytes(heard))
        # urllib3's own method would have the head read with the email package.
        answer = cast("FinalResponse", http.client.HTTPConnection.getresponse(self._http))
        answer.lasting = answer.lasting and whole
        return answer

    def close(self) -> None:
        """Close it, whatever is under way on it."""
        self._http.close()

    def forget(self) -> None:
        """Let go of the descriptor, and leave the connection to the process it belongs to."""
        sock = self._http.sock
        if isinstance(sock, socket.socket):  # TLS within TLS is none, and stays as it is
            with suppress(OSError):
                close_descriptor(sock.detach())

    def _expect_answer(self, deadline: float, heard: bytes = b"") -> None:
        made = partial(FinalResponse, deadline=deadline, heard=heard)
        self._http.response_class = made  # type: ignore[assignment]

    def _write(
        self, request: HttpRequest, deadline: float, progress: Progress, heard: bytearray
    ) -> bool:
        """Whether all of it was taken. The answer says why not, and may be there already."""
        connection = self._http
        extra = self._pool.proxy_headers if self._forwards else {}
        target = request.url if self._forwards else request.target
        connection.putrequest(request.method, target, skip_accept_encoding=True)
        for name, value in (*request.headers, *extra.items()):
            connection.putheader(name, value)
        connection.sock.settimeout(_left(deadline))
        progress.begun = True
        try:
            connection.endheaders()
            return _write_body(connection.sock, request.body, deadline, heard)
        except _HUNG_UP:
            return False


def _write_body(sock: socket.socket, body: bytes, deadline: float, heard: bytearray) -> bool:
    """Whether all of it was taken: where it is not, an answer may have come before its end."""
    rest = memoryview(body)
    while rest:
        sock.settimeout(min(_left(deadline), _GLANCE))
        try:
            rest = rest[sock.send(rest[:_BLOCK]) :]
        except TimeoutError:
            heard += _waiting(sock)
            if tells_an_end(bytes(heard)):
                return False
    return True


def _waiting(sock: socket.socket) -> bytes:
    """What has come and was not read."""
    sock.settimeout(0)
    try:
        return sock.recv(_BLOCK)
    except (BlockingIOError, ssl.SSLWantReadError):
        return b""


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise RequestTimeoutError(LATE)
    return left


class _Idle:
    """Connections between two exchanges, of one process. Used from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: defaultdict[_Key, deque[tuple[float, _Connection]]] = defaultdict(deque)
        self._lock = threading.Lock()
        self._closed = False

    def take(self, key: _Key) -> _Connection | None:
        """The connection that was used last, or None where none is good for another exchange."""
        while True:
            with self._lock:
                old = self._outdated()
                found = self._kept[key].pop()[1] if self._kept.get(key) else None
            _close_all(old)
            if found is None or found.is_open:
                return found
            found.close()

    def keep(self, key: _Key, connection: _Connection) -> None:
        """Have a connection that has nothing under way."""
        with self._lock:
            old = self._outdated()
            if self._closed or len(self._kept.get(key, ())) == _IDLE_PER_ORIGIN:
                old.append(connection)
            else:
                self._kept[key].append((self._clock(), connection))
        _close_all(old)

    def close(self) -> None:
        """Close all, and whatever comes back later."""
        with self._lock:
            self._closed = True
            kept, self._kept = self._kept, defaultdict(deque)
        _close_all(connection for each in kept.values() for _, connection in each)

    def forget(self) -> None:
        """Let go of all, in a process that they do not belong to."""
        for each in list(self._kept.values()):  # who held the lock stayed behind with the parent
            for _, connection in list(each):
                connection.forget()

    def _outdated(self) -> list[_Connection]:
        """Those that were idle for too long, which are kept no more."""
        oldest = self._clock() - LONGEST_IDLE
        found: list[_Connection] = []
        for key, each in list(self._kept.items()):
            while each and each[0][0] < oldest:
                found.append(each.popleft()[1])
            if not each:
                del self._kept[key]
        return found


def _close_all(connections: Iterable[_Connection]) -> None:
    for each in connections:
        each.close()


class _Incoming:
    def __init__(
        self,
        answer: FinalResponse,
        connection: _Connection,
        deadline: float,
        keep: Callable[[], None],
    ) -> None:
        self._answer = answer
        self._connection = connection
        self._deadline = deadline
        self._keep = keep
        self._closed = False
        self.status: int = answer.status
        self.headers: Headers = answer.told

    def chunks(self) -> Iterator[bytes]:
        """The body, decompressed, as it arrives."""
        coding = decoder(self.headers, self.status)
        try:
            for piece in self._answer.pieces():
                for chunk in coding.feed(piece):
                    _left(self._deadline)
                    yield chunk
        except _FAILURES as error:
            if isinstance(error, TransportError):
                raise
            raise _translation(error, Progress(begun=True)) from without_frames(error)
        coding.check_end()

    def close(self) -> None:
        """Let the connection go."""
        if self._closed:
            return
        self._closed = True
        if self._answer.is_over():
            self._keep()
        else:
            self._connection.close()


class _PublicHttp(HTTPConnection):
    """A connection to addresses of the public internet only, whatever a name resolves to."""

    trusted: tuple[str, ...] = ()

    def _new_conn(self) -> socket.socket:
        return _publicly_connected(self, self.trusted)


class _PublicHttps(HTTPSConnection):
    """The same with TLS."""

    trusted: tuple[str, ...] = ()

    def _new_conn(self) -> socket.socket:
        return _publicly_connected(self, self.trusted)


class _PublicHttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PublicHttp


class _PublicHttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _PublicHttps


class _PublicPools(urllib3.PoolManager):
    def __init__(self) -> None:
        super().__init__()
        self.pool_classes_by_scheme = {"http": _PublicHttpPool, "https": _PublicHttpsPool}


def _publicly_connected(connection: HTTPConnection, trusted: tuple[str, ...]) -> socket.socket:
    """A socket at the first public address that takes it; no other is even knocked at."""
    found = socket.getaddrinfo(connection.host, connection.port, type=socket.SOCK_STREAM)
    addresses = dict.fromkeys(str(place[0]) for *_, place in found)
    public = [each for each in addresses if is_public(each) or within(each, trusted)]
    if not public:
        raise DownloadError(refused_address(", ".join(addresses)))
    for address in public:
        try:
            return create_connection(
                (address, connection.port),
                connection.timeout,
                source_address=connection.source_address,
                socket_options=connection.socket_options,
            )
        except OSError:
            if address == public[-1]:
                raise
    raise AssertionError  # the last one is returned or raised


# Urllib3's failures, and those below; what is tintype's own already is told as it is.
_FAILURES = (failures.HTTPError, http.client.HTTPException, OSError, ValueError)


def _translation(error: Exception, progress: Progress) -> TransportError:
    if not progress.begun:
        return not_sent(error)
    if isinstance(error, failures.TimeoutError | TimeoutError):
        return RequestTimeoutError(LATE)
    return DroppedError(f"The connection broke: {type(error).__name__}: {error}")
