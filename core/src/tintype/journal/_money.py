"""What a submission sets aside of its budgets, and what its end makes of that."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tintype._amounts import MAX_DOLLARS, is_amount, plain
from tintype.budget import Budget
from tintype.entries import Intent
from tintype.errors import Billed, BudgetError
from tintype.journal._tables import submission, turn
from tintype.models import Task

_NANO = Decimal(10) ** 9


def _nano(amount: Decimal) -> int:
    """Dollars in whole nanodollars, rounded up: a budget is never passed by a rounding."""
    return int((amount * _NANO).to_integral_value(ROUND_CEILING))


def settlement(task: Task) -> dict[str, object]:
    """What a task's end does to what was reserved for it."""
    if not task.state.terminal:
        return {}
    if task.billed is Billed.NO:
        return {"reserved": 0, "spent": 0}
    usd = task.cost.usd if task.cost else None
    if usd is not None and is_amount(usd):  # what is below zero would raise every budget
        return {"reserved": 0, "spent": _nano(min(usd, MAX_DOLLARS))}
    return {}  # nobody says what it cost: what was reserved goes on counting


def reserve(connection: Connection, intent: Intent) -> int:
    """Nanodollars to set aside for a submission.

    Raises:
        BudgetError: They do not fit, or nobody knows how many they are.
    """
    high = intent.quote.high if intent.quote else None
    amount = _nano(high) if high is not None else 0
    concerned = [each for each in intent.budgets if each.concerns(intent.provider)]
    if concerned:
        connection.execute(turn.update().values(count=turn.c.count + 1))
    for budget in concerned:
        if high is None and not budget.unknown_price:
            reason = (intent.quote.reason if intent.quote else "") or "nobody tells it"
            msg = f"The price is unknown ({reason}), and a budget is set. Nothing was sent."
            raise BudgetError(msg, provider=intent.provider)
        _check_budget(connection, budget, amount, intent.provider)
    return amount


def spent(connection: Connection, budget: Budget) -> Decimal:
    """US dollars that count against a budget: what was paid, and what is reserved."""
    return _counted(connection, budget) / _NANO


def _counted(connection: Connection, budget: Budget) -> int:
    since = budget.period.starts(datetime.now(UTC)).isoformat(timespec="microseconds")
    total = sa.func.coalesce(sa.func.sum(submission.c.reserved + submission.c.spent), 0)
    query = sa.select(total).where(submission.c.created_at >= since)
    if budget.provider is not None:
        query = query.where(submission.c.provider == budget.provider)
    return int(connection.execute(query).scalar_one())


def _check_budget(connection: Connection, budget: Budget, amount: int, provider: str) -> None:
    counted = _counted(connection, budget)
    if counted + amount > _nano(budget.usd):
        left = (_nano(budget.usd) - counted) / _NANO
        msg = (
            f"It may cost ${amount / _NANO:f}; of the budget of ${plain(budget.usd)} a "
            f"{budget.period} ${max(left, Decimal(0)):f} is left. Nothing was sent."
        )
        raise BudgetError(msg, provider=provider)
