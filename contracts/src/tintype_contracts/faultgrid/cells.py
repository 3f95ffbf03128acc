"""A cell of the grid, and what came of it."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

from tintype_contracts.faultgrid.rows import Row

Client: TypeAlias = Literal["Client", "AsyncClient"]
CLIENTS: tuple[Client, ...] = ("Client", "AsyncClient")

# straight: the client got over it alone. helped: after the next step that its error names.
# unknown: the answer was lost; the journal lists the submission. nothing: no picture, no charge.
Outcome: TypeAlias = Literal["straight", "helped", "unknown", "nothing"]


@frozen(kw_only=True)
class Cell:
    """One provider, one fault, one client."""

    provider: str
    row: Row
    client: Client

    @property
    def name(self) -> str:
        """What tells it from all others; its picture's prompt."""
        return f"{self.provider} {self.row.operation}: {self.row.name} ({self.client})"


@frozen(kw_only=True)
class Verdict:
    """What came of a cell.

    Attributes:
        outcome: How it ended for the user.
        paid: How many images were paid for.
        broken: The promises that were not kept, a sentence each.
        met: The errors that the user saw, in order.
        struck: Whether the fault happened at all.
        calls: The operations that the provider was asked for, in order.
    """

    cell: Cell
    outcome: Outcome
    paid: int = 0
    broken: tuple[str, ...] = ()
    met: tuple[str, ...] = ()
    struck: bool = True
    calls: tuple[str, ...] = ()
