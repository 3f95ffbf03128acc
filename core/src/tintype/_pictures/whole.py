"""Whether an image has its end, told by walking its own structure.

What stands behind the end (a camera's notes, a server's padding) makes nothing less whole.
Every walk is linear in the image's length, whatever its bytes are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol


class Content(Protocol):
    """An image's bytes in memory, or a file's through a map."""

    def __len__(self) -> int:
        """How many bytes there are."""

    def __getitem__(self, key: slice[int, int | None, None], /) -> bytes | bytearray:
        """Some of them."""

    def find(self, sub: bytes, start: int = ..., /) -> int:
        """Where `sub` stands first from `start` on, or -1."""

    def rfind(self, sub: bytes, /) -> int:
        """Where `sub` stands last, or -1."""


def is_whole(image: Content, kind: str) -> bool:
    """Whether an image of a media type has its end.

    A type whose end cannot be told (TIFF, JPEG XL) is whole if it has any bytes.
    """
    walk = _WALKS.get(kind)
    return len(image) > 0 and (walk is None or walk(image))


def _number(image: Content, at: int, size: int) -> int | None:
    """A big-endian number, or None where the image ends before it does."""
    found = image[at : at + size]
    return int.from_bytes(found, "big") if len(found) == size else None


def _png(image: Content) -> bool:
    """Chunks (PNG, 5.3) up to `IEND`; of an animation they are no others."""
    at = 8
    while (length := _number(image, at, 4)) is not None:
        kind = image[at + 4 : at + 8]
        at += 12 + length
        if kind == b"IEND":
            return at <= len(image)
    return False


def _jpeg(image: Content) -> bool:
    """Segments (ITU T.81, B.1) up to the first scan, and the mark of the end behind it.

    A thumbnail within a segment has an end of its own, which is not the image's.
    """
    at = 2
    while (marker := _number(image, at, 2)) is not None:
        if marker == _START_OF_SCAN:
            return image.find(b"\xff\xd9", at) >= 0
        if marker == _FILL:
            run = image[at : at + _BLOCK]
            at += len(run) - len(run.lstrip(b"\xff")) - 1  # the last one begins the marker
            continue
        length = _number(image, at + 2, 2)
        if marker < _FIRST_MARKER or length is None or length < _LENGTH:
            return image.find(b"\xff\xd9", at) >= 0  # no segment: what follows is anybody's
        at += 2 + length
    return False


_START_OF_SCAN = 0xFFDA
_FILL = 0xFFFF
_BLOCK = 4096
_FIRST_MARKER = 0xFF01
_LENGTH = 2


def _gif(image: Content) -> bool:
    """Blocks (GIF89a, 12) up to the trailer."""
    at: int | None = 13 + _table(image, 10)
    while at is not None:
        match image[at : at + 1]:
            case b";":
                return True
            case b"!":
                at = _past_blocks(image, at + 2)
            case b",":
                at = _past_blocks(image, at + 11 + _table(image, at + 9))
            case _:
                return False
    return False


def _table(image: Content, at: int) -> int:
    """How long the colour table is that the flags at a place announce."""
    flags = _number(image, at, 1) or 0
    return 3 << (flags % 8 + 1) if flags & 0x80 else 0


def _past_blocks(image: Content, at: int) -> int | None:
    """Where a chain of data blocks has ended, or None where the image ends first."""
    while (length := _number(image, at, 1)) is not None:
        at += 1 + length
        if length == 0:
            return at
    return None


def _webp(image: Content) -> bool:
    """The length in the RIFF header."""
    return len(image) >= int.from_bytes(image[4:8], "little") + 8


def _boxes(image: Content) -> bool:
    """Boxes (ISO/IEC 14496-12, 4.2); the one with the picture is complete."""
    at, drawn = 0, False
    while (length := _number(image, at, 4)) is not None:
        kind = image[at + 4 : at + 8]
        if length == 1:
            length = _number(image, at + 8, 8) or 0
        if length == 0:  # it goes on to the end, wherever that is
            return drawn or kind == b"mdat"
        if length < _BOX:
            return drawn
        at += length
        drawn = drawn or (kind == b"mdat" and at <= len(image))
    return drawn


_BOX = 8


def _bmp(image: Content) -> bool:
    """The size in the file header; some programs leave it at 0."""
    return len(image) >= int.from_bytes(image[2:6], "little")


def _svg(image: Content) -> bool:
    """The end tag, or a root without content."""
    if (end := image.rfind(b"</svg")) >= 0:
        return image.find(b">", end) >= 0
    return bytes(image[-_LAST_WORDS:]).rstrip().endswith(b"/>")


_LAST_WORDS = 64


_WALKS: Mapping[str, Callable[[Content], bool]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/gif": _gif,
    "image/webp": _webp,
    "image/avif": _boxes,
    "image/heic": _boxes,
    "image/bmp": _bmp,
    "image/svg+xml": _svg,
}
