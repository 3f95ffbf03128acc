"""An operation with several addresses: what decides between them, and what each of them takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from attrs import evolve
from tests.contracts.changed import findings

from tintype._plugins.registry import Registry
from tintype.catalog import Choice, Model, Number, ProviderInfo, References, Text
from tintype.convert import decode_image
from tintype.errors import InvalidRequestError
from tintype.exchange import Exchange
from tintype.hooks import hookimpl
from tintype.messages import MultipartBody, Part, Request
from tintype.models import Image, Update
from tintype.request import Submission
from tintype_contracts import FixtureError, Fixtures, load_folder
from tintype_contracts.drift.surface_of_fixtures import surface_of_fixtures
from tintype_contracts.harness.subject import Subject
from tintype_contracts.sandbox import Engine, SandboxRequest, Settings, State

SHEET = """
format = "tintype-fixture/2"
provider = "two"
title = "Two"
read = 2026-11-20
hosts = ["https://api.two.test"]

[sources]
page = "https://docs.two.test An imaginary page"
edit = "page: A body"

[routes]
submit = [["POST /v1/draw json"], ["POST /v1/edit multipart when references"]]

[fields]
"/model" = "model string! [two-1]"
"/prompt" = "prompt string!"
"/quality" = "quality string [low high]"
"/size" = "size string [1024x1024 1536x1024] on=/v1/draw"
"/image" = "references array! ..1 on=/v1/edit"
"/strength" = "strength number! 0..1 on=/v1/edit"

[answer]
"/data/*/b64" = "image.b64"

[story.generated]
answer = '{"data":[{"b64":"{{image:b64}}"}]}'

[story.generated.drawn]
case = {prompt = "a cat", model = "two-1", size = "1024x1024"}

