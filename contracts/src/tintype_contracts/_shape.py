"""Fixture files to frozen values, once their JSON Schema has admitted them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Literal, TypeVar, cast, get_origin

import attrs
import cattrs
import jsonschema
from cattrs.cols import is_mapping, mapping_structure_factory
from cattrs.gen import make_dict_structure_fn, override

from tintype.messages import Headers, JsonObject
from tintype_contracts import format as words
from tintype_contracts.faults import Fault
from tintype_contracts.pointers import join

T = TypeVar("T")
_OUTCOMES: tuple[Literal["task", "quote", "request", "provider", "error"], ...] = (
    "task",
    "quote",
    "request",
    "provider",
    "error",
)


def shape_faults(file: str, value: object, schema: Literal["provider", "story"]) -> list[Fault]:
    """Where `value`, the content of `file`, differs from the shipped JSON Schema."""
    errors = _validator(schema).iter_errors(value)  # type: ignore[arg-type]  # it takes any value
    return [
        Fault(
            file=file,
            pointer=_pointer(error.absolute_path),
            message=f"{error.message[:300]}.",
            mend="Write it as docs/fixtures.md says.",
        )
        for error in sorted(errors, key=lambda error: [str(part) for part in error.path])
    ]


def _pointer(path: Iterable[object]) -> str:
    pointer = ""
    for token in path:
        pointer = join(pointer, token)
    return pointer


@cache
def _validator(name: str) -> jsonschema.protocols.Validator:
    folder = resources.files("tintype_contracts") / "schema"
    schema = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return jsonschema.Draft202012Validator(schema)


def fixtures_of(
    tables: JsonObject, stories: Iterable[words.Story], excerpts: Mapping[str, str]
) -> words.Fixtures:
    """`provider.json` with its stories and excerpts as one value."""
    plain = {key: value for key, value in tables.items() if key != "format"}
    fixtures = _converter.structure(plain, words.Fixtures)
    named = {story.name: story for story in stories}
    return attrs.evolve(fixtures, stories=named, excerpts=dict(excerpts))


def story_of(file: JsonObject) -> words.Story:
    """A story file as a value; the ids in its scenes are written in full."""
    name = _converter.structure(file["story"], str)
    exchanges = cast("Mapping[str, JsonObject]", file["exchanges"])
    scenes = cast("Mapping[str, list[str]]", file["scenes"])
    return words.Story(
        name=name,
        exchanges={key: _exchange(name, key, value) for key, value in exchanges.items()},
        scenes={
            key: tuple(part if "/" in part else f"{name}/{part}" for part in parts)
            for key, parts in scenes.items()
        },
    )


def _exchange(story: str, name: str, value: JsonObject) -> words.Exchange:
    return _converter.structure({**value, "story": story, "name": name}, words.Exchange)


# ------------------------------------------------------------------------ the pieces


def _content(value: JsonObject) -> words.ResponseContent | words.MultipartContent:
    """The body of a message, by the one key that holds it."""
    match value:
        case {"json": content}:
            return words.JsonContent(value=content)
        case {"text": str(text)}:
            return words.TextContent(text=text)
        case {"base64": str(text)}:
            return words.BinaryContent(data=base64.b64decode(text))
        case {"events": list(events)}:
            return words.EventsContent(events=tuple(_event(event) for event in events))
        case {"multipart": list(parts)}:
            made = _converter.structure(parts, tuple[words.PartTemplate, ...])
            return words.MultipartContent(parts=made)
        case _:
            return None


def _event(value: JsonObject) -> words.EventTemplate:
    content = _content(value)
    if not isinstance(content, words.JsonContent | words.TextContent):
        content = words.TextContent(text="")
    event = value.get("event")
    return words.EventTemplate(event=None if event is None else str(event), content=content)


def _headers(value: object) -> Headers:
    return tuple(_converter.structure(value, dict[str, str]).items())


def _request(value: JsonObject, _: object) -> words.WireRequest:
    content = _content(value)
    return words.WireRequest(
        method=str(value["method"]),
        url=str(value["url"]),
        headers=_headers(value["headers"]),
        content=content
        if isinstance(content, words.JsonContent | words.MultipartContent)
        else None,
    )


def _response(value: JsonObject, _: object) -> words.WireResponse:
    content = _content(value)
    return words.WireResponse(
        status=_converter.structure(value["status"], int),
        headers=_headers(value["headers"]),
        content=None if isinstance(content, words.MultipartContent) else content,
    )


def _delivery(value: JsonObject, _: object) -> words.WireDelivery:
    content = _content(value)
    return words.WireDelivery(
        headers=_headers(value["headers"]),
        content=content if isinstance(content, words.JsonContent | words.TextContent) else None,
    )


def _expectation(value: JsonObject, _: object) -> words.Expectation:
    outcome = next(key for key in _OUTCOMES if key in value)
    if outcome == "error":
        fields = {key: item for key, item in value.items() if key != "error"}
        return words.Expectation(outcome=outcome, fields=fields, error=str(value["error"]))
    return words.Expectation(outcome=outcome, fields=cast("JsonObject", value[outcome]))


def _is_tuple(shape: object) -> bool:
    return get_origin(shape) is tuple


def _build() -> cattrs.Converter:
    """A converter that refuses keys nobody knows; the schema has checked the types."""
    made = cattrs.Converter(forbid_extra_keys=True)
    made.register_structure_hook_func(lambda shape: shape is object, lambda value, _: value)
    made.register_structure_hook(date, lambda value, _: date.fromisoformat(value))
    made.register_structure_hook(Decimal, lambda value, _: Decimal(str(value)))
    made.register_structure_hook_factory(is_mapping, lambda s: mapping_structure_factory(s, made))
    made.register_structure_hook(words.WireRequest, _request)
    made.register_structure_hook(words.WireResponse, _response)
    made.register_structure_hook(words.WireDelivery, _delivery)
    made.register_structure_hook(words.Expectation, _expectation)
    # `class` is a word of Python.
    rows = make_dict_structure_fn(words.ErrorRow, made, error=override(rename="class"))
    made.register_structure_hook(words.ErrorRow, rows)
    return made


_converter = _build()
