"""A request as it was read from the socket."""

from __future__ import annotations

import json
from typing import BinaryIO
from urllib.parse import parse_qsl

from attrs import field, frozen

from tintype.messages import (
    Body,
    FormBody,
    Headers,
    JsonBody,
    MultipartBody,
    RawBody,
    find_header,
)
from tintype_contracts.fixtures.multipart import BodyError, form_parts
from tintype_contracts.wire.nearby import documented


@frozen(kw_only=True)
class RawRequest:
    """One request, byte for byte.

    Attributes:
        name: The host that was asked for at the TLS handshake, or "".
        line: The request line.
        headers: In the order they came.
        body: The body.
    """

    name: str
    line: bytes
    headers: Headers = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def method(self) -> str:
        """The method."""
        return self.line.split(b" ")[0].decode("latin-1")

    @property
    def target(self) -> str:
        """The request-target, escapes as they came."""
        return self.line.split(b" ")[1].decode("latin-1")

    @property
    def host(self) -> str:
        """What the `Host` header names, the port included."""
        return documented(self.header("host") or self.name)[1]

    @property
    def url(self) -> str:
        """The URL that was asked for."""
        scheme, host = documented(self.header("host") or self.name)
        return f"{scheme}://{host}{self.target}"

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case, or None."""
        return find_header(self.headers, name)

    @property
    def wire(self) -> tuple[str, str, tuple[tuple[str, str], ...], str]:
        """What two clients have to agree on: order and case of header names are free."""
        headers = sorted((name.lower(), value) for name, value in self.headers)
        return self.name, self.line.decode("latin-1"), tuple(headers), self.body.hex()

    def content(self) -> Body | None:
        """The body as the words of the core have it.

        Raises:
            BodyError: It is neither JSON, nor a form, nor an image.
        """
        if not self.body:
            return None
        media_type = self.header("content-type") or ""
        if media_type.lower().startswith("multipart/"):
            return MultipartBody(parts=tuple(form_parts(media_type, self.body)))
        if media_type.lower().startswith("application/x-www-form-urlencoded"):
            fields = parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True)
            return FormBody(fields=tuple(fields))
        if media_type.lower().startswith(("image/", "application/octet-stream")):
            return RawBody(data=self.body, media_type=media_type)
        try:
            # Fractions stay floats: 2.0 on the wire is not the integer 2.
            return JsonBody(value=json.loads(self.body))
        except ValueError as error:
            msg = f"The body is not JSON: {error}."
            raise BodyError(msg) from None


def read(reader: BinaryIO, name: str = "") -> RawRequest | None:
    """The next request on a connection, or None where the other side has hung up."""
    lines: list[bytes] = []
    while (line := reader.readline()) and line != b"\r\n":
        lines.append(line.removesuffix(b"\r\n"))
    if not line or not lines:
        return None
    pairs = (text.decode("latin-1").partition(":") for text in lines[1:])
    headers = tuple((key, value.strip()) for key, _, value in pairs)
    length = int(find_header(headers, "content-length") or 0)
    return RawRequest(name=name, line=lines[0], headers=headers, body=reader.read(length))
