"""Every scene over TLS: as documented, with the same bytes, to the documented hosts."""

from __future__ import annotations

from collections.abc import Iterator

from tintype._excerpts import sentences
from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.fixtures.comparing import Difference, differences
from tintype_contracts.fixtures.messages import outcome_differences
from tintype_contracts.harness.subject import Subject
from tintype_contracts.wire.certificates import declared_hosts
from tintype_contracts.wire.matching import filled
from tintype_contracts.wire.request import RawRequest
from tintype_contracts.wire.runs import run
from tintype_contracts.wire.scenario_run import KEY, Performance


@check("wire.scenes-by-urllib3", level=3)
def scenes_by_urllib3(subject: Subject) -> Iterator[Finding]:
    """Every scene is played over TLS by the sync client, request by request as documented.

    The real `Client` and its urllib3 transport speak to a server that answers for the
    documented hosts. It takes each documented request once, in order, exactly: method, URL,
    query, headers, body. Anything else gets a 599 that names the closest exchange, and fails
    the check even where the plugin swallows it. What `parse` makes of each answer must be
    what the exchange expects.

    Mend the request the finding names; if the hook tier passes and this does not, the model's
    limits in `describe()` change or refuse what the documents allow.
    """
    yield from _played(subject, 0)


@check("wire.scenes-by-aiohttp", level=3)
def scenes_by_aiohttp(subject: Subject) -> Iterator[Finding]:
    """Every scene is played over TLS by the async client, request by request as documented.

    The same as `wire.scenes-by-urllib3` with `AsyncClient` and aiohttp.
    """
    yield from _played(subject, 1)


def _played(subject: Subject, index: int) -> Iterator[Finding]:
    performances = [pair[index] for pair in run(subject).performances]
    if not performances:
        msg = "No scene has a request."
        raise NotApplicable(msg)
    for performance in performances:
        yield from performance_findings(subject, performance)


def performance_findings(subject: Subject, performance: Performance) -> Iterator[Finding]:
    """What is wrong with one scene as one client played it."""
    scene, by = performance.scene, performance.by
    if performance.crash:
        yield Finding(
            message=f"{scene.name} by {by}: the client raised {performance.crash}. A hook returns "
            "a value of tintype's or raises one of its errors, whatever it is given.",
            exchange=scene.exchanges[0].id,
        )
    elif performance.refused is not None:
        yield from _refused(performance)
    elif performance.faults:
        yield from (fault.finding(by, scene.name) for fault in performance.faults)
    else:
        yield from _misread(subject, performance)


def _refused(performance: Performance) -> Iterator[Finding]:
    """A refusal before anything is sent is right where the provider would refuse as well."""
    asked = performance.scene.exchanges[len(performance.served)]
    if asked.expect.outcome != "error":
        yield Finding(
            message=sentences(
                f"{performance.scene.name} by {performance.by}: nothing was sent, though the "
                f"documents show this request: {performance.refused}",
                "Let describe() admit it.",
            ),
            exchange=asked.id,
            src=asked.request_src or asked.src,
        )


def _misread(subject: Subject, performance: Performance) -> Iterator[Finding]:
    """Where `parse` made something else of an answer than the documents expect."""
    for exchange, outcome in performance.served:
        found = [Difference(pointer="", expected=exchange.expect.outcome, actual=None)]
        if outcome is not None:
            filling = filled(subject.fixtures, exchange, KEY)
            found = list(outcome_differences(exchange.expect, outcome, filling))
        for difference in found:
            told = (
                f"{performance.scene.name} by {performance.by}: what parse() made of the answer "
                f"to {exchange.id} is not what is expected at {difference.pointer or 'the top'}."
            )
            yield Finding.of(difference, told, exchange=exchange.id, src=exchange.src)


@check("wire.same-bytes", level=3)
def same_bytes(subject: Subject) -> Iterator[Finding]:
    """Both transports put the same bytes on the wire.

    Method, request-target, headers (order and case of their names aside) and body of every
    request of every scene are compared between urllib3 and aiohttp. A plugin whose hooks
    depend on the clock, on chance or on what was asked before sends something else the
    second time.
    """
    for blocking, awaiting in run(subject).performances:
        for difference in differences(_words(blocking.heard), _words(awaiting.heard)):
            told = (
                f"{blocking.scene.name}: urllib3 (expected) and aiohttp (got) sent different "
                f"bytes at {difference.pointer}. Let the hooks depend on their arguments alone."
            )
            yield Finding.of(difference, told, exchange=blocking.scene.exchanges[0].id)


def _words(heard: tuple[RawRequest, ...]) -> list[list[object]]:
    return [
        [name, line, [list(pair) for pair in headers], body]
        for name, line, headers, body in (each.wire for each in heard)
    ]


@check("wire.key-stays-with-the-api", level=3)
def key_stays_with_the_api(subject: Subject) -> Iterator[Finding]:
    """The key is seen by the documented API hosts only, and in the documented header only.

    Every request that the server heard is searched for the run's key: target, headers, body.
    An asset host, a host that an answer named, or a query must never hold it. Declare the
    origins in `describe()` exactly, and set `auth=False` on a request to anywhere else.
    """
    hosts = {origin.partition("://")[2] for origin in subject.fixtures.hosts.api}
    header = subject.fixtures.auth.header.lower()
    for performance in run(subject).all():
        for heard in performance.heard:
            for place in _places_of_the_key(heard):
                if heard.host not in hosts or place != f"the header {header}":
                    told = f"{heard.method} {heard.host}{heard.target} shows the key in {place}."
                    yield Finding(
                        message=f"{performance.scene.name} by {performance.by}: {told}",
                        expected=f"the header {header}, to {', '.join(sorted(hosts))}",
                        got=f"{place}, to {heard.host}",
                        exchange=performance.scene.exchanges[0].id,
                        src=subject.fixtures.auth.src,
                    )


def _places_of_the_key(heard: RawRequest) -> Iterator[str]:
    if KEY in heard.target:
        yield "the URL"
    if KEY.encode() in heard.body:
        yield "the body"
    yield from (f"the header {name.lower()}" for name, value in heard.headers if KEY in value)


@check("wire.no-egress", level=3)
def no_egress(subject: Subject) -> Iterator[Finding]:
    """Nothing but the documented hosts is ever asked for, by any means.

    The server notes the host that each TLS handshake asks for; a guard over the whole process
    refuses every socket and every look-up of a name that is not the server's. What comes up
    here either asks for a host that the sheet's `hosts` do not name, or bypasses
    the transports, which a plugin never does.
    """
    found = run(subject)
    for name in sorted(found.names - set(declared_hosts(subject.fixtures))):
        yield Finding(
            message=f"A request went to {name or 'an address without a name'}, which no document "
            "declares. Its certificate was refused, as it would be by nobody in production.",
            expected=", ".join(declared_hosts(subject.fixtures)),
            got=name,
        )
    for attempt in found.attempts:
        yield Finding(
            message=f"Something bypassed the transports: {attempt}. A plugin performs no I/O.",
            got=attempt,
        )
