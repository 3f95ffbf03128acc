"""The async transport: aiohttp, with everything it would do by itself switched off."""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial

import aiohttp
from aiohttp.abc import ResolveResult
from yarl import URL

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

_CONNECT_TIMEOUT = 10.0
_OWN_HEADERS = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")

# The failures after which it is certain that no byte of the request has left.
_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


class AiohttpTransport:
    """Keeps connections open between exchanges, within one event loop at a time.

    Args:
        connections: How many may be open at once.
        connector: Makes a connector of your own for each event loop, for instance one with
            other certificates; `connections` is then yours to limit, and whether an address
            is public yours to check.
    """

    def __init__(
        self, connections: int = 100, connector: Callable[[], aiohttp.TCPConnector] | None = None
    ) -> None:
        usual = partial(aiohttp.TCPConnector, limit=connections)
        self._connectors = {
            False: connector or usual,
            True: connector or (lambda: usual(resolver=_PublicResolver())),
        }
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(self, request: HttpRequest, *, timeout: float) -> _Incoming:  # noqa: ASYNC109
        """Send a request and wait for the head of the answer."""
        limits = aiohttp.ClientTimeout(
            total=timeout, sock_connect=min(timeout, _CONNECT_TIMEOUT), ceil_threshold=60
        )
        # aiohttp warns of bytes from a megabyte on; a BytesIO shares them.
        body = io.BytesIO(request.body) if request.body else None
        try:
            with _translated():
                answer = await self._session(public_only=request.public_only).request(
                    request.method,
                    URL(request.url, encoded=True),
                    data=body,
                    headers=request.headers,
                    allow_redirects=False,
                    timeout=limits,
                )
        except BaseException as error:  # whatever it is, its frames hold the key
            without_frames(error)
            raise
        return _Incoming(answer)

    async def close(self) -> None:
        """Close every connection."""
        sessions, self._sessions = self._sessions, {}
        if self._loop is asyncio.get_running_loop():
            for session in sessions.values():
                await session.close()

    def _session(self, *, public_only: bool) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._sessions = loop, {}
        if public_only not in self._sessions:
            session = aiohttp.ClientSession(
                connector=self._connectors[public_only](),
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=_OWN_HEADERS,
                trust_env=False,
            )
            # It would send what is not a POST once more; there is no public way to say no.
            session._retry_connection = False  # noqa: SLF001
            self._sessions[public_only] = session
        return self._sessions[public_only]


class _PublicResolver(aiohttp.ThreadedResolver):
    """Resolves names to addresses of the public internet only."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host.

        Raises:
            DownloadError: None of them is public.
        """
        found = await super().resolve(host, port, family)
        public = [each for each in found if is_public(each["host"])]
        if not public:
            addresses = ", ".join(each["host"] for each in found)
            msg = f"The result's host resolves to {addresses}, not to the public internet."
            raise DownloadError(msg)
        return public


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
        raise _translation(error) from without_frames(error)


def _translation(error: Exception) -> TransportError:
    if isinstance(error, _NOT_SENT):
        return NotSentError(f"No connection: {error}")
    if isinstance(error, TimeoutError):
        return RequestTimeoutError("The answer did not arrive in time.")
    return DroppedError(f"The connection broke: {type(error).__name__}: {error}")
