"""A cell of the grid, and what came of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from attrs import field, frozen
from tests.faults.grid.injections import Injection

from tintype.spending import Spent

# straight: the client got over it alone. helped: after the next step that its error names.
# unknown: the answer was lost; the journal lists the submission. nothing: no picture, no charge.
Ending = Literal["straight", "helped", "unknown", "nothing"]


@frozen(kw_only=True)
class Cell:
    """One provider, one fault, one client (`Client` or `AsyncClient`)."""

    provider: str
    injection: Injection
    client: str

    @property
    def name(self) -> str:
        """What tells it from all others; its picture's prompt."""
        return f"{self.provider} {self.injection.operation}: {self.injection.name} ({self.client})"


@frozen(kw_only=True)
class CellResult:
    """What came of a cell.

    Attributes:
        ending: How it ended for the user.
        paid: How many images were paid for.
        broken: The promises that were not kept, a sentence each.
        met: The errors that the user saw, in order.
        struck: Whether the fault happened at all.
        spent: What the journal says was spent.
        ledger: US dollars that the provider kept, or None where its price table does not tell.
        calls: The operations that the provider was asked for, in order.
    """

    cell: Cell
    ending: Ending
    paid: int = 0
    broken: tuple[str, ...] = ()
    met: tuple[str, ...] = ()
    struck: bool = True
    spent: Spent = field(factory=Spent)
    ledger: Decimal | None = None
    calls: tuple[str, ...] = ()
