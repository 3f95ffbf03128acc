"""Request bodies read as an object: JSON, or a form of either kind."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from urllib.parse import parse_qsl

from tintype.messages import Part
from tintype_contracts.fixtures.format import Parameter
from tintype_contracts.fixtures.forms import form_object
from tintype_contracts.fixtures.multipart import BodyError, UploadedFile, form_parts
from tintype_contracts.sandbox.engine.messages import SandboxRequest


def read_body(
    call: SandboxRequest, kind: str | None, rows: Sequence[Parameter] = (), model: object = None
) -> dict[str, object]:
    """The body of `call` as an object; an empty one where it takes none, or a file.

    Args:
        call: The call.
        kind: The body that its route takes.
        rows: The parameters of the operation; without any, a form has nothing but texts.
        model: The model, where the address names it.

    Raises:
        BodyError: It is not of the documented kind.
    """
    match kind:
        case "json":
            return _json_object(call)
        case "form":
            return form_object(_fields(call), rows, model)
        case "multipart":
            parts = form_parts(call.header("content-type"), call.body)
            given = [_value(part) for part in parts if part.filename is None or part.data]
            return form_object(given, rows, model)  # a file of no bytes is none that was chosen
        case _:
            return {}


def _fields(call: SandboxRequest) -> list[tuple[str, object]]:
    media_type = call.header("content-type").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        msg = f"The content type is {media_type!r}, not 'application/x-www-form-urlencoded'."
        raise BodyError(msg)
    text = call.body.decode("utf-8", "replace")
    return [(name, value) for name, value in parse_qsl(text, keep_blank_values=True)]


def _json_object(call: SandboxRequest) -> dict[str, object]:
    media_type = call.header("content-type").partition(";")[0].strip().lower()
    if media_type != "application/json":
        msg = f"The content type is {media_type!r}, not 'application/json'."
        raise BodyError(msg)
    try:
        value = json.loads(call.body, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        msg = f"The body is not JSON: {error}."
        raise BodyError(msg) from None
    if not isinstance(value, dict):
        msg = "The body is JSON, but no object."
        raise BodyError(msg)
    return value


def _value(part: Part) -> tuple[str, object]:
    """What a part counts as in an object: text, or a list of one file."""
    if part.filename is not None:
        return part.name, [UploadedFile(filename=part.filename, data=part.data)]
    return part.name, part.data.decode("utf-8", "replace")
