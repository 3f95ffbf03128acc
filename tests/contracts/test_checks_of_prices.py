from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from attrs import evolve
from tests.contracts import reference
from tests.contracts.otherwise import AT_ONCE, BY_ID, MULTIPART, bent, findings, good, told

from tintype.catalog import Pixels
from tintype.models import Quote
from tintype.request import ImageRequest
from tintype_contracts.check import NotApplicable
from tintype_contracts.checks import all_checks
from tintype_contracts.harness.subject import Subject

CHECKS = [each.id for each in all_checks() if each.group == "price"]
ASKED = {"price.options-are-not-free", "price.documented-table", "price.is-of-what-is-sent"}


@pytest.mark.parametrize("name", reference.NAMES)
@pytest.mark.parametrize("check", CHECKS)
def test_a_good_plugin_knows_its_prices(check: str, name: str) -> None:
    """No check finds anything; what is asked has no table, and what has a table is not asked."""
    try:
        assert findings(check, reference.subject(name)) == []
    except NotApplicable:
        assert (check in ASKED) == (name == MULTIPART)


def _priced(name: str, change: Callable[[ImageRequest, Quote | None], object]) -> Subject:
    """A plugin that changes its own price."""

    def price(request: ImageRequest, quote: Quote | None) -> object:
        return change(request, good(name, "price")(request, quote))

    return bent(name, price=price)


def _in_floats(_: ImageRequest, quote: Quote | None) -> Quote | None:
    return quote and evolve(quote, low=float(quote.low), high=float(quote.high))  # type: ignore[arg-type]


def _in_float_lines(_: ImageRequest, quote: Quote | None) -> Quote | None:
    lines = tuple(evolve(line, unit_price=0.04) for line in quote.lines) if quote else ()  # type: ignore[arg-type]
    return quote and evolve(quote, lines=lines)


def _a_cent_more(_: ImageRequest, quote: Quote | None) -> Quote | None:
    if quote is None or quote.low is None or quote.high is None:
        return quote
    cent = Decimal("0.01")
    return evolve(quote, low=quote.low + cent, high=quote.high + cent)


def _for_one(request: ImageRequest, quote: Quote | None) -> Quote | None:
    if quote is None or quote.low is None or quote.high is None:
        return quote
    return evolve(quote, low=quote.low / request.n, high=quote.high / request.n)


def _with_a_discount(request: ImageRequest, quote: Quote | None) -> Quote | None:
    if quote is None or quote.high is None:
        return quote
    return evolve(quote, low=quote.high / request.n**2, high=quote.high / request.n**2)


def _free(_: ImageRequest, quote: Quote | None) -> Quote:
    return quote or Quote(low=Decimal(0), high=Decimal(0))


def _deaf_to_options(request: ImageRequest, _: Quote | None) -> object:
    return good(AT_ONCE, "price")(evolve(request, options={}), None)


def _from_nowhere(_: ImageRequest, quote: Quote | None) -> Quote | None:
    return quote and evolve(quote, source="", as_of=None)


def _unknown(_: ImageRequest, __: Quote | None) -> None:
    return None


@pytest.mark.parametrize(
    ("check", "change"),
    [
        ("price.exact-money", _in_floats),
        ("price.exact-money", _in_float_lines),
        ("price.documented-table", _a_cent_more),
        ("price.documented-table", _for_one),
        ("price.documented-table", _unknown),
        ("price.more-images-cost-no-less", _with_a_discount),
        ("price.unknown-is-not-free", _free),
        ("price.options-are-not-free", _deaf_to_options),
        ("price.names-its-source", _from_nowhere),
        ("price.is-of-what-is-sent", _a_cent_more),
    ],
)
def test_a_price_that_is_wrong_is_found(
    check: str, change: Callable[[ImageRequest, Quote | None], object]
) -> None:
    """Each by the check that is there for it; the finding says what was asked for."""
    found = findings(check, _priced(AT_ONCE, change))
    assert found
    assert all("Asked: model=" in each.message for each in found)


@pytest.mark.parametrize("oddity", [KeyError("model"), 0.04, "free"])
def test_a_hook_that_does_anything_else_is_found(oddity: object) -> None:
    """An exception and a bare number are told, and do not end the check."""

    def price(request: ImageRequest, quote: Quote | None) -> object:  # noqa: ARG001
        if isinstance(oddity, Exception):
            raise oddity
        return oddity

    found = findings("price.exact-money", bent(AT_ONCE, price=price))
    assert found[0].message.startswith("price() ")


def test_a_price_that_is_read_wrongly_is_found() -> None:
    """A thousand times the credits that the answer names."""

    def change(_: object, said: object) -> object:
        if isinstance(said, Quote) and said.credits_low is not None:
            return evolve(said, credits_low=said.credits_low * 1000)
        return said

    found = findings("price.answers-are-read-as-documented", told(MULTIPART, change))
    assert "/credits_low" in {each.pointer for each in found}


def test_a_tier_that_the_catalog_turns_into_pixels_loses_its_price() -> None:
    """The price has to be that of the request which is sent, not of the one that was asked."""

    def describe() -> object:
        info = good(BY_ID, "describe")()
        first, *rest = info.models
        plain = {name: each for name, each in first.parameters.items() if name != "aspect_ratio"}
        plain["size"] = Pixels()
        sized = evolve(first, parameters=plain, sizes={"2K": {"1:1": "2048x2048"}})
        return evolve(info, models=(sized, *rest))

    found = findings("price.is-of-what-is-sent", bent(BY_ID, describe=describe))
    assert [each.expected for each in found] == ["0.025"]
