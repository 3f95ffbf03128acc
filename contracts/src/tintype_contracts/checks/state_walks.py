"""state, at random: walks over the documented graph, with errors and restarts on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, HypothesisException
from hypothesis.reporting import with_reporter
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tintype.convert import from_json, to_json
from tintype.errors import TintypeError
from tintype.models import Task, TaskState
from tintype_contracts.check import Finding, check
from tintype_contracts.fixtures.pointers import MISSING
from tintype_contracts.harness.lifecycle import accepted, expected_state, looks, said_state
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import Answer, Parsed, hear
from tintype_contracts.strategies.generated import PROFILE, unheard
from tintype_contracts.strategies.mutations import mutations

_WALKS = settings(PROFILE, max_examples=40, stateful_step_count=12)
_PICKS = st.integers(min_value=0, max_value=10_000)


class _MisstepError(Exception):
    """A step led where the documents do not lead."""

    def __init__(self, answer: Answer, expected: str, said: Parsed, path: list[str]) -> None:
        super().__init__(expected)
        self.answer, self.expected, self.said = answer, expected, said
        self.path = tuple(path)


@check("state.any-walk-is-sound", level=2)
def any_walk_is_sound(subject: Subject) -> Iterator[Finding]:
    """Whatever order answers come in, a task is where the last documented one put it.

    Hypothesis walks from the accepted task: documented looks in any order, answers bent
    beyond reading, restarts by way of JSON, ends told again. Bent answers change nothing,
    a restart changes nothing, and the id stays.
    """
    walk = type(
        "Walk",
        (_Walk,),
        {
            "subject": subject,
            "begun": accepted(subject),
            "running": looks(subject, running=True),
            "ends": looks(subject, running=False),
        },
    )
    try:
        with with_reporter(unheard):
            run_state_machine_as_test(walk, settings=_WALKS)
    except (Flaky, HypothesisException) as error:
        yield Finding(
            message="The same walk leads somewhere else each time: a hook remembers what it was "
            f"told before ({type(error).__name__}). Keep nothing in the module.",
        )
    except _MisstepError as wrong:
        yield Finding(
            message=f"After {' and '.join(wrong.path)} the task should be {wrong.expected}.",
            expected=wrong.expected,
            got=said_state(wrong.said),
            exchange=wrong.answer.exchange.id,
            src=wrong.answer.exchange.src,
        )


class _Walk(RuleBasedStateMachine):
    """One task, told things."""

    subject: ClassVar[Subject]
    begun: ClassVar[Task]
    running: ClassVar[list[Answer]]
    ends: ClassVar[list[Answer]]

    def __init__(self) -> None:
        super().__init__()
        self.task = self.begun
        self.end = self.ends[0]
        self.path: list[str] = []

    @precondition(lambda self: not self.task.state.terminal)
    @rule(pick=_PICKS)
    def runs_on(self, pick: int) -> None:
        """A look that leaves it running."""
        self._look(self.running[pick % len(self.running)])

    @precondition(lambda self: not self.task.state.terminal)
    @rule(pick=_PICKS)
    def ends_somehow(self, pick: int) -> None:
        """A look that ends it."""
        self.end = self.ends[pick % len(self.ends)]
        self._look(self.end)

    @precondition(lambda self: self.task.state.terminal)
    @rule()
    def is_told_its_end_again(self) -> None:
        """The same end, by a webhook or a poll that crossed it."""
        before, answer = self.task, self.end
        self._look(answer)
        if self.task.images != before.images or self.task.errors != before.errors:
            raise _MisstepError(answer, "as it was", self.task, self.path)

    @precondition(lambda self: not self.task.state.terminal)
    @rule(pick=_PICKS, bend=_PICKS)
    def is_told_nonsense(self, pick: int, bend: int) -> None:
        """An answer bent somewhere: if it says anything at all, it says it of this task."""
        answer = self.running[pick % len(self.running)]
        if answer.body is MISSING:
            return
        bends = list(mutations(answer.body))
        bent = bends[bend % len(bends)]
        self.path.append(f"{answer.exchange.id} with {bent}")
        said = self._hear(answer.saying(bent.apply(answer.body)))
        lost = not isinstance(said, TintypeError) and (
            not isinstance(said, Task) or said.id != self.task.id or said.images
        )
        if lost:
            raise _MisstepError(answer, "as it was, or an error", said, self.path)

    @rule()
    def moves_to_another_process(self) -> None:
        """A restart."""
        self.path.append("a restart")
        self.task = from_json(to_json(self.task), Task)

    def _look(self, answer: Answer) -> None:
        self.path.append(answer.exchange.id)
        said = self._hear(answer)
        state = expected_state(answer.exchange)
        kept = isinstance(said, Task) and said.id == self.task.id and said.state is state
        if not kept or not isinstance(said, Task):
            raise _MisstepError(answer, f"{state}, with the id {self.task.id!r}", said, self.path)
        if said.state is TaskState.RUNNING and said.images:
            raise _MisstepError(answer, "running, without an image", said, self.path)
        self.task = said

    def _hear(self, answer: Answer) -> Parsed:
        return hear(self.subject, evolve(answer.context, task=self.task), answer.turns[0])
