from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import pytest
from attrs import evolve
from tests.contracts import reference
from tests.contracts.otherwise import (
    AT_ONCE,
    BY_ID,
    BY_URL,
    bent,
    body_of,
    findings,
    good,
    installed,
    reading,
    told,
)

from tintype.errors import (
    DeadlineError,
    ProtocolError,
    RateLimitError,
    ServerError,
    UnknownStatusError,
)
from tintype.exchange import Exchange, Operation
from tintype.messages import Request, Response
from tintype.models import Failure, Image, Task, TaskState
from tintype_contracts.check import NotApplicable
from tintype_contracts.checks import all_checks
from tintype_contracts.harness.lifecycle import accepted, looks
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.virtual_time import course, in_order, waiting

CHECKS = [each.id for each in all_checks() if each.group == "state"]


@pytest.mark.parametrize("name", [AT_ONCE, BY_ID, BY_URL])
@pytest.mark.parametrize("check", CHECKS)
def test_a_good_plugin_is_where_it_should_be(check: str, name: str) -> None:
    """No check finds anything, and a provider that is polled gives each something to look at."""
    try:
        assert findings(check, reference.subject(name)) == []
    except NotApplicable:
        assert name not in {BY_ID, BY_URL}


def _renames(old: str, new: str) -> Callable[[dict], object]:
    def change(body: dict) -> None:
        if body.get("status") == old:
            body["status"] = new

    return change


def _guesses(body: dict) -> None:
    if "done" in str(body.get("status")):
        body["status"] = "done"


def _runs_by_default(exchange: Exchange) -> object:
    try:
        return good(BY_ID, "parse")(exchange)
    except ProtocolError:
        if exchange.task is None:
            raise
        return exchange.task


def _adds_up(exchange: Exchange, said: object) -> object:
    if isinstance(said, Task) and said.images and exchange.task:
        return evolve(said, images=(*exchange.task.images, *said.images))
    return said


def _wants_to_see_it_run(exchange: Exchange) -> object:
    said = good(BY_ID, "parse")(exchange)
    seen = exchange.task is not None and exchange.task.progress is not None
    if exchange.operation is Operation.POLL and said.state.terminal and not seen:
        msg = "It was never seen at work."
        raise ProtocolError(msg)
    return said


def _gives_up(exchange: Exchange) -> object:
    status = exchange.message.status if isinstance(exchange.message, Response) else 200
    if exchange.operation is Operation.POLL and status >= 500:
        failure = Failure(message="It answered with an error.")
        return evolve(exchange.task, state=TaskState.FAILED, errors=(failure,))
    return good(BY_ID, "parse")(exchange)


def _in_a_hurry(exchange: Exchange) -> object:
    try:
        return good(BY_ID, "parse")(exchange)
    except RateLimitError as error:
        error.retry_after = 0.5
        raise


def _patient_for_ever() -> object:
    return evolve(good(BY_ID, "describe")(), task_timeout=1e9)


def _without_pauses() -> object:
    return evolve(good(BY_ID, "describe")(), poll_schedule=(0.0,))


def _remembers() -> Subject:
    addresses: dict[str, str] = {}

    def parse(exchange: Exchange) -> object:
        said = good(BY_URL, "parse")(exchange)
        if exchange.operation is Operation.SUBMIT:
            addresses[said.id] = said.handle["polling_url"]
            return evolve(said, handle={})
        return said

    def poll(task: Task) -> Request:
        return Request.get(addresses[task.id])

    return bent(BY_URL, parse=parse, poll=poll)


def _draws_early(_: Exchange, said: object) -> object:
    if isinstance(said, Task) and said.progress and not said.state.terminal:
        return evolve(said, images=(Image(url="https://early.test/0.png"),))
    return said


def _cancels(task: Task) -> Request:
    return Request(method="DELETE", url=f"https://api.by-url.test/v2/results/{task.id}")


