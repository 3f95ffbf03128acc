from __future__ import annotations

import contextlib
import json
from collections.abc import Callable

import pytest
from attrs import evolve
from tests.contracts import reference
from tests.contracts.otherwise import (
    AT_ONCE,
    BY_ID,
    BY_URL,
    MULTIPART,
    bent,
    body_of,
    documents,
    findings,
    good,
    reading,
    told,
)

from tintype.errors import ProtocolError
from tintype.exchange import Exchange, Operation
from tintype.messages import Response
from tintype.models import Cost, Task, TaskState
from tintype_contracts.check import NotApplicable
from tintype_contracts.checks import all_checks
from tintype_contracts.harness.variants import Broken, answer_of, documented_answers, verdict
from tintype_contracts.runner.replay import replay, replay_text
from tintype_contracts.strategies.mutations import Mutation

CHECKS = [each.id for each in all_checks() if each.group in {"strict", "fuzz"}]


@pytest.mark.parametrize("check", CHECKS)
def test_a_good_plugin_reads_what_it_should(check: str) -> None:
    """No check finds anything about a plugin that has nothing wrong."""
    streams = check == "fuzz.events-in-any-order"
    try:
        assert findings(check, reference.subject(AT_ONCE if streams else BY_URL)) == []
    except NotApplicable:
        assert check == "strict.only-truth-is-truth"


# ------------------------------------------------------------------------------ strict


def _text_of_everything(body: dict) -> None:
    for key in ("code", "message"):
        error = body.get("error")
        if isinstance(error, dict) and key in error:
            error[key] = str(error[key])


def _number(body: dict) -> None:
    if "cost_usd" in body:
        body["cost_usd"] = float(body["cost_usd"] or 0)


def _whole(body: dict) -> None:
    if isinstance(body.get("progress"), int | float):
        body["progress"] = int(body["progress"])


def _listed(body: dict) -> None:
    if "images" in body and body["images"] is not None:
        images = body["images"]
        body["images"] = [images] if isinstance(images, dict) and "url" in images else images


@pytest.mark.parametrize(
    ("check", "change", "pointer"),
    [
        ("strict.null-is-not-text", _text_of_everything, "/error/message"),
        ("strict.only-text-is-text", _text_of_everything, "/error/code"),
        ("strict.text-is-not-a-number", _number, "/cost_usd"),
        ("strict.fractions-are-not-cut", _whole, "/progress"),
        ("strict.truth-is-not-a-number", _whole, "/progress"),
        ("strict.only-a-list-is-a-list", _listed, "/images"),
    ],
)
def test_a_coercion_is_found(check: str, change: Callable[[dict], object], pointer: str) -> None:
    """The finding names the field, and the mutation that shows it."""
    found = findings(check, reading(BY_ID, change))
    assert pointer in {each.pointer for each in found}
    assert all(each.mutation.startswith(f"{each.pointer}=") and each.exchange for each in found)


def _truth(body: dict) -> None:
    if "success" in body:
        body["success"] = bool(body["success"])


def test_a_truth_value_made_of_nothing_is_found() -> None:
    """The text "" is not False: what is left out is nothing."""
    found = findings("strict.only-truth-is-truth", reading(MULTIPART, _truth))
    assert "/success" in {each.pointer for each in found}


def test_a_body_that_is_no_object_is_found() -> None:
    """A list raises TypeError where its keys are asked for."""
    status_missing = "No status."

    def parse(exchange: Exchange) -> object:
        if exchange.operation is Operation.POLL:
            body = body_of(exchange)
            if body is not None and body["status"] == "":
                raise ProtocolError(status_missing)
        return good(BY_ID, "parse")(exchange)

    found = findings("strict.a-body-is-an-object", bent(BY_ID, parse=parse))
    assert any("TypeError" in each.message for each in found)


# -------------------------------------------------------------------------------- fuzz


def _asks_for_keys(exchange: Exchange) -> object:
    body = body_of(exchange)
    if exchange.operation is Operation.POLL and isinstance(body, dict) and "error" not in body:
        body["id"].lower()
    return good(BY_ID, "parse")(exchange)


def _gives_up_softly(exchange: Exchange) -> object:
    try:
        return good(BY_ID, "parse")(exchange)
    except ProtocolError:
        return evolve(exchange.task or Task(id="t"), state=TaskState.SUCCEEDED)


def _counts_money_in_floats(exchange: Exchange) -> object:
    said = good(BY_ID, "parse")(exchange)
    if isinstance(said, Task) and said.cost:
        return evolve(said, cost=Cost(usd=float(said.cost.usd or 0)))  # type: ignore[arg-type]
    return said


def _trips_over_two(exchange: Exchange) -> object:
    body = body_of(exchange)
    if isinstance(body, dict) and body.get("status") == "done":
        width = (body.get("images") or [{}])[0]
        if isinstance(width, dict) and "width" not in width and "cost_usd" not in body:
            raise KeyError(body["status"])
    return good(BY_ID, "parse")(exchange)


