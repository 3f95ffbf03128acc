"""Wrong plugins by somebody who had not read the checks, and right ones: what is told of them."""

from __future__ import annotations

from importlib import import_module

import pytest
from tests.contracts.outside.asking import PROVIDERS, noticed, rows, seen
from tests.contracts.outside.how import KINDS


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_wrong_plugin_that_is_told_stays_told(provider: str) -> None:
    """The check that told it tells it."""
    told = [(row, check) for of, row, check in seen(*KINDS) if of == provider]
    assert [row.name for row, check in told if not noticed(provider, row, check)] == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_right_plugin_is_not_refused_again(provider: str) -> None:
    """The check that refused it, against every document, lets it pass."""
    right = [(row, check) for of, row, check in seen("right") if of == provider]
    assert [row.name for row, check in right if noticed(provider, row, check)] == []


def test_the_collection_is_as_wide_as_it_says() -> None:
    """At least ten wrong plugins a provider and five of a kind, and twenty right ones."""
    wrong = [(provider, row.kind) for provider, row in rows() if row.kind != "right"]
    of_a_provider = [sum(of == provider for of, _ in wrong) for provider in PROVIDERS]
    of_a_kind = [sum(kind == each for _, kind in wrong) for each in KINDS]
    assert min(of_a_provider) >= 10
    assert min(of_a_kind) >= 5
    assert sum(1 for _ in rows("right")) >= 20


def test_every_change_has_a_document_that_decides() -> None:
    """A figure names survivors, and each name is one row."""
    named = {provider: {row.name for of, row in rows() if of == provider} for provider in PROVIDERS}
    tables = {name: import_module(f"tests.contracts.outside.{name}") for name in PROVIDERS}
    assert {name: set(table.CHANGES) for name, table in tables.items()} == named
