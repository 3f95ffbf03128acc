"""The exchanges of the documents as tintype's own values, and the two compared.

This is the hook tier: no HTTP. `image_request` is what a caller asks for, `answers` what
the provider says, `request_differences` and `outcome_differences` hold what a plugin makes
of them against the transcript.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import cast
from urllib.parse import parse_qsl, urlsplit

from tintype.catalog import Auth
from tintype.convert import to_builtins
from tintype.errors import TintypeError
from tintype.exchange import Message, Operation
from tintype.messages import (
    Delivery,
    Headers,
    JsonBody,
    JsonObject,
    MultipartBody,
    Part,
    Request,
    Response,
    ServerSentEvent,
)
from tintype.request import ImageRequest, Reference
from tintype_contracts.fixtures import format as words
from tintype_contracts.fixtures.comparing import Difference, differences, subset
from tintype_contracts.fixtures.placeholders import dump, render, render_events, render_text, whole
from tintype_contracts.fixtures.pointers import is_array, join
from tintype_contracts.fixtures.values import Filling, data_uri, part_value, small_png

_PNG = "image/png"
_KEY = "{{secret:api_key}}"


# ----------------------------------------------------------------- from the documents


def image_request(exchange: words.Exchange, filling: Filling) -> ImageRequest:
    """The neutral request of an exchange that has a `case`.

    A reference takes the form that the documented request shows: bytes in a form's file,
    else a data URI; a URL stays what it is.
    """
    case = {**(exchange.case or {})}
    sources = case.pop("references", ())
    references = [
        _reference(exchange, str(source)) for source in (sources if is_array(sources) else ())
    ]
    fields = cast("Mapping[str, str]", _as_callers_write(render(case, filling)))
    return ImageRequest(**{**fields, "references": tuple(references)})  # type: ignore[arg-type]  # the constructor checks each value


def _as_callers_write(value: object) -> object:
    """JSON as a caller has it in Python: a fraction is a float there."""
    match value:
        case Decimal():
            return float(value)
        case Mapping():
            return {key: _as_callers_write(item) for key, item in value.items()}
        case _ if is_array(value):
            return [_as_callers_write(item) for item in value]
        case _:
            return value


def _reference(exchange: words.Exchange, source: str) -> Reference:
    placeholder = whole(source)
    if placeholder is None:
        return Reference.of(source)
    data = small_png(f"reference {placeholder[1]}")
    content = exchange.request.content if exchange.request else None
    parts = content.parts if isinstance(content, words.MultipartContent) else ()
    for part in parts:
        if part.file == source:
            return Reference(
                data=data, name=part.filename or "", media_type=part.media_type or _PNG
            )
    return Reference(url=data_uri(data, _PNG))


def answers(
    exchange: words.Exchange, filling: Filling
) -> Iterator[tuple[Operation, Message | None]]:
    """What the provider says, as `parse` is told it: an event at a time where it streams."""
    if exchange.delivery is not None:
        body = body_bytes(exchange.delivery.content, filling)
        headers = render_headers(exchange.delivery.headers, filling)
        yield Operation.WEBHOOK, Delivery(body=body, headers=headers)
    elif exchange.response is not None:
        yield from _response(exchange, exchange.response, filling)


def _response(
    exchange: words.Exchange, response: words.WireResponse, filling: Filling
) -> Iterator[tuple[Operation, Message | None]]:
    if isinstance(response.content, words.EventsContent):
        for event, data in render_events(response.content.events, filling):
            yield Operation.EVENT, ServerSentEvent(data=data, event=event.event or "message")
        yield Operation.END, None
        return
    body = body_bytes(response.content, filling)
    headers = render_headers(response.headers, filling)
    yield (
        Operation(exchange.operation),
        Response(status=response.status, headers=headers, body=body),
    )


def body_bytes(content: words.ResponseContent, filling: Filling) -> bytes:
    """A documented body as it goes over the wire."""
    match content:
        case words.JsonContent(value=value):
            return dump(render(value, filling)).encode()
        case words.TextContent(text=text):
            return render_text(text, filling).encode()
        case words.BinaryContent(data=data):
            return data
        case words.EventsContent(events=events):
            return b"".join(event_bytes(*event) for event in render_events(events, filling))
        case None:
            return b""


def event_bytes(event: words.EventTemplate, data: str) -> bytes:
    """A server-sent event as it goes over the wire."""
    name = f"event: {event.event}\n" if event.event is not None else ""
    lines = "".join(f"data: {line}\n" for line in data.split("\n"))
    return f"{name}{lines}\n".encode()


def render_headers(headers: Headers, filling: Filling) -> Headers:
    """Documented headers with their placeholders filled."""
    return tuple((name, render_text(value, filling)) for name, value in headers)


# ------------------------------------------------------------------ from the plugin


def request_differences(
    documented: words.WireRequest,
    built: object,
    *,
    auth: Auth,
    filling: Filling,
    parameters: tuple[words.Parameter, ...] = (),
) -> Iterator[Difference]:
    """Where the request that a hook built is not the documented one.

    Args:
        documented: The request of the transcript.
        built: What the hook returned.
        auth: How the plugin says the key is shown.
        filling: The values of the placeholders.
        parameters: The rows of the operation; a form field of type `json` is compared as
            a JSON value, not as text.
    """
    if not isinstance(built, Request):
        yield Difference(pointer="", expected="a Request", actual=built)
        return
    url = render_text(documented.url, filling)
    wanted = {"method": documented.method, "url": address(url)}
    yield from differences(wanted, {"method": built.method, "url": address(built.url)})
    yield from _header_differences(documented, built, auth)
    yield from body_differences(documented.content, built.body, filling, parameters)


def body_differences(
    documented: words.RequestContent,
    built: JsonBody | MultipartBody | None,
    filling: Filling,
    parameters: tuple[words.Parameter, ...] = (),
) -> Iterator[Difference]:
    """Where a request's body is not the documented one: JSON by value, a form by its parts."""
    texts = {row.wire[1:] for row in parameters if row.type == "json"}
    match documented, built:
        case words.JsonContent(value=value), JsonBody(value=sent):
            yield from differences(render(value, filling), _plain(sent), "/json")
        case words.MultipartContent(parts=parts), MultipartBody(parts=sent_parts):
            pairs = [_documented_part(part, filling, texts) for part in parts]
            sent_pairs = [_built_part(part, texts) for part in sent_parts]
            yield from differences(_by_name(pairs), _by_name(sent_pairs), "/multipart")
        case None, None:
            return
        case content, body:
            yield Difference(pointer="/body", expected=content, actual=body)


