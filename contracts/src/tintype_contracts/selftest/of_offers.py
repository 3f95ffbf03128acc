"""Mutators of prices, and of what a plugin says that its provider offers."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from attrs import evolve

from tintype.catalog import Auth, Model, ProviderInfo
from tintype.messages import Request
from tintype.models import Quote, QuoteLine
from tintype_contracts.selftest.bending import Bend, Call, Mutator, unless_same

_FREE = Quote(
    lines=(QuoteLine(billable="output_image", unit="image", unit_price=Decimal(0)),),
    low=Decimal(0),
    high=Decimal(0),
    source="nobody",
)


def _of_quote(change: Callable[[Quote, Call], Quote]) -> Bend:
    """A bend of the quotes that `price` or `parse` returns."""

    def bend(call: Call) -> object:
        answer = call.answer
        if call.hook not in {"price", "parse"} or not isinstance(answer, Quote):
            return answer
        made = change(answer, call)
        return unless_same(made, answer)

    return bend


def _times(factor: Decimal | float) -> Callable[[Quote, Call], Quote]:
    """Every amount of a quote, times a factor."""

    def times(amount: Decimal | None) -> Decimal | None:
        if amount is None:
            return None
        return Decimal(str(amount)) * factor if isinstance(factor, Decimal) else _float(amount)

    return lambda quote, _: evolve(
        quote,
        low=times(quote.low),
        high=times(quote.high),
        credits_low=times(quote.credits_low),
        credits_high=times(quote.credits_high),
    )


def _float(amount: Decimal) -> Decimal:
    return float(amount) + 0.0001  # type: ignore[return-value]  # on purpose


def _for_one(quote: Quote, call: Call) -> Quote:
    asked = call.request or (call.exchange.request if call.exchange else None)
    several = call.fixtures.capabilities.get("n")
    n = asked.n if asked and several and several.on else 1
    return quote if n == 1 else _times(Decimal(1) / n)(quote, call)


def _free(call: Call) -> object:
    unknown = call.hook == "price" and call.answer is None
    return _FREE if unknown else call.answer


def _never_asked(call: Call) -> object:
    asked = call.hook == "price" and isinstance(call.answer, Request)
    return None if asked else call.answer


def _of_info(change: Callable[[ProviderInfo], ProviderInfo]) -> Bend:
    """A bend of what `describe` returns."""

    def bend(call: Call) -> object:
        answer = call.answer
        if call.hook != "describe" or not isinstance(answer, ProviderInfo):
            return answer
        made = change(answer)
        return unless_same(made, answer)

    return bend


def _each_model(change: Callable[[Model], Model]) -> Bend:
    return _of_info(
        lambda info: evolve(
            info, models=tuple(map(change, info.models)), general=change(info.general)
        )
    )


MUTATORS = (
    Mutator(
        name="float-price",
        breaks="quotes in binary fractions",
        missing="a row in the table of prices, or the story priced",
        bend=_of_quote(_times(1.0)),
    ),
    Mutator(
        name="price-doubled",
        breaks="quotes twice the documented price",
        missing="a row in the table of prices, or the story priced",
        bend=_of_quote(_times(Decimal(2))),
    ),
    Mutator(
        name="price-ignores-n",
        breaks="quotes the price of one image for several",
        missing="a row in the table of prices for a model that draws several images",
        bend=_of_quote(_for_one),
    ),
    Mutator(
        name="unknown-is-free",
        breaks="quotes 0 where the price is unknown",
        missing="a model without a price",
        bend=_free,
    ),
    Mutator(
        name="price-without-source",
        breaks="does not say where a price is from",
        missing="a row in the table of prices, or the story priced",
        bend=_of_quote(lambda quote, _: evolve(quote, source="")),
    ),
    Mutator(
        name="price-never-asked",
        breaks="does not ask for a price that can be asked for",
        missing="the story priced",
        bend=_never_asked,
        capability="price.live",
    ),
    Mutator(
        name="key-shown-otherwise",
        breaks="shows the key in another header",
        missing="an exchange with the auth header",
        bend=_of_info(lambda info: evolve(info, auth=Auth(header="X-Other", form="{key}"))),
    ),
    Mutator(
        name="key-goes-further",
        breaks="declares a host that is not the provider's",
        missing="the table hosts",
        bend=_of_info(
            lambda info: evolve(info, origins=(*info.origins, "https://images.example.com"))
        ),
    ),
    Mutator(
        name="limits-forgotten",
        breaks="admits any value of any field",
        missing="rows in the table of parameters with their bounds",
        bend=_each_model(lambda model: evolve(model, parameters={})),
    ),
    Mutator(
        name="results-kept-otherwise",
        breaks="says that results can be fetched for longer",
        missing="the table results",
        bend=_each_model(
            lambda model: evolve(model, results_kept=(model.results_kept or 0) + 86_400)
        ),
    ),
)
"""What can go wrong with a price or a catalog, whoever's it is."""
