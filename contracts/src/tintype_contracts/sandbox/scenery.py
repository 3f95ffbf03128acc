"""A landscape in numbers: colours and hills that follow from a prompt and a seed."""

from __future__ import annotations

import hashlib
import math
import random
from typing import TypeAlias

from attrs import frozen

from tintype_contracts.sandbox.shapes import Shape

Colour: TypeAlias = tuple[int, int, int]
Point: TypeAlias = tuple[float, float]

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
_WAVES = 3
_STEP = 4  # pixels between two points of a line


@frozen(kw_only=True)
class Sketch:
    """All that a picture follows from.

    Attributes:
        prompt: What stands on it.
        caption: What stands small at the bottom.
        seed: Makes another landscape for the same prompt.
        shape: Its size and format.
        finished: False for a coarse version, as a stream shows while it draws.
        plain: True for one colour in place of a landscape, painted in no time.
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
        return random.Random(digest)  # noqa: S311 - it paints hills


@frozen(kw_only=True)
class Palette:
    """The colours of one landscape."""

    top: Colour
    low: Colour
    sun: Colour
    far: Colour
    near: Colour

    @classmethod
    def drawn(cls, dice: random.Random) -> Palette:
        """One of the palettes, by chance."""
        top, low, sun, far, near = (_rgb(colour) for colour in dice.choice(_PALETTES))
        return cls(top=top, low=low, sun=sun, far=far, near=near)

    def hills(self, part: float) -> Colour:
        """The colour of hills: 0 is the farthest range, 1 the nearest."""
        red, green, blue = (
            round(a + (b - a) * part) for a, b in zip(self.far, self.near, strict=True)
        )
        return red, green, blue


def hills(dice: random.Random, size: tuple[int, int], depth: int) -> list[Point]:
    """The outline of one range of hills: three waves, one on the other."""
    width, height = size
    base = height * (0.52 + 0.13 * depth)
    swing = height * 0.07 / (1 + 0.25 * depth)
    waves = [
        (dice.uniform(0.6, 1.4) * 2**wave, dice.uniform(0, math.tau), 0.5**wave)
        for wave in range(_WAVES)
    ]
    steps = max(2, width // _STEP)
    line: list[Point] = []
    for step in range(steps + 1):
        turn = math.tau * step / steps
        rise = sum(high * math.sin(turn * pace + start) for pace, start, high in waves)
        line.append((width * step / steps, base + swing * rise))
    return [*line, (width, height), (0, height)]


def _rgb(colour: str) -> Colour:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue
