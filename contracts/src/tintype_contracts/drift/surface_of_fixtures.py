"""The surface that a fixture set describes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from tintype_contracts.drift.surface import Field, Surface, asked_of, either
from tintype_contracts.fixtures.format import (
    DocumentedExchange,
    ErrorRow,
    Fixtures,
    JsonContent,
    Parameter,
    PriceRow,
    States,
)
from tintype_contracts.fixtures.placeholders import render
from tintype_contracts.fixtures.pointers import covers, is_array, join
from tintype_contracts.fixtures.values import fixed_values

_TYPES: Mapping[str, frozenset[str]] = {
    "file": frozenset({"string", "array"}),
    "json": frozenset({"string", "object"}),
}
_OK = range(200, 300)
_BAD = frozenset({"failed", "refused"})


def surface_of_fixtures(fixtures: Fixtures) -> Surface:
    """What the tables say, and which fields the documented answers show."""
    return Surface(
        requests=_requests(fixtures),
        responses=responses_of(fixtures),
        routes={
            f"{route.operation} {route.method} {route.path}": route.operation
            for route in fixtures.routes
        },
        states=_states(fixtures.states) if fixtures.states else None,
        errors={_error(row): row.error for row in fixtures.errors},
        prices={_price(row): _amount(row) for row in fixtures.prices},
        facts=dict(_facts(fixtures)),
    )


def _requests(fixtures: Fixtures) -> Mapping[str, Field]:
    rows: dict[str, list[Parameter]] = {}
    for route in fixtures.routes:
        asked = asked_of(fixtures, route)
        for row in fixtures.parameters:
            if row.operation == route.operation and row.is_at(route.path):
                rows.setdefault(f"{asked} {row.wire}", []).append(row)
    return {key: either(_field(row) for row in group) for key, group in rows.items()}


def _field(row: Parameter) -> Field:
    bounds = {
        "minimum": row.min,
        "maximum": row.max,
        "minLength": row.min_length,
        "maxLength": row.max_length,
        "minItems": row.min_items,
        "maxItems": row.max_items,
    }
    return Field(
        types=_TYPES.get(row.type, frozenset({row.type})),
        required=row.required,
        words=row.enum,
        open=bool(row.enum) and (row.pattern is not None or row.pixels is not None),
        bounds={name: Decimal(bound) for name, bound in bounds.items() if bound is not None},
        default=row.default,
    )


# --------------------------------------------------------------------------- answers


def responses_of(fixtures: Fixtures, *, inferred: bool = False) -> Mapping[str, Field]:
    """Every field that a good answer shows, with the types it has there.

    Args:
        fixtures: The set.
        inferred: Whether what nobody says counts, too.
    """
    seen: dict[str, list[Field]] = {}
    for exchange in fixtures.exchanges.values():
        for pointer, types in _shown(fixtures, exchange, inferred=inferred):
            key = f"{exchange.operation} {pointer}"
            seen.setdefault(key, []).append(Field(types=frozenset({types})))
    return {key: either(fields) for key, fields in seen.items()}


def _shown(
    fixtures: Fixtures, exchange: DocumentedExchange, *, inferred: bool
) -> Iterator[tuple[str, str]]:
    """The fields of a good answer."""
    response = exchange.response
    if response is None or response.status not in _OK or not _is_good(exchange):
        return
    if exchange.kind == "inferred" and not inferred:
        return
    if isinstance(response.content, JsonContent):
        filled = render(response.content.value, fixed_values(fixtures, exchange))
        for pointer, at, kind in _fields(filled, "", "/response/json"):
            if inferred or not any(covers(guessed, at) for guessed in exchange.inferred):
                yield pointer, kind


def _is_good(exchange: DocumentedExchange) -> bool:
    bad = exchange.expect.outcome == "error" or exchange.expect.fields.get("state") in _BAD
    return not bad


def shown_fields(value: object) -> Iterator[tuple[str, str]]:
    """Every field of a JSON value: its pointer, with `*` for an item, and its type."""
    yield from ((pointer, kind) for pointer, _, kind in _fields(value, "", ""))


def _fields(value: object, pointer: str, at: str) -> Iterator[tuple[str, str, str]]:
    """Each value: its pointer with `*` for items, its place in the exchange, its type."""
    if pointer:
        yield pointer, at, json_type(value)
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _fields(item, join(pointer, key), join(at, key))
    elif is_array(value):
        for index, item in enumerate(value):
            yield from _fields(item, f"{pointer}/*", join(at, index))


def json_type(value: object) -> str:
    """The name that JSON Schema has for a value's type."""
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float() | Decimal():
            return "number"
        case str():
            return "string"
        case None:
            return "null"
        case _:
            return "object" if isinstance(value, Mapping) else "array"


# ---------------------------------------------------------------------------- tables


def _states(states: States) -> Mapping[str, str]:
    meanings: Mapping[str, Sequence[str]] = {
        "running": states.running,
        "succeeded": states.succeeded,
        "failed": states.failed,
        "refused": states.refused,
        "canceled": states.canceled,
        "expired": states.expired,
    }
    return {word: meaning for meaning, words in meanings.items() for word in words}


def _error(row: ErrorRow) -> str:
    matched = " ".join(f"{pointer}={value}" for pointer, value in sorted(row.match.items()))
    return f"{row.status} {matched}".strip()


def _price(row: PriceRow) -> str:
    conditions = "".join(f" {key}={value}" for key, value in sorted(row.when.items()))
    return f"{row.model}{conditions} a {row.unit}"


def _amount(row: PriceRow) -> str:
    amounts = ((row.usd, "USD"), (row.credits, "credits"))
    return ", ".join(
        f"{amount.normalize():f} {unit}" for amount, unit in amounts if amount is not None
    )


def _facts(fixtures: Fixtures) -> Iterator[tuple[str, str]]:
    yield "auth", f"{fixtures.auth.header.lower()}: {fixtures.auth.form}"
    yield "hosts", ", ".join(sorted(fixtures.hosts.api))
    billing = fixtures.billing
    yield "billing", f"charged when {billing.charged}, refunded: {billing.refunded_on_failure}"
    if fixtures.results is not None:
        yield "results", f"kept {fixtures.results.kept_seconds} seconds"
    if fixtures.webhooks is not None:
        yield "webhooks", f"named in {fixtures.webhooks.field or 'no field'}"
