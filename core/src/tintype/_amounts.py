"""Sums and products of amounts that strangers name: never an exception, None beyond all bounds."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal

MAX_DOLLARS = Decimal(10) ** 9
"""More than this nobody charges for pictures; the journal counts it in nanodollars."""

_MAX_AMOUNT = Decimal(10) ** 15
_MAX_DIGITS = 64
_SMALLEST = -400  # as an exponent
_ARITHMETIC = Context(prec=28, traps=[])


def plain(amount: Decimal | int) -> str:
    """An amount in plain digits, for a person: `0.00000002`, and never `2E-8`."""
    return f"{Decimal(amount):f}"


def in_digits(amount: Decimal | None) -> str:
    """An amount in the `repr` of what holds it, likewise."""
    return "None" if amount is None else f"Decimal('{amount:f}')"


def is_amount(amount: Decimal) -> bool:
    """Whether somebody can have meant it: finite, not below zero, and written in few digits."""
    if not amount.is_finite():
        return False
    _, digits, exponent = amount.as_tuple()
    spelt = len(digits) <= _MAX_DIGITS and _SMALLEST <= int(exponent) <= _MAX_DIGITS
    return spelt and 0 <= amount <= _MAX_AMOUNT


def times(amount: Decimal, factor: Decimal | int) -> Decimal | None:
    """The product, or None where there is none that counts."""
    product = _ARITHMETIC.multiply(amount, factor)
    return product if product.is_finite() else None


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum, or None where one of them is, or it is beyond all bounds."""
    found = Decimal(0)
    for amount in amounts:
        if amount is None:
            return None
        found = _ARITHMETIC.add(found, amount)
    return found if found.is_finite() else None
