"""The answer about a model's endpoints, read as a quote."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from attrs import evolve

from tintype.errors import ProtocolError
from tintype.messages import JsonObject
from tintype.models import Quote, QuoteLine
from tintype.request import Submission
from tintype_openrouter import _wire
from tintype_openrouter._catalog import MODELS, QUALITY, RESOLUTION

_MEGA = 10**6
_ABSURD = 10**6  # no unit costs a million dollars

_Bill: TypeAlias = tuple[tuple[QuoteLine, ...], ...]
_Pick: TypeAlias = Callable[[Iterable[Decimal]], Decimal]


def quote_from_endpoints(table: _wire.Endpoints, request: Submission | None, as_of: date) -> Quote:
    """What the endpoints of a model ask: a range over them, for the router picks one."""
    if request is not None and table.id != request.model:
        msg = f"The prices are those of {table.id!r}; {request.model!r} was asked for."
        raise ProtocolError(msg, pointer="/id")
    quote = Quote(model=table.id, source=f"{MODELS}/{table.id}/endpoints", as_of=as_of)
    if request is None or not table.endpoints:
        reason = "No endpoint serves this model now." if request else "Nothing was asked for."
        return evolve(quote, reason=reason)
    bills = [_bill(endpoint, request) for endpoint in table.endpoints]
    quote = evolve(
        quote,
        lines=tuple(dict.fromkeys(line for bill in bills for group in bill for line in group)),
        assumptions=tuple(_assumptions(request, bills)),
    )
    if _may_change_the_price(request.options):
        return evolve(quote, reason="The options may change the price.")
    lows, highs = ([_total(bill, pick) for bill in bills] for pick in (min, max))
    low, high = _over(lows, min), _over(highs, max)
    if low is None or high is None:
        return evolve(quote, reason="Part of the price depends on what only the work will tell.")
    return evolve(quote, low=low, high=high)


def _may_change_the_price(options: JsonObject) -> bool:
    """Whether more is asked for than routing: `provider.options` is passthrough."""
    routing = options.get("provider", {})
    return not isinstance(routing, Mapping) or "options" in routing


def _bill(endpoint: _wire.Endpoint, request: Submission) -> _Bill:
    """What an endpoint charges for: lines that add up, each one of several variants."""
    groups: dict[tuple[str, str], list[_wire.Pricing]] = {}
    for line in endpoint.pricing:
        if _applies(line, request):
            groups.setdefault((line.billable, line.unit), []).append(line)
    return tuple(
        tuple(_line(line, request) for line in _variants(lines, request))
        for lines in groups.values()
    )


def _applies(line: _wire.Pricing, request: Submission) -> bool:
    """Whether the request has what the line is for. Fonts go in by passthrough alone."""
    match line.billable:
        case "input_image" | "input_reference":
            return bool(request.references)
        case "input_font":
            return "provider" in request.options
        case _:
            return True


def _variants(lines: list[_wire.Pricing], request: Submission) -> list[_wire.Pricing]:
    """The lines that may be meant: the variant that was asked for, else all that fit.

    A variant is written in small letters (`2k` for the resolution 2K); which words there
    are is undocumented, so one that names neither a resolution nor a quality may be meant.
    """
    asked = {request.resolution, request.quality} - {None}
    words = {str(word).casefold() for word in asked}
    exact = [line for line in lines if (line.variant or "").casefold() in words]
    return exact or [line for line in lines if not _excluded(line.variant or "", request)]


def _excluded(variant: str, request: Submission) -> bool:
    """Whether the variant names another resolution or quality than the request does."""
    fields = ((request.resolution, RESOLUTION), (request.quality, QUALITY))
    return any(
        variant.casefold() in {word.casefold() for word in known.values}
        for asked, known in fields
        if asked not in {None, "auto"}
    )


def _line(line: _wire.Pricing, request: Submission) -> QuoteLine:
    if not 0 <= line.cost_usd < _ABSURD:
        msg = f"A price of {line.cost_usd:f} US dollars is none."
        raise ProtocolError(msg, pointer="/endpoints")
    return QuoteLine(
        billable=line.billable,
        unit=line.unit,
        quantity=_quantity(line, request),
        unit_price=line.cost_usd,
    )


def _quantity(line: _wire.Pricing, request: Submission) -> Decimal | None:
    """How many units are charged, or None where only the work itself will tell."""
    match line.billable, line.unit:
        case _, "request":
            return Decimal(1)
        case "output_image", "image":
            return Decimal(request.n)
        case "output_image", "megapixel" if request.pixels:
            width, height = request.pixels
            return Decimal(width * height * request.n) / _MEGA
        case "input_image" | "input_reference", "image":
            return Decimal(len(request.references))
        case _:
            return None


def _total(bill: _Bill, pick: _Pick) -> Decimal | None:
    """The least or the most an endpoint asks, or None where it does not say.

    An endpoint without a line for the image itself does not say what the image costs.
    """
    amounts = [_over([_amount(line) for line in group], pick) for group in bill]
    known = [amount for amount in amounts if amount is not None]
    drawn = any(line.billable == "output_image" for group in bill for line in group)
    return sum(known, Decimal(0)) if drawn and len(known) == len(amounts) else None


def _over(amounts: list[Decimal | None], pick: _Pick) -> Decimal | None:
    """The least or the most of several amounts, or None where one is unknown."""
    known = [amount for amount in amounts if amount is not None]
    return pick(known) if known and len(known) == len(amounts) else None


def _amount(line: QuoteLine) -> Decimal | None:
    if line.unit_price is None or line.quantity is None:
        return line.unit_price if line.unit_price == 0 else None  # free, however many
    return line.unit_price * line.quantity


def _assumptions(request: Submission, bills: list[_Bill]) -> Iterator[str]:
    if request.n > 1:
        yield f"All {request.n} images are drawn: n is an upper bound."
    if len(bills) > 1:
        yield f"The router picks one of {len(bills)} endpoints."
    if any(len(group) > 1 for bill in bills for group in bill):
        yield "The price depends on the tier, which the request leaves open."
    if any(line.unit == "megapixel" for bill in bills for group in bill for line in group):
        yield "A megapixel is taken as a million pixels; how parts are rounded is undocumented."
