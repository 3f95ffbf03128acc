"""Every exchange that the five providers document, through the hooks of their plugins."""

from __future__ import annotations

import importlib
from typing import cast

import pytest

from tintype.hooks import Provider
from tintype_contracts import load
from tintype_contracts.fixtures.format import DocumentedExchange
from tintype_contracts.harness.scenario import Rehearsal

PROVIDERS = ("cheapai", "openrouter", "apimodels", "apiin", "apiyi")
REHEARSALS = {
    name: Rehearsal(
        hooks=cast("Provider", importlib.import_module(f"tintype_{name}")), fixtures=load(name)
    )
    for name in PROVIDERS
}
EXCHANGES = [
    pytest.param(rehearsal, exchange, id=f"{name}:{exchange.id}")
    for name, rehearsal in REHEARSALS.items()
    for exchange in rehearsal.fixtures.exchanges.values()
]


@pytest.mark.parametrize(("rehearsal", "exchange"), EXCHANGES)
def test_the_plugin_sends_the_documented_request(
    rehearsal: Rehearsal, exchange: DocumentedExchange
) -> None:
    """Method, URL, headers and body are those of the documents, type by type."""
    assert [str(difference) for difference in rehearsal.request_differences(exchange)] == []


@pytest.mark.parametrize(("rehearsal", "exchange"), EXCHANGES)
def test_the_plugin_understands_the_documented_answer(
    rehearsal: Rehearsal, exchange: DocumentedExchange
) -> None:
    """What `parse` makes of an answer, a value or an error, is what the transcript expects."""
    assert [str(difference) for difference in rehearsal.outcome_differences(exchange)] == []


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_documents_a_picture_from_the_question_to_the_end(name: str) -> None:
    """Its fixtures hold a scene that ends in a task that succeeded."""
    scenes = REHEARSALS[name].fixtures.scenes()
    ends = [scene[-1].expect.fields.get("state") for scene in scenes]
    assert "succeeded" in ends
