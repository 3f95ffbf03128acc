"""Every check notices what it is there for, and lets the good plugins pass."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from tests.contracts import reference
from tests.contracts.broken import INSTALLED, ROWS, Row
from tests.contracts.broken.texts import StaleBreakError, Text, install
from tests.contracts.changed import BY_ID, changed
from tests.contracts.outside.asking import seen
from tests.contracts.outside.how import KINDS

from tintype_contracts.check import Finding
from tintype_contracts.checks import all_checks
from tintype_contracts.harness.distribution import child_environment
from tintype_contracts.oracles.secrets import CANARY
from tintype_contracts.runner.asked import PARTS
from tintype_contracts.runner.run import examine

CHECKS = {check.id: check for check in all_checks()}
ACCIDENT = "The check could not be finished"

# What a child does to ask one check of the installation about a plugin on its path.
ASK = """
import sys
from tintype_contracts.check import entered
from tintype_contracts.checks import install, pure
from tintype_contracts.harness.evaluate import ask
from tintype_contracts.runner.run import subject_of
wanted = {check.id: check for check in entered()}[sys.argv[2]]
row = ask(wanted, subject_of(sys.argv[1]))
print(row.outcome, *[finding.message for finding in row.findings], sep=chr(10))
"""


def _ids(rows: tuple[tuple[str, Row], ...]) -> list[str]:
    """The check of each row, and which of its rows it is."""
    seen = Counter[str]()
    names = []
    for check, _ in rows:
        seen[check] += 1
        names.append(f"{check}-{seen[check]}")
    return names


@pytest.mark.parametrize("name", reference.NAMES)
def test_a_good_plugin_reaches_the_highest_level(name: str) -> None:
    """Each reference plugin passes every check of every level."""
    report = examine(reference.subject(name))
    failed = {row.check: row.findings[0].message for row in report.rows if row.outcome == "fail"}
    assert failed == {}
    assert report.level == 3


@pytest.mark.parametrize(("check", "row"), ROWS, ids=_ids(ROWS))
def test_a_broken_plugin_is_noticed_by_its_check(check: str, row: Row) -> None:
    """The check of the row fails, on purpose, and says what to do; it shows no key."""
    subject = changed(row.plugin, row.change)
    for finding in CHECKS[check].run(subject):
        assert len(finding.message) > len("Wrong.")
        assert CANARY not in _told(finding)
        assert finding.exchange in {"", *PARTS, *subject.fixtures.exchanges}
        if check.startswith("error."):
            assert None not in {finding.expected, finding.got}
        at_a_place = finding.mutation[:1] in {"/", "="}
        assert finding.mutation.startswith(f"{finding.pointer}=" if at_a_place else "")
        if row.words in _told(finding):
            return
    pytest.fail(f"No finding says {row.words!r}.")


def _told(finding: Finding) -> str:
    return f"{finding.message} {finding.pointer} {finding.expected} {finding.got}"


@pytest.mark.parametrize(("check", "row"), INSTALLED, ids=_ids(INSTALLED))
def test_a_broken_distribution_is_noticed_by_its_check(
    check: str, row: Row, tmp_path: Path
) -> None:
    """A plugin that is broken as a distribution fails where it is installed."""
    site = tmp_path / "site"
    site.mkdir()
    install(site, row)
    ended = subprocess.run(  # noqa: S603 - this interpreter, this text
        [sys.executable, "-c", ASK, row.plugin, check],
        env={**child_environment(str(site)), "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    outcome, *messages = ended.stdout.splitlines()
    assert outcome == "fail"
    assert not messages[0].startswith(ACCIDENT)


def test_every_check_has_a_row() -> None:
    """A check that nothing fails is worse than none."""
    outside = {check for *_, check in seen(*KINDS)}
    assert {check for check, _ in (*ROWS, *INSTALLED)} | outside == set(CHECKS)


def test_a_text_that_is_gone_says_so() -> None:
    """A row that no longer changes anything is an error, not a plugin that nobody notices."""
    with pytest.raises(StaleBreakError, match="stands 0 times"):
        Text((("no such text", ""),)).source(BY_ID)
