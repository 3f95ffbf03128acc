"""What a request costs by the price list of its model: a sum of lines, or a range of them.

Each line counts units. What is counted is what the request says, in its fields or in an option
that bears their name; what it leaves open is bounded by the catalog; what nobody bounds is
unknown, and so is the price then. A quote is never lower than what the list can mean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

from attrs import frozen

from tintype._asked import SIDES, Asked, asked_for, holds, spelt
from tintype.catalog import Descriptor, Integer, Model, Pixels, Price, ProviderInfo
from tintype.models import Quote, QuoteLine
from tintype.request import Submission

__all__ = ["quote_from_prices"]

_Ends: TypeAlias = tuple[Decimal | None, Decimal | None]
_UNKNOWN: _Ends = (None, None)
_ONE = Decimal(1)
_MEGAPIXEL = Decimal("0.000001")
# As many as anybody can mean.
_WHOLE = re.compile(r"[1-9][0-9]{0,8}")
_SAID_BY: Mapping[str, tuple[str, ...]] = {
    "size": ("resolution", "aspect_ratio", *SIDES),
    "resolution": ("size", *SIDES),
    "aspect_ratio": ("size", *SIDES),
}
_SIZE = re.compile(r"([1-9][0-9]{0,5})x([1-9][0-9]{0,5})")


@frozen(kw_only=True)
class _Counted:
    """A line of a quote, and the least and the most of its units; None where nobody can say."""

    line: QuoteLine
    low: Decimal | None
    high: Decimal | None


def quote_from_prices(info: ProviderInfo, request: Submission) -> Quote | None:
    """What the price list of its model says of `request`, or None where it says nothing.

    Where the list tells prices apart by what the request leaves open, the quote is a range
    over the lines that remain, with the assumption written down; the default that its descriptor
    documents is what is meant. What an undescribed option
    costs no list says: the quote is unknown then, unless `prices_depend_on` says otherwise.

    Args:
        info: The provider, with its models and their price lists.
        request: What is asked for, as it was resolved.
    """
    model = info.limits(request.model)
    reason = info.unpriced(request)
    if reason:
        return Quote(model=request.model, reason=reason)
    limits = _limits(info, model)
    asked = _with_defaults(asked_for(info, request), limits)
    lines = [line for line in model.prices if _applies(line, asked) is not False]
    drawn = {line.billable for line in model.prices if line.unit != "reference"}
    if not lines or not drawn <= {line.billable for line in lines}:
        return None
    counts = {
        unit: _UNITS[unit](asked, model, limits) if unit in _UNITS else _UNKNOWN
        for unit in dict.fromkeys(line.unit for line in lines)
    }
    counted = [_counted(line, counts[line.unit]) for line in lines]
    due = drawn | {line.billable for line in lines if _applies(line, asked)}
    low, high = _span(counted, due, lambda line: line.unit_price)
    credits_low, credits_high = _span(counted, due, lambda line: line.unit_credits)
    unknown = sorted({each.line.unit for each in counted if each.high is None})
    return Quote(
        model=request.model,
        lines=tuple(each.line for each in counted),
        low=low,
        high=high,
        credits_low=credits_low,
        credits_high=credits_high,
        assumptions=tuple(_assumptions(lines, counted, asked)),
        reason=f"Nobody can tell the number of units before: {', '.join(unknown)}."
        if unknown
        else "",
        source=lines[0].source,
        as_of=lines[0].as_of,
    )


def expected_size(info: ProviderInfo, request: Submission) -> str:
    """The pixels of each image, `WIDTHxHEIGHT`, as asked or documented for what is; else ""."""
    model = info.limits(request.model)
    asked = _with_defaults(asked_for(info, request), _limits(info, model))
    ratios = model.sizes.get(asked.get("resolution") or "", {})
    size = asked.get("size") or ratios.get(asked.get("aspect_ratio") or "", "")
    return size if _SIZE.fullmatch(size) else ""


def _with_defaults(asked: Asked, limits: Mapping[str, Descriptor]) -> Asked:
    """What is asked for, and the documented defaults of what is left open.

    A size that is given says what tier and ratio would have said, and these what it would have.
    """
    meant = {
        name: spelt(default)
        for name, each in limits.items()
        if (default := getattr(each, "default", None)) not in {None, ""}
        and not any(asked.get(other) is not None for other in (name, *_SAID_BY.get(name, ())))
    }
    return {**asked, **meant}


def _applies(line: Price, asked: Asked) -> bool | None:
    """Whether a line is for what is asked; None where the request leaves that open."""
    held = {holds(key, word, asked) for key, word in line.when.items()}
    if False in held:
        return False
    return None if None in held else True


def _assumptions(
    lines: Sequence[Price], counted: Sequence[_Counted], asked: Asked
) -> Iterator[str]:
    for key in sorted({key for line in lines for key in line.when if asked.get(key) is None}):
        yield f"{key} is left open; the price depends on it."
    spans = {each.line.unit: each for each in counted if each.low != each.high}
    for unit, each in spans.items():
        yield f"There are {each.low:f} to {each.high:f} of the unit {unit}."


def _counted(line: Price, units: _Ends) -> _Counted:
    """A line with how many units the request makes of it."""
    low, high = units
    told = QuoteLine(
        billable=line.billable,
        unit=line.unit,
        quantity=low if low == high else None,
        unit_price=line.usd,
        unit_credits=line.credits,
    )
    return _Counted(line=told, low=low, high=high)


# ------------------------------------------------------------------------ what is counted


def _limits(info: ProviderInfo, model: Model) -> Mapping[str, Descriptor]:
    """What describes each field, be it as one or as the option that bears its name."""
    described = info.described(model)
    as_options = {
        field: described[name] for name in described for field in info.wire_names.get(name, (name,))
    }
    return {**as_options, **model.parameters}


def _pixels(asked: Asked, model: Model, limits: Mapping[str, Descriptor]) -> _Ends:
    """The pixels of an image: as asked, else as documented for what was asked, else the bounds."""
    sides = _times(*(_number(side, asked, limits) for side in SIDES))
    size = asked.get("size")
    told = [sides] if any(asked.get(side) for side in SIDES) else []
    told += [_area(size)] if size is not None else []
    if told:
        return _over(told)
    if asked.get("resolution") is not None:
        ratios, ratio = model.sizes.get(asked["resolution"] or "", {}), asked.get("aspect_ratio")
        return _over([_area(size) for name, size in ratios.items() if ratio in {None, name}])
    bounds = limits.get("size")
    return _area_within(bounds) if isinstance(bounds, Pixels) else sides


def _area_within(bounds: Pixels) -> _Ends:
    """The fewest and the most pixels of a size, by its sides where these are bounded."""
    ends = [
        (side.low, side.high) if side else (None, None) for side in (bounds.width, bounds.height)
    ]
    low, high = _times(*(_decimals(*each) for each in ends))
    lows = [each for each in (low, Decimal(bounds.min_total)) if each is not None]
    most = None if bounds.max_total is None else Decimal(bounds.max_total)
    highs = [each for each in (high, most) if each is not None]
    return (max(lows), min(highs)) if highs else _UNKNOWN


def _area(size: str) -> _Ends:
    """The pixels of a size; unknown where it is said in words that no table explains."""
    found = _SIZE.fullmatch(size)
    area = Decimal(found[1]) * Decimal(found[2]) if found else None
    return area, area


def _number(name: str, asked: Asked, limits: Mapping[str, Descriptor]) -> _Ends:
    """The least and the most of a number: as asked, else as documented."""
    if asked.get(name) is not None:
        return _whole(asked[name])
    bounds = limits.get(name)
    return _decimals(bounds.low, bounds.high) if isinstance(bounds, Integer) else _UNKNOWN


def _whole(said: str | None) -> _Ends:
    found = Decimal(said) if said is not None and _WHOLE.fullmatch(said) else None
    return found, found


def _decimals(low: int | None, high: int | None) -> _Ends:
    return _UNKNOWN if low is None or high is None else (Decimal(low), Decimal(high))


def _times(one: _Ends, other: _Ends) -> _Ends:
    """The least and the most of a product; unknown where one of them is open."""
    if one[0] is None or one[1] is None or other[0] is None or other[1] is None:
        return _UNKNOWN
    return one[0] * other[0], one[1] * other[1]


def _over(ends: Sequence[_Ends]) -> _Ends:
    """The least and the most of several; unknown where one of them is, or there is none."""
    lows = [low for low, _ in ends if low is not None]
    highs = [high for _, high in ends if high is not None]
    return (min(lows), max(highs)) if 0 < len(ends) == len(lows) == len(highs) else _UNKNOWN


def _span(
    lines: Sequence[_Counted], due: set[str], unit: Callable[[QuoteLine], Decimal | None]
) -> _Ends:
    """The least and the most that lines come to; None where any of them has no such price.

    What is not `due` may cost nothing: a surcharge whose condition the request leaves open.
    """
    low = high = Decimal(0)
    for billable in dict.fromkeys(each.line.billable for each in lines):
        lows: list[Decimal] = []
        highs: list[Decimal] = []
        for each in lines:
            price = unit(each.line)
            if each.line.billable != billable:
                continue
            if price is None or each.low is None or each.high is None:
                return _UNKNOWN
            lows.append(price * each.low)
            highs.append(price * each.high)
        low, high = low + (min(lows) if billable in due else 0), high + max(highs)
    return low, high


# How many units of each kind a request is; of a kind that is not here only the work tells.
_UNITS: Mapping[str, Callable[[Asked, Model, Mapping[str, Descriptor]], _Ends]] = {
    "image": lambda asked, _, __: _whole(asked.get("n")),
    "reference": lambda asked, _, __: (Decimal(asked["references"] or 0),) * 2,
    "request": lambda _, __, ___: (_ONE, _ONE),
    "megapixel": lambda asked, model, limits: _times(
        _whole(asked.get("n")), _times(_pixels(asked, model, limits), (_MEGAPIXEL, _MEGAPIXEL))
    ),
    "step": lambda asked, _, limits: _times(
        _whole(asked.get("n")), _number("steps", asked, limits)
    ),
}
