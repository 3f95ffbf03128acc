"""What was spent, added up in the database: however many rows there are, few are read.

What was charged counts as paid, and so does a documented price where the provider says that it
billed and not how much: the least that was quoted, for a picture that came whole. The rest of what
is reserved is unknown. So `paid + unknown` is what budgets count.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeAlias, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql import ColumnElement

from tintype.errors import Billed
from tintype.journal import Tally
from tintype.journal._lines import REPORTED
from tintype.journal._rows import HAS_KEY
from tintype.journal._tables import submission
from tintype.journal._totals import NANO, Totals, dollars
from tintype.models import TaskState
from tintype.spending import Drift, Facet, Scope, Spending, Spent

_Number: TypeAlias = ColumnElement[int]
_Query: TypeAlias = sa.Select[tuple[object, ...]]
_Sums: TypeAlias = Row[tuple[object, ...]]

_ROW = submission.c
_BILLABLE = _ROW.billed != Billed.NO.value
_TOLD = _ROW.source != ""
# A picture that came whole, or a person's word, or an end of which nothing but the bill is known.
_WHOLE = _ROW.state.in_(("", TaskState.SUCCEEDED.value, TaskState.UNKNOWN.value))
_SURE = sa.and_(_ROW.billed == Billed.YES.value, sa.not_(_TOLD), _WHOLE)
_LOW = sa.func.coalesce(_ROW.least, 0)
_FLOOR = sa.case((sa.and_(_SURE, _ROW.reserved > _LOW), _LOW), (_SURE, _ROW.reserved), else_=0)
_REPORTED = _ROW.source == REPORTED
_UNPRICED = sa.and_(_BILLABLE, sa.not_(_TOLD), _ROW.quote.is_(None))
# Each place has one, and what stands in a path has its quotation marks escaped: any database counts
# it, whatever it knows of JSON.
_MARK = '"index":'
_PICTURES = (
    sa.func.length(_ROW.files) - sa.func.length(sa.func.replace(_ROW.files, _MARK, ""))
) // len(_MARK)
_FACETS: Mapping[Facet, ColumnElement[str]] = {
    "day": sa.func.substr(_ROW.created_at, 1, len("2026-11-29"), type_=sa.Text),
    "month": sa.func.substr(_ROW.created_at, 1, len("2026-11"), type_=sa.Text),
    "provider": _ROW.provider,
    "model": _ROW.model,
    "tag": _ROW.tag,
    "label": _ROW.label,
}
_AMOUNTS: Mapping[str, _Number] = {
    "quoted": sa.case((_BILLABLE, sa.func.coalesce(_ROW.quote, 0)), else_=0),
    "paid": _ROW.charged + _FLOOR,
    "estimated": sa.case((_REPORTED, 0), else_=_ROW.charged) + _FLOOR,
    "unknown": _ROW.reserved - _FLOOR,
}
_COUNTS: Mapping[str, _Number] = {
    "pictures": _PICTURES,
    "open": sa.case((sa.or_(_ROW.reserved > _FLOOR, _UNPRICED), 1), else_=0),
    "unpriced": sa.case((_UNPRICED, 1), else_=0),
}
_BEGINS = sa.bindparam("prefix", type_=_ROW.key.type)
_OF_BATCH = sa.select(
    sa.func.count(),
    sa.func.coalesce(sa.func.sum(_ROW.reserved + _ROW.charged), 0),
    sa.func.coalesce(sa.func.sum(_COUNTS["open"]), 0),
).where(HAS_KEY, sa.func.substr(_ROW.key, 1, sa.func.length(_BEGINS)) == _BEGINS)
# By more than a hundredth: what is less may be a rounding.
_HUNDREDTH = 100
_DRIFTED = sa.case(
    (_ROW.charged - _ROW.quote > _ROW.quote // _HUNDREDTH, 1),
    (_LOW - _ROW.charged > _LOW // _HUNDREDTH, 1),
    else_=0,
)
_OFTEN: _Number = sa.func.sum(_DRIFTED)
_ODD: Mapping[str, _Number] = {
    "quoted": sa.case((_DRIFTED == 1, _ROW.quote), else_=0),
    "paid": sa.case((_DRIFTED == 1, _ROW.charged), else_=0),
}
_WHOLE_DOLLARS, _REST = "_dollars", "_rest"


def spent(connection: Connection, scope: Scope) -> Spending:
    """What was spent on the submissions of a scope."""
    rows = [_spent(row) for row in connection.execute(_sums(scope))]
    if scope.by in {"day", "month"}:
        rows.sort(key=lambda row: row.name)
    else:
        rows.sort(key=lambda row: (-row.paid - row.unknown, row.name))
    drifts = tuple(_drift(row) for row in connection.execute(_drifts(scope)))
    return Spending(
        scope=scope, rows=tuple(rows), drifts=drifts, forgotten=_forgotten(connection, scope)
    )


def tally(connection: Connection, prefix: str) -> Tally:
    """What the submissions come to whose key begins so."""
    records, nano, unknown = connection.execute(_OF_BATCH, {"prefix": prefix}).one()
    return Tally(records=int(records), spent=dollars(int(nano)), open=int(unknown))


def _forgotten(connection: Connection, scope: Scope) -> Decimal:
    """What was pruned of a provider or a label: no day, model or tag of it is known any more."""
    if scope.since or scope.until or scope.model is not None or scope.tag is not None:
        return Decimal(0)
    return dollars(Totals(connection).forgotten(scope.provider or "", scope.label or ""))


def _sums(scope: Scope) -> _Query:
    facet = _FACETS[scope.by]
    count = sa.func.count().label("submissions")
    counts = [sa.func.sum(each).label(name) for name, each in _COUNTS.items()]
    query: _Query = sa.select(facet.label("name"), count).add_columns(*counts, *_exact(_AMOUNTS))
    return _within(query, scope).group_by(facet)


def _drifts(scope: Scope) -> _Query:
    query = sa.select(
        _ROW.provider,
        _ROW.model,
        sa.func.count().label("submissions"),
        _OFTEN.label("drifted"),
        *_exact(_ODD),
    ).where(_REPORTED, _ROW.state == TaskState.SUCCEEDED.value, _ROW.quote.is_not(None))
    grouped = _within(query, scope).group_by(_ROW.provider, _ROW.model)
    return grouped.having(_OFTEN > 0).order_by(_ROW.provider, _ROW.model)


def _within(query: _Query, scope: Scope) -> _Query:
    if scope.since is not None:
        query = query.where(_ROW.created_at >= scope.since.isoformat())
    if scope.until is not None and scope.until < date.max:
        query = query.where(_ROW.created_at < (scope.until + timedelta(days=1)).isoformat())
    for name in ("provider", "model", "tag", "label"):
        wanted = getattr(scope, name)
        if wanted is not None:
            query = query.where(_ROW[name] == wanted)
    return query


def _exact(amounts: Mapping[str, _Number]) -> list[ColumnElement[int]]:
    """Sums of nanodollars that no number of rows makes too large: dollars, and the rest."""
    return [
        sa.func.sum(part).label(name + end)
        for name, each in amounts.items()
        for end, part in ((_WHOLE_DOLLARS, each // NANO), (_REST, each % NANO))
    ]


def _amount(row: _Sums, name: str) -> Decimal:
    whole, rest = _number(row, name + _WHOLE_DOLLARS), _number(row, name + _REST)
    return Decimal(whole) + Decimal(rest) / NANO


def _number(row: _Sums, name: str) -> int:
    return int(cast("int", row._mapping[name]))  # noqa: SLF001 - a row's columns by their names


def _spent(row: _Sums) -> Spent:
    return Spent(
        name=row.name,
        submissions=_number(row, "submissions"),
        pictures=_number(row, "pictures"),
        quoted=_amount(row, "quoted"),
        paid=_amount(row, "paid"),
        estimated=_amount(row, "estimated"),
        unknown=_amount(row, "unknown"),
        open=_number(row, "open"),
        unpriced=_number(row, "unpriced"),
    )


def _drift(row: _Sums) -> Drift:
    return Drift(
        provider=row.provider,
        model=row.model,
        submissions=_number(row, "submissions"),
        drifted=_number(row, "drifted"),
        quoted=_amount(row, "quoted"),
        paid=_amount(row, "paid"),
    )
