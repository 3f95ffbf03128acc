"""Wrong plugins by somebody who had not read the checks, and right ones: what is told of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.contracts.outside.asking import PROVIDERS, noticed, rows
from tests.contracts.outside.how import KINDS, Row

# By provider and name of a row: a check that tells it, or of a right one, a check that once did.
SEEN: Mapping[str, Mapping[str, str]] = json.loads(
    (Path(__file__).parent / "outside" / "seen.json").read_text("utf-8")
)


def _seen(provider: str, *kinds: str) -> list[tuple[Row, str]]:
    table = {row.name: row for of, row in rows() if of == provider and row.kind in kinds}
    return [(table[name], check) for name, check in SEEN[provider].items() if name in table]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_wrong_plugin_that_is_told_stays_told(provider: str) -> None:
    """The check that told it tells it, or another one of level 1 does."""
    silent = [
        row.name for row, check in _seen(provider, *KINDS) if not noticed(provider, row, check)
    ]
    assert silent == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_right_plugin_is_not_refused_again(provider: str) -> None:
    """The check that refused it, against every document, lets it pass."""
    refused = [
        row.name
        for row, check in _seen(provider, "right")
        if noticed(provider, row, check, others=False)
    ]
    assert refused == []


def test_the_collection_is_as_wide_as_it_says() -> None:
    """At least ten wrong plugins a provider and five of a kind, and twenty right ones."""
    wrong = [(provider, row.kind) for provider, row in rows() if row.kind != "right"]
    of_a_provider = [sum(of == provider for of, _ in wrong) for provider in PROVIDERS]
    of_a_kind = [sum(kind == each for _, kind in wrong) for each in KINDS]
    assert min(of_a_provider) >= 10
    assert min(of_a_kind) >= 5
    assert sum(1 for _ in rows("right")) >= 20


def test_every_row_has_a_name_of_its_own() -> None:
    """A figure names survivors, and each name is one row."""
    names = [(provider, row.name) for provider, row in rows()]
    assert len(set(names)) == len(names)
