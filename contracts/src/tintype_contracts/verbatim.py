"""Whether what is called verbatim really stands in the stored excerpts.

An excerpt is a payload that a document prints: a curl command, or JSON (several values,
one after another, where a document prints a question and its answer together). Bodies
are compared as JSON values; a placeholder admits any literal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

from tintype_contracts.comparing import Difference, mismatches
from tintype_contracts.curl import Curl, CurlError, is_curl, parse_curl
from tintype_contracts.faults import Fault
from tintype_contracts.format import (
    BinaryContent,
    EventsContent,
    Exchange,
    Fixtures,
    JsonContent,
    MultipartContent,
    ResponseContent,
    WireRequest,
)
from tintype_contracts.placeholders import pattern
from tintype_contracts.pointers import covers, join
from tintype_contracts.values import form_object, part_value

_DECODER = json.JSONDecoder(parse_float=Decimal)


def verbatim_faults(fixtures: Fixtures) -> list[Fault]:
    """Every side of a verbatim exchange that its excerpt does not show."""
    return [
        fault
        for exchange in fixtures.exchanges.values()
        if exchange.kind == "verbatim"
        for fault in (*_request_faults(fixtures, exchange), *_answer_faults(fixtures, exchange))
    ]


def payloads(text: str) -> Iterator[object]:
    """Every JSON object and array in `text` that is not inside another."""
    at = 0
    while at < len(text):
        if text[at] in "{[":
            try:
                value, at = _DECODER.raw_decode(text, at)
            except ValueError:
                at += 1
            else:
                yield value
        else:
            at += 1


def curl_differences(
    request: WireRequest, curl: Curl, inferred: tuple[str, ...] = ()
) -> Iterator[Difference]:
    """Where a documented request is not the one that a curl command makes.

    `inferred` are pointers into the exchange, `/request/…`; they are not looked at.
    """
    wanted = {"method": request.method, "url": _address(request.url)}
    printed = {"method": curl.method, "url": _address(curl.url)}
    yield from mismatches(wanted, printed, inferred, "/request")
    headers = {name.lower(): value for name, value in curl.headers}
    for name, value in request.headers:
        printed_value = headers.get(name.lower(), "")
        implied = name.lower() == "content-type" and curl.form
        if not implied and not pattern(value).fullmatch(printed_value):
            at = join("/request/headers", name)
            if not any(covers(pointer, at) for pointer in inferred):
                yield Difference(pointer=at, expected=value, actual=printed_value)
    yield from mismatches(*_bodies(request, curl), inferred, "/request/json")


def _address(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    query = sorted(parse_qsl(parts.query, keep_blank_values=True))
    place = f"{parts.scheme}://{parts.netloc}{parts.path}"
    return {"place": place, "query": [list(pair) for pair in query]}


def _bodies(request: WireRequest, curl: Curl) -> tuple[object, object]:
    """The two bodies as objects, files by their names alone."""
    match request.content:
        case JsonContent(value=value):
            return value, curl.json if curl.data else None
        case MultipartContent(parts=parts):
            wanted = [
                (part.name, [part.filename] if part.file is not None else part_value(part))
                for part in parts
            ]
            printed = [(part.name, part.text or [part.filename]) for part in curl.form]
            return form_object(wanted), form_object(printed)
        case _:
            return None, curl.data


def _request_faults(fixtures: Fixtures, exchange: Exchange) -> Iterator[Fault]:
    request = exchange.request
    if request is None or "/request" in exchange.inferred:
        return
    source = exchange.request_src or exchange.src
    text = fixtures.excerpts.get(source, "")
    if is_curl(text):
        yield from _curl_faults(exchange, request, source, text)
    elif isinstance(request.content, JsonContent):
        yield from _missing(exchange, "/request", request.content, source, text)
    elif isinstance(request.content, MultipartContent):
        yield _fault(exchange, "/request", f"The excerpt of {source!r} is no curl command.")


def _curl_faults(
    exchange: Exchange, request: WireRequest, source: str, text: str
) -> Iterator[Fault]:
    try:
        found = list(curl_differences(request, parse_curl(text), exchange.inferred))
    except CurlError as error:
        yield _fault(exchange, "/request", f"The excerpt of {source!r}: {error}")
        return
    for difference in found:
        yield _fault(exchange, difference.pointer, f"The curl command of {source!r}: {difference}.")


def _answer_faults(fixtures: Fixtures, exchange: Exchange) -> Iterator[Fault]:
    side = "/delivery" if exchange.delivery else "/response"
    answer = exchange.delivery or exchange.response
    if answer is None or answer.content is None or side in exchange.inferred:
        return
    text = fixtures.excerpts.get(exchange.src, "")
    yield from _missing(exchange, side, answer.content, exchange.src, text)


def _missing(
    exchange: Exchange, side: str, content: ResponseContent, source: str, text: str
) -> Iterator[Fault]:
    """The faults of a body that does not stand in the excerpt of its source."""
    for at, template in _bodies_of(content, side):
        if any(covers(pointer, at) for pointer in exchange.inferred):
            continue
        if isinstance(template, str) and template in text:
            continue
        tried = [
            list(mismatches(template, found, exchange.inferred, at)) for found in payloads(text)
        ]
        if not text:
            yield _fault(exchange, at, f"The source {source!r} has no excerpt to compare with.")
        elif all(tried):
            nearest = min(tried, key=len, default=[])
            shown = "; ".join(str(difference) for difference in nearest[:3])
            yield _fault(exchange, at, f"It is not in the excerpt of {source!r}: {shown}.")


def _bodies_of(content: ResponseContent, side: str) -> Iterator[tuple[str, object]]:
    match content:
        case JsonContent(value=value):
            yield f"{side}/json", value
        case EventsContent(events=events):
            for index, event in enumerate(events):
                yield from _bodies_of(event.content, f"{side}/events/{index}")
        case None | BinaryContent():
            return
        case _:
            yield f"{side}/text", content.text


def _fault(exchange: Exchange, pointer: str, message: str) -> Fault:
    return Fault(
        file=f"{exchange.story}.json",
        pointer=join("/exchanges", exchange.name) + pointer,
        message=message,
        mend="Transcribe it again, list the value in `inferred`, or call it adapted.",
    )
