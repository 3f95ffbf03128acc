"""Plugins that are right otherwise, and pass."""

from __future__ import annotations

from attrs import evolve
from tests.contracts import reference
from tests.contracts.broken.how import BY_ID, bent, documented, findings, rewrites, tells
from tests.contracts.broken.requests import without_options

from tintype_contracts.checks import all_checks
from tintype_contracts.harness.evaluate import ask
from tintype_contracts.harness.subject import Subject

CHECKS = {check.id: check for check in all_checks()}


def test_ages_are_counted_only_where_a_day_is_given() -> None:
    """A verdict does not change overnight by itself."""
    age = CHECKS["doc.age"]
    assert ask(age, reference.subject(BY_ID)).outcome == "na"
    assert ask(age, documented(lambda fixtures: fixtures)(BY_ID)).outcome == "pass"


def test_a_field_without_effect_need_not_be_reached() -> None:
    """A plugin may refuse what the documents say is ignored."""
    subject = bent(BY_ID, submit=without_options)
    ignored = [evolve(each, ignored=True) for each in subject.fixtures.parameters]
    fixtures = evolve(subject.fixtures, fields=tuple(ignored))
    assert findings("request.every-parameter-is-reachable", Subject(subject.plugin, fixtures)) == []


def test_notices_need_not_be_told() -> None:
    """Seeing more than the documents promise, and saying nothing of it, is right."""
    assert findings("generous.odd-values-cost-no-picture", tells(notices=())(BY_ID)) == []


def test_a_word_in_other_letters_is_no_other_word() -> None:
    """Capitals and blanks are read away, so nobody who does so is found."""

    def change(body: dict[str, object]) -> None:
        if isinstance(body.get("status"), str):
            body["status"] = str(body["status"]).lower().strip()

    assert findings("state.unknown-words-are-errors", rewrites(change)(BY_ID)) == []


def test_a_create_that_names_its_task_may_lack_a_status() -> None:
    """A poll tells how it stands: a paid task is not thrown away for that."""

    def change(body: dict[str, object]) -> None:
        if body.get("status") == "" and "images" not in body and "progress" not in body:
            body["status"] = "queued"

    found = findings("state.unknown-words-are-errors", rewrites(change)(BY_ID))
    assert {each.exchange for each in found if "/create" in each.exchange} == set()
