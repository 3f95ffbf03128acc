"""A client that you already have, `httpx` or `httpx2`, as a transport.

Your instrumentation, proxies, certificates and mocks keep working. tintype closes what it
opened and nothing else: your client stays yours.

    with httpx.Client() as mine:
        client = Client(transport=HttpxTransport(mine))

A result is fetched without your client's headers, cookies and parameters. Whether it came
from a public address is seen once its head is there, and not at all behind a proxy.

Both libraries time each read, not the answer. `AsyncHttpxTransport` ends the wait when the
request's deadline has passed; `HttpxTransport` cannot, and finds out with the next chunk: an
answer whose head comes drop by drop holds it up until the head is whole.

How long a connection may be idle, whether it is kept alive and what becomes of it when the
process forks is settled by your client, and so is yours; so are limits of heads and codings.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, TypeAlias

from tintype._http.addresses import is_public, refused_address, within
from tintype.errors import (
    DownloadError,
    DroppedError,
    RequestTimeoutError,
    TransportError,
    UsageError,
)
from tintype.messages import Headers, HttpRequest
from tintype.transports import not_sent, without_frames

if TYPE_CHECKING:  # neither is a dependency: whichever made your client is imported already
    from types import ModuleType

    import httpx
    import httpx2

    AnyClient = httpx.Client | httpx2.Client | httpx.AsyncClient | httpx2.AsyncClient
    AnyRequest = httpx.Request | httpx2.Request

_LIBRARIES = ("httpx", "httpx2")
# The names, alike in both, of the failures after which no byte of the request has left.
_NOT_SENT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol"})
_TIMEOUT = "TimeoutException"
_LATE = "The answer did not arrive in time."


_Trace: TypeAlias = Callable[[str, Mapping[str, object]], object]


class _Progress:
    """How far a request has come, by what httpcore tells of it.

    A transport that is not httpcore's tells nothing, and then nothing is known.
    """

    def __init__(self) -> None:
        self._heard = False
        self._begun = False

    @property
    def was_not_sent(self) -> bool:
        """Whether it is certain that no byte of the request has left."""
        return self._heard and not self._begun

    def note(self, event: str, about: Mapping[str, object]) -> None:
        """What httpcore's trace extension calls. A proxy's CONNECT is no byte of the request."""
        self._heard = True
        asked = getattr(about.get("request"), "method", b"")
        if event.endswith(".send_request_headers.started") and asked != b"CONNECT":
            self._begun = True

    async def note_async(self, event: str, about: Mapping[str, object]) -> None:
        """The same with await."""
        self.note(event, about)


class HttpxTransport:
    """Makes exchanges with your `httpx.Client` or `httpx2.Client`.

    Raises:
        UsageError: It is none.
    """

    def __init__(self, client: httpx.Client | httpx2.Client) -> None:
        _check_kind(client, "Client")
        self._client = client

    def open(self, request: HttpRequest, *, timeout: float) -> _Incoming:
        """Send a request and wait for the head of the answer."""
        deadline = time.monotonic() + timeout
        progress = _Progress()
        made = _made(self._client, request, timeout, progress.note)
        with _translated(progress):
            answer = self._client.send(made, stream=True, auth=None, follow_redirects=False)  # type: ignore[arg-type]  # each client made its own request
        if refusal := _refusal(self._client, request, answer):
            answer.close()
            raise refusal
        return _Incoming(answer, deadline)

    def close(self) -> None:
        """Do nothing: the client is yours to close."""


class AsyncHttpxTransport:
    """Makes exchanges with your `httpx.AsyncClient` or `httpx2.AsyncClient`.

    Raises:
        UsageError: It is none.
    """

    def __init__(self, client: httpx.AsyncClient | httpx2.AsyncClient) -> None:
        _check_kind(client, "AsyncClient")
        self._client = client

    async def open(self, request: HttpRequest, *, timeout: float) -> _AsyncIncoming:  # noqa: ASYNC109
        """Send a request and wait for the head of the answer."""
        deadline = time.monotonic() + timeout
        progress = _Progress()
        made = _made(self._client, request, timeout, progress.note_async)
        with _translated(progress):
            async with _until(deadline, progress):
                answer = await self._client.send(
                    made,  # type: ignore[arg-type]  # each client made its own request
                    stream=True,
                    auth=None,
                    follow_redirects=False,
                )
        if refusal := _refusal(self._client, request, answer):
            await answer.aclose()
            raise refusal
        return _AsyncIncoming(answer, deadline)

    async def close(self) -> None:
        """Do nothing: the client is yours to close."""


class _Incoming:
    def __init__(self, answer: httpx.Response | httpx2.Response, deadline: float) -> None:
        self._answer = answer
        self._deadline = deadline
        self.status: int = answer.status_code
        self.headers: Headers = tuple(answer.headers.multi_items())

    def chunks(self) -> Iterator[bytes]:
        """The body, decompressed, as it arrives."""
        with _translated():
            for chunk in self._answer.iter_bytes():
                _check_time(self._deadline)
                yield chunk

    def close(self) -> None:
        """Let the connection go."""
        self._answer.close()


class _AsyncIncoming:
    def __init__(self, answer: httpx.Response | httpx2.Response, deadline: float) -> None:
        self._answer = answer
        self._deadline = deadline
        self.status: int = answer.status_code
        self.headers: Headers = tuple(answer.headers.multi_items())

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body, decompressed, as it arrives."""
        with _translated():
            chunks = self._answer.aiter_bytes()
            while True:
                async with _until(self._deadline):
                    chunk = await anext(chunks, None)
                if chunk is None:
                    return
                yield chunk

    async def close(self) -> None:
        """Let the connection go."""
        await self._answer.aclose()


