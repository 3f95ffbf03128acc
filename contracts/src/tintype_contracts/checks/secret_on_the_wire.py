"""secret, on loopback: redirects, logs and broken connections of both transports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from typing import TypeAlias

from tintype.messages import HttpRequest, Request
from tintype.transports.aiohttp import AiohttpTransport
from tintype.transports.httpx import HttpxTransport
from tintype.transports.urllib3 import Urllib3Transport
from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.fixtures.format import DocumentedExchange
from tintype_contracts.harness.customers import account, leaving
from tintype_contracts.harness.subject import Subject
from tintype_contracts.oracles.secrets import (
    CANARY,
    built_requests,
    listening,
    outcome_of,
    shows,
    views,
)
from tintype_contracts.wire.listener import Listener
from tintype_contracts.wire.network_guard import guard

_SECONDS = 5.0


@check("secret.not-across-redirects", level=1)
def not_across_redirects(subject: Subject) -> Iterator[Finding]:
    """A redirect is not followed, so no other host gets the key.

    A server on loopback answers the provider's own requests with a redirect to another.
    Libraries strip `Authorization` at best when they follow one, and a key in a header of
    its own goes along. Nothing in a plugin needs this: what it documents as a redirect it
    reads from the answer.
    """
    yield from redirected(subject, TRANSPORTS)


@check("secret.not-in-logs", level=1)
def not_in_logs(subject: Subject) -> Iterator[Finding]:
    """Nothing that is logged at any level, by any library, shows the key.

    The provider's own requests are made to a server on loopback by both transports and by a
    wrapped httpx client, with every logger at DEBUG. A key in the URL would be in httpx's log.
    """
    for exchange, request in _one_a_kind(subject):
        for name, exchanged in {**TRANSPORTS, **_EXTRA}.items():
            with _answering(200) as server, listening() as heard:
                outcome_of(partial(exchanged, _encoded(subject, request, server.url)))
            lines = [*heard.logged, *heard.printed.getvalue().splitlines()]
            for line in filter(shows, lines):
                shown = line.replace(CANARY, "…")
                yield _finding(exchange, f"By {name} the key is logged: {shown[:200]}")


@check("secret.not-in-errors", level=1)
def not_in_errors(subject: Subject) -> Iterator[Finding]:
    """No error of a broken connection shows the key, nor anything that led to it.

    The server refuses to be called, or hangs up. Looked at are the error's text and fields,
    its pickle, the errors behind it, and the local variables of every frame, which crash
    reporters print.
    """
    for exchange, request in _one_a_kind(subject):
        for name, exchanged in TRANSPORTS.items():
            with _answering(0) as server:
                hung_up = outcome_of(partial(exchanged, _encoded(subject, request, server.url)))
            with guard().allowing_a_dead_port() as dead:
                nowhere = f"http://127.0.0.1:{dead}"
                refused = outcome_of(partial(exchanged, _encoded(subject, request, nowhere)))
            for error in (hung_up, refused):
                for view in views(error) if isinstance(error, BaseException) else ():
                    yield _finding(exchange, f"By {name} the key shows in {view}.")


# ---------------------------------------------------------------------------- exchanges


Exchanged: TypeAlias = Callable[[HttpRequest], bytes]
"""What makes an exchange: the body of the answer."""


def redirected(subject: Subject, transports: Mapping[str, Exchanged]) -> Iterator[Finding]:
    """Where a redirect takes the key, by transports of any name."""
    for exchange, request in _one_a_kind(subject):
        for name, exchanged in transports.items():
            with (
                _answering(200) as other,
                _answering(302, ("Location", f"{other.url}/")) as first,
            ):
                outcome_of(partial(exchanged, _encoded(subject, request, first.url)))
            plain = "{{secret:api_key}}" in subject.fixtures.auth.form and request.auth
            if plain and not any(shows(headers) for _, headers in first.asked):
                yield _finding(exchange, f"By {name} the key does not arrive at all.")
            if other.asked:
                yield _finding(exchange, f"By {name} the redirect is followed to another host.")


def _one_a_kind(subject: Subject) -> list[tuple[DocumentedExchange, Request]]:
    """The first documented request of each operation that the plugin builds."""
    found: dict[str, tuple[DocumentedExchange, Request]] = {}
    for exchange, request in built_requests(subject):
        found.setdefault(exchange.operation, (exchange, request))
    if not found:
        msg = "The plugin builds no documented request."
        raise NotApplicable(msg)
    return list(found.values())


def _encoded(subject: Subject, request: Request, url: str) -> HttpRequest:
    return leaving(request, subject.info, account(subject.info, CANARY, url))


@contextmanager
def _answering(status: int, *headers: tuple[str, str]) -> Iterator[Listener]:
    """A server that may be dialled whatever else may not."""
    with Listener(status, headers) as server, guard().allowing(server.port):
        yield server


def _by_urllib3(request: HttpRequest) -> bytes:
    transport = Urllib3Transport()
    try:
        incoming = transport.open(request, timeout=_SECONDS)
        body = b"".join(incoming.chunks())
        incoming.close()
    finally:
        transport.close()
    return body


def _by_aiohttp(request: HttpRequest) -> bytes:
    async def exchange() -> bytes:
        transport = AiohttpTransport()
        try:
            incoming = await transport.open(request, timeout=_SECONDS)
            body = b"".join([chunk async for chunk in incoming.chunks()])
            await incoming.close()
        finally:
            await transport.close()
        return body

    return asyncio.run(exchange())


def _by_httpx(request: HttpRequest) -> bytes:
    import httpx  # noqa: PLC0415 - an extra

    with httpx.Client(trust_env=False) as client:
        incoming = HttpxTransport(client).open(request, timeout=_SECONDS)
        try:
            return b"".join(incoming.chunks())
        finally:
            incoming.close()


TRANSPORTS: Mapping[str, Exchanged] = {
    "urllib3": _by_urllib3,
    "aiohttp": _by_aiohttp,
}


_EXTRA: Mapping[str, Exchanged] = {"httpx": _by_httpx} if find_spec("httpx") else {}


def _finding(exchange: DocumentedExchange, message: str) -> Finding:
    return Finding(
        message=message,
        expected="the key in its header, to the declared host, and nowhere else",
        exchange=exchange.id,
        src=exchange.request_src or exchange.src,
    )
