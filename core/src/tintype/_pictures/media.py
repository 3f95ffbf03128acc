"""What kind of image some bytes are, read from the bytes."""

from __future__ import annotations

import io
import re
from pathlib import Path

from tintype._pictures.svg import begins_svg
from tintype.errors import DownloadError

SVG = "image/svg+xml"
# A picture that claims more pixels than this is a trap for whoever opens it.
_MAX_PIXELS = 2**28
_EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    SVG: "svg",
    "image/avif": "avif",
    "image/heic": "heic",
    "image/bmp": "bmp",
    "image/tiff": "tif",
    "image/jxl": "jxl",
}
# How nearly all begin: what is one of these is no other, and need not be looked for among all.
_USUAL = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))
# An animation is a picture of its format.
_ALSO = {"image/apng": "image/png", "image/heif": "image/heic"}
# Brands of ISO media files (the MP4 registration authority's list) for still and moving pictures.
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"hevc": "image/heic",
    b"hevx": "image/heic",
}
# What comes in place of a picture, by how it begins.
_OTHERS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"<!doctype html|<html|<head|<body", re.IGNORECASE), "a web page"),
    (re.compile(rb"<"), "an XML document"),
    (re.compile(rb"[{\[]"), "JSON"),
    (re.compile(rb"%PDF-"), "a PDF"),
    (re.compile(rb"[\x09\x0a\x0d\x20-\x7e]{16}"), "text"),
)
# Enough of a file to know its type and, but for odd JPEGs, its size.
HEAD = 8192
_SHOWN = 80


def media_type(data: bytes) -> str:
    """The media type of an image, or "" where the bytes are no image we know."""
    for begin, kind in _USUAL:
        if data.startswith(begin):
            return kind
    import filetype  # noqa: PLC0415 - only what is rare needs it

    if begins_svg(data[:HEAD]):
        return SVG
    found = filetype.guess_mime(data[:HEAD]) or _by_brand(data[:HEAD])
    found = _ALSO.get(found, found)
    return found if found in _EXTENSIONS else ""


def _by_brand(head: bytes) -> str:
    """The media type of an ISO media file by its brands, "" for any other file."""
    length = int.from_bytes(head[:4], "big")
    if head[4:8] != b"ftyp":
        return ""
    brands = (head[at : at + 4] for at in (8, *range(16, min(length, len(head)), 4)))
    return next((_BRANDS[brand] for brand in brands if brand in _BRANDS), "")


def checked_type(head: bytes, image: bytes | Path) -> str:
    """The media type of a result, which a link to a login page or a pixel bomb has not.

    Args:
        head: Its first bytes.
        image: All of it, or its file.

    Raises:
        DownloadError: It is no image, or one that claims to be enormous.
    """
    kind = media_type(head)
    if not kind:
        raise DownloadError(what_came(head))
    width, height = dimensions(image) or (0, 0)
    if width * height > _MAX_PIXELS:
        msg = f"The image claims to be {width}x{height} pixels, more than anyone draws."
        raise DownloadError(msg)
    return kind


def what_came(head: bytes) -> str:
    """What stands in an image's place, in words for a person; its beginning where it is text."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        return "What came is empty, and no image."
    for pattern, name in _OTHERS:
        if pattern.match(text):
            shown = text[:_SHOWN].decode("utf-8", "replace")
            return f"What came is {name} and no image: {shown!r}"
    return "What came is no image that is known here."


def known(claim: str) -> str:
    """The media type a claim such as `image/png; q=1` names, "" for none of this module's."""
    kind = claim.partition(";")[0].strip().lower()
    return kind if kind in _EXTENSIONS else ""


def extension(kind: str) -> str:
    """The file extension for a media type this module knows, without the dot."""
    return _EXTENSIONS[kind]


def dimensions(image: bytes | Path) -> tuple[int, int] | None:
    """(width, height) in pixels, from the header of bytes or of a file; None if it has none."""
    import imagesize  # noqa: PLC0415 - only results need it

    try:
        width, height = imagesize.get(io.BytesIO(image) if isinstance(image, bytes) else image)
    except Exception:  # noqa: BLE001 - somebody else's reader of a stranger's bytes
        return None
    return (int(width), int(height)) if width > 0 and height > 0 else None
