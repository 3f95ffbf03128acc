"""Request bodies read as an object: JSON, or a multipart form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal

from attrs import field, frozen

from tintype_contracts.sandbox.messages import Call
from tintype_contracts.values import form_object

_BOUNDARY = re.compile(r'boundary="?([^";,]+)"?', re.IGNORECASE)
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
            return form_object(list(_parts(call)))
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


def _parts(call: Call) -> Iterator[tuple[str, object]]:
    """Each part of a form: text, or a list of one file."""
    media_type = call.header("content-type")
    boundary = _BOUNDARY.search(media_type)
    if not media_type.lower().startswith("multipart/form-data") or boundary is None:
        msg = f"The content type is {media_type!r}, not 'multipart/form-data' with a boundary."
        raise BodyError(msg)
    pieces = (b"\r\n" + call.body).split(b"\r\n--" + boundary[1].encode())
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):  # noqa: PLR2004 - an opening, an end
        msg = "The form does not end with its boundary."
        raise BodyError(msg)
    for piece in pieces[1:-1]:
        head, _, data = piece.partition(b"\r\n\r\n")
        yield _part(head, data)


def _part(head: bytes, data: bytes) -> tuple[str, object]:
    found = {key.lower(): value.decode() for key, value in _FIELD.findall(head)}
    if b"name" not in found:
        msg = "A part of the form has no name."
        raise BodyError(msg)
    if b"filename" in found:
        return found[b"name"], [UploadedFile(filename=found[b"filename"], data=data)]
    return found[b"name"], data.decode("utf-8", "replace")
