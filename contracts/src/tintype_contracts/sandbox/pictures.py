"""Pictures that stand in for what a model would draw.

A landscape in colours that follow from the prompt and the seed, the prompt written on it.
It is decodable, exactly of the size and format asked for, and the same each time.
"""

from __future__ import annotations

import hashlib
import io
import math
import random
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias
from xml.sax.saxutils import escape

from attrs import frozen
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from tintype_contracts.sandbox.shapes import Shape

Colour: TypeAlias = tuple[int, int, int]
_Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Sky above, sky below, sun, far hills, near hills.
_PALETTES: tuple[tuple[str, str, str, str, str], ...] = (
    ("#1b2a4a", "#e8896b", "#ffe0a3", "#6b4a6f", "#1f1d36"),
    ("#0f3443", "#7fc8b2", "#fff3c4", "#2e7d73", "#0b2b33"),
    ("#2b1b4d", "#d96c9f", "#ffd9e8", "#7a3f8c", "#1d1038"),
    ("#24476b", "#bcd9ea", "#fff8dc", "#5d86a8", "#17324d"),
    ("#3d1f2b", "#f2a65a", "#fff0c9", "#a8503f", "#2a1219"),
    ("#12333a", "#e3c770", "#fff6d8", "#4f7a58", "#10262a"),
    ("#1f2340", "#8e9be0", "#f4f0ff", "#4a4f94", "#14162b"),
    ("#47303d", "#eab6a4", "#fff1e6", "#8d5f6c", "#2d1c26"),
)
_CANVAS = 1024  # pixels of the longer side at which the landscape is painted
_COARSE = 24  # how many blocks an unfinished picture has along its longer side
_MARGIN = 0.06
_LINES = 7
_PANEL = 0.5  # the part of the height that the prompt may take


@frozen(kw_only=True)
class Sketch:
    """All that a picture follows from.

    Attributes:
        caption: What stands small at the bottom.
        finished: False for a coarse version, as a stream shows while it draws.
    """

    prompt: str
    caption: str
    seed: str
    shape: Shape
    finished: bool = True


@lru_cache(maxsize=24)
def encode(sketch: Sketch) -> bytes:
    """The picture as bytes of its media type."""
    if sketch.shape.media_type == "image/svg+xml":
        return _svg(sketch).encode()
    image = _paint(sketch)
    file = io.BytesIO()
    match sketch.shape.media_type:
        case "image/jpeg":
            image.convert("RGB").save(file, "JPEG", quality=88)
        case "image/webp":
            image.save(file, "WEBP", quality=85, method=2)
        case _:
            image.save(file, "PNG", compress_level=3)
    return file.getvalue()


# -------------------------------------------------------------------------- painting


def _paint(sketch: Sketch) -> Image.Image:
    shape = sketch.shape
    size = (shape.width, shape.height)
    image = _landscape(sketch).resize(size, Image.Resampling.BICUBIC)
    if not sketch.finished:
        return _coarse(image)
    image = _written(image, sketch)
    if shape.transparent:
        image.putalpha(_rounded(size))
    return image


def _landscape(sketch: Sketch) -> Image.Image:
    """Sky, sun and hills at the size of the canvas."""
    scale = _CANVAS / max(sketch.shape.width, sketch.shape.height)
    width = max(8, round(sketch.shape.width * scale))
    height = max(8, round(sketch.shape.height * scale))
    dice = _dice(sketch)
    top, low, sun, far, near = _colours(dice)
    image = _gradient(top, low, (width, height))
    _shine(image, dice, sun)
    for depth in range(4):
        tone = _mix(far, near, depth / 3)
        ImageDraw.Draw(image).polygon(_hills(dice, image.size, depth), fill=tone)
    return image.filter(ImageFilter.SMOOTH)


def _gradient(top: Colour, low: Colour, size: tuple[int, int]) -> Image.Image:
    mask = Image.linear_gradient("L").resize(size, Image.Resampling.BICUBIC)
    return Image.composite(Image.new("RGB", size, low), Image.new("RGB", size, top), mask)


def _shine(image: Image.Image, dice: random.Random, colour: Colour) -> None:
    """Stars where the sky is dark, and a sun with a glow around it."""
    width, height = image.size
    short = min(width, height)
    glow = Image.new("L", image.size, 0)
    x, y = width * dice.uniform(0.22, 0.78), height * dice.uniform(0.18, 0.4)
    radius = short * dice.uniform(0.07, 0.12)
    ImageDraw.Draw(glow).ellipse(_circle(x, y, radius * 2.1), fill=120)
    glow = glow.filter(ImageFilter.GaussianBlur(radius * 0.9))
    draw = ImageDraw.Draw(glow)
    for _ in range(60):
        star = (dice.uniform(0, width), dice.uniform(0, height * 0.3))
        size = short * dice.uniform(0.0006, 0.0016)
        draw.ellipse(_circle(*star, size), fill=dice.randint(130, 190))
    draw.ellipse(_circle(x, y, radius), fill=245)
    image.paste(Image.new("RGB", image.size, colour), mask=glow)


def _hills(
    dice: random.Random, size: tuple[int, int], depth: int
) -> list[tuple[float, float]]:
    """The outline of one range of hills: three waves, one on the other."""
    width, height = size
    base = height * (0.52 + 0.13 * depth)
    swing = height * 0.07 / (1 + 0.25 * depth)
    waves = [(dice.uniform(0.6, 1.4) * 2**k, dice.uniform(0, math.tau), 0.5**k) for k in range(3)]
    steps = max(2, width // 4)

    def at(x: float) -> float:
        turn = math.tau * x / width
        return base + swing * sum(high * math.sin(turn * pace + at) for pace, at, high in waves)

    line = [(width * step / steps, at(width * step / steps)) for step in range(steps + 1)]
    return [*line, (width, height), (0, height)]


def _coarse(image: Image.Image) -> Image.Image:
    factor = _COARSE / max(image.size)
    small = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.resize(small, Image.Resampling.BOX).resize(image.size, Image.Resampling.BICUBIC)


def _rounded(size: tuple[int, int]) -> Image.Image:
    """A mask that leaves the corners clear."""
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), min(size) // 8, 255)
    return mask


