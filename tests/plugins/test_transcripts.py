"""Every exchange that the providers document, through the hooks of their plugins."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from typing import cast

import pytest

from tintype.hooks import Provider
from tintype_contracts import load
from tintype_contracts.fixtures.format import DocumentedExchange
from tintype_contracts.fixtures.loader import installed
from tintype_contracts.harness.scenario import Rehearsal

PROVIDERS = installed()
REHEARSALS = {
    name: Rehearsal(
        hooks=cast("Provider", importlib.import_module(f"tintype_{name}")), fixtures=load(name)
    )
    for name in PROVIDERS
}


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_plugin_sends_the_documented_requests(name: str) -> None:
    """Method, URL, headers and body are those of the documents, type by type."""
    assert _differing(name, REHEARSALS[name].request_differences) == {}


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_plugin_understands_the_documented_answers(name: str) -> None:
    """What `parse` makes of an answer, a value or an error, is what the transcript expects."""
    assert _differing(name, REHEARSALS[name].outcome_differences) == {}


def _differing(
    name: str, differences: Callable[[DocumentedExchange], Iterable[object]]
) -> dict[str, list[str]]:
    """What differs in a provider's exchanges, by exchange."""
    exchanges = REHEARSALS[name].fixtures.exchanges
    found = {each: [str(one) for one in differences(exchanges[each])] for each in exchanges}
    return {each: told for each, told in found.items() if told}


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_documents_a_picture_from_the_question_to_the_end(name: str) -> None:
    """Its fixtures hold a scene that ends in a task that succeeded."""
    scenes = REHEARSALS[name].fixtures.scenes()
    ends = [scene[-1].expect.fields.get("state") for scene in scenes]
    assert "succeeded" in ends
