"""The customer's account: what is left on it, and the ledger of all that moved."""

from __future__ import annotations

from decimal import Decimal

from attrs import define, evolve, field

from tintype_contracts.fixtures.neutral import Price
from tintype_contracts.sandbox.engine.ledger import Ledger, LedgerEvent

PLENTY = Price(usd=Decimal(1_000), credits=Decimal(10_000_000))
"""A balance that no demonstration uses up."""


def _known(balance: Price) -> Price:
    return Price(usd=balance.usd or Decimal(0), credits=balance.credits or Decimal(0))


@define
class Account:
    """A balance in both currencies, and what happened to it.

    Attributes:
        balance: What is left.
    """

    balance: Price = field(default=PLENTY, converter=_known)
    _entries: list[LedgerEvent] = field(factory=list)

    @property
    def ledger(self) -> Ledger:
        """Every entry so far."""
        return Ledger(tuple(self._entries))

    def affords(self, price: Price) -> bool:
        """Whether the balance covers `price`."""
        left = self.balance
        return (price.usd or 0) <= (left.usd or 0) and (price.credits or 0) <= (left.credits or 0)

    def note(self, entry: LedgerEvent) -> None:
        """Write an entry down, and move what it says."""
        self._entries.append(entry)
        sign = 1 if entry.event == "refunded" else -1
        if entry.usd or entry.credits:
            self.balance = Price(
                usd=_moved(self.balance.usd, sign, entry.usd),
                credits=_moved(self.balance.credits, sign, entry.credits),
            )

    def refund(self, task: str, at: float) -> None:
        """Give back what was taken for `task`, once."""
        for entry in self.ledger.paid:
            if entry.task == task:
                self.note(evolve(entry, event="refunded", at=at))


def _moved(left: Decimal | None, sign: int, amount: Decimal | None) -> Decimal:
    return (left or Decimal(0)) + sign * (amount or Decimal(0))
