"""Sizes that travel: pixels at a model that has them not, and whether a picture is as asked.

What is nearest is measured by the ratio first: the distance of two ratios is that of their
logarithms, so that portrait and landscape are alike, and within 0.01 they count as one. Then by the
area, in the same way. Of what is still equally near the squarer is taken, then the one of fewer
pixels, then what the catalog lists first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Literal, TypeAlias

from attrs import frozen

from tintype.catalog import Choice, Integer, Model, Pixels, Text
from tintype.models import Resolved
from tintype.request import ImageRequest

SizePolicy: TypeAlias = Literal["nearest", "exact"]
OnMismatch: TypeAlias = Literal["notice", "error"]
_Sides: TypeAlias = tuple[int, int]

_SIZE = re.compile(r"([1-9][0-9]*)x([1-9][0-9]*)")
_RATIO = re.compile(r"([0-9.]*[1-9][0-9.]*):([0-9.]*[1-9][0-9.]*)")
_TIER = re.compile(r"([0-9]+(?:\.[0-9]+)?)(K?)", re.IGNORECASE)
_A_K = 1024
# What is asked of a model whose documents name no words: those that nearly all others have.
_USUAL_RATIOS = (
    *("1:1", "5:4", "4:3", "3:2", "16:9", "21:9"),
    *("4:5", "3:4", "2:3", "9:16", "9:21"),
)
_USUAL_TIERS = ("1K", "2K", "4K")
_ALIKE = 0.05  # a picture's ratio is the one that was asked for: 1344x768 is 16:9, 4:3 is not 5:4


@frozen(kw_only=True)
class Offered:
    """One size that a model has.

    Attributes:
        fields: How it is asked for.
        ratio: Width and height, in any unit.
        area: Its pixels in all, 0 where no word says.
        pixels: Width and height as a document says them, or None.
    """

    fields: Mapping[str, str]
    ratio: tuple[float, float]
    area: float
    pixels: _Sides | None = None

    @property
    def words(self) -> str:
        """How it is asked for, for a person to read."""
        return " at ".join(self.fields.values())


def pixels_of(text: str) -> _Sides | None:
    """`WIDTHxHEIGHT` as numbers, or None."""
    found = _SIZE.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else None


def nearest(size: _Sides, model: Model) -> Offered | None:
    """What a model has that is most like a size; None where it has nothing that tells a size."""

    def distance(offered: Offered) -> tuple[float, ...]:
        width, height = offered.ratio
        own = math.log(width) - math.log(height)
        ratio = abs(math.log(size[0]) - math.log(size[1]) - own)
        area = abs(math.log(size[0] * size[1]) - math.log(offered.area or math.inf))
        return round(ratio, 2), round(area, 6), round(abs(own), 6), offered.area

    return min(offers(size, model), key=distance, default=None)


def exactly(size: _Sides, model: Model) -> Offered | None:
    """The tier and the ratio that are documented to give a size, or None."""
    return next((each for each in offers(size, model) if each.pixels == size), None)


def offers(size: _Sides, model: Model) -> Iterator[Offered]:
    """All sizes that a model has; of those between bounds the ones around a size."""
    by_pixels = model.parameters.get("size")
    match by_pixels:
        case Choice(values=values):
            yield from filter(None, map(_in_pixels, values))
        case Pixels():
            yield from (_exact(each) for each in _around(size, by_pixels))
            tables = (each for ratios in model.sizes.values() for each in ratios.values())
            yield from filter(None, map(_in_pixels, filter(by_pixels.admits, tables)))
        case _:
            pass
    yield from _in_words(model)


def listed(model: Model) -> tuple[str, ...]:
    """The ratios and the tiers that a model has, as words."""
    return (*_words(model, "aspect_ratio"), *_words(model, "resolution"))


def _in_pixels(text: str) -> Offered | None:
    sides = pixels_of(text)
    return _exact(sides) if sides else None


def _exact(sides: _Sides) -> Offered:
    size = f"{sides[0]}x{sides[1]}"
    return Offered(fields={"size": size}, ratio=sides, area=sides[0] * sides[1], pixels=sides)


def _in_words(model: Model) -> Iterator[Offered]:
    """Every pair of a ratio and a tier, as far as the model takes both."""
    ratios = [each for each in _words(model, "aspect_ratio") if _sides(each)]
    tiers = [each for each in _words(model, "resolution") if _TIER.fullmatch(each)]
    if not ratios and not tiers:
        return
    for tier, ratio in product(tiers or [""], ratios or [""]):
        pixels = pixels_of(model.sizes.get(tier, {}).get(ratio, ""))
        fields = {"aspect_ratio": ratio, "resolution": tier}
        yield Offered(
            fields={name: word for name, word in fields.items() if word},
            ratio=_sides(ratio) or (1, 1),
            area=pixels[0] * pixels[1] if pixels else _area(tier),
            pixels=pixels,
        )


def _words(model: Model, field: str) -> tuple[str, ...]:
    descriptor = model.parameters.get(field)
    match descriptor:
        case Choice(values=values):
            return values
        case Text():
            usual = _USUAL_RATIOS if field == "aspect_ratio" else _USUAL_TIERS
            return tuple(filter(descriptor.admits, usual))
        case _:
            return ()


def _sides(ratio: str) -> tuple[float, float] | None:
    found = _RATIO.fullmatch(ratio)
    try:
        return (float(found[1]), float(found[2])) if found else None
    except ValueError:  # several points
        return None


def _area(tier: str) -> float:
    """The pixels that a tier is named for: of a square of that many, or of that many times 1024."""
    found = _TIER.fullmatch(tier)
    return (float(found[1]) * (_A_K if found[2] else 1)) ** 2 if found else 0.0


def _around(size: _Sides, bounds: Pixels) -> Iterator[_Sides]:
    """The sizes within bounds that are next to one of the same shape."""
    width, height = _shaped(size, bounds.max_ratio)
    area = width * height
    least = max(math.sqrt(bounds.min_total / area), _low(bounds.width) / width)
    least = max(least, _low(bounds.height) / height)
    most = min(math.sqrt((bounds.max_total or math.inf) / area), _high(bounds.width) / width)
    most = min(most, _high(bounds.height) / height)
    by = min(max(1.0, least), most)
    for each in product(_steps(width * by, bounds.width), _steps(height * by, bounds.height)):
        if bounds.admits(f"{each[0]}x{each[1]}"):
            yield each


def _shaped(size: _Sides, max_ratio: int | None) -> tuple[float, float]:
    """A size no longer than is allowed, of the same area."""
    width, height = size
    if max_ratio is None or max(size) <= min(size) * max_ratio:
        return width, height
    long, short = math.sqrt(width * height * max_ratio), math.sqrt(width * height / max_ratio)
    return (long, short) if width > height else (short, long)


def _low(side: Integer | None) -> int:
    return (side.low or 1) if side else 1


def _high(side: Integer | None) -> float:
    return (side.high or math.inf) if side else math.inf


def _steps(length: float, side: Integer | None) -> tuple[int, ...]:
    """The lengths of a side around one: multiples of its step, and its bounds."""
    step = side.step if side else 1
    below = math.floor(length / step) * step
    ends = (math.ceil(_low(side) / step) * step, *([side.high] if side and side.high else []))
    return tuple(sorted({below - step, below, below + step, *ends}))


def described(size: str, offered: Offered, title: str) -> str:
    """What a size becomes, as a sentence."""
    if offered.pixels == pixels_of(size):
        return f"size={size} is sent as {offered.words}, which gives it."
    told = f"{offered.pixels[0]}x{offered.pixels[1]}" if offered.pixels else ""
    known = f" ({told})" if told and told != offered.words else ""
    unknown = "" if told else " No document says what pixels that gives."
    return f"size={size} is sent as {offered.words}{known}, the nearest that {title} has.{unknown}"


# ------------------------------------------------------------------------ what came


def unlike(
    request: ImageRequest | None, resolved: Iterable[Resolved], width: int, height: int
) -> Resolved | None:
    """What was asked, sent and received, where a picture has not the size that was asked; or None.

    Where the request, or what was sent for it, names pixels, any others are not what was asked.
    Else it may have asked for a ratio, which may be off by a twentieth. A tier says no pixels.

    Args:
        request: What was sent.
        resolved: What became of each field.
        width: The picture's own.
        height: Likewise.
    """
    fates = {each.field: each for each in resolved}
    asked = _asked(request, fates, "size")
    sent = fates["size"].sent if "size" in fates else asked
    received = f"{width}x{height}"
    wanted = asked or sent or ""
    if pixels_of(wanted):
        fate = Resolved(field="size", asked=wanted, sent=sent, received=received)
        return None if wanted == received else fate
    ratio = _asked(request, fates, "aspect_ratio") or ""
    sides = _sides(ratio)
    if sides is None or abs(math.log(sides[0] / sides[1]) - math.log(width / height)) <= _ALIKE:
        return None
    return Resolved(field="aspect_ratio", asked=ratio, sent=ratio, received=received)


def _asked(request: ImageRequest | None, fates: Mapping[str, Resolved], field: str) -> str | None:
    """What the caller asked of a field, whatever was sent."""
    if field in fates:
        return fates[field].asked
    value = getattr(request, field, None)
    return value if isinstance(value, str) else None


def mismatch(index: int, found: Resolved) -> str:
    """What is unlike what was asked, as a sentence."""
    return f"The picture {index} has {found.received} pixels; {found.asked} was asked for."
