"""The customer's account: what is left on it, and what was charged."""

from __future__ import annotations

from decimal import Decimal

from attrs import evolve, field, frozen

from tintype_contracts.neutral import Price

PLENTY = Price(usd=Decimal(1_000), credits=Decimal(10_000_000))
"""A balance that no demonstration uses up."""


@frozen(kw_only=True)
class Charge:
    """Money taken for one task.

    Attributes:
        provider: The provider's name.
        task: The task's id in the sandbox.
        digest: SHA-256 of the submission: method, path and body.
        price: What was taken; None within it is unknown.
        at: When, in Unix seconds.
        refunded: Whether it was given back.
    """

    provider: str
    task: str
    digest: str
    price: Price
    at: float
    refunded: bool = False


@frozen
class Account:
    """A balance in both currencies, and every charge in order."""

    opening: Price = PLENTY
    charges: list[Charge] = field(factory=list)

    @property
    def balance(self) -> Price:
        """What is left."""
        kept = [charge.price for charge in self.charges if not charge.refunded]
        return Price(
            usd=(self.opening.usd or 0) - sum((price.usd or 0 for price in kept), Decimal(0)),
            credits=(self.opening.credits or 0)
            - sum((price.credits or 0 for price in kept), Decimal(0)),
        )

    def affords(self, price: Price) -> bool:
        """Whether the balance covers `price`."""
        left = self.balance
        return (price.usd or 0) <= (left.usd or 0) and (price.credits or 0) <= (left.credits or 0)

    def charge(self, charge: Charge) -> None:
        """Take the money."""
        self.charges.append(charge)

    def refund(self, task: str) -> None:
        """Give back what was taken for `task`."""
        self.charges[:] = [
            evolve(charge, refunded=True) if charge.task == task else charge
            for charge in self.charges
        ]
