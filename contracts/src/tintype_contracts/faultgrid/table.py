"""The grid for people: a table with a mark a cell, the counts, and every broken promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from attrs import frozen

from tintype_contracts.faultgrid.cells import CLIENTS, Cell, Outcome, Verdict
from tintype_contracts.faultgrid.rows import ROWS, Row

_MARKS: Mapping[Outcome, str] = {"straight": "=", "helped": "+", "unknown": "?", "nothing": "0"}
_LEGEND = (
    "One mark for Client, one for AsyncClient.",
    "=  a picture; the client got over the fault by itself",
    "+  a picture, after the next step that the error names (wait, save or ask again)",
    "?  the answer to the submission was lost: listed as unknown once, by its journal id",
    "0  no picture, and nothing paid",
    "!  a promise was broken",
    "~  the fault did not happen",
)


@frozen(kw_only=True)
class Grid:
    """Every cell's verdict.

    Attributes:
        pairwise: Whether the clients took turns.
    """

    verdicts: tuple[Verdict, ...]
    pairwise: bool = False

    @property
    def broken(self) -> tuple[Verdict, ...]:
        """The cells in which a promise was broken."""
        return tuple(verdict for verdict in self.verdicts if verdict.broken)

    @property
    def idle(self) -> tuple[Verdict, ...]:
        """The cells in which the fault did not happen, so that they prove nothing."""
        return tuple(verdict for verdict in self.verdicts if not verdict.struck)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many cells ended how."""
        ends = Counter(verdict.outcome for verdict in self.verdicts)
        return {
            "cells": len(self.verdicts),
            "straight": ends["straight"],
            "helped": ends["helped"],
            "unknown": ends["unknown"],
            "unknown_paid": sum(v.outcome == "unknown" and v.paid > 0 for v in self.verdicts),
            "nothing": ends["nothing"],
            "images_paid": sum(verdict.paid for verdict in self.verdicts),
            "broken": len(self.broken),
            "idle": len(self.idle),
        }

    def as_text(self) -> str:
        """The table, the counts, and what was broken."""
        return "\n".join([*self._table(), "", *_LEGEND, "", *self._summary(), *self._failures()])

    def as_json(self) -> dict[str, object]:
        """All of it as JSON values."""
        return {
            "format": "tintype-faults/1",
            "pairwise": self.pairwise,
            "counts": dict(self.counts),
            "cells": [_plain(verdict) for verdict in self.verdicts],
        }

    def _table(self) -> Iterator[str]:
        providers = list(dict.fromkeys(verdict.cell.provider for verdict in self.verdicts))
        rows = sorted({verdict.cell.row for verdict in self.verdicts}, key=ROWS.index)
        width = max(len(row.name) for row in rows) + 2
        found = {(v.cell.provider, v.cell.row, v.cell.client): v for v in self.verdicts}
        operation = None
        for row in rows:
            if row.operation != operation:
                operation = row.operation
                yield ""
                yield f"{operation or 'no fault':{width}}" + "".join(f"{p:>12}" for p in providers)
            marks = ("".join(_mark(found.get((p, row, c))) for c in CLIENTS) for p in providers)
            yield f"  {row.name:{width - 2}}" + "".join(f"{mark:>12}" for mark in marks)

    def _summary(self) -> Iterator[str]:
        counts = self.counts
        kind = "pairwise: the clients take turns" if self.pairwise else "full product"
        yield (
            f"{counts['cells']} cells ({kind}), {counts['images_paid']} images paid for: "
            f"{counts['straight']} straight, {counts['helped']} after a next step, "
            f"{counts['unknown']} listed as unknown ({counts['unknown_paid']} of them paid for), "
            f"{counts['nothing']} without a picture or a charge; {counts['broken']} broken "
            f"promises, {counts['idle']} idle."
        )

    def _failures(self) -> Iterator[str]:
        for verdict in (*self.broken, *self.idle):
            yield ""
            yield verdict.cell.name
            yield from (f"  broken: {sentence}" for sentence in verdict.broken)
            yield from (f"  met: {error}" for error in verdict.met)
            yield f"  calls: {' '.join(verdict.calls)}"


def _mark(verdict: Verdict | None) -> str:
    if verdict is None:
        return " "
    if verdict.broken:
        return "!"
    return _MARKS[verdict.outcome] if verdict.struck else "~"


def _plain(verdict: Verdict) -> dict[str, object]:
    cell: Cell = verdict.cell
    row: Row = cell.row
    return {
        "provider": cell.provider,
        "operation": row.operation,
        "fault": row.name,
        "client": cell.client,
        "outcome": verdict.outcome,
        "paid": verdict.paid,
        "struck": verdict.struck,
        "broken": list(verdict.broken),
        "met": list(verdict.met),
    }
