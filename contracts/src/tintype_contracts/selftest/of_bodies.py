"""Mutators of the body that is sent: fields dropped, renamed, coerced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from attrs import evolve

from tintype.messages import JsonBody, JsonObject, MultipartBody, Part, Request
from tintype_contracts.fixtures.format import Parameter
from tintype_contracts.fixtures.pointers import is_array, tokens
from tintype_contracts.selftest.bending import Bend, Call, Mutator, of_request

_Edit: TypeAlias = Callable[[JsonObject, Call], JsonObject]
_EditParts: TypeAlias = Callable[[tuple[Part, ...], Call], tuple[Part, ...]]


def _of_body(fields: _Edit, parts: _EditParts | None = None) -> Bend:
    """A bend of the body of a submission, be it JSON or a form."""

    def change(request: Request, call: Call) -> Request:
        match request.body:
            case JsonBody(value=value):
                return evolve(request, body=JsonBody(value=fields(value, call)))
            case MultipartBody(parts=given) if parts is not None:
                return evolve(request, body=MultipartBody(parts=parts(given, call)))
            case _:
                return request

    return of_request("submit", change)


# --------------------------------------------------------------------- one field, by name


def _rows(call: Call, neutral: str) -> list[Parameter]:
    """The rows of the table of a submission that stand for a neutral field."""
    rows = call.fixtures.parameters
    return [row for row in rows if row.operation == "submit" and row.neutral == neutral]


def _without(value: object, path: list[str]) -> object:
    """`value` without what stands at `path`."""
    if not isinstance(value, Mapping) or not path or path[0] not in value:
        return value
    if len(path) == 1:
        return {key: item for key, item in value.items() if key != path[0]}
    return {**value, path[0]: _without(value[path[0]], path[1:])}


def _drop(neutral: str) -> Bend:
    """Leave out the wire field, or the part, of a neutral field."""

    def fields(body: JsonObject, call: Call) -> JsonObject:
        made: object = body
        for row in _rows(call, neutral):
            made = _without(made, tokens(row.wire))
        return made if isinstance(made, dict) else body

    def parts(given: tuple[Part, ...], call: Call) -> tuple[Part, ...]:
        names = {tokens(row.wire)[0] for row in _rows(call, neutral) if len(tokens(row.wire)) == 1}
        return tuple(part for part in given if part.name not in names)

    return _of_body(fields, parts)


# ----------------------------------------------------------------------- the whole body


def _drop_last(body: JsonObject, _: Call) -> JsonObject:
    *kept, _last = body
    return {key: body[key] for key in kept}


def _drop_last_part(parts: tuple[Part, ...], _: Call) -> tuple[Part, ...]:
    return parts[:-1]


def _rename(body: JsonObject, _: Call) -> JsonObject:
    return {(f"{key}_" if key == next(iter(body)) else key): item for key, item in body.items()}


def _rename_part(parts: tuple[Part, ...], _: Call) -> tuple[Part, ...]:
    return (evolve(parts[0], name=f"{parts[0].name}_"), *parts[1:])


def _add(body: JsonObject, _: Call) -> JsonObject:
    return {**body, "client": "tintype"}


def _add_part(parts: tuple[Part, ...], _: Call) -> tuple[Part, ...]:
    return (*parts, Part(name="client", data=b"tintype"))


def _null(body: JsonObject, call: Call) -> JsonObject:
    """A documented optional field that was left out, as null."""
    names = {tokens(row.wire)[0]: row for row in call.fixtures.parameters if not row.required}
    absent = [name for name, row in names.items() if row.operation == "submit" and name not in body]
    return {**body, absent[0]: None} if absent else body


def _numbers_as_text(body: JsonObject, _: Call) -> JsonObject:
    return {key: str(item) if type(item) is int else item for key, item in body.items()}


def _flags_as_text(body: JsonObject, _: Call) -> JsonObject:
    return {
        key: str(item).lower() if isinstance(item, bool) else item for key, item in body.items()
    }


def _falsy_dropped(body: JsonObject, _: Call) -> JsonObject:
    return {key: item for key, item in body.items() if item or item is None}


def _options_dropped(body: JsonObject, call: Call) -> JsonObject:
    options = call.request.options.get(call.fixtures.provider, {}) if call.request else {}
    return {key: item for key, item in body.items() if key not in options}


def _options_part_dropped(parts: tuple[Part, ...], call: Call) -> tuple[Part, ...]:
    options = call.request.options.get(call.fixtures.provider, {}) if call.request else {}
    kept = (part for part in parts if not any(name.encode() in part.data for name in options))
    return tuple(kept)


def _ascii(body: JsonObject, _: Call) -> JsonObject:
    return {
        key: item.encode("ascii", "ignore").decode() if isinstance(item, str) else item
        for key, item in body.items()
    }


def _ascii_parts(parts: tuple[Part, ...], _: Call) -> tuple[Part, ...]:
    return tuple(
        part
        if part.filename is not None
        else evolve(part, data=part.data.decode().encode("ascii", "ignore"))
        for part in parts
    )


def _cut_text(body: JsonObject, _: Call) -> JsonObject:
    return {key: item[:500] if isinstance(item, str) else item for key, item in body.items()}


def _cut_parts(parts: tuple[Part, ...], _: Call) -> tuple[Part, ...]:
    return tuple(
        part if part.filename is not None else evolve(part, data=part.data[:100]) for part in parts
    )


def _reversed_references(body: JsonObject, _: Call) -> JsonObject:
    return {key: [*item][::-1] if is_array(item) else item for key, item in body.items()}


def _reversed_files(parts: tuple[Part, ...], _: Call) -> tuple[Part, ...]:
    texts = [part for part in parts if part.filename is None]
    return (*texts, *[part for part in parts if part.filename is not None][::-1])


def _one_reference(body: JsonObject, _: Call) -> JsonObject:
    return {key: [*item][:1] if is_array(item) else item for key, item in body.items()}


def _one_file(parts: tuple[Part, ...], _: Call) -> tuple[Part, ...]:
    texts = [part for part in parts if part.filename is None]
    return (*texts, *[part for part in parts if part.filename is not None][:1])


_SUBMIT = "a submission that differs from the documented one"

MUTATORS = (
    Mutator(
        name="drop-a-parameter",
        breaks="leaves out the last field of a submission",
        missing="an exchange whose request has more than the required fields",
        bend=_of_body(_drop_last, _drop_last_part),
    ),
    Mutator(
        name="rename-a-field",
        breaks="spells the first field of a submission otherwise",
        missing=_SUBMIT,
        bend=_of_body(_rename, _rename_part),
    ),
    Mutator(
        name="extra-field",
        breaks="sends a field that no document has",
        missing=_SUBMIT,
        bend=_of_body(_add, _add_part),
    ),
    Mutator(
        name="null-for-absent",
        breaks="sends null for an optional field nobody set",
        missing="an exchange whose request leaves an optional field out",
        bend=_of_body(_null),
    ),
    Mutator(
        name="numbers-as-text",
        breaks="sends integers as text",
        missing="an exchange whose request has an integer, such as n or seed",
        bend=_of_body(_numbers_as_text),
    ),
    Mutator(
        name="flags-as-text",
        breaks="sends true and false as text",
        missing="an exchange whose request has a boolean, such as watermark",
        bend=_of_body(_flags_as_text),
    ),
    Mutator(
        name="falsy-dropped",
        breaks="leaves out 0, False and the empty list, which a caller may have meant",
        missing="an exchange whose case has seed 0 or watermark false",
        bend=_of_body(_falsy_dropped),
    ),
    Mutator(
        name="options-dropped",
        breaks="forgets the caller's raw options",
        missing="an exchange whose case has options",
        bend=_of_body(_options_dropped, _options_part_dropped),
    ),
    Mutator(
        name="ascii-only",
        breaks="loses every letter outside ASCII",
        missing="an exchange whose prompt has other letters than English",
        bend=_of_body(_ascii, _ascii_parts),
    ),
    Mutator(
        name="prompt-cut",
        breaks="cuts long texts short",
        missing="an exchange whose prompt is long",
        bend=_of_body(_cut_text, _cut_parts),
    ),
    Mutator(
        name="seed-dropped",
        breaks="does not send the seed",
        missing="an exchange whose case has a seed",
        bend=_drop("seed"),
        capability="seed",
    ),
    Mutator(
        name="n-dropped",
        breaks="does not send how many images are wanted",
        missing="an exchange whose case has n greater than 1",
        bend=_drop("n"),
        capability="n",
    ),
    Mutator(
        name="webhook-ignored",
        breaks="does not send the URL to call back",
        missing="an exchange whose case has a webhook_url",
        bend=_drop("webhook_url"),
        capability="webhook",
    ),
    Mutator(
        name="references-dropped",
        breaks="does not send the references",
        missing="an exchange whose case has references",
        bend=_drop("references"),
        capability="image.edit",
    ),
    Mutator(
        name="references-reversed",
        breaks="sends the references in another order",
        missing="an exchange whose case has two references",
        bend=_of_body(_reversed_references, _reversed_files),
    ),
    Mutator(
        name="one-reference",
        breaks="sends the first reference alone",
        missing="an exchange whose case has two references",
        bend=_of_body(_one_reference, _one_file),
    ),
)
"""What can go wrong with a body, whoever's it is."""
