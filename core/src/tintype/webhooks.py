"""Inbound webhooks: a hint each, believed once the provider itself confirms it.

Most providers do not sign their webhooks, so anybody may send one. `WebhookApp` is a
small ASGI application that reads a body, asks the provider how the task stands, and only
then tells anyone. Duplicates, reordering, forgeries, oversized and malformed bodies are
survived, and counted. Any ASGI server runs it; `tintype webhooks serve` uses uvicorn.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import TypeAlias
from urllib.parse import parse_qs, quote

from tintype._doors import check_methods, check_seconds, held
from tintype._flow.settle import CALLBACK_FIELD
from tintype.async_client import AsyncClient
from tintype.errors import (
    NotFoundError,
    ProtocolError,
    SignatureError,
    StaleSignatureError,
    TintypeError,
    UnknownProviderError,
)
from tintype.journal import NoJournal
from tintype.messages import Delivery, Headers, find_header
from tintype.models import Task

Message: TypeAlias = MutableMapping[str, object]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
OnTask: TypeAlias = Callable[[Task], Awaitable[object]]

_MAX_BYTES = 1024 * 1024
_MAX_REMEMBERED = 10_000
# apimodels.app waits 10 seconds for an answer before it calls again.
_PATIENCE = 8.0


class WebhookApp:
    """Takes `POST /<provider>` and hands over tasks that the provider has confirmed.

    A call is answered with 200 once its task is confirmed, or known already; with 503 where
    the provider could not be asked, so that it calls again; with 400, 404, 405 or 413 where
    the call is no webhook of anybody's, 408 where its body does not come in time. It may be mounted
    below any path. With a journal, 404 is also for a task that neither
    the journal knows nor the URL's `tintype` names: it is somebody else's.

    Where a provider declares how it signs, and the account has its secrets or the provider
    publishes its keys, a call that is not signed, or not so, is refused before it is read.

    Args:
        client: Asks the providers. With a journal it finds lost submissions again.
        on_task: Awaited with each task that was confirmed to have ended, once.
        limit: The most bytes of a body.
        patience: Seconds in which the body has to come and the provider to confirm.
        url: Where providers reach the application, such as `https://example.com/hooks`, for one
            that signs the URL; else it is what the server says, which a proxy may hide.

    Raises:
        InvalidRequestError: One of them is of another kind.

    Attributes:
        counts: How many calls were `confirmed`, `early` (the task still runs), `duplicate`,
            `forged` (a wrong signature, or a task the provider does not know), `stale` (a right
            one that is too old), `malformed`, `oversized`, `slow`, `unconfirmed`, or
            `misdirected`.
    """

    def __init__(
        self,
        client: AsyncClient,
        on_task: OnTask,
        *,
        limit: int = _MAX_BYTES,
        patience: float = _PATIENCE,
        url: str = "",
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._client = held(client, AsyncClient, "client", "an AsyncClient")
        check_methods(on_task, ["__call__"], "on_task", "an async function of a task")
        self._on_task = on_task
        self._limit = held(limit, int, "limit", "a number of bytes")
        check_seconds(patience, "patience")
        self._patience = patience
        self._url = held(url, str, "url", "the address where providers reach it").rstrip("/")
        self._ended: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def __call__(self, scope: Mapping[str, object], receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI 3 has it."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            status, count = await self._answer(scope, receive)
            self.counts[count] += 1
            await _reply(send, status, count)

    async def _answer(self, scope: Mapping[str, object], receive: Receive) -> tuple[int, str]:
        if scope["method"] != "POST":
            return 405, "misdirected"
        provider = _provider(scope)
        query = parse_qs(_bytes(scope.get("query_string")).decode("latin-1"))
        record = query.get(CALLBACK_FIELD, [""])[0]
        read = False
        try:
            async with asyncio.timeout(self._patience):
                body = await self._body(receive)
                read = True
                if body is None:
                    return 413, "oversized"
                headers = _headers(scope.get("headers"))
                url = _url(scope, headers, self._url)
                delivery = Delivery(body=body, headers=headers, url=url)
                task = await self._confirmed(delivery, provider, record)
                if not task.state.terminal:
                    return 200, "early"
                saved = await self._is_saved(provider, task)
        except (TintypeError, TimeoutError) as error:
            return _refusal(error) if read else (408, "slow")
        if saved or (provider, task.id) in self._ended:
            return 200, "duplicate"
        await self._hand_over(provider, task)  # which takes as long as it takes
        return 200, "confirmed"

    async def _confirmed(self, delivery: Delivery, provider: str, record: str) -> Task:
        """The task as the provider says it stands.

        Raises:
            SignatureError: Somebody else called.
            _StrangerError: There is a journal, and it is nobody's there.
        """
        proven = await self._client._prove(delivery, provider)  # noqa: SLF001 - this package's own
        webhooks = self._client._setup.webhooks  # noqa: SLF001 - this package's own
        # A stranger's megabyte is read in a thread: the client's other tasks go on meanwhile.
        heard = await asyncio.to_thread(webhooks.heard, provider, delivery, record)
        if not heard.known and not isinstance(self._client.journal, NoJournal):
            msg = "The journal does not know the task."
            raise _StrangerError(msg, provider=provider)
        return await self._client._confirm(heard, provider, proven=proven)  # noqa: SLF001

    async def _hand_over(self, provider: str, task: Task) -> None:
        """Tell of a task, once. Where that fails, the next call tells of it again."""
        name = (provider, task.id)
        self._ended[name] = None
        if len(self._ended) > _MAX_REMEMBERED:
            self._ended.popitem(last=False)
        try:
            await self._on_task(task)
        except BaseException:
            self._ended.pop(name, None)
            raise

    async def _is_saved(self, provider: str, task: Task) -> bool:
        """Whether the journal knows that nothing is left to save."""
        line = await asyncio.to_thread(self._client.journal.find, provider, task.id)
        return line is not None and bool(line.saved) and not line.open

    async def _body(self, receive: Receive) -> bytes | None:
        """The body, or None where it is larger than anyone's webhook."""
        body = bytearray()
        while True:
            message = await receive()
            body += _bytes(message.get("body"))
            if len(body) > self._limit or message["type"] == "http.disconnect":
                return None
            if not message.get("more_body"):
                return bytes(body)


