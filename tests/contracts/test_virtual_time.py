"""Waiting, in no time."""

from __future__ import annotations

from tests.contracts import reference
from tests.contracts.changed import BY_ID, catalog, changed

from tintype.errors import DeadlineError, ServerError
from tintype_contracts.harness.lifecycle import accepted, looks
from tintype_contracts.harness.virtual_time import course, in_order, waiting


def test_a_wait_of_ten_minutes_takes_no_time() -> None:
    """A task that runs for ever is asked for by the schedule, and given up at its deadline."""
    subject = reference.subject(BY_ID)
    running = looks(subject, running=True)[0]
    went = course(subject, waiting(accepted(subject)), in_order([running]))
    assert isinstance(went.error, DeadlineError)
    assert went.took == subject.info.task_timeout
    assert went.pauses[:5] == (*subject.info.poll_schedule[1:], subject.info.poll_schedule[-1])


def test_a_flow_that_would_not_end_is_stopped() -> None:
    """A plugin whose deadline is as good as none is found out, and not waited for."""
    subject = changed(BY_ID, catalog(task_timeout=30 * 86_400.0))
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
