"""A limit on what may be spent in a period, shared by every process that shares a journal."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Protocol

from attrs import field, frozen

from tintype._amounts import in_digits, is_amount, plain
from tintype._doors import a_line, check_flag, check_methods, held, one_of
from tintype._excerpts import quoted
from tintype.errors import InvalidRequestError


class Counting(Protocol):
    """A journal, as far as a budget asks it."""

    def counted(self, budget: Budget) -> Decimal:
        """US dollars that count against a budget in its present period."""


class Period(enum.StrEnum):
    """How long a budget lasts before it begins anew, in UTC."""

    DAY = "day"
    MONTH = "month"
    EVER = "ever"

    def starts(self, at: datetime) -> datetime:
        """When the period that holds `at` began."""
        day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        match self:
            case Period.DAY:
                return day
            case Period.MONTH:
                return day.replace(day=1)
            case Period.EVER:
                return datetime(1970, 1, 1, tzinfo=UTC)


def _dollars(amount: Decimal | int | str) -> Decimal:
    try:
        dollars = Decimal("NaN" if isinstance(amount, bool) else amount)
    except (TypeError, ValueError, InvalidOperation):
        dollars = Decimal("NaN")
    if not is_amount(dollars):
        msg = f"A budget of {quoted(amount)} US dollars is none: give an amount such as '20'."
        raise InvalidRequestError(msg, field="usd")
    return dollars


def _period(period: Period | str) -> Period:
    return Period(one_of(period, tuple(Period), "period"))


def _provider(provider: str | None) -> str | None:
    return None if provider is None else held(provider, str, "provider", "the name of one")


def _label(label: str | None) -> str | None:
    if label == "":
        msg = "label is empty: name whose submissions count, or give None for all."
        raise InvalidRequestError(msg, field="label")
    return None if label is None else a_line(label, "label")


@frozen(kw_only=True)
class Budget:
    """At most so much in a period.

    What a submission may cost is reserved before it leaves, and settled when its task ends:
    two jobs at once cannot both pass a budget for one.

    Attributes:
        usd: US dollars.
        period: How long it lasts.
        provider: Whose submissions count, or None: everyone's.
        label: Those of this label alone count, or with None all, also those without one.
        unknown_price: Whether a submission whose price nobody knows may leave. It then
            counts with the least that it may cost, and then with what is reported, if anything is.
    """

    usd: Decimal = field(converter=_dollars, repr=in_digits)
    period: Period = field(default=Period.MONTH, converter=_period)
    provider: str | None = field(default=None, converter=_provider)
    label: str | None = field(default=None, converter=_label)
    unknown_price: bool = field(default=False, validator=check_flag)

    def __str__(self) -> str:
        """The amount, the period, and whose submissions count."""
        span = "in all" if self.period is Period.EVER else f"a {self.period}"
        label = f" for {self.label}" if self.label else ""
        provider = f" at {self.provider}" if self.provider else ""
        return f"${plain(self.usd)} {span}{label}{provider}"

    def concerns(self, provider: str, label: str) -> bool:
        """Whether a provider's submissions of a label count."""
        return self.provider in {None, provider} and self.label in {None, label}

    def left(self, journal: Counting) -> Decimal:
        """US dollars of it that a journal, such as `client.journal`, has left in this period.

        Raises:
            UsageError: It is no journal, or none is kept there.
            JournalError: It cannot be read.
        """
        check_methods(journal, ["counted"], "journal", "a journal, such as client.journal")
        return max(self.usd - journal.counted(self), Decimal(0))
