"""A body against the parameter table: admitted, or refused with the reason."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from tintype_contracts import Fixtures
from tintype_contracts.fixtures.format import Parameter, WireType
from tintype_contracts.fixtures.forms import form_object
from tintype_contracts.fixtures.multipart import BodyError, UploadedFile
from tintype_contracts.fixtures.validation import objections
from tintype_contracts.fixtures.values import small_png
from tintype_contracts.sandbox.engine.bodies import read_body
from tintype_contracts.sandbox.engine.messages import SandboxRequest
from tintype_contracts.strategies.values import admitted

PROMPT = {"prompt": "a cat"}


def reasons(acme: Fixtures, body: dict[str, object]) -> list[str]:
    """Why Acme's table refuses a submission."""
    rows = [row for row in acme.parameters if row.operation == "submit"]
    return list(objections(rows, body))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"model": "acme-1", "seed": -5},
        {"size": "2K"},
        {"size": "auto"},
        {"size": "100x100"},
        {"size": "128x32"},
        {"n": 1},
        {"n": 4},
        {"guidance": 0},
        {"guidance": Decimal("9.5")},
        {"stream": False},
        {"image": ["a", "b"]},
        {"image": [UploadedFile(filename="a.png", data=small_png("a"))]},
        {"extra": {"anything": {"goes": 1}}},
        {"options": '{"a": 1}'},
        {"options": {"a": 1}},
        {"prompt": "x" * 4000},
    ],
)
def test_what_the_table_admits(acme: Fixtures, fields: dict[str, object]) -> None:
    """Bounds are part of what they bound; what has a row of its own may hold anything."""
    assert reasons(acme, {**PROMPT, **fields}) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"prompt": ""}, "/prompt: 0 characters is less than 1."),
        ({"prompt": "x" * 4001}, "/prompt: 4001 characters is more than 4000."),
        ({"prompt": None}, "/prompt: None is not of type string."),
        ({"size": "3K"}, "/size: '3K' is not one of"),
        ({"size": "60x60"}, "/size: '60x60' is not one of"),
        ({"size": "5000x1000"}, "WIDTHxHEIGHT within bounds"),
        ({"size": "1000x10"}, "/size"),
        ({"size": 1024}, "/size: 1024 is not of type string."),
        ({"n": 0}, "/n: 0 is less than 1."),
        ({"n": 5}, "/n: 5 is more than 4."),
        ({"n": True}, "/n: True is not of type integer."),
        ({"n": Decimal("2.0")}, "is not of type integer."),
        ({"guidance": Decimal("10.1")}, "/guidance: 10.1 is more than 10."),
        ({"guidance": True}, "/guidance"),
        ({"stream": "false"}, "/stream: 'false' is not of type boolean."),
        ({"image": "a"}, "/image: 'a' is not of type array."),
        ({"image": ["a", "b", "c"]}, "/image: 3 items is more than 2."),
        ({"options": "{"}, "/options: '{' is not of type json."),
        ({"extra": []}, "/extra: [] is not of type object."),
        ({"ratio": "16x9"}, "/ratio: '16x9' is not one of /"),
        ({"colour": "red"}, "/colour is not a documented parameter of acme-1."),
        ({"model": "acme-1", "strength": 1}, "/strength is not a documented parameter of acme-1."),
        ({"model": "acme-2", "seed": -1}, "/seed: -1 is less than 0."),
        ({"model": "acme-2", "strength": 1}, "/strength: 1 is not of type string."),
    ],
)
def test_what_the_table_refuses(acme: Fixtures, fields: dict[str, object], words: str) -> None:
    """The reason names the field, the value and what was allowed."""
    assert any(words in reason for reason in reasons(acme, {**PROMPT, **fields}))


def test_a_model_that_no_row_names_is_held_to_all_rows(acme: Fixtures) -> None:
    """The tables say nothing about it, so what any model takes may be sent."""
    assert reasons(acme, {**PROMPT, "model": "acme-9", "seed": -1, "strength": "low"}) == []
    assert reasons(acme, {**PROMPT, "model": "acme-9", "seed": "x"}) != []


def test_what_is_required_is_missed(acme: Fixtures) -> None:
    """A body without a prompt is refused."""
    assert reasons(acme, {}) == ["/prompt is required."]


def _form(body: bytes, boundary: str = "b") -> SandboxRequest:
    headers = (("Content-Type", f"multipart/form-data; boundary={boundary}"),)
    return SandboxRequest(method="POST", path="/", headers=headers, body=body)


