"""The sync transport: urllib3, with everything it would do by itself switched off."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions as failures
from urllib3.response import BaseHTTPResponse

from tintype.errors import DroppedError, NotSentError, RequestTimeoutError, TransportError
from tintype.messages import Headers, HttpRequest

_CHUNK = 64 * 1024
_CONNECT_TIMEOUT = 10.0
_CONNECTIONS = 32

# The failures after which it is certain that no byte of the request has left.
_NOT_SENT = (
    failures.NewConnectionError,
    failures.ConnectTimeoutError,
    failures.LocationParseError,
)


class Urllib3Transport:
    """Keeps connections open between exchanges; safe to share between threads.

    Args:
        pools: A manager of your own, for instance one with other certificates.
    """

    def __init__(self, pools: urllib3.PoolManager | None = None) -> None:
        self._pools = pools or urllib3.PoolManager(maxsize=_CONNECTIONS)

    def open(self, request: HttpRequest, *, timeout: float) -> _Incoming:
        """Send a request and wait for the head of the answer."""
        deadline = time.monotonic() + timeout
        target = urlsplit(request.url)._replace(scheme="", netloc="").geturl()
        with _translated():
            answer = self._pools.connection_from_url(request.url).urlopen(
                request.method,
                target,
                body=request.body or None,
                headers=dict(request.headers),
                retries=False,
                redirect=False,
                assert_same_host=False,
                timeout=urllib3.Timeout(connect=min(timeout, _CONNECT_TIMEOUT), read=timeout),
                preload_content=False,
            )
        return _Incoming(answer, deadline)

    def close(self) -> None:
        """Close every connection."""
        self._pools.clear()


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
            msg = "The answer did not arrive in time."
            raise RequestTimeoutError(msg)
        socket = getattr(self._answer.connection, "sock", None)
        if socket is not None:
            socket.settimeout(left)


@contextmanager
def _translated() -> Iterator[None]:
    """Urllib3's failures as tintype's."""
    try:
        yield
    except (failures.HTTPError, OSError, ValueError) as error:
        raise _translation(error) from error


def _translation(error: Exception) -> TransportError:
    # A certificate is refused before the request is written.
    refused = isinstance(error, failures.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)
    if isinstance(error, _NOT_SENT) or refused:
        return NotSentError(f"No connection: {error}")
    if isinstance(error, failures.TimeoutError | TimeoutError):
        return RequestTimeoutError("The answer did not arrive in time.")
    return DroppedError(f"The connection broke: {type(error).__name__}: {error}")
