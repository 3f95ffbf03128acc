"""Plugins that do not know what they cost."""

from __future__ import annotations

from decimal import Decimal

from attrs import evolve
from tests.contracts.broken.how import (
    AT_ONCE,
    BY_ID,
    BY_URL,
    MULTIPART,
    Row,
    Way,
    good,
    hooks,
    offers,
    prices,
    reads,
)

from tintype.catalog import Pixels, ProviderInfo
from tintype.models import Quote
from tintype.request import ImageRequest


def _in_floats(_: ImageRequest, quote: Quote | None) -> Quote | None:
    return quote and evolve(quote, low=float(quote.low), high=float(quote.high))


def _in_float_lines(_: ImageRequest, quote: Quote | None) -> Quote | None:
    lines = tuple(evolve(line, unit_price=0.04) for line in quote.lines) if quote else ()
    return quote and evolve(quote, lines=lines)


def _a_cent_more(_: ImageRequest, quote: Quote | None) -> Quote | None:
    cent = Decimal("0.01")
    known = quote is not None and quote.low is not None
    return evolve(quote, low=quote.low + cent, high=quote.high + cent) if known else quote


def _for_one(request: ImageRequest, quote: Quote | None) -> Quote | None:
    known = quote is not None and quote.low is not None
    return evolve(quote, low=quote.low / request.n, high=quote.high / request.n) if known else quote


def _with_a_discount(request: ImageRequest, quote: Quote | None) -> Quote | None:
    if quote is None or quote.high is None:
        return quote
    return evolve(quote, low=quote.high / request.n**2, high=quote.high / request.n**2)


def _of_the_first_model(request: ImageRequest, quote: Quote | None) -> object:
    first = evolve(request, model="silver-1")
    return good(BY_ID, "price")(first, None) if request.resolution == "1K" else quote


def _in_pixels(info: ProviderInfo) -> ProviderInfo:
    """The tier is turned into pixels, which no row of the prices names."""
    first, *rest = info.models
    plain = {name: each for name, each in first.parameters.items() if name != "aspect_ratio"}
    sizes = {"2K": {"1:1": "2048x2048"}}
    sized = evolve(first, parameters={**plain, "size": Pixels()}, sizes=sizes)
    return evolve(info, models=(sized, *rest))


def _answers(**fields: object) -> Way:
    """Changes the quotes that it reads from answers."""

    def change(parse: object, exchange: object) -> object:
        said = parse(exchange)
        return evolve(said, **fields) if isinstance(said, Quote) else said

    return reads(change)


def _raises_key_error(request: ImageRequest, quote: object) -> object:
    raise KeyError(request, quote)


ROWS = (
    Row("price.exact-money", AT_ONCE, prices(_in_floats), "Asked: model="),
    Row("price.exact-money", AT_ONCE, prices(_in_float_lines), "Asked: model="),
    Row("price.exact-money", AT_ONCE, prices(lambda *_: 0.04), "price() "),
    Row("price.exact-money", AT_ONCE, prices(lambda *_: "free"), "price() "),
    Row("price.exact-money", AT_ONCE, hooks(price=_raises_key_error), "price() "),
    Row("price.documented-table", AT_ONCE, prices(_a_cent_more), "Asked: model="),
    Row("price.documented-table", AT_ONCE, prices(_for_one), "Asked: model="),
    Row("price.documented-table", AT_ONCE, prices(lambda *_: None), "Asked: model="),
    Row("price.more-images-cost-no-less", AT_ONCE, prices(_with_a_discount), "Asked: model="),
    Row(
        "price.unknown-is-not-free",
        BY_URL,
        prices(lambda _, quote: quote or Quote(low=Decimal(0), high=Decimal(0))),
        "Asked: model=",
    ),
    Row(
        "price.options-are-not-free",
        AT_ONCE,
        prices(lambda asked, _: good(AT_ONCE, "price")(evolve(asked, options={}), None)),
        "Asked: model=",
    ),
    Row(
        "price.names-its-source",
        AT_ONCE,
        prices(lambda _, quote: quote and evolve(quote, source="", as_of=None)),
        "Asked: model=",
    ),
    Row("price.names-its-source", MULTIPART, _answers(source="")),
    Row("price.is-of-what-is-sent", AT_ONCE, prices(_a_cent_more), "Asked: model="),
    Row("price.is-of-what-is-sent", BY_ID, prices(_of_the_first_model)),
    Row("price.is-of-what-is-sent", BY_ID, offers(_in_pixels), "0.025"),
    Row(
        "price.answers-are-read-as-documented",
        MULTIPART,
        _answers(credits_low=Decimal(4000)),
        "/credits_low",
    ),
)
