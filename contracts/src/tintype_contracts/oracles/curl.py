"""Printed curl commands as the judges of a plugin.

The sandbox and the transcripts were written by the same hand as the plugins; a command
that a provider prints was not. The request that a plugin builds for the same input must
have the command's method, URL, headers and body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import parse_qsl

from tintype.credentials import Scheme
from tintype.messages import FormBody, JsonBody, MultipartBody, RawBody, Request
from tintype_contracts.fixtures.comparing import Difference, differences
from tintype_contracts.fixtures.curl import Curl, is_curl, parse_curl
from tintype_contracts.fixtures.format import DocumentedExchange, Fixtures
from tintype_contracts.fixtures.forms import form_object
from tintype_contracts.fixtures.messages import (
    address,
    is_usual,
    media_type_of,
    own_headers,
    without_defaults,
)
from tintype_contracts.fixtures.placeholders import dump
from tintype_contracts.fixtures.routes import find_route, split
from tintype_contracts.harness.scenario import Rehearsal


def printed_commands(fixtures: Fixtures) -> Iterator[tuple[str, Curl]]:
    """Every curl command among the excerpts, with the id of its source."""
    for source, text in fixtures.excerpts.items():
        if is_curl(text):
            yield source, parse_curl(text)


def exchange_printed_in(fixtures: Fixtures, source: str) -> DocumentedExchange | None:
    """The exchange whose request stands in the excerpt of `source`, or None."""
    found = (
        exchange
        for exchange in fixtures.exchanges.values()
        if (exchange.request_src or exchange.src) == source and exchange.request is not None
    )
    return next(found, None)


def command_differences(
    rehearsal: Rehearsal, exchange: DocumentedExchange, curl: Curl
) -> list[Difference]:
    """Where the plugin's request for the input of `exchange` is not the printed one."""
    built = rehearsal.ask(exchange)
    if exchange.operation in {"poll", "cancel"}:
        named = _id_in(rehearsal.fixtures, curl)
        built = rehearsal.ask_about(exchange, rehearsal.accepted(named))
    if not isinstance(built, Request):
        return [Difference(pointer="", expected="a Request", actual=built)]
    auth = rehearsal.hooks.describe().auth
    rows = [row for row in rehearsal.fixtures.parameters if row.operation == exchange.operation]
    texts = {row.wire[1:] for row in rows if row.type == "json"}
    return list(without_defaults(_differences(curl, built, auth, texts), rows))


def _id_in(fixtures: Fixtures, curl: Curl) -> str:
    """The id of the task that the printed URL asks about."""
    found = find_route(fixtures, curl.method, *split(curl.url))
    return found.holes.get("id", "") if found else ""


def _differences(curl: Curl, built: Request, auth: Scheme, texts: set[str]) -> Iterator[Difference]:
    printed = {"method": curl.method, "url": address(curl.url)}
    yield from differences(printed, {"method": built.method, "url": address(built.url)})
    yield from _header_differences(curl, built, auth)
    match built.body:
        case JsonBody(value=value):
            sent: object = json.loads(dump(value), parse_float=Decimal)
            yield from differences(curl.json if curl.data else None, sent, "/json")
        case FormBody(fields=fields):
            printed_fields = parse_qsl(curl.data or "", keep_blank_values=True)
            yield from differences(form_object(printed_fields), form_object(fields), "/form")
        case MultipartBody():
            yield from differences(_printed_form(curl, texts), _form(built.body, texts), "/form")
        case body:
            kind = None if body is None else type(body).__name__
            yield from differences(curl.data or curl.form or None, kind, "/body")


def _header_differences(curl: Curl, built: Request, auth: Scheme) -> Iterator[Difference]:
    printed = {name.lower(): value for name, value in curl.headers}
    header, text = auth.shown
    shown = printed.pop(header.lower(), None)
    form = ".+".join(re.escape(piece) for piece in re.split(r"\{\w+\}", text))
    if built.auth != (shown is not None and re.fullmatch(form, shown) is not None):
        yield Difference(pointer=f"/headers/{header}", expected=shown, actual=text)
    sent: dict[str, str] = {}
    if isinstance(built.body, JsonBody | RawBody):
        sent["content-type"] = media_type_of(built.body)
    elif built.body is not None:
        printed.pop("content-type", None)  # of a form curl says it by itself
    sent |= own_headers(built)
    if "accept" not in sent and is_usual(printed.get("accept", "")):
        printed.pop("accept", None)
    yield from differences(printed, sent, "/headers")


def _printed_form(curl: Curl, texts: set[str]) -> dict[str, object]:
    return form_object(
        [
            (part.name, _text(part.text, part.name in texts) if part.text else [part.filename])
            for part in curl.form
        ]
    )


def _form(body: MultipartBody, texts: set[str]) -> dict[str, object]:
    """A form as an object; of a file the command tells the name alone."""
    return form_object(
        [
            (
                part.name,
                [part.filename]
                if part.filename is not None
                else _text(part.data.decode(), part.name in texts),
            )
            for part in body.parts
        ]
    )


def _text(text: str, is_json: bool) -> object:  # noqa: FBT001 - one of two readings of a text
    return json.loads(text, parse_float=Decimal) if is_json else text
