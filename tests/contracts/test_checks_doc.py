"""Catalogs that say something else than the documents, each failed by the check for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from attrs import evolve
from tests.contracts import reference
from tests.contracts.bent import documented, offering, row

from tintype.catalog import Auth, Choice, Model, Price, ProviderInfo, References
from tintype_contracts import Fixtures
from tintype_contracts.checks import all_checks
from tintype_contracts.fixtures.format import Hosts, Results
from tintype_contracts.harness.subject import Subject

DOC = tuple(check.id for check in all_checks() if check.group == "doc")
MINE = (
    "doc.hosts",
    "doc.auth",
    "doc.webhooks",
    "doc.results-kept",
    "doc.models",
    "doc.priced-models",
    "doc.offers-only-what-is-documented",
    "doc.references",
    "doc.catalog-sources",
    "doc.draws-a-picture",
    "doc.kit",
    "doc.provenance",
    "doc.age",
)


def _first(change: Callable[[Model], Model]) -> Callable[[ProviderInfo], ProviderInfo]:
    return lambda info: evolve(info, models=(change(info.models[0]), *info.models[1:]))


def _with(**fields: object) -> Callable[[ProviderInfo], ProviderInfo]:
    return _first(lambda model: evolve(model, **fields))  # type: ignore[arg-type]


def _also_4k(model: Model) -> Model:
    tiers = Choice(values=("1K", "2K", "4K"), source="a rumour")
    return evolve(model, parameters={**model.parameters, "resolution": tiers})


def _without_pictures(fixtures: Fixtures) -> Fixtures:
    stories = {name: story for name, story in fixtures.stories.items() if name.startswith("bad")}
    return evolve(fixtures, stories=stories)


def _guessed(fixtures: Fixtures) -> Fixtures:
    auth = evolve(fixtures.auth, kind="inferred", why="Everybody does it so.")
    return evolve(fixtures, auth=auth)


def _old(fixtures: Fixtures) -> Fixtures:
    sources = {
        name: evolve(source, retrieved=date(2025, 1, 1))
        for name, source in fixtures.sources.items()
    }
    return evolve(fixtures, sources=sources)


def _kept_for(seconds: int) -> Callable[[Fixtures], Fixtures]:
    results = Results(src="page", kind="verbatim", kept_seconds=seconds)
    return lambda fixtures: evolve(fixtures, results=results)


BENT: list[tuple[str, Subject]] = [
    ("doc.hosts", documented("by_id", lambda it: evolve(it, hosts=Hosts(api=("https://b.test",))))),
    ("doc.auth", offering("by_id", lambda info: evolve(info, auth=Auth()))),
    ("doc.webhooks", documented("by_id", lambda it: evolve(it, webhooks=None))),
    ("doc.webhooks", offering("at_once", lambda info: evolve(info, webhooks=True))),
    ("doc.results-kept", documented("by_id", _kept_for(60))),
    ("doc.models", offering("by_id", _with(id="silver-1x"))),
    ("doc.priced-models", documented("by_id", lambda fixtures: evolve(fixtures, prices=()))),
    ("doc.offers-only-what-is-documented", offering("by_id", _first(_also_4k))),
    ("doc.offers-only-what-is-documented", offering("at_once", _with(max_n=9))),
    ("doc.references", offering("by_id", _with(references=None))),
    (
        "doc.references",
        offering("at_once", _with(references=References(forms=("url",), source="x"))),
    ),
    ("doc.catalog-sources", offering("by_id", _with(source=""))),
    ("doc.catalog-sources", offering("by_id", _with(prices=(Price(source="x"),)))),
    ("doc.draws-a-picture", documented("by_id", _without_pictures)),
    ("doc.kit", documented("by_id", lambda fixtures: evolve(fixtures, kit=">=7"))),
    ("doc.provenance", documented("by_id", _guessed)),
    ("doc.age", documented("by_id", _old)),
]


@pytest.mark.parametrize(("check", "subject"), BENT)
def test_a_catalog_that_is_not_true_is_failed(check: str, subject: Subject) -> None:
    """By the check for it, which is not stopped by an exception."""
    found = row(check, subject)
    assert found.outcome == "fail"
    assert "could not be finished" not in found.findings[0].message


def test_every_check_of_the_group_catches_something() -> None:
    """A check that nothing fails is worse than none."""
    assert set(MINE) == {check for check, _ in BENT}
    assert set(MINE) <= set(DOC)


@pytest.mark.parametrize("name", reference.NAMES)
@pytest.mark.parametrize("check", MINE)
def test_the_reference_catalogs_are_true(check: str, name: str) -> None:
    """Each of the four."""
    assert row(check, reference.subject(name)).findings == ()


def test_ages_are_counted_only_where_a_day_is_given() -> None:
    """A verdict does not change overnight by itself."""
    assert row("doc.age", reference.subject("reference_by_id")).outcome == "na"
    assert row("doc.age", documented("by_id", lambda fixtures: fixtures)).outcome == "pass"
