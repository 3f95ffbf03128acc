"""JSON Schema read for what it admits: the fields of an object, by their pointers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from attrs import evolve

from tintype_contracts.drift.surface import ANY_KEY, BOUNDS, Field, either
from tintype_contracts.drift.surface_of_fixtures import json_type
from tintype_contracts.fixtures.pointers import get, is_array, join

_Schema: TypeAlias = Mapping[str, object]
_DEEPEST = 6  # objects within objects; a schema may refer to itself


def schema_fields(schema: object, document: _Schema) -> Mapping[str, Field]:
    """Every field of the objects that `schema` admits.

    An item of an array is `*` in a pointer, a key that may be any `{}`.
    """
    return dict(_fields(schema, document, "", _DEEPEST))


def schema_field(schema: object, document: _Schema) -> Field:
    """What one value may be."""
    plain = resolved(schema, document)
    alternatives = _alternatives(plain)
    if alternatives:
        found = either(schema_field(each, document) for each in alternatives)
        return evolve(found, default=plain.get("default", found.default), required=False)
    if parts := _list(plain.get("allOf")):
        first, *rest = [schema_field(each, document) for each in parts]
        types = frozenset[str]().union(first.types, *(each.types for each in rest))
        return evolve(first, types=types, required=False)
    words = _list(plain.get("enum")) or ([plain["const"]] if "const" in plain else [])
    return Field(
        types=_types(plain, words),
        words=tuple(word for word in words if word is not None),
        bounds=dict(_bounds(plain)),
        default=plain.get("default"),
    )


def resolved(value: object, document: _Schema) -> _Schema:
    """An object of the document, its reference followed; empty where there is none."""
    for _ in range(_DEEPEST):
        reference = value.get("$ref") if isinstance(value, Mapping) else None
        if not isinstance(reference, str):
            break
        value = get(document, reference.removeprefix("#"))
    return value if isinstance(value, Mapping) else {}


def _fields(
    schema: object, document: _Schema, pointer: str, depth: int
) -> Iterator[tuple[str, Field]]:
    plain = resolved(schema, document)
    if depth == 0:
        return
    for each in (*_alternatives(plain), *_list(plain.get("allOf"))):
        yield from _fields(each, document, pointer, depth)
    required = _list(plain.get("required"))
    properties = plain.get("properties")
    for name, inner in properties.items() if isinstance(properties, Mapping) else ():
        at = join(pointer, name)
        yield at, evolve(schema_field(inner, document), required=name in required)
        yield from _fields(inner, document, at, depth - 1)
    if isinstance(plain.get("additionalProperties"), Mapping):
        at = f"{pointer}/{ANY_KEY}"
        yield at, schema_field(plain["additionalProperties"], document)
        yield from _fields(plain["additionalProperties"], document, at, depth - 1)
    if "items" in plain:
        at = f"{pointer}/*"
        yield at, schema_field(plain["items"], document)
        yield from _fields(plain["items"], document, at, depth - 1)


def _alternatives(schema: _Schema) -> list[object]:
    return [*_list(schema.get("anyOf")), *_list(schema.get("oneOf"))]


def _types(schema: _Schema, words: list[object]) -> frozenset[str]:
    given = schema.get("type")
    types = {str(each) for each in _list(given)} if is_array(given) else {str(given or "")}
    types |= {json_type(word) for word in words}
    types |= {"null"} if schema.get("nullable") is True else set()
    types |= {"object"} if "properties" in schema else set()
    return frozenset(types - {""})


def _bounds(schema: _Schema) -> Iterator[tuple[str, Decimal]]:
    for name in BOUNDS:
        try:
            if name in schema:
                yield name, Decimal(str(schema[name]))
        except InvalidOperation:
            continue


def _list(value: object) -> list[object]:
    return list(value) if is_array(value) else []
