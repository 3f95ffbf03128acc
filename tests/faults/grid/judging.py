"""The judgement on a cell, from the sandbox's ledger, the journal and the disk."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import cast

from tests.faults.grid.cells import CellResult, Ending
from tests.faults.grid.walks import Walk

from tintype import Outcome
from tintype._amounts import total
from tintype.hooks import Provider
from tintype.journal import JournalRecord
from tintype.spending import Spent
from tintype_contracts.sandbox.engine.ledger import LedgerEvent, Picture

_SUBMISSIONS = {"submit", "stream"}
_SHOWN = 160


def judged(walk: Walk) -> CellResult:
    """What came of a cell that has been walked."""
    records = walk.journal.records()
    files = _files(walk.folder)
    drawn = walk.sandbox.pictures(walk.cell.provider)
    digests = {picture: hashlib.sha256(data).hexdigest() for picture, data in drawn.items()}
    cell, ledger = walk.cell, walk.sandbox.ledger(walk.cell.provider)
    spent, charged = walk.journal.spent().total, _charged(walk)
    broken = [
        *_charges(walk),
        *_pictures(walk, files, records, digests),
        *_unknowns(walk, records),
        *_leftovers(files, records, digests),
        *_spending(spent, charged),
    ]
    return CellResult(
        cell=cell,
        ending=_ending(walk, files),
        paid=sum(len(entry.images) for entry in ledger.paid),
        broken=tuple(broken),
        met=tuple(f"{type(error).__name__}: {error}"[:_SHOWN] for error in walk.met),
        struck=cell.injection.fault is None
        or cell.injection.fault.kind == "refuse"
        or bool(walk.sandbox.struck),
        spent=spent,
        ledger=charged,
        calls=walk.sandbox.calls(cell.provider),
    )


def failed(walk: Walk, error: Exception) -> CellResult:
    """The result of a cell that ended in an error nobody has documented."""
    words = f"It ended in {type(error).__name__}: {error}"
    return CellResult(cell=walk.cell, ending="nothing", broken=(words[:_SHOWN],))


def _ending(walk: Walk, files: Counter[str]) -> Ending:
    if walk.unknown:
        return "unknown"
    if not files:
        return "nothing"
    return "helped" if walk.met else "straight"


def _files(folder: Path) -> Counter[str]:
    """How often each content stands in a folder, by its SHA-256."""
    found = folder.iterdir() if folder.exists() else iter(())
    return Counter(hashlib.sha256(path.read_bytes()).hexdigest() for path in found)


def _charges(walk: Walk) -> Iterator[str]:
    for digest in walk.sandbox.ledger(walk.cell.provider).charged_twice:
        yield f"The submission {digest[:12]} was paid for more than once."
    yield from walk.lies
    for call in walk.sandbox.strays:
        brought = "a key" if call in walk.sandbox.leaks else "no key"
        yield f"Another host was asked for {call.method} {call.path}, with {brought}."


def _pictures(
    walk: Walk, files: Counter[str], records: list[JournalRecord], drawn: Mapping[Picture, str]
) -> Iterator[str]:
    """Each image that was paid for is on disk once, or its submission is listed as unknown."""
    lost = _lost(records)
    for entry in walk.sandbox.ledger(walk.cell.provider).paid:
        digests = [drawn[entry.task, index] for index in entry.images]
        missing = [digest for digest in digests if files[digest] == 0]
        if missing and not lost:
            yield f"{len(missing)} images of the task {entry.task} were paid for and are nowhere."
        elif missing:
            lost.pop()
        for digest in digests:
            if files[digest] > 1:
                yield f"An image of the task {entry.task} is on disk {files[digest]} times."


def _unknowns(walk: Walk, records: list[JournalRecord]) -> Iterator[str]:
    """What was told to be unknown is listed once, by its id; and only where that was so."""
    listed = sorted(record.id for record in _lost(records))
    if listed != sorted(walk.unknown):
        yield f"The journal lists {listed} as unknown; the errors named {sorted(walk.unknown)}."
    if listed and walk.cell.injection.operation not in _SUBMISSIONS:
        yield "A submission is listed as unknown, and its answer came."


def _leftovers(
    files: Counter[str], records: list[JournalRecord], drawn: Mapping[Picture, str]
) -> Iterator[str]:
    for digest, count in files.items():
        if digest not in drawn.values():
            yield f"{count} files hold something else than a whole image."
    for record in records:
        if record.open and not record.unread:  # what nobody understands is kept, and listed
            yield f"The journal's record {record.id} is still open."


def _charged(walk: Walk) -> Decimal | None:
    """US dollars that the ledger says were charged and not given back; None where it does not."""
    name = walk.cell.provider
    entries = walk.sandbox.ledger(name).paid
    return total(_dollars(entry, _usd_per_credit(name)) for entry in entries)


def _dollars(entry: LedgerEvent, rate: Decimal | None) -> Decimal | None:
    if entry.usd is None and entry.credits is not None and rate is not None:
        return entry.credits * rate
    return entry.usd


@cache
def _usd_per_credit(provider: str) -> Decimal | None:
    plugin = cast("Provider", metadata.entry_points(group="tintype")[provider].load())
    return plugin.describe().dearest_credit


def _spending(spent: Spent, charged: Decimal | None) -> Iterator[str]:
    """What the journal says was spent holds what was charged, and is it where all is known."""
    if charged is None:
        return
    low, high = spent.paid, spent.paid + spent.unknown
    if charged < low or (charged > high and not spent.unpriced):
        yield f"${charged:f} were charged, and the journal says ${low:f} to ${high:f}."


def _lost(records: list[JournalRecord]) -> list[JournalRecord]:
    return [record for record in records if record.outcome is Outcome.UNKNOWN]