def outcome_differences(
    expected: words.Expectation, outcome: object, filling: Filling
) -> Iterator[Difference]:
    """Where what came of an exchange, a value or an error, is not what is expected."""
    fields = render(expected.fields, filling)
    if expected.outcome == "error":
        yield from _error_differences(expected.error, fields, outcome)
    elif isinstance(outcome, TintypeError):
        shown = f"{type(outcome).__name__}: {outcome}"
        yield Difference(pointer="", expected=f"a {expected.outcome}", actual=shown)
    else:
        yield from subset(fields, to_builtins(outcome))


def address(url: str) -> Mapping[str, object]:
    """A URL whose query is compared as a multiset."""
    parts = urlsplit(url)
    query = sorted(parse_qsl(parts.query, keep_blank_values=True))
    return {
        "place": f"{parts.scheme}://{parts.netloc}{parts.path}",
        "query": [list(pair) for pair in query],
    }


def _header_differences(
    documented: words.WireRequest, built: Request, auth: Auth
) -> Iterator[Difference]:
    """The headers a plugin decides: the key's by `auth`, the body's type by the body."""
    sent = {auth.header.lower(): auth.form.replace("{key}", _KEY)} if built.auth else {}
    if isinstance(built.body, JsonBody):
        sent["content-type"] = "application/json"
    elif isinstance(built.body, MultipartBody):
        sent["content-type"] = "multipart/form-data"
    wanted = {name.lower(): value for name, value in documented.headers}
    wanted.pop("accept", None)  # the core writes it
    if built.body is not None:
        wanted.setdefault("content-type", sent["content-type"])
    yield from differences(wanted, sent, "/headers")


def _documented_part(
    part: words.PartTemplate, filling: Filling, texts: set[str]
) -> tuple[str, JsonObject]:
    if part.file is not None:
        placeholder = whole(part.file)
        data = small_png(f"reference {placeholder[1]}") if placeholder else part.file.encode()
        return part.name, _file(part.filename, part.media_type or _PNG, data)
    text = render_text(str(part_value(part)), filling)
    return part.name, {"text": _json(text) if part.name in texts else text}


def _built_part(part: Part, texts: set[str]) -> tuple[str, JsonObject]:
    if part.filename is not None:
        return part.name, _file(part.filename, part.media_type, part.data)
    text = part.data.decode("utf-8", "replace")
    return part.name, {"text": _json(text) if part.name in texts else text}


def _file(filename: str | None, media_type: str | None, data: bytes) -> JsonObject:
    return {"filename": filename, "media_type": media_type, "data": data.hex()}


def _by_name(pairs: list[tuple[str, JsonObject]]) -> Mapping[str, list[JsonObject]]:
    """Parts by their name: only the order of parts with one name means anything."""
    made: dict[str, list[JsonObject]] = {}
    for name, part in pairs:
        made.setdefault(name, []).append(part)
    return made


def _json(text: str) -> object:
    try:
        value: object = json.loads(text, parse_float=Decimal)
    except ValueError:
        return text
    return value


def _plain(value: object) -> object:
    """A body as its reader would find it: whatever it is made of, as JSON."""
    return json.loads(dump(value), parse_float=Decimal)


def _error_differences(name: str, fields: object, outcome: object) -> Iterator[Difference]:
    if type(outcome).__name__ != name:
        shown = f"{type(outcome).__name__}: {outcome}"
        yield Difference(pointer="", expected=name, actual=shown)
        return
    for key, value in fields.items() if isinstance(fields, Mapping) else ():
        yield from subset(value, getattr(outcome, key, None), join("", key))
