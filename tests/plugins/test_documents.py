"""Every curl command that the providers print, against the request that the plugin builds.

The documents are the judge here, not the sandbox, which was written by the same hand.
"""

from __future__ import annotations

import importlib
from typing import cast

import pytest

from tintype.hooks import Provider
from tintype_contracts import load
from tintype_contracts.fixtures.curl import Curl
from tintype_contracts.fixtures.loader import installed
from tintype_contracts.fixtures.verbatim import untrue
from tintype_contracts.harness.scenario import Rehearsal
from tintype_contracts.oracles.curl import (
    command_differences,
    exchange_printed_in,
    printed_commands,
)

PROVIDERS = installed()
REHEARSALS = {
    name: Rehearsal(
        hooks=cast("Provider", importlib.import_module(f"tintype_{name}")), fixtures=load(name)
    )
    for name in PROVIDERS
}
COMMANDS = [
    pytest.param(rehearsal, source, curl, id=f"{name}:{source}")
    for name, rehearsal in REHEARSALS.items()
    for source, curl in printed_commands(rehearsal.fixtures)
]


@pytest.mark.parametrize(("rehearsal", "source", "curl"), COMMANDS)
def test_the_plugin_sends_what_the_printed_command_sends(
    rehearsal: Rehearsal, source: str, curl: Curl
) -> None:
    """Method, URL, headers and body of the request are those of the curl command."""
    exchange = exchange_printed_in(rehearsal.fixtures, source)
    assert exchange is not None, f"no exchange has its request from {source}"
    found = command_differences(rehearsal, exchange, curl)
    assert [str(difference) for difference in found] == []


@pytest.mark.parametrize("name", ["cheapai", "apimodels", "apiin", "apiyi"])
def test_a_provider_that_prints_commands_is_judged_by_them(name: str) -> None:
    """Four of the five documents print curl commands; OpenRouter's prints none."""
    assert list(printed_commands(REHEARSALS[name].fixtures))


@pytest.mark.parametrize("name", PROVIDERS)
def test_what_is_called_verbatim_stands_in_the_stored_excerpts(name: str) -> None:
    """Each request and answer of a verbatim exchange is found in the excerpt of its source."""
    assert list(untrue(REHEARSALS[name].fixtures)) == []
