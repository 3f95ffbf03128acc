"""An observed exchange as a fixture holds one: without key, ids, addresses and pictures."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal

from tintype.convert import redact
from tintype.errors import TintypeError
from tintype.messages import (
    FormBody,
    JsonBody,
    JsonObject,
    MultipartBody,
    Part,
    RawBody,
    Request,
    Response,
    ServerSentEvent,
    find_header,
)
from tintype.models import Image, Quote, Task, Update
from tintype.request import Submission
from tintype_contracts.fixtures.format import Fixtures, JsonContent
from tintype_contracts.fixtures.leaks import leaks
from tintype_contracts.fixtures.placeholders import PLACEHOLDER, dump, whole
from tintype_contracts.fixtures.pointers import MISSING, get, is_array, leaves
from tintype_contracts.fixtures.strict_json import spell
from tintype_contracts.live.recorder import Observed
from tintype_contracts.live.session import Played, submission_of
from tintype_contracts.strategies.mutations import Mutation

_KEPT_HEADERS = ("Content-Type", "Retry-After")
_LONG = 512  # characters; a longer text is a picture or a page, and is not kept whole


class Redaction:
    """What stands for what, the same throughout one scene."""

    def __init__(self, fixtures: Fixtures, played: Played) -> None:
        self.fixtures = fixtures
        case = submission_of(fixtures, played.scene).case or {}
        self.case: dict[str, object] = {
            key: value for key, value in case.items() if key != "webhook_url"
        }
        self._names: dict[str, str] = {}
        if played.task is not None:
            self._know_task(played.task)

    def _know_task(self, task: Task) -> None:
        for image in task.images:
            self._know_image(image)
        if task.id:
            self._names[task.id] = "{{id:task}}"

    def _know_image(self, image: Image) -> None:
        if image.url:
            self._names[image.url] = "{{image:url}}"
        if image.preview_url and image.preview_url != image.url:
            self._names[image.preview_url] = "{{image:preview_url}}"
        if image.data:
            self._names[base64.b64encode(image.data).decode()] = "{{image:b64}}"

    def know_references(self, request: Submission | None) -> None:
        """Learn which texts are the references that were sent."""
        for index, reference in enumerate(request.references if request else ()):
            placeholder = f"{{{{reference:{index}}}}}"
            if reference.url and reference.url.startswith("data:"):
                self._names[reference.url] = placeholder
            if reference.data:
                self._names[base64.b64encode(reference.data).decode()] = placeholder

    def text(self, text: str) -> str:
        """`text` with placeholders in it for whatever is known, longest first."""
        for known in sorted(self._names, key=len, reverse=True):
            text = text.replace(known, self._names[known])
        if redact(text) != text:
            return "{{image:data_uri}}" if text.startswith("data:") else "{{image:b64}}"
        if any(leaks({"value": text})):
            return self._identity(text)
        if len(PLACEHOLDER.sub("", text)) > _LONG:
            return f"{text[:_LONG]}…"
        return text

    def value(self, value: object) -> object:
        """A JSON value with placeholders in its texts."""
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return {key: self._field(key, item) for key, item in value.items()}
            case _ if is_array(value):
                return [self.value(item) for item in value]
            case _:
                return value

    def _field(self, key: str, item: object) -> object:
        """The value of a field; one that exists to carry a key carries none."""
        if isinstance(item, str) and any(leaks({key: item})):
            return self._identity(self.text(item))
        return self.value(item)

    def _identity(self, text: str) -> str:
        if PLACEHOLDER.fullmatch(text):
            return text
        return self._names.setdefault(text, f"{{{{id:observed-{len(self._names) + 1}}}}}")


def plain_exchange(observed: Observed, redaction: Redaction) -> JsonObject:
    """An observed exchange as a sheet holds one: a key for each thing that is said of it."""
    redaction.know_references(observed.asked)
    case = {"case": redaction.case} if observed.operation in {"submit", "price"} else {}
    return {
        "op": str(observed.operation),
        **case,
        "request": _request(observed.request, redaction),
        **_response(observed, redaction),
        **_expectation(observed.outcome),
    }


def _request(request: Request, redaction: Redaction) -> JsonObject:
    auth = redaction.fixtures.auth
    headers = {auth.header: auth.form} if request.auth else {}
    headers |= {name: redaction.text(value) for name, value in request.headers}
    headers |= {"Accept": request.accept} if request.accept else {}
    shown: dict[str, object] = {"method": request.method, "url": redaction.text(request.url)}
    match request.body:
        case JsonBody(value=value):
            headers["Content-Type"] = "application/json"
            body = json.loads(dump(value), parse_float=Decimal)
            return {**shown, "headers": headers, "json": redaction.value(body)}
        case FormBody(fields=fields):
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            told = {name: redaction.text(text) for name, text in fields}
            return {**shown, "headers": headers, "form": told}
        case RawBody(media_type=media_type):
            headers["Content-Type"] = media_type
            return {**shown, "headers": headers, "raw": "{{reference:0}}"}
        case MultipartBody(parts=parts):
            files = 0
            made: list[JsonObject] = []
            for part in parts:
                made.append(_part(part, files, redaction))
                files += part.filename is not None
            return {**shown, "headers": headers, "multipart": made}
        case None:
            return {**shown, "headers": headers}


def _part(part: Part, files: int, redaction: Redaction) -> JsonObject:
    if part.filename is None:
        return {"name": part.name, "text": redaction.text(part.data.decode("utf-8", "replace"))}
    media = {"media_type": part.media_type} if part.media_type else {}
    file = f"{{{{reference:{files}}}}}"
    return {"name": part.name, "filename": part.filename, **media, "file": file}


def _response(observed: Observed, redaction: Redaction) -> JsonObject:
    message = observed.messages[0] if observed.messages else None
    if isinstance(message, Response):
        given = {name: find_header(message.headers, name) for name in _KEPT_HEADERS}
        headers = {name: value for name, value in given.items() if value}
        masks = _masks(redaction.fixtures, observed.operation)
        body = _body(message.body, redaction, masks)
        return {"status": message.status, "headers": headers, **body}
    events = [
        _event(each, redaction) for each in observed.messages if isinstance(each, ServerSentEvent)
    ]
    return {"status": 200, "headers": {"Content-Type": "text/event-stream"}, "events": events}


def _body(body: bytes, redaction: Redaction, masks: Iterable[Mutation]) -> JsonObject:
    if not body:
        return {"text": ""}
    try:
        value = redaction.value(json.loads(body, parse_float=Decimal))
    except ValueError:
        return {"text": redaction.text(body.decode("utf-8", "replace"))}
    for mask in masks:
        with suppress(LookupError):
            value = mask.apply(value) if get(value, mask.pointer) is not MISSING else value
    return {"answer": spell(value)}


def _masks(fixtures: Fixtures, operation: str) -> Iterator[Mutation]:
    """The places where the documents show an id or the account's balance."""
    for exchange in fixtures.exchanges.values():
        content = exchange.response.content if exchange.response else None
        if exchange.operation == operation and isinstance(content, JsonContent):
            for pointer, template in leaves(content.value):
                placeholder = whole(template)
                if placeholder is not None and placeholder[0] in {"id", "balance"}:
                    yield Mutation(pointer=pointer, value=template)


def _event(event: ServerSentEvent, redaction: Redaction) -> object:
    """An event as a sheet has it: its data, with its name in front where it has one."""
    try:
        data = spell(redaction.value(json.loads(event.data, parse_float=Decimal)))
    except ValueError:
        text = redaction.text(event.data)
        data = text if text.startswith("[") else spell(text)
    return data if event.event == "message" else [event.event, data]


def _expectation(outcome: object) -> JsonObject:
    """What the plugin made of it, as far as it is the same each time."""
    match outcome:
        case TintypeError():
            return {"error": f"{type(outcome).__name__} {outcome.billed}"}
        case Update():
            images = [{"index": image.index} for image in outcome.images]
            drawn = {"images": images} if images else {}
            known = {"id": "{{id:task}}"} if outcome.id else {}
            return {"expect": {**known, "state": str(outcome.state), **drawn}}
        case Quote():
            return {"expect": {"final": outcome.final}}
        case _:
            return {}
