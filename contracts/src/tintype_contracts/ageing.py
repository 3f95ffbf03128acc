"""How old the documents are that a fixture set was read from.

A fixture is as true as the day its document was read. Reading the fixtures never makes
them younger, and the day is always handed in: a suite that goes red by itself, because
the calendar moved on, gets ignored. Run this on a schedule, not with each change.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal

from attrs import frozen

from tintype_contracts.faults import Fault
from tintype_contracts.format import Fixtures
from tintype_contracts.pointers import join

WARN_DAYS = 180
FAIL_DAYS = 365
PRICE_DAYS = 90
"""Prices move sooner than the shape of an API."""


@frozen(kw_only=True)
class Age:
    """A source that has grown old.

    Attributes:
        source: Its id.
        days: How long ago it was read.
        severity: `error` from a year on, else `warning`.
        prices: Whether a price rests on it: these age in 90 days.
    """

    source: str
    days: int
    severity: Literal["warning", "error"]
    prices: bool = False

    def fault(self) -> Fault:
        """The same, as the loader tells what is wrong."""
        limit = FAIL_DAYS if self.severity == "error" else PRICE_DAYS if self.prices else WARN_DAYS
        return Fault(
            file="provider.json",
            pointer=f"{join('/sources', self.source)}/retrieved",
            message=f"It was read {self.days} days ago, more than {limit}.",
            mend="Read the document again, mend what changed, then write the day.",
        )


def ages(fixtures: Fixtures, today: date) -> Iterator[Age]:
    """Every source that is older than it should be on the day `today`."""
    priced = {row.src for row in fixtures.prices}
    for name, source in fixtures.sources.items():
        days = (today - source.retrieved).days
        prices = name in priced
        if days > FAIL_DAYS:
            yield Age(source=name, days=days, severity="error", prices=prices)
        elif days > (PRICE_DAYS if prices else WARN_DAYS):
            yield Age(source=name, days=days, severity="warning", prices=prices)
