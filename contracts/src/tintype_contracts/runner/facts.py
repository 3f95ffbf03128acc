"""What a report says of the documents: each fact with its source, and what to quote of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

from tintype_contracts.fixtures.flaws import FixtureError
from tintype_contracts.fixtures.format import (
    Fixtures,
    Kind,
    Parameter,
    PriceRow,
    Sourced,
    States,
)
from tintype_contracts.fixtures.loader import files_of
from tintype_contracts.verdict import Fact, Row

KINDS: tuple[Kind, ...] = get_args(Kind)
"""How literally a fact is documented, the most literal first; seen on the wire is last."""

_MAX_LENGTH = 4000  # characters of an excerpt that a report carries


def facts_of(fixtures: Fixtures) -> tuple[Fact, ...]:
    """Every row of every table, and every exchange, in the order of the files."""
    return tuple(
        Fact(table=table, name=name, kind=row.kind, src=row.src, why=row.why)
        for table, name, row in _rows(fixtures)
    )


def count_of(fixtures: Fixtures) -> Mapping[str, int]:
    """How many facts there are of each kind; a kind that has none is there, too."""
    found = Counter(fact.kind for fact in facts_of(fixtures))
    return {kind: found[kind] for kind in KINDS}


def sources_of(fixtures: Fixtures, rows: Iterable[Row]) -> Mapping[str, Mapping[str, str]]:
    """Every source: title, address, day; its payload where something was found against it."""
    quoted = {finding.src for row in rows for finding in row.findings}
    quoted |= {
        fixtures.exchanges[finding.exchange].src
        for row in rows
        for finding in row.findings
        if finding.exchange in fixtures.exchanges
    }
    made: dict[str, Mapping[str, str]] = {}
    for name, source in fixtures.sources.items():
        excerpt = fixtures.excerpts.get(name, "")[:_MAX_LENGTH] if name in quoted else ""
        facts = {"title": source.title, "url": source.url, "retrieved": str(source.retrieved)}
        made[name] = {**facts, "excerpt": excerpt} if excerpt else facts
    return made


def digests(provider: str) -> Mapping[str, str]:
    """The SHA-256 of every fixture file of an installed provider; none where they cannot be had."""
    try:
        files = files_of(provider)
    except FixtureError:
        return {}
    return {name: f"sha256:{hashlib.sha256(data).hexdigest()}" for name, data in files.items()}


def _rows(fixtures: Fixtures) -> Iterator[tuple[str, str, Sourced]]:
    for route in fixtures.routes:
        yield "routes", f"{route.operation}: {route.method} {route.path}", route
    for parameter in fixtures.fields:
        yield "parameters", _parameter(parameter), parameter
    for error in fixtures.errors:
        matched = ", ".join(f"{key}={value}" for key, value in error.match.items())
        yield "errors", f"{error.status} {matched}".strip() + f": {error.error}", error
    for price in (*fixtures.prices, *fixtures.surcharges):
        yield "prices", _price(price), price
    yield from _singles(fixtures)
    yield from _more(fixtures)
    for exchange in fixtures.exchanges.values():
        yield "exchanges", exchange.id, exchange


def _singles(fixtures: Fixtures) -> Iterator[tuple[str, str, Sourced]]:
    yield "auth", f"{fixtures.auth.header}: {fixtures.auth.form}", fixtures.auth
    if fixtures.states is not None:
        yield "states", _states(fixtures.states), fixtures.states
    charged = f"charged when {fixtures.billing.charged or 'nobody says'}"
    yield "billing", charged, fixtures.billing
    if fixtures.results is not None:
        yield "results", f"kept {fixtures.results.kept_seconds} seconds", fixtures.results
    if fixtures.webhooks is not None:
        yield "webhooks", f"named in {fixtures.webhooks.field or 'no field'}", fixtures.webhooks
        if fixtures.webhooks.signature is not None:
            signature = fixtures.webhooks.signature
            yield "webhooks", f"{signature.header}: {signature.scheme}", signature
    if fixtures.idempotency is not None:
        yield "idempotency", fixtures.idempotency.header, fixtures.idempotency
    for name, capability in fixtures.capabilities.items():
        yield "capabilities", f"{name}: {capability.support.replace('_', ' ')}", capability


def _more(fixtures: Fixtures) -> Iterator[tuple[str, str, Sourced]]:
    """What only some providers document, by the fields of each row that tell it."""
    for table, names in _MORE.items():
        for row in getattr(fixtures, table):
            yield table, " ".join(filter(None, (_said(getattr(row, name)) for name in names))), row


def _said(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return " ".join(value) if isinstance(value, tuple) else str("" if value is None else value)


_MORE: Mapping[str, tuple[str, ...]] = {
    "timeouts": ("operation", "seconds"),
    "limits": ("what", "most"),
    "retires": ("model", "day", "successor"),
    "rules": ("left", "relation", "right", "bound"),
    "cautions": ("fields",),
    "sizes": ("tier", "sizes"),
    "formats": ("media_type", "models"),
}


def _parameter(row: Parameter) -> str:
    models = f" ({row.models[0]}{' …' if len(row.models) > 1 else ''})" if row.models else ""
    where = f"header {row.wire[1:]}" if row.place == "header" else row.wire
    return f"{row.operation} {where}{models}"


def _price(row: PriceRow) -> str:
    conditions = "".join(f", {key} {value}" for key, value in row.when.items())
    amount = f"{row.usd} USD" if row.usd is not None else f"{row.credits} credits"
    return f"{row.model}{conditions}: {amount} an {row.unit}" if row.unit else row.model


def _states(row: States) -> str:
    words = (*row.running, *row.succeeded, *row.failed, *row.refused, *row.canceled, *row.expired)
    return f"{row.at}: {', '.join(words)}"
