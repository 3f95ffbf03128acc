"""A plugin's body as bytes with their media type."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from urllib.parse import urlencode

from tintype._http.headers import checked_media_types
from tintype.messages import FormBody, JsonBody, MultipartBody, Part, RawBody


def encoded(body: object) -> tuple[str, bytes]:
    """(media type, bytes) of a request's body; both empty where there is none.

    Raises:
        TypeError: It is no body, or a piece of it is not of the type it has to be.
        ValueError: A piece of it is nothing that its format can hold.
    """
    match body:
        case None:
            return "", b""
        case JsonBody(value=value):
            return "application/json", _JSON.encode(value).encode()
        case FormBody(fields=fields):
            return "application/x-www-form-urlencoded", _form(fields)
        case MultipartBody(parts=parts):
            return _multipart(parts)
        case RawBody(data=bytes() as data, media_type=media_type):
            return checked_media_types(media_type), data
        case _:
            msg = (
                "a body is a JsonBody, a FormBody, a MultipartBody or a RawBody of bytes, "
                f"not a {type(body).__name__}"
            )
            raise TypeError(msg)


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _form(fields: Iterable[tuple[object, object]]) -> bytes:
    """Fields as the URL Standard has them, in UTF-8."""
    return urlencode([(_text(name), _text(value)) for name, value in fields]).encode()


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    msg = f"a form's names and values are texts, and {value!r} is none"
    raise TypeError(msg)


def _multipart(parts: Iterable[Part]) -> tuple[str, bytes]:
    """A form as RFC 7578 has it, its boundary drawn from its content."""
    pieces = [_part_head(part) + part.data for part in parts]
    boundary = hashlib.sha256(b"\0".join(pieces)).hexdigest()[:32]
    line = f"--{boundary}".encode()
    body = b"".join(line + b"\r\n" + piece + b"\r\n" for piece in pieces) + line + b"--\r\n"
    return f"multipart/form-data; boundary={boundary}", body


def _part_head(part: Part) -> bytes:
    disposition = f'form-data; name="{_quoted(part.name)}"'
    if part.filename is not None:
        disposition += f'; filename="{_quoted(part.filename)}"'
    lines = [f"Content-Disposition: {disposition}"]
    if part.media_type is not None:
        lines.append(f"Content-Type: {checked_media_types(part.media_type)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _quoted(text: str) -> str:
    """A name in quotes, escaped as browsers do (WHATWG HTML, multipart/form-data)."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
