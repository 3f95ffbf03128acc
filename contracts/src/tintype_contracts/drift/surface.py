"""An API as far as two documents of it can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import reduce

from attrs import evolve, field, frozen

from tintype_contracts.fixtures.format import Fixtures, Route

ANY_KEY = "{}"
"""What stands in a pointer for a key that may be any."""

BOUNDS: Mapping[str, bool] = {
    "minimum": False,
    "maximum": True,
    "minLength": False,
    "maxLength": True,
    "minItems": False,
    "maxItems": True,
}
"""JSON Schema's bounds; whether each bounds from above."""


@frozen(kw_only=True)
class Field:
    """One value in a body.

    Attributes:
        types: The JSON types it may have; empty is unknown.
        required: Whether it is always there.
        words: The texts or numbers it may be; empty is any.
        open: Whether others than `words` are admitted, too.
        bounds: By JSON Schema's name.
        default: What stands for it where it is left out, None where nobody says.
    """

    types: frozenset[str] = frozenset()
    required: bool = False
    words: tuple[object, ...] = ()
    open: bool = False
    bounds: Mapping[str, Decimal] = field(factory=dict)
    default: object = None


def asked_of(fixtures: Fixtures, route: Route) -> str:
    """How the fields of an address are named: by its operation, and by its path where it matters.

    It does where some field of the operation is for one of its addresses only.
    """
    apart = any(row.routes for row in fixtures.parameters if row.operation == route.operation)
    return f"{route.operation}:{route.path}" if apart else route.operation


@frozen(kw_only=True)
class Surface:
    """What a document says of an API. None is a table it has not got.

    Attributes:
        requests: Fields by operation and pointer, as `submit /size`; a `*` is an item. Where an
            operation's addresses differ in their fields, as `submit:/v1/edits /size`.
        responses: Likewise, of answers that are no errors.
        routes: Method and path by operation.
        states: What each status word means, "" where the document only lists it.
        errors: What each HTTP status means, by `status match`; "" likewise.
        prices: Amounts by model, condition and unit.
        facts: Whatever else is one value: the auth header, the time results are kept.
    """

    requests: Mapping[str, Field] = field(factory=dict)
    responses: Mapping[str, Field] = field(factory=dict)
    routes: Mapping[str, str] = field(factory=dict)
    states: Mapping[str, str] | None = None
    errors: Mapping[str, str] | None = None
    prices: Mapping[str, str] | None = None
    facts: Mapping[str, str] = field(factory=dict)


def either(fields: Iterable[Field]) -> Field:
    """A field that is one of several: what any of them admits."""
    given = list(fields)
    if not given:
        return Field()
    return evolve(reduce(_either, given), required=all(each.required for each in given))


def _either(one: Field, other: Field) -> Field:
    """Either of two. A bound that only one has is no bound."""
    speaking = [each for each in (one, other) if each.types != {"null"}]
    words = dict.fromkeys(word for each in speaking for word in each.words)
    bounds = {
        name: (max if BOUNDS[name] else min)(each.bounds[name] for each in speaking)
        for name in BOUNDS
        if speaking and all(name in each.bounds for each in speaking)
    }
    return Field(
        types=one.types | other.types,
        words=tuple(words),
        open=any(each.open or not each.words for each in speaking) and bool(words),
        bounds=bounds,
        default=one.default if one.default is not None else other.default,
    )
