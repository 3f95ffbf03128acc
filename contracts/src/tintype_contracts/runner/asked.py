"""What a plugin sends for fields that a caller names, told for its author."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import cast

from attrs import frozen

from tintype.errors import InvalidRequestError, UsageError
from tintype_contracts.fixtures.format import OperationName
from tintype_contracts.harness.subject import Subject
from tintype_contracts.runner.replay import sent_lines
from tintype_contracts.strategies.builder import Builder
from tintype_contracts.strategies.together import merged
from tintype_contracts.strategies.values import references

PARTS = ("price", "upload", "submit")
"""The operations whose requests are documented field by field."""

_TEXTS = frozenset({"resolution", "size", "user", "prompt", "negative_prompt"})


@frozen(kw_only=True)
class Asked:
    """What came of the question, and whether the parameter table admits it."""

    text: str
    holds: bool


def ask_for(subject: Subject, operation: str, given: Sequence[str], key_form: str) -> Asked:
    """What is sent in an operation for `NAME=VALUE`, each a field, or `/POINTER=VALUE` an option.

    `references` is how many source images there are; `model` the id of a model.

    Raises:
        UsageError: There is no such operation, model or option.
    """
    builder = Builder(subject)
    fields: dict[str, object] = {}
    for each in given:
        name, _, value = each.partition("=")
        fields[name] = value if name in _TEXTS else _json(value)
    wanted = fields.pop("model", None)
    model = next((each for each in builder.models() if each.id == wanted), builder.models()[0])
    if operation not in builder.operations() or wanted not in {None, model.id}:
        known = (*builder.operations(), *(each.id for each in builder.models()))
        msg = f"{subject.name} has no operation {operation} of {wanted}; it has {', '.join(known)}."
        raise UsageError(msg)
    if isinstance(count := fields.get("references"), int):
        fields["references"] = references(count, builder.form(model))
    pointers = [name for name in fields if name.startswith("/")]
    options = {name: fields.pop(name) for name in pointers}
    if options:
        fields["options"] = _options(builder, options)
    asked = cast("OperationName", operation)
    try:
        built = builder.build(asked, model, **fields)
    except InvalidRequestError as error:
        return Asked(text=f"{operation} of {model.id} is refused: {error}", holds=True)
    if built is None:
        return Asked(text=f"{operation} of {model.id} asks nothing of the provider.", holds=True)
    objections = list(builder.objections(asked, built))
    lines = [f"{operation} of {model.id}", *sent_lines(built.sent, key_form)]
    lines += [f"  notice of {name}" for name in built.notices]
    lines += [f"  ! {each}" for each in objections] or ["  = as the table admits"]
    return Asked(text="\n".join(lines), holds=not objections)


def _options(builder: Builder, given: Mapping[str, object]) -> Mapping[str, object]:
    options: Mapping[str, object] = {}
    rows = {row.wire: row for row in builder.subject.fixtures.parameters}
    for pointer, value in given.items():
        if pointer not in rows:
            msg = f"No document of {builder.subject.name} has the option {pointer}."
            raise UsageError(msg)
        options = merged(options, builder.raw_options(rows[pointer], value))
    return options


def _json(text: str) -> object:
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value