def test_a_form_is_an_object_with_its_files_in_arrays() -> None:
    """Bytes come through as they are, line ends and all; a file of no bytes is none."""
    body = (
        b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\na\r\ncat\r\n'
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="1.png"\r\n'
        b"Content-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n\x00--b\r\n"
        b'--b\r\nContent-Disposition: form-data; filename="2.png"; name="f"\r\n\r\nGIF\r\n'
        b'--b\r\nContent-Disposition: form-data; name="none"; filename=""\r\n\r\n\r\n--b--\r\n'
    )
    assert read_body(_form(body), "multipart") == {
        "prompt": "a\r\ncat",
        "f": [
            UploadedFile(filename="1.png", data=b"\x89PNG\r\n\x1a\n\x00--b"),
            UploadedFile(filename="2.png", data=b"GIF"),
        ],
    }


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (SandboxRequest(method="POST", path="/", body=b"{}"), "json", "content type"),
        (SandboxRequest(method="POST", path="/", body=b"{}"), "multipart", "content type"),
        (SandboxRequest(method="POST", path="/", body=b"a=b"), "form", "content type"),
        (_form(b"--b\r\n\r\nx"), "multipart", "does not end"),
        (_form(b"--b\r\n\r\nx\r\n--b--"), "multipart", "has no name"),
        (_form(b""), "multipart", "does not end"),
    ],
)
def test_a_body_of_another_kind_is_refused(call: SandboxRequest, kind: str, words: str) -> None:
    """The reason says what was expected."""
    with pytest.raises(BodyError, match=words):
        read_body(call, kind)


def test_an_urlencoded_form_is_an_object_of_texts() -> None:
    """A file is read by nobody."""
    kind = (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),)
    call = SandboxRequest(method="POST", path="/", headers=kind, body=b"prompt=a+cat%21&n=2&c=")
    assert read_body(call, "form") == {"prompt": "a cat!", "n": "2", "c": ""}
    assert read_body(call, "raw") == {}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"[" * 100_000])
def test_json_that_is_no_object_is_refused(body: bytes) -> None:
    """However deep it is."""
    call = SandboxRequest(
        method="POST", path="/", headers=(("content-type", "application/json"),), body=body
    )
    with pytest.raises(BodyError):
        read_body(call, "json")


def test_a_form_writes_its_numbers_out(acme: Fixtures) -> None:
    """What is refused in JSON is the only way there is in a form."""
    rows = [row for row in acme.parameters if row.operation == "submit"]
    body = {**PROMPT, "n": "2", "guidance": "1.5", "stream": "true"}
    assert list(objections(rows, form_object(body.items(), rows))) == []
    assert len(list(objections(rows, body))) == 3
    assert list(objections(rows, form_object({**PROMPT, "n": "two"}.items(), rows)))


@pytest.mark.parametrize(
    ("kind", "texts", "found"),
    [
        ("integer", ["77"], 77),
        ("integer", ["7.5"], "7.5"),
        ("number", ["7.5"], Decimal("7.5")),
        ("boolean", ["true"], True),
        ("json", ['{"a": [1]}'], {"a": [1]}),
        ("object", ['{"a": 1}'], {"a": 1}),
        ("object", ["a"], "a"),
        ("string", ["77"], "77"),
        ("array", ["A"], ["A"]),
        ("array", ["A", "B"], ["A", "B"]),
        ("string", ["A", "B"], ["A", "B"]),
    ],
)
def test_a_text_of_a_form_is_what_its_row_says(
    kind: WireType, texts: list[str], found: object
) -> None:
    """As it is, where it is nothing of the kind; a field that is repeated is an array."""
    row = Parameter(wire="/a", operation="submit", type=kind, src="docs", kind="adapted")
    assert form_object([("a", each) for each in texts], [row]) == {"a": found}


def test_a_file_that_is_no_image_is_refused() -> None:
    """Whatever its name says."""
    row = Parameter(wire="/a", operation="submit", type="file", src="docs", kind="adapted")
    code = UploadedFile(filename="good.py", data=b"import os")
    assert list(objections([row], {"a": [code]})) == ["/a: good.py is no image."]
    picture = UploadedFile(filename="good.png", data=small_png("a"))
    assert list(objections([row], {"a": [picture]})) == []


def test_a_style_in_free_words_is_asked_for() -> None:
    """What lists no words takes any: a field that nothing asks for is checked by nothing."""
    free = Parameter(
        operation="submit",
        wire="/style",
        type="string",
        neutral="style",
        src="page",
        kind="adapted",
    )
    assert admitted(free) == [("style", "loose watercolor")]
    assert admitted(evolve(free, pattern="[a-z]+")) == []
    assert admitted(evolve(free, enum=("oil",))) == [("style", "oil")]
