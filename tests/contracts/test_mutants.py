"""The kit proven: good plugins pass every check, and each broken one fails the right one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.contracts import reference
from tests.contracts.mutants import (
    DOCUMENT_MUTANTS,
    IDLE,
    SOURCE_MUTANTS,
    DocumentMutant,
    SourceMutant,
    StaleMutantError,
)

from tintype_contracts.check import Check
from tintype_contracts.checks import all_checks
from tintype_contracts.harness.distribution import child_environment
from tintype_contracts.harness.evaluate import ask
from tintype_contracts.runner.run import examine
from tintype_contracts.verdict import Row

CHECKS: dict[str, Check] = {check.id: check for check in all_checks()}
LOADED = [mutant for mutant in SOURCE_MUTANTS if not mutant.installed]
INSTALLED = [mutant for mutant in SOURCE_MUTANTS if mutant.installed]
ACCIDENT = "The check could not be finished"

# What a child does to ask one check about a plugin that is installed on its path.
ASK = """
import sys
from tintype_contracts.checks import all_checks
from tintype_contracts.harness.evaluate import ask
from tintype_contracts.runner.run import subject_of
wanted = {check.id: check for check in all_checks()}[sys.argv[2]]
row = ask(wanted, subject_of(sys.argv[1]))
print(row.outcome, *[finding.message for finding in row.findings], sep=chr(10))
"""


def killed(row: Row) -> bool:
    """Whether a check failed on purpose, not by stumbling."""
    messages = [finding.message for finding in row.findings]
    return row.outcome == "fail" and not any(text.startswith(ACCIDENT) for text in messages)


@pytest.mark.parametrize("name", reference.NAMES)
def test_a_good_plugin_reaches_the_highest_level(name: str) -> None:
    """Each reference plugin passes every check of every level."""
    report = examine(reference.subject(name))
    failed = {row.check: row.findings[0].message for row in report.rows if row.outcome == "fail"}
    assert failed == {}
    assert report.level == 3


@pytest.mark.parametrize("mutant", LOADED, ids=lambda mutant: mutant.name)
def test_a_source_mutant_is_killed_by_its_check(mutant: SourceMutant) -> None:
    """The check that is named for a mutant fails on it, and says what to do."""
    row = ask(CHECKS[mutant.killed_by], mutant.subject())
    assert killed(row)
    assert all(len(finding.message) > len("Wrong.") for finding in row.findings)


@pytest.mark.parametrize("mutant", DOCUMENT_MUTANTS, ids=lambda mutant: mutant.name)
def test_a_document_mutant_is_killed_by_its_check(mutant: DocumentMutant) -> None:
    """Documents that are lacking fail the check that is named for that."""
    assert killed(ask(CHECKS[mutant.killed_by], mutant.subject()))


@pytest.mark.parametrize("mutant", INSTALLED, ids=lambda mutant: mutant.name)
def test_an_installed_mutant_is_killed_by_its_check(mutant: SourceMutant, tmp_path: Path) -> None:
    """A plugin that is broken as a distribution fails where it is installed."""
    site = tmp_path / "site"
    site.mkdir()
    mutant.install(site)
    told = asked(site, mutant.provider, mutant.killed_by)
    assert told[0] == "fail"
    assert not told[1].startswith(ACCIDENT)


def asked(site: Path, provider: str, check: str) -> list[str]:
    """The outcome and the messages of one check about a plugin that is installed in `site`."""
    ended = subprocess.run(  # noqa: S603 - this interpreter, this text
        [sys.executable, "-c", ASK, provider, check],
        env={**child_environment(str(site)), "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.splitlines()


def test_no_check_is_idle() -> None:
    """Every check kills a mutant, or is listed with the reason why it cannot."""
    named = {mutant.killed_by for mutant in (*SOURCE_MUTANTS, *DOCUMENT_MUTANTS)}
    assert named | set(IDLE) == set(CHECKS)
    assert not named & set(IDLE)


def test_every_mutant_has_a_name_of_its_own() -> None:
    """Two mutants of one name would share a module."""
    names = [mutant.name for mutant in (*SOURCE_MUTANTS, *DOCUMENT_MUTANTS)]
    assert len(names) == len(set(names))


def test_a_mutant_of_text_that_is_gone_says_so() -> None:
    """A mutant that no longer changes anything is an error, not a survivor."""
    stale = SourceMutant(
        name="stale", file="by_id", before="no such text", after="", killed_by="install.loads"
    )
    with pytest.raises(StaleMutantError, match="stands 0 times"):
        stale.subject()
