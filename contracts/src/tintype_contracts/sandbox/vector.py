"""The landscape as SVG."""

from __future__ import annotations

from xml.sax.saxutils import escape

from tintype_contracts.sandbox.lettering import fit
from tintype_contracts.sandbox.scenery import Colour, Palette, Point, Sketch, hills

_RANGES = ((0, 0.0), (1, 0.5), (2, 1.0))  # how near, and how dark
_EVERY = 6  # points of a hill's line that are kept


def to_svg(sketch: Sketch) -> str:
    """A picture as SVG text."""
    width, height = sketch.shape.width, sketch.shape.height
    dice = sketch.dice()
    palette = Palette.drawn(dice)
    x, y = width * dice.uniform(0.22, 0.78), height * dice.uniform(0.18, 0.4)
    ranges = "".join(
        f'<polygon fill="{_hex(palette.hills(part))}" '
        f'points="{_points(hills(dice, (width, height), depth))}"/>'
        for depth, part in _RANGES
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><defs><linearGradient id="sky" x2="0" y2="1">'
        f'<stop stop-color="{_hex(palette.top)}"/>'
        f'<stop offset="1" stop-color="{_hex(palette.low)}"/></linearGradient></defs>'
        f'<rect width="{width}" height="{height}" fill="url(#sky)"/>'
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{min(width, height) * 0.1:.0f}" '
        f'fill="{_hex(palette.sun)}"/>{ranges}{_text(sketch)}</svg>\n'
    )


def _text(sketch: Sketch) -> str:
    width, height = sketch.shape.width, sketch.shape.height
    font, lines = fit(sketch.prompt, width * 0.84, height * 0.35)
    size = max(6.0, font.getlength("M"))
    spans = "".join(
        f'<tspan x="{width * 0.08:.0f}" dy="{size * 1.25:.0f}">{escape(line)}</tspan>'
        for line in lines
    )
    return (
        f'<g fill="#fff" font-family="sans-serif"><text y="{height * 0.6:.0f}" '
        f'font-size="{size:.0f}">{spans}</text><text x="{width * 0.94:.0f}" '
        f'y="{height * 0.96:.0f}" text-anchor="end" font-size="{max(6, width // 45)}">'
        f"{escape(sketch.caption)}</text></g>"
    )


def _points(outline: list[Point]) -> str:
    *line, right, left = outline
    kept = [*line[::_EVERY], line[-1], right, left]
    return " ".join(f"{x:.0f},{y:.0f}" for x, y in kept)


def _hex(colour: Colour) -> str:
    return f"#{bytes(colour).hex()}"
