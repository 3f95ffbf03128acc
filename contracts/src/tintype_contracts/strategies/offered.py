"""What a catalog entry offers: the values that it admits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isqrt

from tintype.catalog import Choice, Descriptor, Flag, Integer, Model, Number, Pixels


def offered(model: Model) -> Iterator[Mapping[str, object]]:
    """The fields of a request that a catalog entry admits, one value of one field at a time."""
    for name, descriptor in model.parameters.items():
        for value in _ends(descriptor):
            yield {name: value}
    for tier, ratios in model.sizes.items():
        for ratio in ratios:
            yield {"resolution": tier, "aspect_ratio": ratio}
    if model.max_n > 1:
        yield {"n": model.max_n}


def _ends(descriptor: Descriptor) -> Sequence[object]:
    match descriptor:
        case Choice(values=values):
            return values
        case Integer(low=low, high=high) | Number(low=low, high=high):
            return [end for end in (low, high) if end is not None]
        case Flag():
            return (True,)
        case Pixels(width=Integer() as width, height=Integer() as height):
            pairs = zip(_ends(width), _ends(height), strict=False)
            return [f"{wide}x{high}" for wide, high in pairs]
        case Pixels(min_total=least, max_total=most):
            sides = (isqrt(least - 1) + 1, isqrt(most or least))
            return [f"{side}x{side}" for side in sides]
        case _:
            return ()