def _check_kind(client: object, wanted: str) -> None:
    """Refuse what would fail only at the first request."""
    if not any(isinstance(client, getattr(each, wanted)) for each in _libraries()):
        given = type(client).__name__
        msg = f"A {given} is no {wanted} of httpx or httpx2, which this transport takes."
        raise UsageError(msg)


def _libraries() -> list[ModuleType]:
    """Those of the two that are imported: whichever made the client is among them."""
    return [sys.modules[name] for name in _LIBRARIES if name in sys.modules]


def _made(
    client: AnyClient, request: HttpRequest, timeout: float, trace: _Trace
) -> httpx.Request | httpx2.Request:
    """The client's own request, or one that has nothing of it."""
    if request.bare:
        made = _bare(client, request, timeout, trace)
    else:
        made = client.build_request(
            request.method,
            request.url,
            content=request.body or None,
            headers=list(request.headers),
            timeout=timeout,
            extensions={"trace": trace},
        )
    target = request.target.encode()
    rewritten = made.url.raw_path != target and (request.bare or not client.params)
    if rewritten and _has_no_proxy(client, made):
        made.extensions["target"] = target  # a proxy's CONNECT would have it, too
    return made


def _bare(client: object, request: HttpRequest, timeout: float, trace: _Trace) -> AnyRequest:
    """A request that has nothing of the client's: it would send its headers and cookies along."""
    library = next(
        each for each in _libraries() if isinstance(client, (each.Client, each.AsyncClient))
    )
    made: AnyRequest = library.Request(
        request.method,
        request.url,
        content=request.body or None,
        headers=list(request.headers),
        extensions={"timeout": library.Timeout(timeout).as_dict(), "trace": trace},
    )
    return made


def _refusal(
    client: object, request: HttpRequest, answer: httpx.Response | httpx2.Response
) -> DownloadError | None:
    """What to say of an answer from inside somebody's network, or None.

    Behind a proxy or a transport of the embedder's own the address is theirs to check.
    """
    stream = answer.extensions.get("network_stream")
    if not request.public_only or stream is None or not _dials(client, answer):
        return None
    place = stream.get_extra_info("server_addr")
    address = str(place[0]) if place else ""
    if not place or is_public(address) or within(address, request.trusted_networks):
        return None
    return DownloadError(refused_address(address))


def _dials(client: object, answer: httpx.Response | httpx2.Response) -> bool:
    """Whether the client dialled the host itself: no proxy and no transport is mounted for it.

    There is no public way to ask. `NO_PROXY` mounts nothing for a host.
    """
    chosen = getattr(client, "_transport_for_url", None)
    return chosen is None or chosen(answer.request.url) is getattr(client, "_transport", None)


def _has_no_proxy(client: object, made: AnyRequest) -> bool:
    """Whether a request goes straight to its host. There is no public way to ask."""
    chosen = getattr(client, "_transport_for_url", None)
    transport = chosen(made.url) if chosen is not None else None
    kind = type(getattr(transport, "_pool", None)).__name__
    return kind in {"ConnectionPool", "AsyncConnectionPool"}


def _check_time(deadline: float) -> None:
    """Both libraries only time the next bytes; the deadline is for all of them."""
    if time.monotonic() > deadline:
        raise RequestTimeoutError(_LATE)


@asynccontextmanager
async def _until(deadline: float, progress: _Progress | None = None) -> AsyncIterator[None]:
    """The same, where waiting can be ended from outside."""
    try:
        async with asyncio.timeout(deadline - time.monotonic()):
            yield
    except TimeoutError as error:
        waiting = progress is not None and progress.was_not_sent
        late = not_sent(error) if waiting else RequestTimeoutError(_LATE)
        raise late from without_frames(error)


@contextmanager
def _translated(progress: _Progress | None = None) -> Iterator[None]:
    """The failures of whichever library it is as tintype's."""
    families = tuple(kind for each in _libraries() for kind in (each.HTTPError, each.InvalidURL))
    try:
        yield
    except families as error:
        raise _translation(error, progress) from without_frames(error)


def _translation(error: BaseException, progress: _Progress | None) -> TransportError:
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & _NOT_SENT or (progress is not None and progress.was_not_sent):
        return not_sent(error)
    if _TIMEOUT in names:
        return RequestTimeoutError(_LATE)
    return DroppedError(f"The connection broke: {type(error).__name__}: {error}")
