"""Odd values beside a picture: which are tried, where, and what they are called."""

from __future__ import annotations

import pytest
from tests.contracts import reference
from tests.contracts.changed import BY_ID

from tintype_contracts.fixtures.comparing import json_type
from tintype_contracts.fixtures.strict_json import Verbatim, spell
from tintype_contracts.oracles.paid import paid_answers
from tintype_contracts.oracles.paid_trials import BESIDE, DECISIVE, ONE_OF_SEVERAL, trials
from tintype_contracts.strategies.mutations import Mutation
from tintype_contracts.strategies.odd_values import KINDS, TWICE, Odd, odd_values


def test_what_decides_follows_from_the_documents() -> None:
    """The id of a create, the status, and each picture; in a poll the id stands beside."""
    every = {each.answer.exchange.id: each for each in paid_answers(reference.subject(BY_ID))}
    create, done = every["generated/create"], every["generated/done"]
    assert {at for at in ("/id", "/status", "/progress") if create.decides(at)} == {
        "/id",
        "/status",
    }
    places = ("/id", "/status", "/images", "/images/0", "/images/0/url", "/images/0/width")
    assert {at for at in places if done.decides(at)} == {
        "/status",
        "/images",
        "/images/0",
        "/images/0/url",
    }


def test_every_kind_of_odd_value_is_tried_in_every_role() -> None:
    """Beside a picture, in one of several, and where the answer decides."""
    found = {(trial.role, trial.kind) for trial in trials(reference.subject(BY_ID))}
    tried = {(role, kind) for role in (BESIDE, ONE_OF_SEVERAL) for kind in KINDS}
    assert tried <= found
    assert {kind for role, kind in found if role == DECISIVE} == set(KINDS)


@pytest.mark.parametrize("value", [None, True, 7, "text", [], {"key": 1}])
def test_no_odd_value_is_the_documented_one(value: object) -> None:
    """Each is written otherwise; a key that stands twice has two values."""
    for odd in odd_values(value, {json_type(value)}, "key"):
        assert isinstance(odd, Odd)
        assert odd.kind == TWICE or repr(odd.value) != repr(value)


@pytest.mark.parametrize(
    "text",
    ["NaN", "-Infinity", "1e9999999", "7" * 4301, '"\\ud83d"', '"a\nb"', '1,"cost":2', "[" * 2000],
)
def test_what_json_cannot_say_has_a_name_that_replay_takes(text: str) -> None:
    """It is written verbatim, read back from its name, and stands in the body as it is."""
    mutation = Mutation.parse(f"/cost={text}")
    assert mutation == Mutation(pointer="/cost", value=Verbatim(text))
    assert spell(mutation.apply({"cost": 1, "id": "a"})) == f'{{"cost": {text}, "id": "a"}}'
