"""What a provider is declared to do, asked of plugins that can and of plugins that cannot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve
from tests.contracts import reference
from tests.contracts.changed import changed

from tintype_contracts import FixtureError, load_folder
from tintype_contracts.check import Check
from tintype_contracts.checks import all_checks
from tintype_contracts.fixtures.format import Support
from tintype_contracts.fixtures.loader import installed, load
from tintype_contracts.fixtures.sheet.capabilities import CAPABILITIES
from tintype_contracts.harness.evaluate import ask
from tintype_contracts.harness.subject import Subject
from tintype_contracts.oracles.coverage import coverage

CHECKS: dict[str, Check] = {check.id: check for check in all_checks()}
GOOD = {name: changed(name) for name in (*reference.NAMES, *installed())}
# What every one of them can do, nobody can be declared to do and lack.
LACKED = [
    each
    for each in CAPABILITIES
    if not all(it.fixtures.capabilities[each].on for it in GOOD.values())
]


def declared(provider: str, capability: str, support: Support) -> Subject:
    """A good plugin with one capability declared otherwise than it is."""
    good = GOOD[provider]
    rows = dict(good.fixtures.capabilities)
    rows[capability] = evolve(rows[capability], support=support)
    return Subject(good.plugin, evolve(good.fixtures, capabilities=rows))


def able(capability: str, *, on: bool) -> str:
    """A provider that has the capability, or one that lacks it."""
    return next(
        name for name, good in GOOD.items() if good.fixtures.capabilities[capability].on is on
    )


@pytest.mark.parametrize("capability", LACKED)
def test_what_is_declared_and_cannot_be_done_fails(capability: str) -> None:
    """A plugin that cannot do what is declared full is failed by the check for that."""
    poor = declared(able(capability, on=False), capability, "full")
    row = ask(CHECKS["request.capability-on-works"], poor)
    assert row.outcome == "fail"
    assert [finding.pointer for finding in row.findings] == [f"/capabilities/{capability}"]


@pytest.mark.parametrize("support", ["unsupported", "unknown"])
@pytest.mark.parametrize("capability", CAPABILITIES)
def test_what_is_declared_off_and_works_all_the_same_fails(
    capability: str, support: Support
) -> None:
    """A plugin that does what is declared off is failed by the check for that."""
    poor = declared(able(capability, on=True), capability, support)
    row = ask(CHECKS["request.capability-off-is-refused"], poor)
    assert row.outcome == "fail"
    assert {finding.pointer for finding in row.findings} == {f"/capabilities/{capability}"}


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_what_another_plugin_does_not_implement_may_work(capability: str) -> None:
    """The provider can, so that a plugin that does it is right."""
    better = declared(able(capability, on=True), capability, "not_implemented")
    assert ask(CHECKS["request.capability-off-is-refused"], better).outcome == "pass"


@pytest.mark.parametrize("provider", installed())
def test_every_provider_declares_every_capability(provider: str) -> None:
    """The fixtures of each installed provider say of every capability how it stands."""
    assert set(load(provider).capabilities) == set(CAPABILITIES)


def test_what_is_not_implemented_counts_against_coverage() -> None:
    """A provider's ability that the plugin leaves out is missing from the fraction."""
    whole = reference.fixtures("reference_by_url")
    poor = declared("reference_by_url", "n", "not_implemented")
    assert coverage(whole)["capabilities"] == "4/4"
    assert coverage(poor.fixtures)["capabilities"] == "4/5"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ('n = "perhaps"', "full, versioned"),
        ('n = "versioned"', "versioned since=2"),
        ('n = "full since=2"', "versioned since=2"),
        ('n = ["full", "nowhere"]', "no source 'nowhere'"),
        ('n = ["unsupported", "page inferred"]', "does not say why"),
        ('"image.draw" = "full"', "'image.draw' is no capability"),
    ],
)
def test_a_capability_without_a_ground_is_refused(
    row: str, words: str, folder: Path, edit: Callable[..., None]
) -> None:
    """A row names one of five words, its source, its version, and why it is inferred."""
    edit(("[prices]", f"[capabilities]\n{row}\n\n[prices]"))
    with pytest.raises(FixtureError, match=words) as caught:
        load_folder(folder)
    assert caught.value.faults[0].pointer.startswith("/capabilities/")
