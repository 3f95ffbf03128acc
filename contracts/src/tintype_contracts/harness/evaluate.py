"""One check asked about one plugin: a row of the verdict."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from attrs import evolve

from tintype_contracts.check import Check, Finding, NotApplicable
from tintype_contracts.fixtures.pointers import is_array
from tintype_contracts.harness.subject import Subject
from tintype_contracts.verdict import Mark, Row

MAX_FINDINGS = 50
"""Findings of one check that are kept: what is wrong fifty times is wrong once more."""

_SHOWN = 2000
_PLAIN = (str, int, float, bool, type(None))


def ask(check: Check, subject: Subject) -> Row:
    """What `check` finds about `subject`. An exception that escapes it is a finding."""
    began = time.perf_counter()
    findings: list[Finding] = []
    note = ""
    try:
        for finding in check.run(subject):
            findings.append(plain_finding(finding))
            if len(findings) == MAX_FINDINGS:
                break
    except NotApplicable as why:
        note = str(why)
    except Exception as error:  # noqa: BLE001 - a broken plugin may raise anything
        findings.append(_escaped(error))
    failed: Mark = "fail" if findings else "pass"
    return Row(
        check=check.id,
        level=check.level,
        outcome="na" if note and not findings else failed,
        ms=round((time.perf_counter() - began) * 1000, 3),
        findings=tuple(findings),
        note=note,
    )


def _escaped(error: Exception) -> Finding:
    """What the check did not foresee: the last place in the plugin, and what was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"
    return Finding(
        message=(
            f"The check could not be finished: {type(error).__name__} was raised at {where}. "
            "A hook raises nothing but tintype's errors; if no hook is to blame, the kit is."
        ),
        got=f"{type(error).__name__}: {error}"[:_SHOWN],
    )


def plain_finding(finding: Finding) -> Finding:
    """The finding with nothing in it that JSON cannot hold."""
    return evolve(finding, expected=plain(finding.expected), got=plain(finding.got))


def plain(value: object) -> object:
    """`value` as JSON can hold it: what is no JSON value is shown as its `repr`."""
    match value:
        case Decimal() | StrEnum():
            return str(value)
        case str() if len(value) > _SHOWN:
            return f"{value[:_SHOWN]}…"
        case _ if type(value) in _PLAIN:
            return value
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case _ if is_array(value):
            return [plain(item) for item in value]
        case _:
            return _shown(value)


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 - it is a plugin's own class
        text = f"a {type(value).__name__} whose repr raises {type(error).__name__}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
