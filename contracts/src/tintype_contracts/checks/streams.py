"""Checks of what a plugin says of its own requests, and no body shows."""

from __future__ import annotations

from collections.abc import Iterator

from tintype.messages import Request
from tintype_contracts.checks.registry import Finding, NotApplicable, check
from tintype_contracts.format import EventsContent, Exchange
from tintype_contracts.subject import Subject


@check("request.stream-is-announced", level=1)
def stream_is_announced(subject: Subject) -> Iterator[Finding]:
    """A request that is answered with events says so to the core.

    Only a request built with `stream=True` is read event by event; of any other the core
    waits for the whole body, and every preview comes too late.

    Pass `stream=request.stream` to `Request.post`.
    """
    exchanges = [found for found in subject.exchanges("submit") if _streams(found)]
    if not exchanges:
        msg = "No documented answer is a stream."
        raise NotApplicable(msg)
    for exchange in exchanges:
        built = subject.rehearsal.ask(exchange)
        if not (isinstance(built, Request) and built.stream):
            yield Finding(
                message=f"{exchange.id} is answered with events: build it with stream=True.",
                expected=True,
                got=built.stream if isinstance(built, Request) else built,
                exchange=exchange.id,
                src=exchange.src,
            )


def _streams(exchange: Exchange) -> bool:
    return exchange.response is not None and isinstance(exchange.response.content, EventsContent)
