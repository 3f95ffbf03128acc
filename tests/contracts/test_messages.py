"""Requests of every kind: documented, built by a plugin, heard from a socket, held side by side."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from tintype._keys.dispatch import Dispatch
from tintype.account import Account
from tintype.catalog import Model, ProviderInfo
from tintype.credentials import HeaderKey
from tintype.messages import FormBody, JsonBody, RawBody, Request
from tintype_contracts import FixtureError, Fixtures, load_folder
from tintype_contracts.fixtures.format import (
    FormContent,
    JsonContent,
    Parameter,
    RawContent,
    WireRequest,
)
from tintype_contracts.fixtures.messages import request_differences
from tintype_contracts.fixtures.values import fixed_values, small_png
from tintype_contracts.sandbox import Engine, SandboxRequest, State, WholeResponse
from tintype_contracts.wire.request import RawRequest

URL = "https://api.acme.test/v1/images"
KEY = ("Authorization", "Bearer {{secret:api_key}}")
VERSION = ("X-Acme-Version", "2026-11-01")
PICTURE = small_png("reference 0")
AUTH = HeaderKey()
MODEL = Model(id="acme-1")
INFO = ProviderInfo(
    name="acme",
    title="Acme",
    homepage="https://acme.test",
    origins=("https://api.acme.test",),
    models=(MODEL,),
    general=MODEL,
)
ROW = Parameter(
    operation="submit",
    wire="/X-Acme-Version",
    type="string",
    place="header",
    required=True,
    enum=("2026-11-01",),
    src="create",
    kind="verbatim",
)


def different(acme: Fixtures, documented: WireRequest, built: Request) -> list[str]:
    """Where what was built is not what is documented."""
    filling = fixed_values(acme, next(iter(acme.exchanges.values())))
    found = request_differences(documented, built, auth=AUTH, filling=filling)
    return [each.pointer for each in found]


def shown(
    content: JsonContent | FormContent | RawContent, *headers: tuple[str, str]
) -> WireRequest:
    """A documented request."""
    return WireRequest(method="POST", url=URL, headers=(KEY, *headers), content=content)


FORM = FormContent(fields={"prompt": "a cat", "n": "2"})
RAW = RawContent(file="{{reference:0}}")
JPEG = ("Content-Type", "image/png")


@pytest.mark.parametrize(
    ("documented", "built", "places"),
    [
        (shown(JsonContent(value=[1, 2])), JsonBody(value=[1, 2]), []),
        (shown(JsonContent(value=[1, 2])), JsonBody(value=[1, 3]), ["/json/1"]),
        (shown(FORM), FormBody(fields=(("n", "2"), ("prompt", "a cat"))), []),
        (shown(FORM), FormBody(fields=(("prompt", "a cat"),)), ["/form/n"]),
        (shown(RAW, JPEG), RawBody(data=PICTURE, media_type="image/png"), []),
        (shown(RAW, JPEG), RawBody(data=b"x", media_type="image/png"), ["/raw"]),
        (
            shown(RAW, JPEG),
            RawBody(data=PICTURE, media_type="image/jpeg"),
            ["/headers/content-type"],
        ),
        (shown(FORM), JsonBody(value={}), ["/body"]),
    ],
)
def test_bodies_are_held_side_by_side(
    acme: Fixtures, documented: WireRequest, built: object, places: list[str]
) -> None:
    """JSON by value, a form by its fields, a file by its bytes and its media type."""
    request = Request(method="POST", url=URL, body=built)  # type: ignore[arg-type]
    assert sorted(different(acme, documented, request)) == sorted(places)


@pytest.mark.parametrize(
    ("documented", "fields", "places"),
    [
        ((VERSION,), {"headers": (VERSION,)}, []),
        ((VERSION,), {"headers": (("x-acme-version", "2026-11-01"),)}, []),
        ((VERSION,), {}, ["/headers/x-acme-version"]),
        ((VERSION,), {"headers": (("X-Acme-Version", "1"),)}, ["/headers/x-acme-version"]),
        ((), {"headers": (VERSION,)}, ["/headers/x-acme-version"]),
        ((("Accept", "application/json"),), {}, []),
        ((("Accept", "image/*"),), {"accept": "image/*"}, []),
        ((("Accept", "image/*"),), {}, ["/headers/accept"]),
        ((), {"accept": "image/*"}, ["/headers/accept"]),
    ],
)
def test_headers_are_held_side_by_side(
    acme: Fixtures,
    documented: tuple[tuple[str, str], ...],
    fields: dict[str, object],
    places: list[str],
) -> None:
    """The plugin's own, and what it accepts where that is other than usual."""
    request = evolve(Request.post(URL, {"a": 1}), **fields)  # type: ignore[arg-type]
    shows = shown(JsonContent(value={"a": 1}), *documented)
    assert different(acme, shows, request) == places


@pytest.mark.parametrize(
    "body",
    [
        JsonBody(value=[{"a": 1}]),
        FormBody(fields=(("a", "ä b"), ("a", ""), ("c", "&="))),
        RawBody(data=PICTURE, media_type="image/png"),
    ],
)
def test_a_body_that_was_heard_is_the_one_that_was_sent(body: object) -> None:
    """Whatever its kind."""
    request = Request(method="POST", url=URL, body=body)  # type: ignore[arg-type]
    sent = Dispatch(INFO, Account(provider="acme", key="a-key-of-mine")).encode(request)
    heard = RawRequest(name="", line=b"POST / HTTP/1.1", headers=sent.headers, body=sent.body)
    assert heard.content() == body


# --------------------------------------------------------------------------- rows of headers


def test_a_row_may_be_of_a_header(folder: Path, acme: Fixtures, edit: Callable[..., None]) -> None:
    """It stands in the same table, and is no field of the body."""
    edit(("[fields]", '[fields]\n"header:X-Acme-Version" = "- string"'))
    read = load_folder(folder)
    assert read.parameters == acme.parameters
    assert [(row.place, row.wire) for row in read.headers] == [("header", "/X-Acme-Version")]
    edit(("header:", "trailer:"))
    with pytest.raises(FixtureError, match="trailer"):
        load_folder(folder)


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ((VERSION,), ""),
        ((("x-acme-version", "2026-11-01"),), ""),
        ((), "/X-Acme-Version is required"),
        ((("X-Acme-Version", "1"),), "'1' is not one of"),
    ],
)
def test_the_sandbox_refuses_what_lacks_a_documented_header(
    acme: Fixtures, engine: Engine, headers: tuple[tuple[str, str], ...], words: str
) -> None:
    """As it refuses a field of the body, and with the reason."""
    fixtures = evolve(acme, fields=(*acme.fields, ROW))
    state = State(fixtures=fixtures, settings=engine.state.settings)
    call = SandboxRequest(
        method="POST",
        path="/v1/images",
        headers=(("x-key", "k"), ("Content-Type", "application/json"), *headers),
        body=json.dumps({"prompt": "a cat"}).encode(),
    )
    reply = Engine(state=state).answer(call, 1_800_000_000.0)
    assert isinstance(reply, WholeResponse)
    assert words in dict(reply.headers).get("x-sandbox-reason", "")
    assert reply.status == (422 if words else 200)
