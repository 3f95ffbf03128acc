"""What a seed document prints can be sent, and where a newer page disagrees the caller is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.plugins.seeds import FACTS, Fact, looked_up, table

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: f"{fact.provider}-{fact.says}")
def test_what_a_seed_document_prints_can_be_sent(fact: Fact) -> None:
    """As it is printed, with a notice where a newer page disagrees."""
    found = looked_up(fact)
    assert {name: found.sent.get(name) for name in fact.sent} == fact.sent
    assert not fact.noticed or fact.noticed in found.noticed


def test_the_table_of_the_docs_is_that_of_the_list() -> None:
    """It is generated, and says how."""
    assert (ROOT / "docs" / "seeds.md").read_text(encoding="utf-8") == table()
