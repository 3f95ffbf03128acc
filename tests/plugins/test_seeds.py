"""What a seed document prints can be sent, and where a newer page disagrees the caller is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.plugins.answers import (
    ADDRESSES,
    ANSWERS,
    REFUSALS,
    Address,
    Answer,
    Refusal,
    address_of,
    made_of,
    why_refused,
)
from tests.plugins.seeds import FACTS, Fact, looked_up, subject_for, table

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: f"{fact.provider}-{fact.says}")
def test_what_a_seed_document_prints_can_be_sent(fact: Fact) -> None:
    """As it is printed, with a notice where a newer page disagrees."""
    found = looked_up(fact)
    assert {name: found.sent.get(name) for name in fact.sent} == fact.sent
    assert not fact.noticed or fact.noticed in found.noticed


@pytest.mark.parametrize("fact", ANSWERS, ids=lambda fact: f"{fact.provider}-{fact.says}")
def test_what_a_seed_document_prints_of_an_answer_is_understood(fact: Answer) -> None:
    """States, errors, webhooks, money and sizes."""
    found = made_of(subject_for(fact.provider), fact)
    assert {name: found.get(name) for name in fact.read} == fact.read


@pytest.mark.parametrize("fact", ADDRESSES, ids=lambda fact: fact.url)
def test_it_is_asked_where_a_seed_document_says(fact: Address) -> None:
    """At the first of the documented hosts."""
    assert address_of(subject_for(fact.provider), fact.operation) == fact.url


@pytest.mark.parametrize("fact", REFUSALS, ids=lambda fact: f"{fact.provider}-{fact.says}")
def test_what_a_seed_document_says_is_refused_is_refused_before_it_is_sent(fact: Refusal) -> None:
    """By the field."""
    assert why_refused(subject_for(fact.provider), fact)


def test_no_cell_of_a_plugin_is_empty() -> None:
    """What the documents print the plugins can say and read."""
    cells = [line.split("|") for line in table().splitlines() if line.startswith("| ")]
    assert [line for line in cells if line[4].strip() in {"", "no"}] == []


def test_the_table_of_the_docs_is_that_of_the_list() -> None:
    """It is generated, and says how."""
    assert (ROOT / "docs" / "seeds.md").read_text(encoding="utf-8") == table()
