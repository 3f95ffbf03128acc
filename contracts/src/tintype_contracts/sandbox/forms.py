"""Request bodies read as an object: JSON, or a multipart form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal

from attrs import field, frozen

from tintype.messages import Part
from tintype_contracts.fixtures.values import form_object
from tintype_contracts.sandbox.messages import Call

_BOUNDARY = re.compile(r'boundary="?([^";,]+)"?', re.IGNORECASE)
_TYPE = re.compile(rb"^content-type:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_FIELD = re.compile(rb'[;\s](name|filename)="((?:[^"\\]|\\.)*)"', re.IGNORECASE)


class BodyError(ValueError):
    """A body that is not what its route is documented to take."""


@frozen(kw_only=True)
class UploadedFile:
    """A file of a form."""

    filename: str
    data: bytes = field(repr=False)


def read_body(call: Call, kind: str | None) -> dict[str, object]:
    """The body of `call` as an object; an empty one where the route takes none.

    Raises:
        BodyError: It is not of the documented kind.
    """
    match kind:
        case "json":
            return _json_object(call)
        case "multipart":
            parts = form_parts(call.header("content-type"), call.body)
            return form_object([_value(part) for part in parts])
        case _:
            return {}


def _json_object(call: Call) -> dict[str, object]:
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


def form_parts(media_type: str, body: bytes) -> Iterator[Part]:
    """The parts of a multipart form, in their order.

    Raises:
        BodyError: It is none.
    """
    found = boundary(media_type)
    if not media_type.lower().startswith("multipart/form-data") or not found:
        msg = f"The content type is {media_type!r}, not 'multipart/form-data' with a boundary."
        raise BodyError(msg)
    pieces = (b"\r\n" + body).split(b"\r\n--" + found.encode())
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):  # noqa: PLR2004 - an opening, an end
        msg = "The form does not end with its boundary."
        raise BodyError(msg)
    for piece in pieces[1:-1]:
        head, _, data = piece.partition(b"\r\n\r\n")
        yield _part(head, data)


def boundary(media_type: str) -> str:
    """The boundary that a content type names, or ""."""
    found = _BOUNDARY.search(media_type)
    return found[1] if found else ""


def _part(head: bytes, data: bytes) -> Part:
    found = {key.lower(): value.decode() for key, value in _FIELD.findall(head)}
    if b"name" not in found:
        msg = "A part of the form has no name."
        raise BodyError(msg)
    kind = _TYPE.search(head)
    return Part(
        name=found[b"name"],
        data=data,
        filename=found.get(b"filename"),
        media_type=kind[1].decode("latin-1").strip() if kind else None,
    )


def _value(part: Part) -> tuple[str, object]:
    """What a part counts as in an object: text, or a list of one file."""
    if part.filename is not None:
        return part.name, [UploadedFile(filename=part.filename, data=part.data)]
    return part.name, part.data.decode("utf-8", "replace")
