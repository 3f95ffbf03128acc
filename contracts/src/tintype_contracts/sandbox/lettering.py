"""Text set to fit: the largest font in which it fits, and its lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from PIL import ImageFont

Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont

_LARGEST = 0.075  # of the width
_SMALLEST = 0.03
_LEAST = 9.0  # pixels
_MAX_LINES = 7
_LEADING = 1.3


def fit(text: str, width: float, height: float) -> tuple[Font, list[str]]:
    """The largest font in which `text` fits, and its lines; cut where none is small enough."""
    size = max(_LEAST, width * _LARGEST)
    while True:
        chosen = font(size)
        lines = list(wrap(text, chosen, width))
        room = max(1, min(_MAX_LINES, int(height / leading(chosen))))
        if len(lines) <= room:
            return chosen, lines
        if size <= max(_LEAST, width * _SMALLEST):
            return chosen, [*lines[: room - 1], f"{lines[room - 1]}…"]
        size *= 0.88


def wrap(text: str, chosen: Font, width: float) -> Iterator[str]:
    """Lines no wider than `width`; a word that is wider by itself is cut."""
    line = ""
    for word in text.split():
        for piece in _pieces(word, chosen, width):
            longer = f"{line} {piece}".strip()
            if line and chosen.getlength(longer) > width:
                yield line
                line = piece
            else:
                line = longer
    yield line


def font(size: float) -> Font:
    """The font that Pillow brings along, the same on every machine."""
    return ImageFont.load_default(size)


def leading(chosen: Font) -> float:
    """Pixels from one line to the next."""
    box = chosen.getbbox("Ag")
    return (box[3] - box[1]) * _LEADING


def _pieces(word: str, chosen: Font, width: float) -> list[str]:
    if chosen.getlength(word) <= width or len(word) == 1:
        return [word]
    half = len(word) // 2
    return [*_pieces(word[:half], chosen, width), *_pieces(word[half:], chosen, width)]
