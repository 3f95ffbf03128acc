"""Catalogs that say something else than the documents, and documents that are lacking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from attrs import evolve
from tests.contracts.broken.how import (
    AT_ONCE,
    BY_ID,
    BY_URL,
    MULTIPART,
    Row,
    Way,
    documented,
    offers,
    says,
)

from tintype.catalog import Choice, Model, Price, References
from tintype.credentials import HeaderKey
from tintype_contracts import Fixtures
from tintype_contracts.fixtures.format import Hosts, Results


def _first(change: Callable[[Model], Model]) -> Way:
    return offers(lambda info: evolve(info, models=(change(info.models[0]), *info.models[1:])))


def _with(**fields: object) -> Way:
    return _first(lambda model: evolve(model, **fields))


def _also_4k(model: Model) -> Model:
    tiers = Choice(values=("1K", "2K", "4K"), source="a rumour")
    return evolve(model, parameters={**model.parameters, "resolution": tiers})


def _lacks(**fields: object) -> Way:
    return documented(lambda fixtures: evolve(fixtures, **fields))


def _without_pictures(fixtures: Fixtures) -> Fixtures:
    stories = {name: story for name, story in fixtures.stories.items() if name == "no_credit"}
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


def _silent_about_seeds(fixtures: Fixtures) -> Fixtures:
    kept = {name: row for name, row in fixtures.capabilities.items() if name != "seed"}
    return evolve(fixtures, capabilities=kept)


def _declares(capability: str, support: str) -> Way:
    def change(fixtures: Fixtures) -> Fixtures:
        row = evolve(fixtures.capabilities[capability], support=support)
        return evolve(fixtures, capabilities={**fixtures.capabilities, capability: row})

    return documented(change)


ROWS = (
    Row("install.fixtures", AT_ONCE, _lacks(stories={})),
    Row("install.loads", MULTIPART, says(name="acme")),
    Row("doc.hosts", BY_ID, _lacks(hosts=Hosts(api=("https://b.test",)))),
    Row("doc.hosts", BY_ID, says(origins=("https://api.by-id.test", "https://api.by-id.example"))),
    Row("doc.auth", BY_ID, says(auth=HeaderKey())),
    Row("doc.auth", BY_ID, says(auth=HeaderKey(header="X-Token", prefix=""))),
    Row("doc.webhooks", BY_ID, _lacks(webhooks=None)),
    Row("doc.webhooks", AT_ONCE, says(webhooks=True)),
    Row(
        "doc.results-kept",
        BY_ID,
        _lacks(results=Results(src="page", kind="verbatim", kept_seconds=60)),
    ),
    Row("doc.models", BY_ID, _with(id="silver-1x")),
    Row("doc.priced-models", BY_ID, _lacks(prices=())),
    Row(
        "doc.priced-models",
        BY_ID,
        offers(lambda it: evolve(it, models=(*it.models, evolve(it.models[0], id="silver-7")))),
    ),
    Row("doc.offers-only-what-is-documented", BY_ID, _first(_also_4k)),
    Row("doc.offers-only-what-is-documented", AT_ONCE, _with(max_n=9)),
    Row("doc.references", BY_ID, _with(references=None)),
    Row("doc.references", AT_ONCE, _with(references=References(forms=("url",), source="x"))),
    Row("doc.catalog-sources", BY_ID, _with(source="")),
    Row("doc.catalog-sources", BY_ID, _with(prices=(Price(usd=Decimal(1), source="x"),))),
    Row("doc.draws-a-picture", BY_ID, documented(_without_pictures)),
    Row("doc.kit", BY_ID, _lacks(kit=">=7")),
    Row("doc.provenance", BY_ID, documented(_guessed)),
    Row("doc.age", BY_ID, documented(_old)),
    Row("doc.capability-is-known", BY_URL, documented(_silent_about_seeds)),
    Row("doc.capability-is-known", BY_URL, _declares("seed", "unknown")),
    Row("doc.capability-has-its-evidence", BY_URL, _declares("stream", "full")),
)
