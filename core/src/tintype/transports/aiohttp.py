"""The async transport: aiohttp, with everything it would do by itself switched off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import aiohttp
from yarl import URL

from tintype.errors import DroppedError, NotSentError, RequestTimeoutError, TransportError
from tintype.messages import Headers, HttpRequest

_CONNECT_TIMEOUT = 10.0
_OWN_HEADERS = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")

# The failures after which it is certain that no byte of the request has left.
_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


class AiohttpTransport:
    """Keeps connections open between exchanges, within one event loop at a time.

    Args:
        connections: How many may be open at once.
    """

    def __init__(self, connections: int = 100) -> None:
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(self, request: HttpRequest, *, timeout: float) -> _Incoming:  # noqa: ASYNC109
        """Send a request and wait for the head of the answer."""
        limits = aiohttp.ClientTimeout(
            total=timeout, sock_connect=min(timeout, _CONNECT_TIMEOUT), ceil_threshold=60
        )
        with _translated():
            answer = await self._running_session().request(
                request.method,
                URL(request.url, encoded=True),
                data=request.body or None,
                headers=request.headers,
                allow_redirects=False,
                timeout=limits,
            )
        return _Incoming(answer)

    async def close(self) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None and self._loop is asyncio.get_running_loop():
            await session.close()

    def _running_session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._loop is not loop:
            self._loop = loop
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=_OWN_HEADERS,
                trust_env=False,
            )
        return self._session


class _Incoming:
    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.status: int = answer.status
        self.headers: Headers = tuple(answer.headers.items())

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body, decompressed, as it arrives."""
        while True:
            with _translated():
                chunk = await self._answer.content.readany()
            if not chunk:
                return
            yield chunk

    async def close(self) -> None:
        """Let the connection go."""
        self._answer.release()


@contextmanager
def _translated() -> Iterator[None]:
    """Aiohttp's failures as tintype's."""
    try:
        yield
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise _translation(error) from error


def _translation(error: Exception) -> TransportError:
    if isinstance(error, _NOT_SENT):
        return NotSentError(f"No connection: {error}")
    if isinstance(error, TimeoutError):
        return RequestTimeoutError("The answer did not arrive in time.")
    return DroppedError(f"The connection broke: {type(error).__name__}: {error}")
