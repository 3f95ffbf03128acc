"""A request from the socket held against the documented ones.

Exact: method, scheme, host and path, the query as a multiset, every documented header, the
body by value and type. Which documented exchange comes closest tells what was meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from attrs import evolve, frozen

from tintype._http.bodies import encoded
from tintype.messages import JsonBody, RawBody
from tintype_contracts.check import Finding
from tintype_contracts.fixtures.comparing import Difference, differences
from tintype_contracts.fixtures.format import (
    DocumentedExchange,
    Fixtures,
    FormContent,
    JsonContent,
    MultipartContent,
    RawContent,
    RequestContent,
    WireRequest,
)
from tintype_contracts.fixtures.messages import address, body_differences, body_of, is_usual
from tintype_contracts.fixtures.multipart import BodyError
from tintype_contracts.fixtures.placeholders import dump, render_text
from tintype_contracts.fixtures.values import Filling, fixed_values
from tintype_contracts.wire.request import RawRequest

# What a client may add by itself. `Accept` is the core's to choose.
_NOISE = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "content-type", "host"}
    | {"user-agent"}
)
_SHOWN = 5


@frozen(kw_only=True)
class Mismatch:
    """A request that is not the documented one, or a documented one that never came.

    Attributes:
        told: What is wrong, as a sentence.
        exchange: The id of the exchange that comes closest.
        differences: Where the request is another than that exchange's.
        src: The id of the source that says so.
        url: Where that source can be read.
    """

    told: str
    exchange: str
    differences: tuple[Difference, ...] = ()
    src: str = ""
    url: str = ""

    def __str__(self) -> str:
        """One paragraph."""
        shown = "; ".join(str(difference) for difference in self.differences[:_SHOWN])
        where = f" ({self.url})" if self.url else ""
        return f"{self.told}{': ' + shown if shown else ''}{where}"

    def finding(self, by: str, scene: str) -> Finding:
        """The same as a finding of a check."""
        first = self.differences[0] if self.differences else None
        return Finding(
            message=f"{scene} by {by}: {self}",
            expected=first.expected if first else None,
            got=first.actual if first else None,
            pointer=first.pointer if first else "",
            exchange=self.exchange,
            src=self.src,
        )


def filled(fixtures: Fixtures, exchange: DocumentedExchange, key: str) -> Filling:
    """The values of an exchange's placeholders, with this key."""
    return evolve(fixed_values(fixtures, exchange), key=key)


def request_faults(
    fixtures: Fixtures,
    exchange: DocumentedExchange,
    heard: RawRequest,
    key: str,
    *,
    strict_headers: bool = True,
) -> tuple[Difference, ...]:
    """Where a request from the socket is not the one of an exchange.

    Args:
        fixtures: What the provider documents.
        exchange: The exchange.
        heard: The request.
        key: The account's key.
        strict_headers: Whether a header that no document names is a fault.
    """
    if exchange.request is None:
        return ()
    filling = filled(fixtures, exchange, key)
    url = render_text(exchange.request.url, filling)
    wanted = {"method": exchange.request.method, "url": address(url)}
    found = [*differences(wanted, {"method": heard.method, "url": address(heard.url)})]
    found += _header_faults(exchange.request, heard, filling, strict_headers=strict_headers)
    rows = tuple(row for row in fixtures.parameters if row.operation == exchange.operation)
    try:
        body = heard.content()
    except BodyError as error:
        return (*found, Difference(pointer="/body", expected="a body", actual=str(error)))
    return (*found, *body_differences(exchange.request.content, body, filling, rows))


def request_bytes(content: RequestContent, filling: Filling) -> tuple[str, bytes]:
    """The media type and the bytes of a documented body; "" where the headers say it, or none."""
    body = body_of(content, filling)
    match body:
        case JsonBody(value=value):
            return _MEDIA_TYPES[JsonContent], dump(value).encode()
        case RawBody(data=data):
            return "", data
        case _:
            return encoded(body)


def closest(
    fixtures: Fixtures,
    exchanges: Iterable[DocumentedExchange],
    heard: RawRequest,
    key: str,
    *,
    strict: bool,
) -> tuple[DocumentedExchange, tuple[Difference, ...]] | None:
    """The exchange that a request differs from in the fewest places, and those places."""
    judged = [
        (exchange, request_faults(fixtures, exchange, heard, key, strict_headers=strict))
        for exchange in exchanges
        if exchange.request is not None
    ]
    return min(judged, key=lambda pair: len(pair[1]), default=None)


_MEDIA_TYPES: Mapping[type, str] = {
    JsonContent: "application/json",
    FormContent: "application/x-www-form-urlencoded",
    MultipartContent: "multipart/form-data",
    RawContent: "application/octet-stream",
}


def _header_faults(
    documented: WireRequest, heard: RawRequest, filling: Filling, *, strict_headers: bool
) -> Iterator[Difference]:
    wanted = {
        name.lower(): render_text(value, filling)
        for name, value in documented.headers
        if name.lower() != "accept" or not is_usual(value)
    }
    if documented.content is not None:
        wanted.setdefault("content-type", _MEDIA_TYPES[type(documented.content)])
    looked_at: Collection[str] = wanted if not strict_headers else _of_interest(heard, wanted)
    sent = {name.lower(): value for name, value in heard.headers if name.lower() in looked_at}
    if "content-type" in sent:
        sent["content-type"] = sent["content-type"].partition(";")[0].strip()
    yield from differences(wanted, sent, "/headers")


def _of_interest(heard: RawRequest, wanted: Collection[str]) -> Collection[str]:
    names = {name.lower() for name, _ in heard.headers}
    return {name for name in names if name not in _NOISE or name in wanted}
