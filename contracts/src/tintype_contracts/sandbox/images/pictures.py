"""Pictures that stand in for what a model would draw: a colour, and the prompt written on it.

They are decodable, exactly of the size and format asked for, and the same each time.
"""

from __future__ import annotations

import hashlib
import io
import random
import textwrap
from functools import lru_cache
from typing import TypeAlias
from xml.sax.saxutils import escape

from attrs import frozen
from PIL import Image, ImageDraw, ImageFont

from tintype_contracts.sandbox.images.shapes import Shape

Colour: TypeAlias = tuple[int, int, int]

# Above and below.
_PALETTES: tuple[tuple[str, str], ...] = (
    ("#1b2a4a", "#e8896b"),
    ("#0f3443", "#7fc8b2"),
    ("#2b1b4d", "#d96c9f"),
    ("#24476b", "#8fb9d3"),
    ("#3d1f2b", "#f2a65a"),
    ("#12333a", "#c9ad5c"),
    ("#1f2340", "#8e9be0"),
)
_COLUMNS = (8, 12, 16, 24, 32, 48, 64)  # letters of a line that are tried
_MAX_LINES = 9
_LETTER = 0.56  # the width of a letter, in sizes of the font
_LEADING = 1.25
_LARGEST = 0.13  # of the width
_ROOM = 0.84  # the part of the width and of the height that the prompt may take
_COARSE = 24  # how many blocks an unfinished picture has along its longer side
_NOTE = 1000  # bytes of a comment


@frozen(kw_only=True)
class Sketch:
    """All that a picture follows from.

    Attributes:
        prompt: What stands on it.
        caption: What stands small at the bottom.
        seed: Makes other colours for the same prompt.
        shape: Its size and format.
        finished: False for a coarse version, as a stream shows while it draws.
        plain: True for one colour without letters, painted in no time.
    """

    prompt: str
    caption: str
    seed: str
    shape: Shape
    finished: bool = True
    plain: bool = False

    def dice(self) -> random.Random:
        """Chance that is the same for the same prompt and seed."""
        digest = hashlib.sha256(f"{self.seed}\n{self.prompt}".encode()).digest()
        return random.Random(digest)  # noqa: S311 - it chooses colours


@lru_cache(maxsize=64)
def encode(sketch: Sketch) -> bytes:
    """The picture as bytes of its media type."""
    if sketch.shape.media_type == "image/svg+xml":
        return _svg(sketch).encode()
    image = _plain(sketch) if sketch.plain else _paint(sketch)
    file = io.BytesIO()
    match sketch.shape.media_type:
        case "image/jpeg":
            note = f"{sketch.seed} {sketch.prompt}" if sketch.plain else ""
            image.save(file, "JPEG", quality=88, comment=note.encode()[:_NOTE])
        case "image/webp":
            image.save(file, "WEBP", quality=85, method=2)
        case _:
            image.save(file, "PNG", compress_level=3)
    return file.getvalue()


def _plain(sketch: Sketch) -> Image.Image:
    """One colour, another one for each prompt and seed; a JPEG is grey, for that is fast."""
    size, dice = (sketch.shape.width, sketch.shape.height), sketch.dice()
    if sketch.shape.media_type == "image/jpeg":
        return Image.new("L", size, dice.randrange(256))
    image = Image.new("P", size)
    image.putpalette(dice.randbytes(3) * 2)
    if sketch.shape.transparent:
        image.info["transparency"] = 0
    if sketch.shape.media_type == "image/png":
        return image
    return image.convert("RGBA" if sketch.shape.transparent else "RGB")


def _paint(sketch: Sketch) -> Image.Image:
    size = (sketch.shape.width, sketch.shape.height)
    above, below = _colours(sketch)
    mask = Image.linear_gradient("L").resize(size, Image.Resampling.BICUBIC)
    image = Image.composite(Image.new("RGB", size, below), Image.new("RGB", size, above), mask)
    _write(image, sketch)
    if not sketch.finished:
        return _coarse(image)
    if sketch.shape.transparent:
        image.putalpha(_rounded(size))
    return image


def _colours(sketch: Sketch) -> tuple[Colour, Colour]:
    above, below = (bytes.fromhex(each[1:]) for each in sketch.dice().choice(_PALETTES))
    return (above[0], above[1], above[2]), (below[0], below[1], below[2])


def _write(image: Image.Image, sketch: Sketch) -> None:
    """Put the prompt in the middle, and the caption below."""
    width, height = image.size
    draw = ImageDraw.Draw(image)
    size, lines = _set(sketch.prompt, width, height)
    font = ImageFont.load_default(size)
    top = (height - size * _LEADING * len(lines)) / 2
    for number, line in enumerate(lines):
        place = (width * (1 - _ROOM) / 2, top + number * size * _LEADING)
        draw.text(place, line, font=font, fill="#ffffff")
    small = ImageFont.load_default(max(6.0, min(image.size) / 36))
    corner = (width * (1 + _ROOM) / 2, height * 0.95)
    draw.text(corner, sketch.caption, font=small, fill="#f0f0f0", anchor="rm")


def _set(text: str, width: int, height: int) -> tuple[float, list[str]]:
    """The largest letters in which a text fits, in pixels, and its lines; cut if need be."""
    longest = min(max(map(len, text.split()), default=1), _COLUMNS[-1])
    sizes: list[tuple[float, list[str]]] = []
    for columns in (each for each in _COLUMNS if each >= longest):
        lines = textwrap.wrap(text, columns, max_lines=_MAX_LINES, placeholder="…")
        across = width * _ROOM / _LETTER / max(map(len, lines), default=1)
        down = height * _ROOM / _LEADING / max(1, len(lines))
        sizes.append((max(1.0, min(across, down, width * _LARGEST)), lines))
    whole = [each for each in sizes if not "".join(each[1][-1:]).endswith("…")]
    return max(whole or sizes[-1:], key=lambda each: each[0])


def _coarse(image: Image.Image) -> Image.Image:
    factor = _COARSE / max(image.size)
    small = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.resize(small, Image.Resampling.BOX).resize(image.size, Image.Resampling.BICUBIC)


def _rounded(size: tuple[int, int]) -> Image.Image:
    """A mask that leaves the corners clear."""
    mask = Image.new("L", size, 0)
    box = (0, 0, size[0] - 1, size[1] - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, radius=min(size) // 8, fill=255)
    return mask


def _svg(sketch: Sketch) -> str:
    width, height = sketch.shape.width, sketch.shape.height
    above, below = (f"#{bytes(colour).hex()}" for colour in _colours(sketch))
    size, lines = _set(sketch.prompt, width, height)
    left, top = width * (1 - _ROOM) / 2, (height - size * _LEADING * len(lines)) / 2
    text = "".join(
        f'<tspan x="{left:.0f}" dy="{size * _LEADING:.0f}">{escape(line)}</tspan>' for line in lines
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><linearGradient id="ground" x2="0" y2="1">'
        f'<stop stop-color="{above}"/><stop offset="1" stop-color="{below}"/></linearGradient>'
        f'<rect width="{width}" height="{height}" fill="url(#ground)"/>'
        f'<text y="{top:.0f}" font-family="sans-serif" font-size="{size:.0f}" fill="#fff">'
        f"{text}</text></svg>\n"
    )
