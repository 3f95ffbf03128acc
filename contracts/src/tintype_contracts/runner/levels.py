"""Dated check sets, and the level that rows earn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import evolve

from tintype.errors import UsageError
from tintype_contracts.check import FIRST_SET, Check
from tintype_contracts.runner.waivers import FREE
from tintype_contracts.verdict import Row

LEVELS = (1, 2, 3)
_GRANTED = frozenset({"pass", "waived", "na", "advisory"})


def newest_set(checks: Iterable[Check]) -> str:
    """The latest dated set."""
    return max((check.since for check in checks), default=FIRST_SET)


def checks_of_set(checks: Sequence[Check], wanted: str) -> tuple[Check, ...]:
    """The checks of a dated set: those that had arrived by then.

    Raises:
        UsageError: There is no such set.
    """
    known = sorted({FIRST_SET, *(check.since for check in checks)})
    if wanted not in known:
        msg = f"There is no check set {wanted!r}; there are: {', '.join(known)}."
        raise UsageError(msg)
    return tuple(check for check in checks if check.since <= wanted)


def advised(row: Row, check: Check, wanted: str) -> Row:
    """The row of a check in the set that it arrives with: it advises, and binds in the next."""
    new = check.since == wanted and check.since != FIRST_SET
    return evolve(row, outcome="advisory") if new and row.outcome == "fail" else row


def level_of(rows: Sequence[Row], checks: Sequence[Check]) -> int:
    """The highest level all of whose checks ran and hold; too many waivers cost one.

    A level at which nothing was looked at is not granted.
    """
    level = 0
    for step in LEVELS:
        if not _holds(step, rows, checks):
            break
        level = step
    generous = sum(row.outcome == "waived" for row in rows) > FREE
    return max(0, level - 1) if generous else level


def _holds(level: int, rows: Sequence[Row], checks: Sequence[Check]) -> bool:
    wanted = {check.id for check in checks if check.level == level}
    found = [row for row in rows if row.level == level]
    looked = any(row.outcome != "na" for row in found)
    ran = wanted == {row.check for row in found}
    return ran and looked and all(row.outcome in _GRANTED for row in found)
