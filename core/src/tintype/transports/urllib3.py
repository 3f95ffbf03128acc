"""The sync transport: urllib3, with everything it would do by itself switched off."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions as failures
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import BaseHTTPResponse

from tintype._addresses import is_public
from tintype.errors import (
    DownloadError,
    DroppedError,
    NotSentError,
    RequestTimeoutError,
    TransportError,
)
from tintype.messages import Headers, HttpRequest
from tintype.transports import without_frames

_CHUNK = 64 * 1024
_CONNECT_TIMEOUT = 10.0
_CONNECTIONS = 32
_LATE = "The answer did not arrive in time."

# The failures after which it is certain that no byte of the request has left.
_NOT_SENT = (
    failures.NewConnectionError,
    failures.ConnectTimeoutError,
    failures.LocationParseError,
)


class Urllib3Transport:
    """Keeps connections open between exchanges; safe to share between threads.

    Args:
        pools: A manager of your own, for instance one with other certificates. It then makes
            every connection: whether an address is public is yours to check, and a head that
            drips in may take longer than the timeout.
    """

    def __init__(self, pools: urllib3.PoolManager | None = None) -> None:
        self._pools = pools or _TimedPools(maxsize=_CONNECTIONS)
        self._public_pools = pools or _PublicPools(maxsize=_CONNECTIONS)

    def open(self, request: HttpRequest, *, timeout: float) -> _Incoming:
        """Send a request and wait for the head of the answer."""
        deadline = time.monotonic() + timeout
        target = urlsplit(request.url)._replace(scheme="", netloc="").geturl()
        pools = self._public_pools if request.public_only else self._pools
        try:
            with _translated():
                answer = pools.connection_from_url(request.url).urlopen(
                    request.method,
                    target,
                    body=request.body or None,
                    headers=dict(request.headers),
                    retries=False,
                    redirect=False,
                    assert_same_host=False,
                    timeout=urllib3.Timeout(total=timeout, connect=min(timeout, _CONNECT_TIMEOUT)),
                    preload_content=False,
                )
        except BaseException as error:  # whatever it is, its frames hold the key
            without_frames(error)
            raise
        incoming = _Incoming(answer, deadline)
        if time.monotonic() > deadline:
            incoming.close()
            raise RequestTimeoutError(_LATE)
        return incoming

    def close(self) -> None:
        """Close every connection."""
        # clear() alone leaves each connection to whenever its pool is collected.
        for pools in (self._pools, self._public_pools):
            for key in pools.pools.keys():  # noqa: SIM118 - it has no iteration over itself
                pool = pools.pools.get(key)
                if pool is not None:
                    pool.close()
            pools.clear()


class _TimedBytes(io.RawIOBase):
    """A socket's bytes, all of them by a deadline: its own timeout is for the next bytes only."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock
        seconds = sock.gettimeout()
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def readable(self) -> bool:
        """That they can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]  # a buffer is one
        """Some of them."""
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(_LATE)
            self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Let go of the socket."""
        self._raw.close()
        super().close()


class _TimedAnswer(HTTPResponse):
    """An answer that is complete, its head too, within the timeout that its socket had."""

    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self.fp = io.BufferedReader(_TimedBytes(self.fp.detach(), sock))


class _TimedHttp(HTTPConnection):
    response_class = _TimedAnswer


class _TimedHttps(HTTPSConnection):
    response_class = _TimedAnswer


class _TimedHttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _TimedHttp


class _TimedHttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TimedHttps


class _TimedPools(urllib3.PoolManager):
    """Connections whose answers are complete in time."""

    def __init__(self, maxsize: int) -> None:
        super().__init__(maxsize=maxsize)
        self.pool_classes_by_scheme = {"http": _TimedHttpPool, "https": _TimedHttpsPool}


class _PublicHttp(_TimedHttp):
    """A connection that is given up, before a byte leaves, if the address is not public."""

    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


class _PublicHttps(_TimedHttps):
    """The same with TLS."""

    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


class _PublicHttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PublicHttp


class _PublicHttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _PublicHttps


class _PublicPools(urllib3.PoolManager):
    """Connections to the public internet only, whatever a name resolves to."""

    def __init__(self, maxsize: int) -> None:
        super().__init__(maxsize=maxsize)
        self.pool_classes_by_scheme = {"http": _PublicHttpPool, "https": _PublicHttpsPool}


def _checked(connected: socket.socket) -> socket.socket:
    address = str(connected.getpeername()[0])
    if is_public(address):
        return connected
    connected.close()
    msg = f"The result's host resolves to {address}, which is not of the public internet."
    raise DownloadError(msg)


class _Incoming:
    def __init__(self, answer: BaseHTTPResponse, deadline: float) -> None:
        self._answer = answer
        self._deadline = deadline
        self.status: int = answer.status
        self.headers: Headers = tuple(answer.headers.items())

    def chunks(self) -> Iterator[bytes]:
        """The body, decompressed, as it arrives."""
        while True:
            self._shrink_timeout()
            with _translated():
                chunk = self._answer.read1(_CHUNK, decode_content=True)
            if not chunk:
                return
            yield chunk

    def close(self) -> None:
        """Let the connection go."""
        self._answer.close()
        self._answer.release_conn()

    def _shrink_timeout(self) -> None:
        """Let a server that sends byte by byte have no more than what is left of the time."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise RequestTimeoutError(_LATE)
        socket = getattr(self._answer.connection, "sock", None)
        if socket is not None:
            socket.settimeout(left)


@contextmanager
def _translated() -> Iterator[None]:
    """Urllib3's failures as tintype's."""
    try:
        yield
    except (failures.HTTPError, OSError, ValueError) as error:
        raise _translation(error) from without_frames(error)


def _translation(error: Exception) -> TransportError:
    # A certificate is refused before the request is written.
    refused = isinstance(error, failures.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)
    if isinstance(error, _NOT_SENT) or refused:
        return NotSentError(f"No connection: {error}")
    if isinstance(error, failures.TimeoutError | TimeoutError):
        return RequestTimeoutError(_LATE)
    return DroppedError(f"The connection broke: {type(error).__name__}: {error}")