def _provider(scope: Mapping[str, object]) -> str:
    """Whom a path names, below where the application is mounted: a path holds its `root_path`."""
    path, root = str(scope["path"]), str(scope.get("root_path") or "").rstrip("/")
    below = path.removeprefix(root) if path.startswith(f"{root}/") else path
    return below.strip("/")


def _url(scope: Mapping[str, object], headers: Headers, public: str) -> str:
    """The URL that was called, as the provider wrote it."""
    path = str(scope.get("path"))
    raw = _bytes(scope.get("raw_path")).decode("latin-1") or quote(path)
    query = _bytes(scope.get("query_string")).decode("latin-1")
    target = f"{raw}?{query}" if query else raw
    if public:
        root = str(scope.get("root_path") or "").rstrip("/")
        return public + target.removeprefix(root)
    return f"{scope.get('scheme', 'http')}://{find_header(headers, 'host') or ''}{target}"


class _StrangerError(TintypeError):
    """A task of somebody else's."""


def _refusal(error: Exception) -> tuple[int, str]:
    for kind, status, count in _REFUSALS:
        if isinstance(error, kind):
            return status, count
    return 503, "unconfirmed"


_REFUSALS = (
    (UnknownProviderError, 404, "misdirected"),
    (_StrangerError, 404, "misdirected"),
    (StaleSignatureError, 400, "stale"),
    (SignatureError, 400, "forged"),
    (NotFoundError, 400, "forged"),
    (ProtocolError, 400, "malformed"),
)


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""


def _headers(value: object) -> Headers:
    """An ASGI scope's headers."""
    pairs = value if isinstance(value, Iterable) else ()
    return tuple((_latin(name), _latin(said)) for name, said in pairs)


def _latin(value: object) -> str:
    return _bytes(value).decode("latin-1")


async def _reply(send: Send, status: int, words: str) -> None:
    body = f"{words}\n".encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Receive, send: Send) -> None:
    """Begin and end when the server does."""
    while (await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
