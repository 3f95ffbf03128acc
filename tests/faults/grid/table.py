"""The grid for people: a table with a mark a cell, the counts, and every broken promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from attrs import frozen
from tests.faults.grid.cells import CellResult, Ending
from tests.faults.grid.clients import CLIENTS
from tests.faults.grid.injections import INJECTIONS

from tintype._amounts import total
from tintype.spending import total_of

_MARKS: Mapping[Ending, str] = {"straight": "=", "helped": "+", "unknown": "?", "nothing": "0"}
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
    """Every cell's result."""

    results: tuple[CellResult, ...]

    @property
    def broken(self) -> tuple[CellResult, ...]:
        """The cells in which a promise was broken."""
        return tuple(result for result in self.results if result.broken)

    @property
    def idle(self) -> tuple[CellResult, ...]:
        """The cells in which the fault did not happen, so that they prove nothing."""
        return tuple(result for result in self.results if not result.struck)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many cells ended how."""
        ends = Counter(result.ending for result in self.results)
        return {
            "cells": len(self.results),
            "straight": ends["straight"],
            "helped": ends["helped"],
            "unknown": ends["unknown"],
            "unknown_paid": sum(v.ending == "unknown" and v.paid > 0 for v in self.results),
            "nothing": ends["nothing"],
            "images_paid": sum(result.paid for result in self.results),
            "broken": len(self.broken),
            "idle": len(self.idle),
        }

    def as_text(self) -> str:
        """The table, the counts, and what was broken."""
        parts = (self._table(), _LEGEND, self._summary(), self._spending(), self._failures())
        return "\n\n".join("\n".join(part) for part in parts)

    def _table(self) -> Iterator[str]:
        providers = list(dict.fromkeys(result.cell.provider for result in self.results))
        rows = sorted({result.cell.injection for result in self.results}, key=INJECTIONS.index)
        width = max(len(row.name) for row in rows) + 2
        found = {(v.cell.provider, v.cell.injection, v.cell.client): v for v in self.results}
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
        yield (
            f"{counts['cells']} cells, {counts['images_paid']} images paid for: "
            f"{counts['straight']} straight, {counts['helped']} after a next step, "
            f"{counts['unknown']} listed as unknown ({counts['unknown_paid']} of them paid for), "
            f"{counts['nothing']} without a picture or a charge; {counts['broken']} broken "
            f"promises, {counts['idle']} idle."
        )

    def _spending(self) -> Iterator[str]:
        """What the journals say was spent beside what the ledgers say, in US dollars."""
        yield f"{'':12}{'paid':>10}{'estimated':>11}{'ledger':>10}{'unknown':>10}{'unpriced':>10}"
        for provider, results in self._by_provider().items():
            spent = total_of([result.spent for result in results])
            ledger = total([result.ledger for result in results])
            yield (
                f"{provider:12}{spent.paid:>10.4f}{spent.estimated:>11.4f}"
                f"{'-' if ledger is None else f'{ledger:.4f}':>10}"
                f"{spent.unknown:>10.4f}{spent.unpriced:>10}"
            )

    def _by_provider(self) -> Mapping[str, list[CellResult]]:
        found: dict[str, list[CellResult]] = {}
        for result in self.results:
            found.setdefault(result.cell.provider, []).append(result)
        return found

    def _failures(self) -> Iterator[str]:
        for result in (*self.broken, *self.idle):
            yield ""
            yield result.cell.name
            yield from (f"  broken: {sentence}" for sentence in result.broken)
            yield from (f"  met: {error}" for error in result.met)
            yield f"  calls: {' '.join(result.calls)}"


def _mark(result: CellResult | None) -> str:
    if result is None:
        return " "
    if result.broken:
        return "!"
    return _MARKS[result.ending] if result.struck else "~"
