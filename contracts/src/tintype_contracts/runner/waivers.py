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
from tintype_contracts.fixtures.pointers import covers
from tintype_contracts.harness.evaluate import MAX_FINDINGS
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
    mine = [each for each in waivers if each.check == row.check]
    if not mine:
        return row
    about = {each.at: [found for found in row.findings if _is_about(each, found)] for each in mine}
    if row.outcome != "fail" or not all(about.values()):
        return _broken(row, "The check does not fail any more: take the waiver away.")
    if ended := [each for each in mine if today >= each.until]:
        return _broken(row, f"The waiver ended on {ended[0].until}: mend what it waived.")
    left = [it for it in row.findings if not any(_is_about(each, it) for each in mine)]
    if left or (len(row.findings) >= MAX_FINDINGS and "" not in about):
        return evolve(row, findings=tuple(left or row.findings))  # what was not counted may be more
    told = "; ".join(f"{each.why} ({each.ref}, until {each.until})" for each in mine)
    return evolve(row, outcome="waived", note=told)


def _is_about(waiver: Waiver, finding: Finding) -> bool:
    return not waiver.at or covers(waiver.at, finding.pointer)


def _broken(row: Row, message: str) -> Row:
    return evolve(row, outcome="fail", findings=(Finding(message=message), *row.findings))
