"""What the kit says of each row: the first check that tells it, or nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from attrs import frozen
from tests.contracts.changed import changed
from tests.contracts.outside.how import Row

from tintype_contracts.check import Check, NotApplicable
from tintype_contracts.checks import all_checks
from tintype_contracts.harness.subject import Subject
from tintype_contracts.runner.levels import newest_set
from tintype_contracts.runner.run import judge as judged_by
from tintype_contracts.verdict import Row as Judged

PROVIDERS = ("apiin", "apimodels", "apiyi", "cheapai", "openrouter")
_LEVELS = (1, 2)
# It compares hooks with those of the installed package: of any other it would tell.
_OF_INSTALLED = {"pure.same-where-nobody-looks"}
# What a text behind a package may use, whatever the package itself imports.
_PREAMBLE = """
from attrs import evolve
from tintype.hooks import hookimpl
from tintype.models import Update
"""


@frozen
class Verdict:
    """What came of one row.

    Attributes:
        provider: Whose plugin it is made of.
        row: The row.
        level: The lowest level of a check that fails, or 0: every one holds.
        checks: The checks that fail at that level, in their order.
        message: What the first of them says first.
    """

    provider: str
    row: Row
    level: int = 0
    checks: tuple[str, ...] = ()
    message: str = ""

    @property
    def told(self) -> bool:
        """Whether any check fails."""
        return self.level > 0


def rows(kind: str = "") -> Iterator[tuple[str, Row]]:
    """Every row with its provider: the wrong ones, or those of a kind ("right" is one)."""
    decided = tomllib.loads((Path(__file__).parent / "decided.toml").read_text("utf-8"))
    for provider, kinds in decided.items():
        changes = import_module(f"tests.contracts.outside.{provider}").CHANGES
        for each, names in kinds.items():
            if kind in {"", each}:
                yield from ((provider, Row(each, *it, changes[it[0]])) for it in names.items())


def judged(provider: str, row: Row, deepest: int = 2) -> Verdict:
    """What the kit says of a row, at the lowest level that says anything."""
    ask = _by_command if isinstance(row.change, str) else _in_process
    return ask(provider, row, deepest)


def heard(provider: str, name: str, deepest: int) -> tuple[int, tuple[str, ...], str]:
    """The level, checks and message of a row by its name: what a process can hand on."""
    row = next(each for of, each in rows() if (of, each.name) == (provider, name))
    verdict = judged(provider, row, deepest)
    return verdict.level, verdict.checks, verdict.message


def _in_process(provider: str, row: Row, deepest: int) -> Verdict:
    examined = changed(provider, row.change)
    if examined.faults:
        return Verdict(provider, row, 1, ("(it is not loaded)",), str(examined.faults[0]))
    for level in _LEVELS[:deepest]:
        failed: list[Judged] = []
        for check in _checks(level):
            failed += [each for each in [judge(check, examined)] if each.outcome == "fail"]
            if failed and row.kind != "right":
                break
        if failed:
            said = failed[0].findings[0].message
            return Verdict(provider, row, level, tuple(each.check for each in failed), said)
    return Verdict(provider, row)


def noticed(provider: str, row: Row, check: str) -> bool:
    """Whether that check finds anything about a row's plugin."""
    known = next(each for each in all_checks() if each.id == check)
    return _finds(known, changed(provider, row.change))


def seen(*kinds: str) -> Iterator[tuple[str, Row, str]]:
    """By provider and row: a check that tells it, or of a right one, a check that once did."""
    table = json.loads((Path(__file__).parent / "seen.json").read_text("utf-8"))
    for provider, row in rows():
        if row.kind in kinds and row.name in table[provider]:
            yield provider, row, table[provider][row.name]


def _finds(check: Check, examined: Subject) -> bool:
    """Whether there is one finding: the others are not waited for."""
    try:
        return any(True for _ in check.run(examined))
    except NotApplicable:
        return False
    except Exception:  # noqa: BLE001 - a check that cannot be finished is a finding, too
        return True


def _checks(level: int) -> list[Check]:
    """The checks of a level, but those that look at what is installed and not at hooks."""
    return [
        each
        for each in all_checks()
        if each.level == level and each.group != "install" and each.id not in _OF_INSTALLED
    ]


def judge(check: Check, examined: Subject) -> Judged:
    """What one check says, once advice and waivers are counted in."""
    return judged_by(check, examined, newest_set(all_checks()), datetime.now(UTC).date())


def _by_command(provider: str, row: Row, deepest: int) -> Verdict:
    """By `tintype contracts check`, where the package that is imported is a copy with a text."""
    with tempfile.TemporaryDirectory(prefix="site-") as folder:
        report = command(Path(folder), provider, str(row.change), deepest)
    failed = [each for each in report["rows"] if each["outcome"] == "fail"]
    level = min((each["level"] for each in failed), default=0)
    lowest = [each for each in failed if each["level"] == level]
    said = lowest[0]["findings"][0]["message"] if lowest else ""
    return Verdict(provider, row, level, tuple(each["check"] for each in lowest), said)


def command(folder: Path, provider: str, source: str, level: int) -> Mapping[str, list]:
    """The report of the real command on a copy of a package with a text behind it.

    Raises:
        RuntimeError: The command came to no verdict.
    """
    package = f"tintype_{provider}"
    found = find_spec(package)
    origin = Path(str(found and found.origin)).parent
    copy = folder / "site" / package
    shutil.copytree(origin, copy, ignore=shutil.ignore_patterns("__pycache__"))
    start = copy / "__init__.py"
    start.write_text(f"{start.read_text('utf-8')}\n{_PREAMBLE}\n{source}", "utf-8")
    report = folder / "report.json"
    ended = subprocess.run(  # noqa: S603 - this interpreter, this module
        [
            *(sys.executable, "-m", "tintype_contracts", "check", provider),
            *("--level", str(level), "--json", str(report)),
        ],
        env={**os.environ, "PYTHONPATH": str(copy.parent)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if not report.exists():
        raise RuntimeError(ended.stderr[-2000:] or ended.stdout[-2000:])
    told = json.loads(report.read_text("utf-8"))
    return told[0] if isinstance(told, list) else told
