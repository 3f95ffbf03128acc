"""Checks that a plugin may fail for now, and what keeps that honest.

A waived check is run anyway. It has to fail: a waiver of what passes, or of what is not
looked at, is a failure of its own, and so is one whose day has come.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from attrs import evolve

from tintype.errors import UsageError
from tintype_contracts.check import Finding
from tintype_contracts.fixtures.format import Waiver
from tintype_contracts.verdict import Row

FREE = 3
"""How many waivers cost nothing. More of them lower the level by one."""


def check_waivers(waivers: Iterable[Waiver], known: Collection[str]) -> None:
    """Refuse a waiver that matches nothing.

    Raises:
        UsageError: No check has that id.
    """
    for waiver in waivers:
        if waiver.check not in known:
            msg = (
                f"The waiver of {waiver.check} matches no check: "
                "take it out of the sheet, or write the id of a check."
            )
            raise UsageError(msg)


def waived(row: Row, waivers: Iterable[Waiver], today: date) -> Row:
    """The row, its outcome what the waiver of its check, if there is one, makes of it."""
    waiver = next((each for each in waivers if each.check == row.check), None)
    if waiver is None:
        return row
    if row.outcome != "fail":
        return _broken(row, "The check does not fail any more: take the waiver away.")
    if today >= waiver.until:
        return _broken(row, f"The waiver ended on {waiver.until}: mend what it waived.")
    return evolve(row, outcome="waived", note=f"{waiver.why} ({waiver.ref}, until {waiver.until})")


def _broken(row: Row, message: str) -> Row:
    return evolve(row, outcome="fail", findings=(Finding(message=message), *row.findings))