# --------------------------------------------------------------------------- writing


def _written(image: Image.Image, sketch: Sketch) -> Image.Image:
    """The picture with the prompt on a darker panel, and the caption below."""
    width, height = image.size
    margin = max(2, round(min(width, height) * _MARGIN))
    font, lines = _fitted(sketch.prompt, width - 4 * margin, height * _PANEL)
    leading = _height(font) * 1.3
    bottom = height - 2.2 * margin
    top = bottom - leading * len(lines) - margin
    veil = Image.new("L", image.size, 0)
    box = (margin, top, width - margin, bottom)
    ImageDraw.Draw(veil).rounded_rectangle(box, radius=margin * 0.6, fill=150)
    image.paste(ImageChops.multiply(image, Image.new("RGB", image.size, "#5a5a66")), mask=veil)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        place = (2 * margin, top + margin / 2 + number * leading)
        draw.text(place, line, font=font, fill="#ffffff")
    small = _font(max(6, margin * 0.42))
    draw.text((width - margin, height - margin), sketch.caption, font=small, fill="#ffffffc8", anchor="rm")
    return image


def _fitted(text: str, width: float, height: float) -> tuple[_Font, list[str]]:
    """The largest font in which `text` fits, and its lines; cut where none is small enough."""
    size = max(9.0, width * 0.075)
    while True:
        font = _font(size)
        lines = list(_wrapped(text, font, width))
        room = min(_LINES, int(height / (_height(font) * 1.3)))
        if len(lines) <= room:
            return font, lines
        if size < max(9.0, width * 0.03):
            return font, [*lines[: max(1, room) - 1], f"{lines[max(1, room) - 1]}…"]
        size *= 0.88


def _wrapped(text: str, font: _Font, width: float) -> Iterator[str]:
    """Lines no wider than `width`; a word that is wider by itself is cut."""
    line = ""
    for word in text.split():
        for piece in _pieces(word, font, width):
            longer = f"{line} {piece}".strip()
            if line and font.getlength(longer) > width:
                yield line
                line = piece
            else:
                line = longer
    yield line


def _pieces(word: str, font: _Font, width: float) -> list[str]:
    if font.getlength(word) <= width or len(word) == 1:
        return [word]
    half = len(word) // 2
    return [*_pieces(word[:half], font, width), *_pieces(word[half:], font, width)]


def _font(size: float) -> _Font:
    return ImageFont.load_default(size)


def _height(font: _Font) -> float:
    box = font.getbbox("Ag")
    return box[3] - box[1]


# ----------------------------------------------------------------------------- vector


def _svg(sketch: Sketch) -> str:
    """The same landscape as SVG."""
    width, height = sketch.shape.width, sketch.shape.height
    dice = _dice(sketch)
    top, low, sun, far, near = (_hex(colour) for colour in _colours(dice))
    font = max(10, width // 22)
    lines = list(_wrapped(sketch.prompt, _font(font), width * 0.8))[:_LINES]
    text = "".join(
        f'<tspan x="{width * 0.08:.0f}" dy="{font * 1.3:.0f}">{escape(line)}</tspan>'
        for line in lines
    )
    hills = "".join(
        f'<polygon fill="{colour}" points="{_points(dice, (width, height), depth)}"/>'
        for depth, colour in ((0, far), (2, near))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><defs><linearGradient id="sky" x2="0" y2="1">'
        f'<stop stop-color="{top}"/><stop offset="1" stop-color="{low}"/></linearGradient></defs>'
        f'<rect width="{width}" height="{height}" fill="url(#sky)"/>'
        f'<circle cx="{width * 0.7:.0f}" cy="{height * 0.28:.0f}" r="{min(width, height) * 0.1:.0f}"'
        f' fill="{sun}"/>{hills}<text y="{height * 0.62:.0f}" font-family="sans-serif" '
        f'font-size="{font}" fill="#fff">{text}</text><text x="{width * 0.94:.0f}" '
        f'y="{height * 0.96:.0f}" text-anchor="end" font-family="sans-serif" '
        f'font-size="{font // 2}" fill="#fff">{escape(sketch.caption)}</text></svg>'
    )


def _points(dice: random.Random, size: tuple[int, int], depth: int) -> str:
    return " ".join(f"{x:.0f},{y:.0f}" for x, y in _hills(dice, size, depth)[:: 8])


# ----------------------------------------------------------------------------- colours


def _dice(sketch: Sketch) -> random.Random:
    """Chance that is the same for the same prompt and seed."""
    digest = hashlib.sha256(f"{sketch.seed}\n{sketch.prompt}".encode()).digest()
    return random.Random(digest)  # noqa: S311 - it paints hills


def _colours(dice: random.Random) -> tuple[Colour, ...]:
    return tuple(_rgb(colour) for colour in dice.choice(_PALETTES))


def _rgb(colour: str) -> Colour:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def _hex(colour: Colour) -> str:
    return f"#{bytes(colour).hex()}"


def _mix(one: Colour, other: Colour, part: float) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _circle(x: float, y: float, radius: float) -> tuple[float, float, float, float]:
    return x - radius, y - radius, x + radius, y + radius
