"""A request body read in neutral terms, by the parameter table; and what it costs.

The table says which field of `tintype.ImageRequest` each wire field comes from, so the
kit can read any provider's bodies without knowing the provider.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal

from attrs import frozen

from tintype_contracts.format import Fixtures, Operation, Parameter, PriceRow
from tintype_contracts.pointers import MISSING, get, tokens


def read_field(body: object, parameter: Parameter) -> object:
    """The value of a documented field in `body`, or `MISSING`.

    A pointer may go on into a field that holds JSON text.
    """
    value = get(body, parameter.wire)
    if value is not MISSING:
        return value
    first, *rest = tokens(parameter.wire)
    text = get(body, f"/{first}")
    return get(_parsed(text), "".join(f"/{token}" for token in rest)) if rest else MISSING


def rows_for(rows: Iterable[Parameter], model: object) -> list[Parameter]:
    """The rows that are for `model`; all of them for a model that no row names."""
    rows = list(rows)
    named = any(model in row.models for row in rows)
    return [row for row in rows if not named or row.concerns(model)]


def _parsed(text: object) -> object:
    try:
        return json.loads(text, parse_float=Decimal) if isinstance(text, str) else MISSING
    except ValueError:
        return MISSING


def neutral_fields(
    fixtures: Fixtures, operation: Operation, body: object, *, model: object = None
) -> Mapping[str, object]:
    """The neutral fields that `body` holds, documented defaults for those it lacks.

    A field that is documented to have no effect has none here either.
    """
    every = [row for row in fixtures.parameters if row.operation == operation and row.neutral]
    model = model or next((read_field(body, row) for row in every if row.neutral == "model"), None)
    rows = [row for row in rows_for(every, model) if not row.ignored]
    found: dict[str, object] = {}
    for row in rows:
        value = read_field(body, row)
        if value is not MISSING:
            found[row.neutral or ""] = value
    for row in rows:
        if row.default is not None:
            found.setdefault(row.neutral or "", row.default)
    return found


@frozen(kw_only=True)
class Price:
    """What a request costs by the price table. None is unknown."""

    usd: Decimal | None = None
    credits: Decimal | None = None


def price_of(fixtures: Fixtures, fields: Mapping[str, object], images: int) -> Price:
    """What `images` images cost by the first line of the table that fits `fields`."""
    asked = {"references": "yes" if fields.get("references") else "no"}
    asked |= {key: str(value) for key, value in fields.items() if key != "references"}
    model = asked.get("model", "")
    rows = [row for row in fixtures.prices if row.model == model] or list(fixtures.prices)
    fitting = [row for row in rows if _fits(row, asked)] or rows
    if not fitting:
        return Price()
    times = images if fitting[0].unit == "image" else 1
    return Price(usd=_times(fitting[0].usd, times), credits=_times(fitting[0].credits, times))


def _fits(row: PriceRow, asked: Mapping[str, str]) -> bool:
    """Whether each condition holds, in either case of letters, for what is asked."""
    return all(asked.get(key, "").casefold() == value.casefold() for key, value in row.when.items())


def _times(amount: Decimal | None, times: int) -> Decimal | None:
    return None if amount is None else amount * times