def _trips_over_values(exchange: Exchange) -> object:
    body = body_of(exchange)
    if isinstance(body, dict) and isinstance(body.get("progress"), int) and body["progress"] > 1000:
        raise ValueError(body["progress"])
    return good(BY_ID, "parse")(exchange)


def _spells_headers(exchange: Exchange) -> object:
    if isinstance(exchange.message, Response) and exchange.message.headers:
        assert dict(exchange.message.headers)["Content-Type"]
    return good(BY_ID, "parse")(exchange)


def _sinks_into_lists(exchange: Exchange) -> object:
    if isinstance(exchange.message, Response):
        with contextlib.suppress(ValueError):
            json.loads(exchange.message.body)
    return good(BY_ID, "parse")(exchange)


@pytest.mark.parametrize(
    ("check", "parse", "words"),
    [
        ("fuzz.every-answer-is-read", _asks_for_keys, "AttributeError"),
        ("fuzz.no-empty-success", _gives_up_softly, "has no image"),
        ("fuzz.no-impossible-value", _counts_money_in_floats, "float"),
        ("fuzz.pairs-of-mutations", _trips_over_two, "KeyError"),
        ("fuzz.other-values", _trips_over_values, "ValueError"),
        ("fuzz.headers-in-any-case", _spells_headers, "KeyError"),
        ("fuzz.heavy-answers", _sinks_into_lists, "RecursionError"),
    ],
)
def test_an_answer_that_is_misread_is_found(
    check: str, parse: Callable[[Exchange], object], words: str
) -> None:
    """Each by the check that is there for it."""
    found = findings(check, bent(BY_ID, parse=parse))
    assert found
    assert any(words in each.message for each in found)


def test_a_stream_that_ends_before_its_image_is_found() -> None:
    """Told "done" first, the plugin claims a picture that it has not."""

    def early(exchange: Exchange) -> object:
        body = body_of(exchange)
        task = exchange.task or Task()
        if exchange.operation is Operation.EVENT and body and body.get("type") == "done":
            return evolve(task, state=TaskState.SUCCEEDED)
        return good(AT_ONCE, "parse")(exchange)

    found = findings("fuzz.events-in-any-order", bent(AT_ONCE, parse=early))
    assert any("has no image" in each.message for each in found)
    subject = bent(AT_ONCE, parse=early)
    changes = [Mutation.parse(text) for text in found[0].mutations]
    assert replay(subject, found[0].exchange, changes).flaws == (
        "the task is succeeded and has no image",
    )


@pytest.mark.parametrize(
    ("check", "parse"),
    [
        ("fuzz.every-answer-is-read", _asks_for_keys),
        ("fuzz.no-empty-success", _gives_up_softly),
        ("fuzz.no-impossible-value", _counts_money_in_floats),
        ("fuzz.pairs-of-mutations", _trips_over_two),
        ("fuzz.other-values", _trips_over_values),
    ],
)
def test_what_a_fuzz_check_finds_is_shown_by_replay(
    check: str, parse: Callable[[Exchange], object]
) -> None:
    """Each finding carries all the mutations it takes, and replay judges as the check does."""
    subject = bent(BY_ID, parse=parse)
    every = findings(check, subject)
    assert every
    for found in every:
        changes = [Mutation.parse(text) for text in found.mutations]
        again = replay(subject, found.exchange, changes)
        assert not again.holds
        assert f"what no hook may: {again.flaws[0]}" in replay_text(again)
        assert any(flaw in found.message for flaw in again.flaws)


def test_a_pair_carries_both_of_its_mutations() -> None:
    """In their order; `mutation` is for what takes one alone."""
    (found,) = findings("fuzz.pairs-of-mutations", bent(BY_ID, parse=_trips_over_two))
    assert len(found.mutations) == 2
    assert found.mutation == ""
    assert found.message.startswith(f"With {' and '.join(found.mutations)} ")


def test_the_same_plugin_gets_the_same_verdict() -> None:
    """Hypothesis draws the same examples in every run."""
    runs = [
        [
            each.message
            for each in findings("fuzz.pairs-of-mutations", bent(BY_ID, parse=_trips_over_two))
        ]
        for _ in range(2)
    ]
    assert runs[0] == runs[1] != []


# --------------------------------------------------------------------------- retelling


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
    subject = told(BY_ID, lambda _, __: value)
    answer = answer_of(subject, documents(BY_ID).exchanges["generated/done"])
    assert isinstance(verdict(subject, answer), Broken)


def test_money_is_no_float_deep_down() -> None:
    """The oracle looks into a task's cost."""
    subject = bent(BY_ID, parse=_counts_money_in_floats)
    found = findings("fuzz.no-impossible-value", subject)
    assert {each.exchange for each in found} >= {"generated/done", "webhook_completed/delivery"}
