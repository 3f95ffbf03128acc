"""Values for fields that a rule or a caution of the documents names."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import chain

from tintype.catalog import Model
from tintype_contracts.strategies.builder import PROMPT, Builder
from tintype_contracts.strategies.together import Given, Together, factors, given_as


def all_of(builder: Builder, model: Model, names: Sequence[str]) -> Together:
    """A value for each of these fields; none where the model lacks one of them."""
    found = [value_of(builder, model, name) for name in names]
    return tuple(each for each in found if each) if all(found) else ()


def value_of(builder: Builder, model: Model, spec: str) -> Given | None:
    """A value of a field by its name, or the one that is named behind an equals sign."""
    name, sign, value = spec.partition("=")
    if name == "prompt":
        rows = [row for row in builder.rows("submit", model.id) if row.neutral == name]
        return Given(name=name, value=PROMPT, rows=tuple(rows))
    every = [each for values in factors(builder, "submit", model, ignored=True) for each in values]
    mine = [each for each in every if name in {each.name, each.name.rpartition("/")[2]}]
    meant = [each for each in mine if not sign or value in {str(each.value), _plain(each.value)}]
    counted = [each for each in mine if each.rows[0].type == "integer" and value.isdecimal()]
    return next(chain(meant, (given_as(each, int(value)) for each in counted)), None)


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool | Decimal) else ""