[story.generated_from_references.edited]
adds = {references = ["{{reference:0}}"], strength = 0.5}
"""
PAGE = "https://docs.two.test"
API = "https://api.two.test/v1"
KEY = ("Authorization", "Bearer k")


def _folder(folder: Path, sheet: str = SHEET, **sources: str) -> Path:
    (folder / "sources").mkdir(exist_ok=True)
    (folder / "sheet.toml").write_text(sheet.replace(', size = "1024x1024"}', "}"), "utf-8")
    for name, text in {"edit": "{}", **sources}.items():
        (folder / "sources" / f"{name}.txt").write_text(text, "utf-8")
    return folder


@pytest.fixture(name="two")
def _two(tmp_path: Path) -> Fixtures:
    return load_folder(_folder(tmp_path))


def test_a_submission_is_derived_for_the_address_it_goes_to(two: Fixtures) -> None:
    """JSON without a picture, a form with one; each with what that address takes."""
    asked = {name: each.request for name, each in two.exchanges.items() if each.request}
    assert asked["generated/drawn"].url == f"{API}/draw"
    edited = asked["generated_from_references/edited"]
    assert edited.url == f"{API}/edit"
    assert [part.name for part in edited.content.parts] == ["model", "prompt", "image", "strength"]


def test_what_an_address_lacks_and_requires_are_rules(two: Fixtures) -> None:
    """Nobody writes them down a second time."""
    told = {(rule.left, rule.relation, rule.right) for rule in two.rules}
    assert told == {
        (("size",), "excludes", ("references",)),
        (("strength",), "requires", ("references",)),
        (("references",), "requires", ("strength",)),
    }


def test_the_fields_of_each_address_are_a_surface_of_their_own(two: Fixtures) -> None:
    """A document that has two operations is compared with each of them."""
    asked = surface_of_fixtures(two).requests
    assert asked["submit:/v1/edit /strength"].required
    assert "submit:/v1/draw /strength" not in asked


def test_a_route_that_is_named_is_asked_and_an_unknown_one_is_told(tmp_path: Path) -> None:
    """A body goes where its exchange says, else where its fields belong."""
    body = '{"model":"two-1","prompt":"a cat","image":["{{reference:0}}"],"strength":0.5}'
    more = '\n[story.generated_from_references.printed]\nrequest = "edit"\n'
    found = load_folder(_folder(tmp_path, SHEET + more, edit=body))
    assert found.exchanges["generated_from_references/printed"].request.url == f"{API}/edit"
    named = SHEET + more + 'route = "/v1/draw"\n'
    found = load_folder(_folder(tmp_path, named, edit=body))
    assert found.exchanges["generated_from_references/printed"].request.url == f"{API}/draw"
    with pytest.raises(FixtureError, match="'/v1/nowhere' is no route of submit"):
        load_folder(_folder(tmp_path, SHEET + more + 'route = "/v1/nowhere"\n', edit=body))
    with pytest.raises(FixtureError, match="/v1/drew is no route of submit"):
        load_folder(_folder(tmp_path, SHEET.replace("on=/v1/draw", "on=/v1/drew")))


# ------------------------------------------------------------------------------ the sandbox


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("draw", {"size": "1024x1024"}, ""),
        ("draw", {"strength": 0.5}, "/strength is not a documented parameter of two-1."),
        ("draw", {"image": ["a"]}, "/image/0 is not a documented parameter of two-1."),
        ("edit", {}, "/image is required."),
    ],
)
def test_a_wrong_address_is_refused(
    two: Fixtures, path: str, body: dict[str, object], reason: str
) -> None:
    """What only the other one takes is undocumented there; what is required has to be there."""
    engine = Engine(
        state=State(fixtures=two, settings=Settings(base_url="http://two.local", key="k"))
    )
    given = {"model": "two-1", "prompt": "a cat", **body}
    if path == "edit":
        parts = (Part(name=name, data=str(text).encode()) for name, text in given.items())
        kind, data = _encoded(MultipartBody(parts=tuple(parts)))
    else:
        kind, data = "application/json", json.dumps(given).encode()
    call = SandboxRequest(
        method="POST", path=f"/v1/{path}", headers=(KEY, ("Content-Type", kind)), body=data
    )
    reply = engine.answer(call, 1_800_000_000.0)
    assert dict(reply.headers).get("x-sandbox-reason", "").startswith(reason)
    assert (reply.status == 200) == (not reason)


# ------------------------------------------------------------------------------- the checks


def _encoded(body: MultipartBody) -> tuple[str, bytes]:
    rows = [
        f'--x\r\nContent-Disposition: form-data; name="{part.name}"\r\n\r\n'.encode() + part.data
        for part in body.parts
    ]
    return "multipart/form-data; boundary=x", b"\r\n".join([*rows, b"--x--\r\n"])


INFO = ProviderInfo(
    name="two",
    title="Two",
    homepage="https://two.test",
    general=Model(id=""),
    origins=("https://api.two.test",),
    models=(
        Model(
            id="two-1",
            parameters={
                "prompt": Text(source=PAGE),
                "quality": Choice(values=("low", "high"), source=PAGE),
                "size": Choice(values=("1024x1024", "1536x1024"), source=PAGE),
                "strength": Number(low=0, high=1, source=PAGE),
            },
            references=References(forms=("bytes",), max_count=1, source=PAGE),
            source=PAGE,
        ),
    ),
    sources=(PAGE,),
)


def _submit(request: Submission) -> Request:
    given = {"model": request.model, "prompt": request.prompt, "quality": request.quality}
    if (request.strength is None) == bool(request.references):
        msg = "A picture needs a strength."
        raise InvalidRequestError(msg, field="strength")
    if request.references and request.size:
        msg = "An edit has the size of its picture."
        raise InvalidRequestError(msg, field="size")
    given |= {"size": request.size, "strength": request.strength}
    body = {name: value for name, value in given.items() if value is not None}
    if not request.references:
        return Request.post(f"{API}/draw", {**body, **request.options})
    files = [
        Part(name="image", data=each.data or b"", filename="image1.png", media_type=each.media_type)
        for each in request.references
    ]
    texts = [Part(name=name, data=str(value).encode()) for name, value in body.items()]
    return Request(method="POST", url=f"{API}/edit", body=MultipartBody(parts=(*texts, *files)))


def _parse(exchange: Exchange) -> Update:
    data = json.loads(exchange.message.body)["data"][0]["b64"]
    return Update(state="succeeded", images=(Image(data=decode_image(data, "/data/0/b64")),))


def _plugin(two: Fixtures, change: Callable[[Request, Submission], Request]) -> Subject:
    hooks = {
        "describe": lambda: INFO,
        "price": lambda: None,
        "poll": lambda: None,
        "submit": lambda request: change(_submit(request), request),
        "parse": _parse,
    }
    made = {name: hookimpl(specname=name)(hook) for name, hook in hooks.items()}
    return Subject(Registry({"two": SimpleNamespace(**made)}).get("two"), two, name="two")


CHECKS = (
    "request.documented-example",
    "request.documented-route",
    "request.only-documented-fields",
    "request.values-arrive",
    "request.every-parameter-is-reachable",
    "request.references-unchanged",
    "request.rules-between-fields",
    "request.fields-together",
    "doc.offers-only-what-is-documented",
)


def test_a_plugin_that_asks_each_address_for_its_own_passes(two: Fixtures) -> None:
    """JSON at the one, a form at the other."""
    subject = _plugin(two, lambda sent, _: sent)
    assert {check: findings(check, subject) for check in CHECKS} == {name: [] for name in CHECKS}


def test_each_submission_is_held_against_its_own_address(two: Fixtures) -> None:
    """Also one that no story is written of: an edit of high quality that goes elsewhere."""

    def astray(sent: Request, request: Submission) -> Request:
        wrong = request.references and request.quality == "high"
        return evolve(sent, url=f"{API}/draw") if wrong else sent

    assert findings("request.documented-example", _plugin(two, astray)) == []
    found = findings("request.documented-route", _plugin(two, astray))
    assert any("quality=high" in each.mutations for each in found)
