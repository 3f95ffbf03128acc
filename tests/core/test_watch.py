"""One running task and when to look at it next."""

from __future__ import annotations

import math

import pytest
from attrs import evolve

from tintype._watch import Watch
from tintype.errors import ServerError, TaskError
from tintype.models import Task, TaskState

RUNNING = Task(id="t1")
ERROR = ServerError("down")


def watching(task: Task = RUNNING, now: float = 100.0, timeout: float = 60.0) -> Watch:
    """A watch that looks after 2, then every 5 seconds."""
    return Watch(task, (2.0, 5.0), now, timeout)


def test_the_schedule_is_walked_look_by_look() -> None:
    """From the moment of each look."""
    watch = watching()
    dues = [watch.due]
    for now in (102.0, 107.5, 112.5):
        watch.saw(RUNNING, now)
        dues.append(watch.due)
    assert dues == [102.0, 107.0, 112.5, 117.5]


def test_a_hint_replaces_the_schedule_for_one_look() -> None:
    """In seconds from the answer that gave it."""
    watch = watching(evolve(RUNNING, poll_after=30.0))
    assert watch.due == 130.0
    watch.saw(evolve(RUNNING, poll_after=7.0), 130.0)
    assert watch.due == 137.0


def test_at_once_is_honoured_once_for_new_notes() -> None:
    """A status that says "ready", and the result at a second address."""
    ready = evolve(RUNNING, poll_after=0.0, notes={"at": "result"})
    watch = watching()
    watch.saw(ready, 102.0)
    assert watch.due == 102.0
    watch.saw(ready, 103.0)
    assert watch.due == 108.0
    watch.saw(evolve(ready, notes={"at": "other"}), 108.0)
    assert watch.due == 108.0


def test_a_task_that_says_at_once_when_it_is_accepted_is_looked_at_at_once() -> None:
    """Also when it is waited for in another process."""
    assert watching(evolve(RUNNING, poll_after=0.0)).due == 100.0


@pytest.mark.parametrize("hint", [-9.0, 1e-12, math.nan])
def test_no_hint_makes_a_look_without_a_pause(hint: float) -> None:
    """What a server proposes is bounded from below."""
    watch = watching(evolve(RUNNING, poll_after=hint))
    assert watch.due == 100.05


@pytest.mark.parametrize("hint", [61.0, 1e18, math.inf])
def test_no_hint_leads_past_the_deadline(hint: float) -> None:
    """Nor from above: there is one last look."""
    assert watching(evolve(RUNNING, poll_after=hint)).due == 160.0


@pytest.mark.parametrize("hint", [61.0, 1e18, math.inf])
def test_no_hint_puts_the_next_look_off_for_more_than_a_minute(hint: float) -> None:
    """Or one odd number beside a running task would leave the deadline's look alone to see it."""
    watch = Watch(evolve(RUNNING, poll_after=hint), (2.0,), 100.0, 600.0)
    assert watch.due == 160.0


def test_a_look_that_told_nothing_waits_at_least_as_long_as_asked_and_as_usual() -> None:
    """The longer of the two; and the next success forgets it."""
    watch = watching()
    watch.stumbled(ERROR, 1.0, 102.0)
    assert (watch.due, watch.failures, watch.last_failure) == (104.0, 1, ERROR)
    watch.stumbled(ERROR, 20.0, 104.0)
    assert (watch.due, watch.failures) == (124.0, 2)
    watch.stumbled(ERROR, 600.0, 124.0)
    assert watch.due == 160.0
    watch.saw(RUNNING, 160.0)
    assert (watch.failures, watch.last_failure) == (0, None)
    assert watch.running


def test_past_the_deadline_nothing_is_due_in_the_past() -> None:
    """A slow answer may end after it."""
    watch = watching()
    watch.saw(RUNNING, 200.0)
    assert watch.due == 200.0
    watch.stumbled(ERROR, 1.0, 210.0)
    assert watch.due == 210.0


@pytest.mark.parametrize("state", [state for state in TaskState if state.terminal])
def test_a_task_that_has_ended_is_watched_no_more(state: TaskState) -> None:
    """Nor is one that was given up."""
    watch = watching()
    watch.saw(evolve(RUNNING, state=state), 102.0)
    assert not watch.running
    given_up = watching()
    given_up.give_up(TaskError("late"))
    assert not given_up.running
