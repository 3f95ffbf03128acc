"""A documented answer, told again."""

from __future__ import annotations

import pytest
from tests.contracts import reference
from tests.contracts.changed import BY_ID, changed, instead

from tintype_contracts.harness.variants import Broken, answer_of, documented_answers, verdict


@pytest.mark.parametrize("name", reference.NAMES)
def test_a_documented_answer_told_again_comes_to_the_same(name: str) -> None:
    """Saying a body that was not changed changes nothing."""
    subject = reference.subject(name)
    for answer in documented_answers(subject):
        if not isinstance(answer.body, dict | list):
            continue
        again = verdict(subject, answer.saying(answer.body))
        assert str(again) == str(verdict(subject, answer))


@pytest.mark.parametrize("value", [None, 7, {"id": "task-1"}, "done"])
def test_a_value_of_another_class_is_broken(value: object) -> None:
    """What is no Task where a task is due is no verdict."""
    subject = changed(BY_ID, instead("parse", lambda _: value))
    answer = answer_of(subject, reference.fixtures(BY_ID).exchanges["generated/done"])
    assert isinstance(verdict(subject, answer), Broken)
