"""What counts against budgets: sums that are kept as they change, in the same transaction.

A submission counts from the moment it is about to leave: with what was reserved for it, and once
it is known with what it cost. It counts on the day on which it was written down, in UTC.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tintype.budget import Budget, Period
from tintype.entries import Intent
from tintype.errors import BudgetError
from tintype.journal._tables import Statement, submission, total, turn
from tintype.models import Quote

NANO = 10**9
_DAY = len("2026-11-29")
_PRUNED = "pruned"
_TURN = turn.update().values(count=turn.c.count + 1)
_SUMS = sa.select(total.c.nano).where(
    total.c.period == sa.bindparam("period"),
    total.c.since >= sa.bindparam("since"),
    total.c.provider == sa.bindparam("provider"),
    total.c.label == sa.bindparam("label"),
)
_ADDED = Statement(
    sa.text(
        "INSERT INTO total (period, since, provider, label, nano) "
        "VALUES (:period, :since, :provider, :label, :nano) "
        "ON CONFLICT (period, since, provider, label) "
        "DO UPDATE SET nano = total.nano + excluded.nano"
    ).bindparams(*(sa.bindparam(each.name, type_=each.type) for each in total.c))
)

_KEPT = sa.select(total).with_for_update()  # and no sum changes meanwhile
_COUNTED = sa.select(
    submission.c.created_at,
    submission.c.provider,
    submission.c.label,
    (submission.c.reserved + submission.c.charged).label("counts"),
)

Key = tuple[str, str, str, str]  # the columns of `total`'s primary key, in their order


def nano(amount: Decimal) -> int:
    """Dollars in whole nanodollars, rounded up: a budget is never passed by a rounding."""
    return int((amount * NANO).to_integral_value(ROUND_CEILING))


@lru_cache(256)  # many cost the same
def dollars(nano: int) -> Decimal:
    """Whole nanodollars in dollars, exactly."""
    return Decimal(nano) / NANO


class Origin(NamedTuple):
    """What a submission counts for: the day in UTC, the provider, and the label or ""."""

    day: str
    provider: str
    label: str

    @classmethod
    def of(cls, created_at: str, provider: str, label: str) -> Origin:
        """That of a submission that was written down at a time."""
        return cls(created_at[:_DAY], provider, label)


@lru_cache(1024)
def keys(origin: Origin) -> tuple[Key, ...]:
    """The sums in which a submission counts: of all or its provider, of all or its label."""
    at = datetime.fromisoformat(f"{origin.day}T00:00Z")
    starts = [(period.value, period.starts(at).date().isoformat()) for period in Period]
    return tuple(
        (*start, provider, label)
        for start in starts
        for provider in {"", origin.provider}
        for label in {"", origin.label}
    )


class Totals:
    """The sums as one transaction sees and changes them.

    Args:
        connection: Where the transaction is.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._changes: Counter[Key] = Counter()
        self._found: dict[Key, int] = {}
        self._has_turn = False

    def wait_turn(self) -> None:
        """Have one process after the other read and write here, until it has committed."""
        if not self._has_turn:
            self._has_turn = True
            self._connection.execute(_TURN)

    def add(self, origin: Origin, amount: int) -> None:
        """Count nanodollars for a submission, or no more."""
        if amount:
            self._changes.update(dict.fromkeys(keys(origin), amount))

    def forget(self, origin: Origin, amount: int) -> None:
        """Note what a submission counted that is forgotten: for ever it goes on counting."""
        for period, since, whose, label in keys(origin):
            if period == Period.EVER.value:
                self._changes[_PRUNED, since, whose, label] += amount

    def differences(self, at: datetime, *, mend: bool) -> list[str]:
        """The sums of periods that last at a time, where they are not what the rows come to."""
        rows = self._connection.execute(_KEPT).all()
        kept = {(row.period, row.since, row.provider, row.label): int(row.nano) for row in rows}
        counted: Counter[Key] = Counter()
        for row in self._connection.execute(_COUNTED):
            origin = Origin.of(row.created_at, row.provider, row.label)
            counted.update(dict.fromkeys(keys(origin), row.counts))
        for (period, since, whose, label), amount in kept.items():
            if period == _PRUNED:
                counted[Period.EVER.value, since, whose, label] += amount
        month = Period.MONTH.starts(at).date().isoformat()
        told: list[str] = []
        for key in sorted(kept.keys() | counted.keys()):
            period, since, whose, label = key
            before, after = kept.get(key, 0), counted[key]
            lasts = since >= month or period == Period.EVER.value
            if period != _PRUNED and lasts and before != after:
                told.append(
                    f"The sum of {whose or 'all providers'}{f' for {label}' if label else ''} "
                    f"({period}, since {since}) was "
                    f"${dollars(before):f}, and the records come to ${dollars(after):f}."
                )
                self._changes[key] += after - before
        if mend:
            self.write()
        return told

    def write(self) -> None:
        """Write the changes down, always in the same order, so that nobody waits in a circle."""
        names = total.c.keys()
        rows = [(*key, amount) for key, amount in sorted(self._changes.items()) if amount]
        _ADDED.execute(self._connection, (dict(zip(names, row, strict=True)) for row in rows))

    def counted(self, budget: Budget, at: datetime) -> int:
        """Nanodollars that count against a budget at a time."""
        since = budget.period.starts(at).date().isoformat()
        key = (budget.period.value, since, budget.provider or "", budget.label or "")
        if key not in self._found:
            asked = dict(zip(("period", "since", "provider", "label"), key, strict=True))
            self._found[key] = sum(map(int, self._connection.execute(_SUMS, asked).scalars()))
        period, _, whose, label = key
        return self._found[key] + sum(
            amount
            for each, amount in self._changes.items()
            if (each[0], each[2], each[3]) == (period, whose, label) and each[1] >= since
        )

    def forgotten(self, provider: str, label: str) -> int:
        """Nanodollars that records counted which are forgotten: a provider's, a label's, or all."""
        asked = {"period": _PRUNED, "since": "", "provider": provider, "label": label}
        return sum(map(int, self._connection.execute(_SUMS, asked).scalars()))

    def reserve(self, intent: Intent, at: datetime) -> int:
        """Nanodollars to set aside for a submission: the most it may cost, else the least.

        Raises:
            BudgetError: They do not fit, or nobody knows how many they are.
        """
        quote = intent.quote or Quote()
        high = quote.high
        amount = nano(high if high is not None else quote.low or Decimal(0))
        concerned = [
            each for each in intent.budgets if each.concerns(intent.provider, intent.label)
        ]
        if concerned:
            self.wait_turn()
        for budget in concerned:
            if high is None and not budget.unknown_price:
                reason = quote.reason or "nobody tells it"
                msg = f"The price is unknown ({reason}), and a budget is set. Nothing was sent."
                raise BudgetError(msg, provider=intent.provider)
            self._check(budget, amount, intent.provider, at)
        return amount

    def _check(self, budget: Budget, amount: int, provider: str, at: datetime) -> None:
        counted = self.counted(budget, at)
        if counted + amount > nano(budget.usd):
            left = dollars(nano(budget.usd) - counted)
            msg = (
                f"It may cost ${dollars(amount):f}; of the budget of {budget} "
                f"${max(left, Decimal(0)):f} is left. Nothing was sent."
            )
            raise BudgetError(msg, provider=provider)
