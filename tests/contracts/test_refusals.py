"""Refusals that are documented as a row only, in the likeness of those with an answer."""

from __future__ import annotations

from attrs import evolve
from tests.contracts import reference
from tests.contracts.changed import BY_ID

from tintype_contracts.strategies.refusals import WORDS, examples_of


def test_a_row_without_an_answer_is_told_in_the_likeness_of_another() -> None:
    """The status is the row's, the words are nobody's, and the shape is the documented one."""
    subject = reference.subject(BY_ID)
    row = evolve(subject.fixtures.errors[0], status=409, error="BadRequestError")
    (made,) = examples_of(subject, row)
    assert made.status == 409
    assert made.body == {"error": {"code": WORDS, "message": WORDS}}


def test_what_a_row_matches_is_put_into_the_likeness() -> None:
    """Objects are made on the way to the place."""
    subject = reference.subject(BY_ID)
    row = evolve(subject.fixtures.errors[0], status=409, match={"/error/detail/why": "late"})
    (made,) = examples_of(subject, row)
    assert isinstance(made.body, dict)
    assert made.body["error"]["detail"] == {"why": "late"}
