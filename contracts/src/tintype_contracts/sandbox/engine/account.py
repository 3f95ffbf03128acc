"""The customer's account: what is left on it, and the ledger of all that moved."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from attrs import evolve, field, frozen

from tintype_contracts.fixtures.neutral import Price
from tintype_contracts.sandbox.engine.ledger import Ledger, LedgerEvent

PLENTY = Price(usd=Decimal(1_000), credits=Decimal(10_000_000))
"""A balance that no demonstration uses up."""


@frozen
class Account:
    """A balance in both currencies, and what happened to it."""

    opening: Price = PLENTY
    _entries: list[LedgerEvent] = field(factory=list)

    @property
    def ledger(self) -> Ledger:
        """Every entry so far."""
        return Ledger(tuple(self._entries))

    @property
    def balance(self) -> Price:
        """What is left."""
        return Price(
            usd=self._left(self.opening.usd, lambda entry: entry.usd),
            credits=self._left(self.opening.credits, lambda entry: entry.credits),
        )

    def affords(self, price: Price) -> bool:
        """Whether the balance covers `price`."""
        left = self.balance
        return (price.usd or 0) <= (left.usd or 0) and (price.credits or 0) <= (left.credits or 0)

    def note(self, entry: LedgerEvent) -> None:
        """Write an entry down."""
        self._entries.append(entry)

    def refund(self, task: str, at: float) -> None:
        """Give back what was taken for `task`, once."""
        for entry in self.ledger.paid:
            if entry.task == task:
                self.note(evolve(entry, event="refunded", at=at))

    def _left(
        self, opening: Decimal | None, amount: Callable[[LedgerEvent], Decimal | None]
    ) -> Decimal:
        left = opening or Decimal(0)
        for entry in self._entries:
            moved = amount(entry) or Decimal(0)
            left += moved if entry.event == "refunded" else -moved
        return left
