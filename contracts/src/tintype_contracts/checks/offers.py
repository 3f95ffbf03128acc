"""Checks that what a catalog offers is what a caller gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tintype.messages import Request
from tintype_contracts.case import Case
from tintype_contracts.check import Finding, check_each
from tintype_contracts.fixtures.format import EventsContent
from tintype_contracts.harness.subject import Subject
from tintype_contracts.strategies.builder import Builder, builder_of, found_at
from tintype_contracts.strategies.offered import offered


def _offered(subject: Subject) -> Iterator[Case]:
    """The first value of every field that the catalog offers."""
    builder = builder_of(subject)
    for plain in builder.submissions():
        yield from (plain.giving(**values[0]) for values in _offers(builder, plain).values())


def _offers(builder: Builder, plain: Case) -> Mapping[frozenset[str], list[Mapping[str, object]]]:
    """Every value of every field, and of fields that go together."""
    found: dict[frozenset[str], list[Mapping[str, object]]] = {}
    for fields in offered(builder.model(plain)):
        found.setdefault(frozenset(fields), []).append(fields)
    return found


@check_each("request.offered-fields-are-sent", _offered, level=1)
def offered_fields_are_sent(subject: Subject, case: Case) -> Iterator[Finding]:
    """A field that the catalog offers makes a difference to what is sent.

    A parameter that `submit` leaves out is worse than none: the caller is told neither by
    the core, which trusts the catalog, nor by the provider, which never hears of it.

    Send the field, or take it out of the model's parameters.
    """
    builder = builder_of(subject)
    plain = case.only("model")
    without = builder.tried(plain)
    values = _offers(builder, plain).get(frozenset(case.asked), [])
    made = [built.sent for each in values if (built := builder.tried(plain.giving(**each)))]
    if without and made and all(sent == without.sent for sent in made):
        rows = [row for name in case.asked for row in builder.rows_of(case, name)]
        # Its one value may be the documented default, which may stand there anyway.
        spelt_out = any(row.default == found_at(without, row) for row in rows)
        if len(made) > 1 or not spelt_out:
            message = f"No value of {' and '.join(case.asked)} changes what is sent: {case}."
            yield Finding(message=f"{message} Send it, or do not offer it.")


def _streams(subject: Subject) -> Iterator[Case]:
    """Each documented stream, and each option that asks for one."""
    exchanges = [
        each
        for each in subject.exchanges("submit")
        if each.response is not None and isinstance(each.response.content, EventsContent)
    ]
    yield from (Case(place=each.id) for each in exchanges)
    builder = builder_of(subject)
    for plain in builder.submissions() if exchanges else ():
        for row in builder.rows_of(plain, "stream"):
            yield plain.giving(**{row.wire: True})


@check_each(
    "request.stream-is-announced", _streams, level=1, none="No documented answer is a stream."
)
def stream_is_announced(subject: Subject, case: Case) -> Iterator[Finding]:
    """A request that is answered with events says so to the core.

    Only a request with `answer="events"` is read event by event; of any other the core
    waits for the whole body, and every preview comes too late. So it is where a raw option asks
    for the stream.

    Pass `events=body.get("stream") is True` to `Request.post`, once options are merged in.
    """
    builder = builder_of(subject)
    exchange = subject.fixtures.exchanges.get(case.place)
    if exchange is not None:
        asked: object = subject.rehearsal.ask(exchange)
        streams = True
    else:
        built = builder.tried(case)
        rows: Sequence[str] = [name for name in case.asked if name.startswith("/")]
        sent = [found_at(built, row) for it in rows for row in builder.rows_of(case, it) if built]
        asked, streams = built and built.sent, True in sent
    got = asked.answer if isinstance(asked, Request) else asked
    if streams and got in {"whole", None}:
        message = f"{case.place} with {case} is answered with events: build it with events=True."
        yield Finding(message=message, expected="events", got=got)