@pytest.mark.parametrize(
    ("check", "subject"),
    [
        ("state.words-mean-what-is-documented", reading(BY_ID, _renames("drawing", "pondering"))),
        ("state.words-mean-what-is-documented", reading(BY_ID, _renames("expired", "canceled"))),
        ("state.unknown-words-are-errors", reading(BY_ID, _guesses)),
        ("state.unknown-words-are-errors", bent(BY_ID, parse=_runs_by_default)),
        ("state.told-twice-is-told-once", told(BY_ID, _adds_up)),
        ("state.resumes-elsewhere", _remembers()),
        ("state.scenes-end-as-documented", reading(BY_ID, _renames("done", "drawing"))),
        ("state.ends-at-any-look", bent(BY_ID, parse=_wants_to_see_it_run)),
        ("state.noise-loses-no-task", bent(BY_ID, parse=_gives_up)),
        ("state.waits-as-asked", bent(BY_ID, parse=_in_a_hurry)),
        ("state.waits-as-asked", bent(BY_ID, describe=_without_pauses)),
        ("state.stops-at-the-deadline", bent(BY_ID, describe=_patient_for_ever)),
        ("state.stops-at-the-deadline", bent(BY_ID, parse=_gives_up)),
        ("state.cancels-as-documented", bent(BY_URL, cancel=_cancels)),
        ("state.any-walk-is-sound", told(BY_ID, _draws_early)),
        ("state.any-walk-is-sound", told(BY_ID, _adds_up)),
    ],
)
def test_a_task_that_is_lost_or_made_up_is_found(check: str, subject: Subject) -> None:
    """Each by the check that is there for it, with what was expected."""
    found = findings(check, subject)
    assert found
    assert all(each.message.endswith(".") for each in found)


def test_a_word_in_other_letters_is_no_other_word() -> None:
    """Capitals and blanks are read away, so nobody who does so is found."""

    def change(body: dict) -> None:
        if isinstance(body.get("status"), str):
            body["status"] = body["status"].lower().strip()

    assert findings("state.unknown-words-are-errors", reading(BY_ID, change)) == []


def test_a_create_that_names_its_task_may_lack_a_status() -> None:
    """A poll tells how it stands: a paid task is not thrown away for that."""

    def change(body: dict) -> None:
        if body.get("status") == "" and "images" not in body and "progress" not in body:
            body["status"] = "queued"

    found = findings("state.unknown-words-are-errors", reading(BY_ID, change))
    submits = {each.exchange for each in found if "/create" in each.exchange}
    assert submits == set()


def test_an_event_that_is_not_known_is_found() -> None:
    """A documented type of event that the plugin has never heard of."""

    def parse(exchange: Exchange) -> object:
        body = body_of(exchange)
        if isinstance(body, dict) and body.get("type") == "image_generation.partial_image":
            msg = "It is not among the documented ones."
            raise UnknownStatusError(msg, pointer="/type")
        return import_module("tintype_apiyi").parse(exchange)

    found = findings("state.words-mean-what-is-documented", installed("apiyi", parse=parse))
    assert {each.pointer.rpartition("/")[2] for each in found} == {"type"}
    assert all("partial_image" in each.message for each in found)


def test_a_finding_can_be_replayed() -> None:
    """It names the exchange, and the mutation that shows it."""
    found = findings("state.unknown-words-are-errors", reading(BY_ID, _guesses))
    assert found[0].mutation.startswith("/status=")
    assert found[0].exchange in reference.fixtures(BY_ID).exchanges


# ------------------------------------------------------------------------- virtual time


def test_a_wait_of_ten_minutes_takes_no_time() -> None:
    """A task that runs for ever is asked for by the schedule, and given up at its deadline."""
    subject = reference.subject(BY_ID)
    running = looks(subject, running=True)[0]
    went = course(subject, waiting(accepted(subject)), in_order([running]))
    assert isinstance(went.error, DeadlineError)
    assert went.took == subject.info.task_timeout
    assert went.pauses[:5] == (*subject.info.poll_schedule[1:], subject.info.poll_schedule[-1])


def test_a_flow_that_would_not_end_is_stopped() -> None:
    """A plugin without a deadline is found out, and not waited for."""
    subject = bent(BY_ID, describe=_patient_for_ever)
    running = looks(subject, running=True)[0]
    assert course(subject, waiting(accepted(subject)), in_order([running])).endless


def test_an_error_between_two_looks_is_waited_out() -> None:
    """The provider answers in order, then the same for ever."""
    subject = reference.subject(BY_ID)
    end = looks(subject, running=False)[0]
    went = course(subject, waiting(accepted(subject)), in_order([ServerError("It is down."), end]))
    assert went.result is not None
    assert went.result.state.terminal
    assert len(went.sent) == 2
