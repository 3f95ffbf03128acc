"""How large an image is asked for, and in which format."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

from attrs import frozen

from tintype_contracts.fixtures.format import FormatRow, Parameter, SizeRow
from tintype_contracts.fixtures.neutral import read_field
from tintype_contracts.fixtures.pointers import MISSING, get, tokens

_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")
_TIER = re.compile(r"(\d+(?:\.\d+)?)[kK]|(\d{3,4})")
_RATIO = re.compile(r"(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)")
# What a field that counts images is called where the tables have no neutral name for it.
_COUNTS = frozenset({"n", "max_images", "num_images", "image_count", "number_of_images"})
_SIDE = 1024
_STEP = 8
_MEDIA_TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "svg": "image/svg+xml",
}


@frozen(kw_only=True)
class Shape:
    """What one image of a task is to be."""

    width: int
    height: int
    media_type: str
    transparent: bool

    @property
    def extension(self) -> str:
        """The file name's ending."""
        return self.media_type.partition("/")[2].removesuffix("+xml")


def shape_of(
    fields: Mapping[str, object],
    rows: Iterable[Parameter] = (),
    sizes: Iterable[SizeRow] = (),
    formats: Iterable[FormatRow] = (),
) -> Shape:
    """The shape that neutral request fields ask for: 1024x1024 and PNG where they are silent.

    A tier is the side of a square: 1K is 1024x1024 pixels, and other ratios have as many. Where
    the rows of the model list sizes and nothing else, it is the one of them that is most alike.
    What the tables say of a ratio, and of the format of the model, comes before.
    """
    width, height = _exact(fields) or _said(fields, sizes) or _listed(_tiered(fields), rows)
    usual = next((row.media_type for row in formats), "image/png")
    media_type = _MEDIA_TYPES.get(str(fields.get("output_format", "")).lower(), usual)
    return Shape(
        width=width,
        height=height,
        media_type=media_type,
        transparent=fields.get("background") == "transparent" and media_type != "image/jpeg",
    )


def count_of(fields: Mapping[str, object]) -> int:
    """How many images are asked for."""
    wanted = str(fields.get("n", 1))
    return int(wanted) if wanted.isdecimal() and int(wanted) > 0 else 1


def count_asked(
    rows: Iterable[Parameter], fields: Mapping[str, object], body: Mapping[str, object]
) -> int:
    """How many images a body asks for, where its neutral fields do not say so too."""
    if "n" in fields:
        return count_of(fields)
    rows = [row for row in rows if not row.ignored]
    for row in rows:
        *above, name = tokens(row.wire)
        value = read_field(body, row) if name in _COUNTS else MISSING
        if value is not MISSING and not (above and _is_off(above[0], rows, body)):
            return count_of({"n": value})
    return 1


def _is_off(options: str, rows: Iterable[Parameter], body: Mapping[str, object]) -> bool:
    """Whether `thing_options` are of a thing that is disabled."""
    thing = f"/{options.removesuffix('_options')}"
    return any(
        get(body, thing) in ("disabled", MISSING) and row.default == "disabled"
        for row in rows
        if row.wire == thing
    )


def _exact(fields: Mapping[str, object]) -> tuple[int, int] | None:
    for name in ("size", "resolution"):
        found = _SIZE.fullmatch(str(fields.get(name, "")))
        if found:
            return int(found[1]), int(found[2])
    return None


def _said(fields: Mapping[str, object], sizes: Iterable[SizeRow]) -> tuple[int, int] | None:
    """The documented pixels of a ratio, at its tier or where none is named."""
    tier, ratio = fields.get("resolution"), str(fields.get("aspect_ratio", ""))
    at = [row.sizes[ratio] for row in sizes if ratio in row.sizes and tier in {None, row.tier}]
    return _exact({"size": at[0]}) if at else None


def _tiered(fields: Mapping[str, object]) -> tuple[int, int]:
    side = next(filter(None, (_side(fields.get(name)) for name in ("resolution", "size"))), _SIDE)
    found = _RATIO.fullmatch(str(fields.get("aspect_ratio", "")))
    if not found:
        return side, side
    stretch = math.sqrt(float(found[1]) / float(found[2]))
    return _rounded(side * stretch), _rounded(side / stretch)


def _listed(wanted: tuple[int, int], rows: Iterable[Parameter]) -> tuple[int, int]:
    """The size that is listed for the model and is most alike; what is wanted where none is."""
    sized = [row for row in rows if row.neutral == "size"]
    listed = [_exact({"size": word}) for row in sized for word in row.enum]
    if not sized or None in listed or any(row.pixels or row.pattern for row in sized):
        return wanted

    def unlike(size: tuple[int, int]) -> tuple[float, int]:
        ratios = math.log(size[0] / size[1]) - math.log(wanted[0] / wanted[1])
        return round(abs(ratios), 2), abs(size[0] * size[1] - wanted[0] * wanted[1])

    return min(filter(None, listed), key=unlike, default=wanted)


def _side(tier: object) -> int | None:
    found = _TIER.fullmatch(str(tier))
    if not found:
        return None
    return round(float(found[1]) * _SIDE) if found[1] else int(found[2])


def _rounded(pixels: float) -> int:
    return max(_STEP, round(pixels / _STEP) * _STEP)
