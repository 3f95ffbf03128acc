"""What a seed document prints can be sent, and where a newer page disagrees the caller is told."""

from __future__ import annotations

import re
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
from tests.plugins.played import played, refused
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


def test_no_cell_is_empty() -> None:
    """What the documents print plugins can say and read, sheets hold, and the sandbox does."""
    lines = [line for line in table().splitlines() if line.startswith("| ")]
    assert [
        line for line in lines if {"", "no"} & {cell.strip() for cell in line.split("|")[1:-1]}
    ] == []


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: f"{fact.provider}-{fact.says}")
def test_the_sandbox_draws_what_a_seed_document_prints(fact: Fact) -> None:
    """The pixels that are asked for, or of the tier; a picture at least."""
    answered = looked_up(fact).answered
    assert re.match(r"\d+ (png|jpeg|webp|svg)", answered)
    assert str(fact.asked.get("size", "")) in answered


@pytest.mark.parametrize("fact", ANSWERS, ids=lambda fact: f"{fact.provider}-{fact.says}")
def test_the_sandbox_answers_as_a_seed_document_prints(fact: Answer) -> None:
    """The plugin reads the same in it: states, errors, who pays; ids and sums are its own."""
    words = played(subject_for(fact.provider), fact)
    same = {name: word for name, word in fact.read.items() if name not in {"id", "urls", "cost"}}
    assert [name for name, word in same.items() if f"{name} {word}" not in words] == []


@pytest.mark.parametrize("fact", REFUSALS, ids=lambda fact: f"{fact.provider}-{fact.says}")
def test_the_sandbox_refuses_what_a_seed_document_refuses(fact: Refusal) -> None:
    """With the documented error; or it does without, where the document says that it is ignored."""
    sheet, answered = refused(subject_for(fact.provider), fact)
    assert answered == "400, error BadRequestError" or sheet.startswith("ignores /")


def test_the_table_of_the_docs_is_that_of_the_list() -> None:
    """It is generated, and says how."""
    assert (ROOT / "docs" / "seeds.md").read_text(encoding="utf-8") == table()
