"""Checks that what a catalog offers is what a caller gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tintype.catalog import Model
from tintype.errors import InvalidRequestError
from tintype.messages import Request
from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.fixtures.format import DocumentedExchange, EventsContent
from tintype_contracts.harness.subject import Subject
from tintype_contracts.strategies.builder import Builder, found_at
from tintype_contracts.strategies.offered import offered


@check("request.offered-fields-are-sent", level=1)
def offered_fields_are_sent(subject: Subject) -> Iterator[Finding]:
    """A field that the catalog offers makes a difference to what is sent.

    A parameter that `submit` leaves out is worse than none: the caller is told neither by
    the core, which trusts the catalog, nor by the provider, which never hears of it.

    Send the field, or take it out of the model's parameters.
    """
    builder = Builder(subject)
    for model in builder.models():
        plain = _sent(builder, model, {})
        offers: dict[str, list[Request]] = {}
        for fields in offered(model):
            sent = _sent(builder, model, fields)
            if sent is not None:
                offers.setdefault(", ".join(fields), []).append(sent)
        spelt_out = _defaults(builder, model)
        for name, made in offers.items():
            if name in spelt_out and len(made) == 1:
                continue  # its one value is the documented default, and may stand there anyway
            if plain is not None and all(sent == plain for sent in made):
                message = f"{model.id} offers {name}, and no value of it changes what is sent."
                yield Finding(message=f"{message} Send it, or do not offer it.", got=name)


def _defaults(builder: Builder, model: Model) -> set[str]:
    """The fields whose documented default a request with nothing but a prompt has."""
    built = builder.build("submit", model)
    rows = builder.rows("submit", model.id) if built else []
    return {
        row.neutral
        for row in rows
        if built and row.neutral and row.default is not None and found_at(built, row) == row.default
    }


def _sent(builder: Builder, model: Model, fields: Mapping[str, object]) -> Request | None:
    """What is sent; None where it is refused, or is no request."""
    try:
        built = builder.build("submit", model, **fields)
    except InvalidRequestError:
        return None
    return built.sent if built else None


@check("request.stream-is-announced", level=1)
def stream_is_announced(subject: Subject) -> Iterator[Finding]:
    """A request that is answered with events says so to the core.

    Only a request with `answer="events"` is read event by event; of any other the core
    waits for the whole body, and every preview comes too late. So it is where a raw option asks
    for the stream.

    Pass `events=body.get("stream") is True` to `Request.post`, once options are merged in.
    """
    exchanges = [found for found in subject.exchanges("submit") if _streams(found)]
    if not exchanges:
        msg = "No documented answer is a stream."
        raise NotApplicable(msg)
    for exchange in exchanges:
        built = subject.rehearsal.ask(exchange)
        if not (isinstance(built, Request) and built.answer != "whole"):
            yield Finding(
                message=f"{exchange.id} is answered with events: build it with events=True.",
                expected="events",
                got=built.answer if isinstance(built, Request) else built,
                exchange=exchange.id,
                src=exchange.src,
            )
    builder = Builder(subject)
    for model in builder.models():
        if _is_silent_stream(builder, model):
            message = f"The option that streams {model.id} is sent, and no event is awaited."
            yield Finding(message=f"{message} Announce it.", expected="events", got="whole")


def _is_silent_stream(builder: Builder, model: Model) -> bool:
    """Whether an option asks for a stream that the core is not told of."""
    rows = [row for row in builder.rows("submit", model.id) if row.neutral == "stream"]
    for row in rows:
        try:
            built = builder.with_options("submit", model, builder.raw_options(row, value=True))
        except InvalidRequestError:
            continue
        if built and found_at(built, row) is True and built.sent.answer == "whole":
            return True
    return False


def _streams(exchange: DocumentedExchange) -> bool:
    return exchange.response is not None and isinstance(exchange.response.content, EventsContent)
