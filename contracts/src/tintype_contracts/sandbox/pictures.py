"""Pictures that stand in for what a model would draw.

A landscape in colours that follow from the prompt and the seed, the prompt written on it.
It is decodable, exactly of the size and format asked for, and the same each time.
"""

from __future__ import annotations

import io
import random
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from tintype_contracts.sandbox.lettering import fit, font, leading
from tintype_contracts.sandbox.scenery import Colour, Palette, Sketch, hills
from tintype_contracts.sandbox.vector import to_svg

_CANVAS = 1024  # pixels of the longer side at which the landscape is painted
_COARSE = 24  # how many blocks an unfinished picture has along its longer side
_RANGES = 4
_STARS = 60
_MARGIN = 0.06
_NOTE = 1000  # bytes of a comment
_PANEL = 0.5  # the part of the height that the prompt may take


@lru_cache(maxsize=64)
def encode(sketch: Sketch) -> bytes:
    """The picture as bytes of its media type."""
    if sketch.shape.media_type == "image/svg+xml":
        return to_svg(sketch).encode()
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
    return image if sketch.shape.media_type == "image/png" else image.convert("RGB")


def _paint(sketch: Sketch) -> Image.Image:
    shape = sketch.shape
    size = (shape.width, shape.height)
    image = _landscape(sketch).resize(size, Image.Resampling.BICUBIC)
    if not sketch.finished:
        return _coarse(image)
    _write(image, sketch)
    if shape.transparent:
        image.putalpha(_rounded(size))
    return image


def _landscape(sketch: Sketch) -> Image.Image:
    """Sky, stars, sun and hills at the size of the canvas."""
    scale = _CANVAS / max(sketch.shape.width, sketch.shape.height)
    width = max(8, round(sketch.shape.width * scale))
    height = max(8, round(sketch.shape.height * scale))
    dice = sketch.dice()
    palette = Palette.drawn(dice)
    image = _gradient(palette, (width, height))
    _shine(image, dice, palette.sun)
    draw = ImageDraw.Draw(image)
    for depth in range(_RANGES):
        colour = palette.hills(depth / (_RANGES - 1))
        draw.polygon(hills(dice, image.size, depth), fill=colour)
    return image.filter(ImageFilter.SMOOTH)


def _gradient(palette: Palette, size: tuple[int, int]) -> Image.Image:
    mask = Image.linear_gradient("L").resize(size, Image.Resampling.BICUBIC)
    above, below = Image.new("RGB", size, palette.top), Image.new("RGB", size, palette.low)
    return Image.composite(below, above, mask)


def _shine(image: Image.Image, dice: random.Random, colour: Colour) -> None:
    """Stars where the sky is dark, and a sun with a glow around it."""
    width, height = image.size
    short = min(width, height)
    x, y = width * dice.uniform(0.22, 0.78), height * dice.uniform(0.18, 0.4)
    radius = short * dice.uniform(0.07, 0.12)
    light = Image.new("L", image.size, 0)
    ImageDraw.Draw(light).ellipse(_circle(x, y, radius * 2.1), fill=120)
    light = light.filter(ImageFilter.GaussianBlur(radius * 0.9))
    draw = ImageDraw.Draw(light)
    for _ in range(_STARS):
        star = (dice.uniform(0, width), dice.uniform(0, height * 0.3))
        size = short * dice.uniform(0.0006, 0.0016)
        draw.ellipse(_circle(*star, size), fill=dice.randint(130, 190))
    draw.ellipse(_circle(x, y, radius), fill=245)
    image.paste(Image.new("RGB", image.size, colour), mask=light)


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


def _write(image: Image.Image, sketch: Sketch) -> None:
    """Put the prompt on a darker panel, and the caption below."""
    width, height = image.size
    margin = max(2, round(min(width, height) * _MARGIN))
    chosen, lines = fit(sketch.prompt, max(1, width - 4 * margin), height * _PANEL)
    step = leading(chosen)
    bottom = height - 2.2 * margin
    top = bottom - step * len(lines) - margin
    veil = Image.new("L", image.size, 0)
    box = (margin, min(top, bottom - 1), max(margin, width - margin), bottom)
    ImageDraw.Draw(veil).rounded_rectangle(box, radius=margin * 0.6, fill=150)
    image.paste(ImageChops.multiply(image, Image.new("RGB", image.size, "#5a5a66")), mask=veil)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        place = (2 * margin, top + margin / 2 + number * step)
        draw.text(place, line, font=chosen, fill="#ffffff")
    corner, small = (width - margin, height - margin), font(max(6, margin * 0.42))
    draw.text(corner, sketch.caption, font=small, fill="#e6e6e6", anchor="rm")


def _circle(x: float, y: float, radius: float) -> tuple[float, float, float, float]:
    return x - radius, y - radius, x + radius, y + radius
