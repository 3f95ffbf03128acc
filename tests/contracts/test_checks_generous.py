"""What was paid for comes out whatever stands beside it: who does otherwise is found."""

from __future__ import annotations

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
    findings,
    good,
    told,
)

from tintype.errors import BadRequestError, ProtocolError
from tintype.exchange import Exchange
from tintype.models import Image, Task, TaskState
from tintype_contracts.check import NotApplicable
from tintype_contracts.checks import all_checks
from tintype_contracts.fixtures.comparing import json_type
from tintype_contracts.fixtures.spelling import Verbatim, spelt
from tintype_contracts.harness.subject import Subject
from tintype_contracts.oracles.paid import paid_answers
from tintype_contracts.oracles.paid_trials import BESIDE, DECISIVE, ONE_OF_SEVERAL, trials
from tintype_contracts.strategies.mutations import Mutation
from tintype_contracts.strategies.odd_values import KINDS, TWICE, Odd, odd_values

CHECKS = [
    *(each.id for each in all_checks() if each.group == "generous"),
    "strict.nothing-decisive-is-guessed",
]


def _after(change: Callable[[Exchange, Task], object]) -> Callable[[str], Subject]:
    """A plugin whose tasks are changed once they are read."""

    def changed(exchange: Exchange, said: object) -> object:
        return change(exchange, said) if isinstance(said, Task) else said

    return lambda name: told(name, changed)


def _before(look: Callable[[object], None]) -> Callable[[str], Subject]:
    """A plugin that looks at the JSON of an answer before it reads it."""

    def made(name: str) -> Subject:
        def parse(exchange: Exchange) -> object:
            body = body_of(exchange)
            look(body)
            return good(name, "parse")(exchange)

        return bent(name, parse=parse)

    return made


def _insists_on_progress(body: object) -> None:
    if isinstance(body, dict) and not isinstance(body.get("progress", 0), int):
        msg = "The progress is no number."
        raise ProtocolError(msg)


def _insists_on_every_picture(_: Exchange, task: Task) -> Task:
    if task.state is TaskState.PARTIAL:
        raise ProtocolError(task.errors[0].message)
    return task


def _hides_what_is_lost(_: Exchange, task: Task) -> Task:
    whole = task.state is not TaskState.PARTIAL
    return task if whole else evolve(task, state=TaskState.SUCCEEDED, errors=())


def _counts_lines(body: object) -> None:
    if "\\n" in json.dumps(body):
        msg = "The image is not base64."
        raise ProtocolError(msg)


def _spells_status(body: object) -> None:
    status = body.get("status", "") if isinstance(body, dict) else ""
    if isinstance(status, str) and status != status.lower():
        msg = "The status is not documented."
        raise ProtocolError(msg)


def _wants_text(body: object) -> None:
    if isinstance(body, dict) and isinstance(body.get("id"), int):
        msg = "The id is no text."
        raise ProtocolError(msg)


def _denies_the_money(body: object) -> None:
    if isinstance(body, dict) and not isinstance(body.get("status", ""), str):
        msg = "The status is no text."
        raise BadRequestError(msg)


def _invents_a_picture(_: Exchange, task: Task) -> Task:
    lost = task.state is TaskState.PARTIAL
    made = Image(url="https://cdn.by-id.test/none", index=len(task.images))
    return evolve(task, images=(*task.images, made)) if lost else task


@pytest.mark.parametrize(
    ("check", "name", "break_", "pointer"),
    [
        ("odd-values-cost-no-picture", BY_ID, _before(_insists_on_progress), "/progress"),
        ("an-odd-picture-costs-itself", BY_ID, _after(_insists_on_every_picture), "/images/0"),
        ("an-odd-picture-costs-itself", BY_URL, _after(_hides_what_is_lost), "/output/1"),
        ("an-odd-picture-costs-itself", BY_ID, _after(_invents_a_picture), "/images/2"),
        ("base64-in-any-spelling", AT_ONCE, _before(_counts_lines), "/images/0/b64"),
        ("words-in-any-case", BY_URL, _before(_spells_status), "/status"),
        ("ids-in-digits", BY_ID, _before(_wants_text), "/id"),
    ],
)
def test_who_loses_a_picture_is_found(
    check: str, name: str, break_: Callable[[str], Subject], pointer: str
) -> None:
    """The finding names the place, and a mutation that shows it."""
    found = findings(f"generous.{check}", break_(name))
    assert pointer in {each.pointer for each in found}
    assert all(each.mutation.startswith(f"{each.pointer}=") and each.exchange for each in found)


@pytest.mark.parametrize("break_", [_before(_denies_the_money)])
def test_who_denies_the_money_of_an_odd_answer_is_found(break_: Callable[[str], Subject]) -> None:
    """What the provider refused is not kept to be read again: only a ProtocolError is."""
    found = findings("strict.nothing-decisive-is-guessed", break_(BY_URL))
    assert any("nobody keeps it" in each.message for each in found)


@pytest.mark.parametrize("guess", [TaskState.SUCCEEDED, TaskState.FAILED, TaskState.RUNNING])
def test_who_guesses_how_a_task_stands_is_found(guess: TaskState) -> None:
    """Neither an end nor an endless wait is made of a status that is none."""

    def parse(exchange: Exchange) -> object:
        try:
            return good(BY_ID, "parse")(exchange)
        except ProtocolError as error:
            if error.pointer != "/status" and "'status'" not in str(error):
                raise
            return evolve(exchange.task or Task(id="task-1"), state=guess)

    found = findings("strict.nothing-decisive-is-guessed", bent(BY_ID, parse=parse))
    assert "/status" in {each.pointer for each in found}


@pytest.mark.parametrize("name", reference.NAMES)
@pytest.mark.parametrize("check", CHECKS)
def test_a_plugin_that_keeps_to_the_law_is_let_through(check: str, name: str) -> None:
    """Every reference plugin passes, or documents nothing of the kind."""
    try:
        assert findings(check, reference.subject(name)) == []
    except NotApplicable:
        assert check not in {CHECKS[0], CHECKS[1], CHECKS[-1]}


def test_a_right_plugin_may_read_otherwise() -> None:
    """Seeing more than the documents promise, and refusing a poll about another task, is right."""

    def parse(exchange: Exchange) -> object:
        said = good(BY_ID, "parse")(exchange)
        return evolve(said, notices=()) if isinstance(said, Task) else said

    assert findings("generous.odd-values-cost-no-picture", bent(BY_ID, parse=parse)) == []


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
    found = {(trial.role, trial.kind) for trial in trials(reference.subject(MULTIPART))}
    assert found >= {(role, kind) for role in (BESIDE, ONE_OF_SEVERAL) for kind in KINDS}
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
    assert spelt(mutation.apply({"cost": 1, "id": "a"})) == f'{{"cost":{text},"id":"a"}}'
