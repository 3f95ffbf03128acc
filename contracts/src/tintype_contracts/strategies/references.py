"""Source images, as a caller gives them and as they stand in a request body."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from tintype._pictures.media import media_type
from tintype.request import Reference
from tintype_contracts.fixtures.multipart import UploadedFile
from tintype_contracts.fixtures.pointers import is_array


def image_of(reference: Reference) -> object:
    """The image that a caller refers to: its bytes and what they are, or its address."""
    if reference.data is not None:
        return reference.media_type, reference.data
    return _decoded(reference.url or "")


def images_in(value: object) -> Iterator[object]:
    """The images in a field: the bytes of files and of base64 and what they are, or addresses.

    Base64 may stand alone, where an API asks for no `data:` before it: then the bytes tell.
    """
    if is_array(value):
        for item in value:
            yield from images_in(item)
    elif isinstance(value, dict):
        yield from (image for each in value.values() for image in images_in(each))
    elif isinstance(value, UploadedFile):
        yield value.media_type, value.data
    elif isinstance(value, str):
        found = _decoded(value)
        if found is not value or ":" in value or "/" in value:
            yield found


def _decoded(text: str) -> object:
    head, _, payload = text.partition(";base64,")
    if head.startswith("data:") and payload:
        return head.removeprefix("data:"), base64.b64decode(payload)
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return text
    kind = media_type(data)
    return (kind, data) if kind else text
