"""What kind of image some bytes are, read from the bytes."""

from __future__ import annotations

import io
import re
from pathlib import Path

from tintype.errors import DownloadError

SVG = "image/svg+xml"
# A picture that claims more pixels than this is a trap for whoever opens it.
_MOST_PIXELS = 2**28
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
}
_SVG_HEAD = re.compile(rb"\s*(<\?xml[^>]*\?>|<!--.*?-->|<!DOCTYPE[^>]*>|\s)*<svg[\s/>]", re.DOTALL)
# Enough of a file to know its type and, but for odd JPEGs, its size.
HEAD = 8192
# Enough of its end to hold the mark there, and what some programs write behind it.
TAIL = 1024


def media_type(data: bytes) -> str:
    """The media type of an image, or "" where the bytes are no image we know."""
    import filetype  # noqa: PLC0415 - only saving and references need it

    if _SVG_HEAD.match(data[:HEAD].removeprefix(b"\xef\xbb\xbf")):
        return SVG
    found = filetype.guess_mime(data[:HEAD]) or ""
    return found if found in _EXTENSIONS else ""


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
        msg = "What came is no image that is known here."
        raise DownloadError(msg)
    width, height = dimensions(image) or (0, 0)
    if width * height > _MOST_PIXELS:
        msg = f"The image claims to be {width}x{height} pixels, more than anyone draws."
        raise DownloadError(msg)
    return kind


def is_whole(head: bytes, tail: bytes, size: int) -> bool:
    """Whether an image has its end.

    A server that neither announces a length nor sends in chunks leaves no other way to tell
    that a connection broke.

    Args:
        head: Its first bytes, at least 12 of them if it has so many.
        tail: Its last `TAIL` bytes, or all of it.
        size: How many bytes it has.
    """
    if not size:
        return False
    if head.startswith(b"\x89PNG\r\n"):
        return b"IEND\xaeB`\x82" in tail
    if head.startswith(b"\xff\xd8"):
        return b"\xff\xd9" in tail
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return size >= int.from_bytes(head[4:8], "little") + 8
    if head.startswith(b"GIF8"):
        return b";" in tail
    return True


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
    except (ValueError, OSError, SyntaxError):
        return None
    return (int(width), int(height)) if width > 0 and height > 0 else None
