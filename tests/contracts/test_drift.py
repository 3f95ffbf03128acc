"""Drift: a fixture set against a newer document, the same change weighed on each side."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.contracts.openrouter_openapi import document

from tintype_contracts import Fixtures
from tintype_contracts.cli.contracts import command
from tintype_contracts.drift import (
    DocumentError,
    Field,
    Surface,
    changes,
    read_surface,
    surface_of_fixtures,
)

Edit = Callable[..., None]
TEXT = frozenset({"string"})

OPENAPI = """
openapi: 3.1.0
info: {title: Acme, version: "2"}
servers: [{url: https://api.acme.test/v1}]
paths:
  /images:
    post:
      requestBody:
        content:
          application/json:
            schema: {$ref: '#/components/schemas/Ask'}
      responses:
        "200":
          content:
            application/json:
              schema:
                type: object
                properties:
                  id: {type: string}
                  status: {enum: [queued, waiting, done]}
                  kept: {type: boolean}
        "401": {description: no}
        "418": {description: teapot}
  /tasks/{task}:
    get:
      responses:
        "200":
          content:
            application/json:
              schema:
                properties:
                  id: {type: string}
                  status: {enum: [queued, drawing, done, broken, refused, canceled, paused]}
components:
  schemas:
    Ask:
      allOf:
      - required: [prompt, style]
        properties:
          prompt: {type: string, minLength: 1, maxLength: 1000}
          ratio: {enum: [16:9, on, 1:1]}
          n: {anyOf: [{type: integer, minimum: 1, maximum: 4}, {type: 'null'}]}
          format: {enum: [png, jpeg, webp, avif]}
          background: {type: boolean}
          style: {type: string}
"""


def compared(fixtures: Fixtures, path: Path) -> set[tuple[str, str, str]]:
    """Severity, table and name of every change."""
    found = changes(surface_of_fixtures(fixtures), read_surface(path, fixtures))
    return {(change.severity, change.table, change.name) for change in found}


@pytest.fixture
def openapi(tmp_path: Path) -> Path:
    """A newer OpenAPI document of Acme, in YAML."""
    path = tmp_path / "acme.yaml"
    path.write_text(OPENAPI, "utf-8")
    return path


def test_an_openapi_document_is_compared_field_by_field(acme: Fixtures, openapi: Path) -> None:
    """Requests, answers, states, errors and routes, each in its tier."""
    found = compared(acme, openapi)
    assert {
        ("error", "parameters", "submit /style"),  # new, and required
        ("error", "parameters", "submit /prompt"),  # at most 1000 characters now
        ("error", "parameters", "submit /format"),  # no svg any more
        ("info", "parameters", "submit /format"),  # but avif
        ("error", "parameters", "submit /background"),  # a boolean
        ("error", "parameters", "submit /seed"),  # gone
        ("error", "states", "paused"),  # unknown
        ("error", "responses", "poll /images"),  # gone
        ("warning", "errors", "418"),  # new
        ("error", "routes", "price GET /v1/price/{model}"),  # gone
    } <= found
    assert ("error", "parameters", "submit /n") not in found


def test_yaml_is_read_as_openapi_prescribes(acme: Fixtures, openapi: Path) -> None:
    """16:9 is a text and not the number 969, `on` is a text and not true."""
    surface = read_surface(openapi, acme)
    assert surface.requests["submit /ratio"].words == ("16:9", "on", "1:1")


def test_a_set_has_not_drifted_from_itself(acme: Fixtures, folder: Path) -> None:
    """No change, no output that could be mistaken for one."""
    assert compared(acme, folder) == set()


def test_newer_fixtures_are_compared_by_their_tables(
    acme: Fixtures, folder: Path, edit: Edit
) -> None:
    """Prices, states, errors, auth and what else a table holds."""
    edit(
        ("2K $0.080", "2K $0.09"),
        ('running = ["queued", "drawing"]', 'running = ["drawing", "paused"]'),
        ('failed = ["broken"]', 'failed = ["queued"]'),
        ("AuthenticationError no", "PermissionDeniedError no"),
        ("kept_seconds = 3600", "kept_seconds = 60"),
        ("n integer =1 1..4", "n integer =1 1..2"),
    )
    assert compared(acme, folder) == {
        ("warning", "prices", "acme-1 resolution=2K a image"),
        ("error", "states", "paused"),
        ("error", "states", "queued"),
        ("warning", "states", "broken"),
        ("error", "errors", "401"),
        ("warning", "results", "results"),
        ("error", "parameters", "submit /n"),
    }


WHOLE, OPEN = Field(types=frozenset({"integer"})), Field(words=("a",), open=True)


def bounded(**bounds: int) -> Field:
    """A field with these bounds."""
    return Field(bounds={name: Decimal(each) for name, each in bounds.items()})


# Each rule once: what a field was, what it is, what that means sent and received.
FIELDS: list[tuple[str, Field | None, Field | None, list[str], list[str]]] = [
    ("added", None, Field(types=TEXT), ["info"], ["warning"]),
    ("added, required", None, Field(types=TEXT, required=True), ["error"], ["warning"]),
    ("removed", Field(types=TEXT), None, ["error"], ["error"]),
    ("another type", Field(types=TEXT), WHOLE, ["error"], ["error"]),
    ("a wider type", WHOLE, Field(types=frozenset({"number"})), [], []),
    ("a second type", Field(types=TEXT), Field(types=TEXT | {"array"}), [], ["warning"]),
    ("null", Field(types=TEXT), Field(types=TEXT | {"null"}), [], ["info"]),
    ("a word more", Field(words=("a",)), Field(words=("a", "b")), ["info"], ["warning"]),
    ("a word less", Field(words=("a", "b")), Field(words=("a",)), ["error"], ["info"]),
    ("less, but open", Field(words=("a", "b")), OPEN, ["warning"], ["info"]),
    ("only words", Field(types=TEXT), Field(types=TEXT, words=("a",)), ["error"], []),
    ("narrower", bounded(maximum=4), bounded(maximum=2), ["error"], []),
    ("narrower below", bounded(minimum=1), bounded(minimum=2), ["error"], []),
    ("wider", bounded(maximum=4), bounded(maximum=8), ["info"], []),
    ("bounded", Field(), bounded(maxLength=8), ["error"], []),
    ("required now", Field(), Field(required=True), ["error"], []),
    ("optional now", Field(required=True), Field(), ["info"], []),
    ("another default", Field(default="a"), Field(default="b"), ["warning"], []),
    ("the same", Field(types=TEXT, words=("a",)), Field(types=TEXT, words=("a",)), [], []),
]


@pytest.mark.parametrize(
    ("before", "after", "sent", "received"),
    [row[1:] for row in FIELDS],
    ids=[row[0] for row in FIELDS],
)
def test_a_change_weighs_differently_on_each_side(
    before: Field | None, after: Field | None, sent: list[str], received: list[str]
) -> None:
    """What may be refused is an error on the way out, what was never heard one on the way in."""
    other = {"submit /other": Field()}
    old = other if before is None else {**other, "submit /x": before}
    new = other if after is None else {**other, "submit /x": after}
    out = changes(Surface(requests=old), Surface(requests=new))
    back = changes(Surface(responses=old), Surface(responses=new))
    assert [change.severity for change in out] == sent
    assert [change.severity for change in back] == received


def test_what_breaks_stands_first(acme: Fixtures, openapi: Path) -> None:
    """A person reads from the top."""
    found = changes(surface_of_fixtures(acme), read_surface(openapi, acme))
    order = [change.severity for change in found]
    assert order == sorted(order, key=["error", "warning", "info"].index)


def test_a_new_field_is_proposed_as_a_row(acme: Fixtures, openapi: Path) -> None:
    """The proposal can be pasted into the table."""
    found = changes(surface_of_fixtures(acme), read_surface(openapi, acme))
    [change] = [each for each in found if each.name == "submit /style"]
    assert change.proposal == '"/style" = "- string!"'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "neither JSON nor YAML"),
        ("[]", "holds no object"),
        ("swagger: '2.0'", "no OpenAPI 3 document"),
        ("[" * 100_000, "neither JSON nor YAML"),
        ("openapi: 2026-99-99", "neither JSON nor YAML"),
        ("openapi: !!python/object/apply:os.getcwd []", "neither JSON nor YAML"),
    ],
)
def test_what_is_no_document_is_told(acme: Fixtures, tmp_path: Path, text: str, words: str) -> None:
    """A sentence, no traceback."""
    path = tmp_path / "document"
    path.write_text(text, "utf-8")
    with pytest.raises(DocumentError, match=words):
        read_surface(path, acme)


def test_a_schema_that_refers_to_itself_ends(acme: Fixtures, tmp_path: Path) -> None:
    """A tree of layers is read a few layers deep."""
    schema = {"properties": {"layer": {"$ref": "#/components/schemas/Layer"}}}
    media = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Layer"}}}}
    paths = {"/v1/images": {"post": {"requestBody": media}}}
    path = tmp_path / "document.json"
    components = {"schemas": {"Layer": schema}}
    path.write_text(json.dumps({"openapi": "3.0.0", "paths": paths, "components": components}))
    assert "submit /layer/layer" in read_surface(path, acme).requests


# ---------------------------------------------------------------------- the command


def test_the_command_says_what_breaks_and_exits_with_one(tmp_path: Path) -> None:
    """Exit 1 where a plugin would break; the fixtures are as they were."""
    tables = document()
    schema = tables["paths"]["/images"]["post"]["requestBody"]["content"]["application/json"]
    schema["schema"]["properties"]["quality"] = {"type": "string", "enum": ["low"]}
    path = tmp_path / "openrouter.json"
    path.write_text(json.dumps(tables), "utf-8")
    done = CliRunner().invoke(command, ["drift", "openrouter", str(path)])
    assert done.exit_code == 1
    assert "error    parameters submit /quality: No longer listed: auto, medium" in done.output
    assert "→ write [low]" in done.output


def test_openrouter_has_not_drifted_from_its_own_sdk(tmp_path: Path) -> None:
    """The schema in the official SDK breaks nothing that the fixtures say."""
    path = tmp_path / "openrouter.json"
    path.write_text(json.dumps(document()), "utf-8")
    done = CliRunner().invoke(command, ["drift", "openrouter", str(path), "--quiet"])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("openrouter: 0 error")


def test_misuse_is_a_sentence(tmp_path: Path) -> None:
    """A provider nobody has, a document that is none: exit 2."""
    path = tmp_path / "document"
    path.write_text("[]", "utf-8")
    unknown = CliRunner().invoke(command, ["drift", "nobody", str(path)])
    none = CliRunner().invoke(command, ["drift", "openrouter", str(path)])
    assert (unknown.exit_code, none.exit_code) == (2, 2)
    assert "holds no object" in none.output


def test_a_folder_of_something_else_is_misuse(tmp_path: Path) -> None:
    """It is named, and what lies in it is not read."""
    (tmp_path / "lost").symlink_to("nowhere")
    done = CliRunner().invoke(command, ["drift", "openrouter", str(tmp_path)])
    assert done.exit_code == 2
    said = f"tintype: {tmp_path} is no folder of fixtures: it holds no sheet.toml."
    assert done.stderr.splitlines() == [said]


def test_a_folder_that_cannot_be_read_is_misuse(folder: Path) -> None:
    """One broken link in newer fixtures is told by its name."""
    (folder / "lost.json").symlink_to("nowhere")
    done = CliRunner().invoke(command, ["drift", "openrouter", str(folder)])
    assert (done.exit_code, "lost.json#: It cannot be read" in done.stderr) == (2, True)
